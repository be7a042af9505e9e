"""The base of everything we keep."""

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime
from json.encoder import encode_basestring_ascii

from pydantic import BaseModel, ConfigDict

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]


class Record(BaseModel):
    """A fact with an identity. A change makes a new value."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    id: str
    created_at: datetime


def new_id(prefix: str, now: datetime) -> str:
    """An id that sorts by time of birth and says what it names: `run-1kqz7p0v3m8w`."""
    number = int(now.timestamp() * 1000) << 25 | secrets.randbits(25)
    return f"{prefix}-{''.join([_PAIRS[number >> shift & 1023] for shift in range(60, -1, -10)])}"


def derived_id(prefix: str, *parts: object) -> str:
    """The id of something that its parts alone decide: whoever computes it gets the same."""
    # The canonical JSON of the parts as texts, made by hand: three of these are made for every sample.
    text = f"[{','.join([encode_basestring_ascii(str(part)) for part in parts])}]"
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{prefix}-{digest[:24]}"


def derived_ids(prefix: str, before: object, each: Iterable[str], after: object) -> Iterator[str]:
    """What `derived_id` gives of three parts, for every second one: a comparison needs them by the hundred thousand."""
    head, tail = f"[{encode_basestring_ascii(str(before))},", f",{encode_basestring_ascii(str(after))}]"
    for part in each:
        text = f"{head}{encode_basestring_ascii(part)}{tail}"
        yield f"{prefix}-{hashlib.sha256(text.encode()).hexdigest()[:24]}"
