"""Any server that speaks OpenAI's completions: vLLM, llama-server, Ollama, LM Studio, hosted ones."""

import difflib
import http.client
import json
import math
import time
import urllib.request
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit

import aiohttp

from benchbook import Output, PluginError, Request, Runtime, RuntimeFailed, SpecError, register, secret
from benchbook.plugins.runtimes.completions import output, question, quoted

_PATIENCE = 10
"""Seconds that a server may take to accept a connection, or to answer a preflight."""
_MAY_PASS = frozenset({408, 409, 425, 429, *range(500, 600)})
"""Statuses after which another try makes sense."""
_NO_SUCH_PLACE = (404, 405)
_MIB = 2**20
_MOST_READ = 16 * _MIB
"""Bytes of an answer that are read; a completion is nowhere near."""
_MOST_PROBED = _MIB
"""Bytes of an answer that a preflight looks at."""


@dataclass(frozen=True)
class _Server:
    """Where requests go, and with which key."""

    url: str
    key: str | None = field(repr=False)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    def quoted(self, text: str) -> str:
        """What the server said, in one short line that cannot hold the key."""
        return quoted(text.replace(self.key, "***") if self.key else text)


def _preflight(model: str, base_url: str, api_key_env: str | None, timeout: float) -> None:
    if timeout <= 0:
        raise SpecError(f"expected more than 0 seconds, got {timeout}", field=["args", "timeout"])
    server = _server(base_url, api_key_env)
    status, body = _asked(server, "models")
    if status == 200:
        _check_listed(model, body, server)
    _check_completions(server)


@register("runtime", preflight=_preflight)
async def openai_compatible(
    model: str,
    base_url: str,
    api_key_env: str | None = None,
    timeout: float = 600.0,  # noqa: ASYNC109 - of each request, not of this function
) -> AsyncIterator[Runtime]:
    """The model called `model` at `base_url`, which ends in `/v1` on most servers.

    `api_key_env` names the environment variable that holds the key; `timeout` is in seconds, for a whole answer.
    """
    server = _server(base_url, api_key_env)
    async with aiohttp.ClientSession(
        headers=server.headers,
        proxy=_proxy(urlsplit(server.url)),
        timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=_PATIENCE),
        connector=aiohttp.TCPConnector(limit=0),  # the run bounds its requests itself
    ) as session:

        async def generate(request: Request) -> Output:
            path = "completions" if isinstance(request.prompt, str) else "chat/completions"
            body = {"model": model, **question(request.prompt, request.config)}
            return await _answer(session, server, path, body)

        yield Runtime(generate, facts={"base_url": server.url, "served_model": model})


def _server(base_url: str, api_key_env: str | None) -> _Server:
    parts = _parts(base_url)
    if parts.username or parts.password or parts.query:
        # The URL is stored with the run; a key must not be.
        raise SpecError(
            "a URL with a password or a query is not taken; name the key's environment variable in `api_key_env`",
            field=["args", "base_url"],
        )
    key = secret(api_key_env).strip() if api_key_env else None
    if key is not None and not (key.isascii() and key.isprintable()):
        raise SpecError(f"the key in {api_key_env} holds characters that no key has", field=["args", "api_key_env"])
    return _Server(base_url.rstrip("/"), key)


def _parts(base_url: str) -> SplitResult:
    """SpecError if it is no URL of a server. The message does not repeat it: there may be a password in it."""
    try:
        parts = urlsplit(base_url)
        complete = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        complete = False
    if not complete:
        raise SpecError("expected a URL like http://localhost:8000/v1", field=["args", "base_url"])
    return parts


def _proxy(url: SplitResult) -> str | None:
    """The proxy that the environment names for the server; the same one that urllib takes in the preflight."""
    if urllib.request.proxy_bypass(url.hostname or ""):
        return None
    return urllib.request.getproxies().get(url.scheme)


async def _answer(session: aiohttp.ClientSession, server: _Server, path: str, body: dict[str, Any]) -> Output:
    """What the server answers; RuntimeFailed says whether another try makes sense."""
    url = f"{server.url}/{path}"
    started = time.perf_counter()
    try:
        async with session.post(url, json=body, allow_redirects=False) as response:
            raw = await _body(response, url)
    except TimeoutError:
        raise RuntimeFailed(f"{url} did not answer in time", transient=True) from None
    except aiohttp.ClientError as err:
        reason = server.quoted(str(err)) or type(err).__name__
        raise RuntimeFailed(f"the connection to {url} broke: {reason}", transient=True) from None
    latency = time.perf_counter() - started
    if response.status != 200:
        raise _refusal(server, url, response, raw)
    try:
        return output(json.loads(raw), latency)
    except (ValueError, RecursionError):
        said = server.quoted(raw.decode("utf-8", "replace"))
        raise RuntimeFailed(f"{url} answered something else than a completion: {said}") from None


async def _body(response: aiohttp.ClientResponse, url: str) -> bytes:
    """All of the body, unpacked; RuntimeFailed as soon as it is too much."""
    raw = bytearray()
    async for chunk in response.content.iter_any():
        raw += chunk
        if len(raw) > _MOST_READ:
            raise RuntimeFailed(
                f"{url} answered with more than {_MOST_READ // _MIB} MiB, the most that is read of an answer; "
                "limit it with `max_tokens`, or look at what the server sends"
            )
    return bytes(raw)


def _refusal(server: _Server, url: str, response: aiohttp.ClientResponse, raw: bytes) -> RuntimeFailed:
    said, code = _complaint(raw)
    # No money left is told by 429 as well, and waiting does not help.
    transient = response.status in _MAY_PASS and code != "insufficient_quota"
    retry_after = _seconds(response.headers.get("Retry-After"), datetime.now(UTC)) if transient else None
    reason = server.quoted(said) or server.quoted(response.reason or "")
    return RuntimeFailed(f"{url} answered {response.status}: {reason}", transient=transient, retry_after=retry_after)


def _complaint(raw: bytes) -> tuple[str, object]:
    """The message and the code in the body of an error, whichever of the usual forms it has."""
    text = raw.decode("utf-8", "replace")
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return text, None
    error = body.get("error", body) if isinstance(body, Mapping) else body
    if not isinstance(error, Mapping):
        return str(error), None
    return str(error.get("message") or error.get("detail") or text), error.get("code")


def _seconds(retry_after: str | None, now: datetime) -> float | None:
    """How long the header Retry-After, seconds or a date, asks to wait; None if it makes no sense."""
    if retry_after is None:
        return None
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(retry_after) - now).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


class _AnyStatus(urllib.request.HTTPErrorProcessor):
    """Takes every status for an answer, redirects too: the key must not follow those."""

    def http_response(self, request: urllib.request.Request, response: Any) -> Any:  # noqa: ARG002 - urllib's signature
        return response

    https_response = http_response


def _asked(server: _Server, path: str, data: bytes | None = None) -> tuple[int, bytes]:
    """Status and the body's beginning; PluginError if nobody answers."""
    url = f"{server.url}/{path}"
    headers = {**server.headers, "Content-Type": "application/json"}
    request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310 - http or https: that was checked
    try:
        with urllib.request.build_opener(_AnyStatus).open(request, timeout=_PATIENCE) as response:
            return response.status, response.read(_MOST_PROBED)
    except (OSError, http.client.HTTPException, ValueError) as err:
        reason = server.quoted(str(getattr(err, "reason", err))) or type(err).__name__
        raise PluginError(
            f"no server answers at {url} ({reason}); start it, or correct `base_url` of the model"
        ) from None


def _check_listed(model: str, body: bytes, server: _Server) -> None:
    """SpecError if the server lists its models and has none of that name; a list that was cut off says nothing."""
    try:
        listed = [str(entry["id"]) for entry in json.loads(body)["data"]]
    except (ValueError, LookupError, TypeError, RecursionError):
        return
    if not listed or model in listed:
        return
    near = difflib.get_close_matches(model, listed, n=1, cutoff=0.3)
    hint = (
        f"did you mean '{server.quoted(near[0])}'?"
        if near
        else f"it has {server.quoted(', '.join(sorted(listed)[:10]))}"
    )
    raise SpecError(f"{server.url} has no model {model!r}; {hint}", field=["model"])


def _check_completions(server: _Server) -> None:
    """An empty request costs nothing, and tells whether the place exists and the key is taken."""
    status, body = _asked(server, "chat/completions", data=b"{}")
    if status in _NO_SUCH_PLACE:
        status, body = _asked(server, "completions", data=b"{}")
    said = server.quoted(_complaint(body)[0])
    if status in _NO_SUCH_PLACE:
        raise SpecError(
            f"{server.url} has no /chat/completions ({status}); does the URL end as it should, mostly in /v1?",
            field=["args", "base_url"],
        )
    if 300 <= status < 400:
        raise SpecError(f"{server.url} only redirects ({status}); give the final URL", field=["args", "base_url"])
    if status in (401, 403):
        key = "it does not take the key that `api_key_env` names" if server.key else "name the key in `api_key_env`"
        raise PluginError(f"{server.url} answered {status} ({said}): {key}")
    if status in (502, 503, 504):
        raise PluginError(f"{server.url} is not ready: it answered {status} ({said}); wait, or look at its log")
