"""How values are kept so that SQLite and PostgreSQL give back exactly what came in."""

import json
import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticSerializationError, to_json
from sqlalchemy import DateTime, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_REFUSED = re.compile("[\\\\\0\ud800-\udfff]")
_ESCAPED = re.compile(r"\\(?:\\|u([0-9a-f]{4}))")


class AnyText(TypeDecorator[str]):
    """Text that anyone may have written.

    NUL and lone surrogates, which databases refuse, are kept as `\\u0000` and the like, and a backslash is doubled;
    all other text is kept as it is. It sorts by code point on both databases.
    """

    impl = Text().with_variant(Text(collation="C"), "postgresql")
    cache_ok = True

    def process_bind_param(self, value: str | None, _: Dialect) -> str | None:
        """What is written."""
        return value if value is None else _kept(value)

    def process_result_value(self, value: str | None, _: Dialect) -> str | None:
        """What was meant."""
        return _meant(value)


class JsonText(TypeDecorator[Any]):
    """A body as compact ASCII JSON: whatever a model wrote, the database sees harmless text.

    Not JSONB, which refuses NUL and lone surrogates, and reorders keys. Numbers that JSON lacks are written as Python
    does (`NaN`, `Infinity`).
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, _: Dialect) -> str | None:
        """What is written."""
        return value if value is None else _encoded(value)

    def process_result_value(self, value: str | None, _: Dialect) -> Any:
        """Plain values, for a record to check."""
        return value if value is None else json.loads(value)


class UtcTime(TypeDecorator[datetime]):
    """A moment, in UTC, to the microsecond."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: Dialect) -> datetime | None:
        """What is written."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"the time {value} has no zone; use datetime.now(UTC)")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _: Dialect) -> datetime | None:
        """The same moment."""
        if value is None:
            return None
        # SQLite gives back the UTC time without its zone, PostgreSQL gives the zone of the session.
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _kept(text: str) -> str:
    """How a text is kept."""
    # Nearly all are ids and names: to look through them by the pattern takes four times as long.
    if text.isascii() and "\\" not in text and "\0" not in text:
        return text
    return _REFUSED.sub(_escape, text)


def _meant(text: str | None) -> str | None:
    return text if text is None or "\\" not in text else _ESCAPED.sub(_unescape, text)


meant = lru_cache(maxsize=4096)(_meant)
"""What was meant by a text as it is kept, for words that come again and again."""


def _escape(found: re.Match[str]) -> str:
    return "\\\\" if found[0] == "\\" else f"\\u{ord(found[0]):04x}"


def _unescape(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else "\\"


def _encoded(value: Any) -> str:
    # Pydantic is five times as fast, but refuses lone surrogates in texts, and in keys makes U+FFFD of them.
    try:
        body = to_json(value, ensure_ascii=True)
    except PydanticSerializationError:
        return _COMPACT.encode(value)
    return _COMPACT.encode(value) if b"\\ufffd" in body else body.decode()


def _plain(value: object) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be kept as JSON")


_COMPACT = json.JSONEncoder(default=_plain, separators=(",", ":"))
