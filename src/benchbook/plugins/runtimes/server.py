"""Where a runtime's requests go, and a first look at it that costs nothing."""

import difflib
import http.client
import ipaddress
import json
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit

from benchbook import PluginError, SpecError, secret
from benchbook.plugins.runtimes.completions import QUOTED, quoted

PATIENCE = 10
"""Seconds that a server may take to accept a connection, or to answer a preflight."""
REDIRECTS = (301, 302, 303, 307, 308)
FIELD = 120
"""Characters of an address or a field that a message holds."""
_MOST_PROBED = 2**20
"""Bytes of an answer that a preflight looks at."""
_SECRET_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-goog-api-key"}
)


@dataclass(frozen=True)
class Access:
    """What a config says of the way to a server."""

    base_url: str
    api_key_env: str | None
    timeout: float
    headers: Mapping[str, str]
    headers_env: Mapping[str, str]

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> "Access":
        """What the arguments of a runtime say of it."""
        return cls(
            arguments["base_url"],
            arguments["api_key_env"],
            arguments["timeout"],
            arguments["headers"] or {},
            arguments["headers_env"] or {},
        )


@dataclass(frozen=True)
class Server:
    """Where requests go, with which headers, and how long an answer may take."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    """What of the headers is told to nobody."""
    timeout: float

    def quoted(self, text: str, most: int = QUOTED) -> str:
        """What the server said, in one short line that cannot hold a secret."""
        # First without its secrets, then cut: half a secret is one, too.
        for word in self.secrets:
            text = text.replace(word, "***")
        return quoted(text, most)


def server(
    access: Access, authorized: Callable[[str], Mapping[str, str]], always: Mapping[str, str] = MappingProxyType({})
) -> Server:
    """The server that a config names; SpecError if the config makes no sense.

    `authorized` gives the headers in which it wants its key, `always` are those that every request has.
    """
    if access.timeout <= 0:
        raise SpecError(f"expected more than 0 seconds, got {access.timeout}", field=["args", "timeout"])
    parts = _parts(access.base_url)
    if parts.username or parts.password or parts.query:
        # The URL is stored with the run; a key must not be.
        raise SpecError(
            "a URL with a password or a query is not taken; name the key's environment variable in `api_key_env`",
            field=["args", "base_url"],
        )
    for name, value in access.headers.items():
        _check_header(name, value)
    key = _key(access.api_key_env, "api_key_env") if access.api_key_env else None
    named = {name: _key(variable, "headers_env") for name, variable in access.headers_env.items()}
    headers = {**always, **access.headers, **(authorized(key) if key else {}), **named}
    secrets = (*((key,) if key else ()), *named.values())
    return Server(access.base_url.rstrip("/"), headers, secrets, access.timeout)


class Probed(NamedTuple):
    """What a server answers to a preflight."""

    status: int
    body: bytes
    """Its beginning."""
    away: str = ""
    """Where it leads to, and what to do, if it only sends on to another address."""


def asked(server: Server, path: str, data: bytes | None = None) -> Probed:
    """What the server answers; PluginError if nobody does, SpecError if it only sends on to another address."""
    found = probed(server, path, data)
    if found.away:
        raise SpecError(f"{server.url} only redirects ({found.status}): {found.away}", field=["args", "base_url"])
    return found


def probed(server: Server, path: str, data: bytes | None = None) -> Probed:
    """What the server answers, if only that it is elsewhere; PluginError if nobody does."""
    url = f"{server.url}/{path}"
    headers = {**server.headers, "Content-Type": "application/json"}
    request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310 - http or https: that was checked
    proxy = proxy_to(server.url)
    proxies = urllib.request.ProxyHandler({request.type: proxy} if proxy else {})
    try:
        with urllib.request.build_opener(_AnyStatus, proxies).open(request, timeout=PATIENCE) as response:
            away = redirected(server, url, response.headers["Location"]) if response.status in REDIRECTS else ""
            return Probed(response.status, response.read(_MOST_PROBED), away)
    except (OSError, http.client.HTTPException, ValueError) as err:
        reason = server.quoted(str(getattr(err, "reason", err))) or type(err).__name__
        raise PluginError(
            f"no server answers at {url} ({reason}); start it, or correct `base_url` of the model"
        ) from None


def redirected(server: Server, url: str, location: str | None) -> str:
    """What is to be said of an answer that sends on to another address."""
    if not location:
        return "it is elsewhere, and the server does not say where; correct `base_url`"
    try:
        target = urljoin(url, location)
    except ValueError:
        target = location
    base = target.removesuffix(url.removeprefix(server.url))
    leads = f"it leads to {server.quoted(target, FIELD)}. Redirects are not followed, the key would go along"
    if base in (target, server.url) or "?" in base or "#" in base:
        return f"{leads}; see whether `base_url` is right"
    return f"{leads}: if you trust that server, put {server.quoted(base, FIELD)} into `base_url`"


def proxy_to(url: str) -> str | None:
    """The proxy that the environment names for a server; none for one on this machine, where no proxy leads."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if _is_here(host) or urllib.request.proxy_bypass(host):
        return None
    return urllib.request.getproxies().get(parts.scheme)


def listed(body: bytes, names: Callable[[Any], Iterable[str]]) -> list[str]:
    """The names of models in the body of an answer; none if it is something else, or was cut off."""
    try:
        return list(names(json.loads(body)))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return []


def no_such_model(server: Server, model: str, known: list[str]) -> SpecError:
    """The error for a model that the server does not have, with the nearest one that it has."""
    # Many call a model by its file: the folders before it say nothing of how near it is.
    called = {part: name for name in known for part in (name, name.rpartition("/")[2])}
    near = difflib.get_close_matches(model, called, n=1, cutoff=0.3)
    hint = f"did you mean '{server.quoted(called[near[0]])}'?" if near else f"it has {_some(server, known)}"
    return SpecError(f"{server.url} has no model {model!r}; {hint}", field=["model"])


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _some(server: Server, known: list[str]) -> str:
    return server.quoted(", ".join(sorted(known)[:10])) or "none that it lists"


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


def _check_header(name: str, value: str) -> None:
    if name.lower() in _SECRET_HEADERS:
        raise SpecError(
            "this header holds a secret, and a config is stored: name its environment variable in `headers_env`",
            field=["args", "headers", name],
        )
    if not (f"{name}{value}".isascii() and f"{name}{value}".isprintable()):
        raise SpecError("a header holds printable ASCII only", field=["args", "headers", name])


def _key(variable: str, field: str) -> str:
    """The secret that the environment variable holds."""
    key = secret(variable).strip()
    if not (key and key.isascii() and key.isprintable()):
        raise SpecError(f"the key in {variable} holds characters that no key has", field=["args", field])
    return key


class _AnyStatus(urllib.request.HTTPErrorProcessor):
    """Takes every status for an answer, redirects too: the key must not follow those."""

    def http_response(self, request: urllib.request.Request, response: Any) -> Any:  # noqa: ARG002 - urllib's signature
        return response

    https_response = http_response
