"""What servers say in place of an answer, and whether another try makes sense."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from benchbook import FailureCause, RuntimeFailed
from benchbook.plugins.runtimes.fields import Unfit
from benchbook.plugins.runtimes.server import FIELD, REDIRECTS, Server, redirected

_MAY_PASS = frozenset({408, 409, 425, 429, *range(500, 600)})
"""Statuses after which another try makes sense."""
_PASSING = ("overloaded", "api_error", "server_error", "rate_limit", "timeout", "unavailable", "exhausted", "internal")
"""Words in the kind of an error that comes with status 200, where no status tells it."""
_BUSY = ("overloaded", "rate_limit", "unavailable", "exhausted")
"""Those of them that are said of everybody's requests."""
_CAUSES: dict[int | None, FailureCause] = {
    # Of a model that was there: it has been taken away.
    **dict.fromkeys((401, 402, 403, 404), "denied"),
    **dict.fromkeys((429, 503, 529), "busy"),
    **dict.fromkeys((408, 504), "late"),
    502: "gone",
}
_OMITTED = ("temperature", "top_p", "top_k", "seed")

_WORDS = ("true", "false", "null", "NaN", "Infinity", "-Infinity")
_INCOMPLETE = re.compile(r"\.?[0-9]*[eE]?[-+]?|\\?u?[0-9a-fA-F]{0,4}")
"""The rest of a number or of an escape whose end is missing."""

Said = Mapping[str, Any]


def refused(server: Server, url: str, status: int, headers: Mapping[str, str], raw: bytes) -> RuntimeFailed:
    """The error for an answer that has another status than 200; its headers by their names in lower case."""
    if status in REDIRECTS:
        return RuntimeFailed(f"{url} answered {status}: {redirected(server, url, headers.get('location'))}")
    said, error = complaint(raw)
    spent = _spent(error)
    transient = status in _MAY_PASS and not spent
    told = f"{url} answered {status}: {server.quoted(said)}{_remedy(status, said)}"
    cause = "denied" if spent else _CAUSES.get(status)
    wait = _wait(headers, error) if transient else None
    return RuntimeFailed(told, transient=transient, retry_after=wait, cause=cause)


def complained(server: Server, url: str, error: object) -> RuntimeFailed:
    """The error for one that came with status 200: in the middle of a stream, or in the place of an answer."""
    said, known = complaint(json.dumps({"error": error}).encode())
    code = known.get("code")
    kind = f"{known.get('type')} {known.get('status')} {code} {'' if known else said[:100]}".lower()
    number = int(str(code)) if str(code).isdecimal() else None
    passing = any(word in kind for word in _PASSING) if number is None else number in _MAY_PASS
    spent = _spent(known)
    transient = passing and not spent
    told = f"{url} answered with an error: {server.quoted(said)}"
    busy: FailureCause | None = "busy" if any(word in kind for word in _BUSY) else _CAUSES.get(number)
    wait = _wait({}, known) if transient else None
    return RuntimeFailed(told, transient=transient, retry_after=wait, cause="denied" if spent else busy)


def nonsense(server: Server, url: str, raw: bytes) -> RuntimeFailed:
    """The error for something that is no answer at all, or only the beginning of one."""
    text = raw.decode("utf-8", "replace").strip()
    if _breaks_off(text):
        return RuntimeFailed(f"the answer of {url} breaks off: {server.quoted(text)}", transient=True)
    return RuntimeFailed(f"{url} answered something else than a completion: {server.quoted(text)}")


def _breaks_off(text: str) -> bool:
    """Whether it is the beginning of a JSON object: whoever stands between has lost the rest."""
    if not text.startswith("{"):
        return False
    try:
        json.loads(text)
    except json.JSONDecodeError as err:
        rest = text[err.pos :]
        within = err.msg.startswith("Unterminated string") or any(word.startswith(rest) for word in _WORDS)
        return err.msg != "Extra data" and (within or _INCOMPLETE.fullmatch(rest) is not None)
    except RecursionError:
        return False
    return False


def unfit(server: Server, url: str, found: Unfit, raw: bytes) -> RuntimeFailed:
    """The error for an answer with a field that is not what it should be."""
    if found.value is None:
        return RuntimeFailed(f"{nonsense(server, url, raw)} (without `{found.field}`)")
    return RuntimeFailed(f"{url} answered something else than a completion: {misfit(server, found)}")


def misfit(server: Server, found: Unfit) -> str:
    """What a field holds, and what it should."""
    value = server.quoted(json.dumps(found.value, ensure_ascii=False), FIELD)
    return f"`{found.field}` is {value}, not {found.wanted}"


def complaint(raw: bytes) -> tuple[str, Said]:
    """The message in the body of an error, whichever of the usual forms it has, and all that is said beside it."""
    text = raw.decode("utf-8", "replace")
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return text, {}
    if isinstance(body, list) and len(body) == 1:
        [body] = body  # Google's, where a stream was asked for
    error = body.get("error", body) if isinstance(body, Mapping) else body
    if not isinstance(error, Mapping):
        return str(error), {}
    return str(error.get("message") or error.get("detail") or text), error


def _spent(error: Said) -> bool:
    """Whether no money is left, or the day's share is used up: 429 tells that as well, and waiting does not help."""
    if "insufficient_quota" in (error.get("code"), error.get("type")):
        return True
    violations = [each for detail in _details(error) for each in _maps(detail.get("violations"))]
    return any("PerDay" in str(violation.get("quotaId")) for violation in violations)


def _wait(headers: Mapping[str, str], error: Said) -> float | None:
    """How long the server asks to wait, in a header or, as Google does, in the error itself."""
    milliseconds = _seconds(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    if "retry-after" in headers:
        return _seconds(headers["retry-after"])
    delays = (str(detail["retryDelay"]) for detail in _details(error) if "retryDelay" in detail)
    return _seconds(next(delays, "").removesuffix("s"))


def _details(error: Said) -> Iterator[Said]:
    return _maps(error.get("details"))


def _maps(values: object) -> Iterator[Said]:
    yield from (each for each in values if isinstance(each, Mapping)) if isinstance(values, list) else ()


def _seconds(time: str) -> float | None:
    """Seconds, or a date in the future as seconds from now; None if it makes no sense."""
    try:
        seconds = float(time)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(time) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _remedy(status: int, said: str) -> str:
    """What to do about a sampling parameter that the model does not take."""
    named = [name for name in _OMITTED if name in said] if status in (400, 422) else []
    return f" (the model's argument `omit: [{named[0]}]` leaves it out)" if named else ""
