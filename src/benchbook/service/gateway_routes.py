"""The gateway's doors: who may come in, where to, and how a complaint is worded."""

import hmac
import json
import math
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from benchbook import registry
from benchbook.engine.sample import describe
from benchbook.errors import NotFound, RuntimeFailed, SpecError
from benchbook.service.gateway_answers import Served, questions, stream, tokenizer_of, whole
from benchbook.service.gateway_replies import Head, Json, error
from benchbook.service.gateway_requests import ChatRequest, DetokenizeRequest, TextRequest, TokenizeRequest, heeded
from benchbook.specs.quoting import quoted

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

MOST_READ = 16 * 2**20
"""Bytes of a request."""
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_SAFE = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
_NAMES = {"json_schema": "response_format", "reasoning": "reasoning_effort"}
"""What OpenAI calls some of our parameters."""
_FINAL = {"x-should-retry": "false"}
"""What OpenAI's clients go by; they would try again otherwise."""


@dataclass(frozen=True)
class Guard:
    """Who may ask: whoever knows the key; or without one, programs of this machine, but no web page in its browser."""

    host: str
    key: str | None = field(default=None, repr=False)

    def refusal(self, request: web.Request) -> web.Response | None:
        """Why the request is not answered; None if it is."""
        if self.key is not None:
            return None if request.path == "/health" or self._knows_key(request) else _unknown_key()
        if _hostname(request.host) not in {*_HERE, self.host} or "Origin" in request.headers:
            return reply(error("web pages may not use this server; give it a key", "permission_error"), 403)
        return None

    def _knows_key(self, request: web.Request) -> bool:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(
            given.strip().encode("utf-8", "surrogateescape"), (self.key or "").encode()
        )


def application(models: Mapping[str, Served], guard: Guard) -> web.Application:
    """The gateway to those models."""
    doors = _Doors(models, int(time.time()))
    app = web.Application(client_max_size=MOST_READ, middlewares=[_guarded(guard)])
    app.router.add_get("/health", doors.health)
    app.router.add_get("/v1/models", doors.list)
    app.router.add_get("/v1/models/{model:.+}", doors.show)
    app.router.add_post("/v1/chat/completions", doors.chat)
    app.router.add_post("/v1/completions", doors.complete)
    app.router.add_get("/tokenizer_info", doors.tokenizer)
    app.router.add_post("/tokenize", doors.tokenize)
    app.router.add_post("/detokenize", doors.detokenize)
    return app


class _Doors:
    """What each address does."""

    def __init__(self, models: Mapping[str, Served], since: int) -> None:
        self._models = models
        self._since = since

    async def health(self, _: web.Request) -> web.Response:
        return reply({"status": "ok"})

    async def list(self, _: web.Request) -> web.Response:
        return reply({"object": "list", "data": [self._shown(model) for model in self._models.values()]})

    async def show(self, request: web.Request) -> web.Response:
        return reply(self._shown(self._model(request.match_info["model"])))

    async def chat(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        return await self._answer(request, ChatRequest.parse(heeded(body)), body)

    async def complete(self, request: web.Request) -> web.StreamResponse:
        body = await _body(request)
        return await self._answer(request, TextRequest.parse(heeded(body)), body)

    async def tokenizer(self, request: web.Request) -> web.Response:
        tokens = tokenizer_of(self._one(request.query.get("model")))
        return reply({"bos_token": tokens.begin, "eos_token": tokens.end})

    async def tokenize(self, request: web.Request) -> web.Response:
        asked = TokenizeRequest.parse(heeded(await _body(request)))
        tokenizer = tokenizer_of(self._one(asked.model))
        tokens = [*(tokenizer.opening if asked.add_special_tokens else ()), *await tokenizer.encode(asked.prompt)]
        return reply({"count": len(tokens), "tokens": tokens})

    async def detokenize(self, request: web.Request) -> web.Response:
        asked = DetokenizeRequest.parse(heeded(await _body(request)))
        return reply({"prompt": await tokenizer_of(self._one(asked.model)).decode(asked.tokens)})

    async def _answer(self, request: web.Request, asked: ChatRequest | TextRequest, body: Json) -> web.StreamResponse:
        model = self._model(asked.model)
        _vet(model, asked)
        wanted = questions(asked, _sample(body))
        text = isinstance(asked, TextRequest)
        head = Head(
            kind="text" if text else "chat",
            id=f"{'cmpl' if text else 'chatcmpl'}-{secrets.token_hex(12)}",
            created=int(time.time()),
            model=asked.model,
            fingerprint=model.fingerprint,
        )
        if not asked.stream:
            return reply(await whole(model, head, wanted))
        events, options = _Events(request), asked.stream_options
        tell_usage = options is not None and options.include_usage
        try:
            await stream(model, head, wanted, events.send, tell_usage=tell_usage)
        except Exception as err:
            if not events.begun:
                raise
            await events.send(_complaint(err)[0])
            return events.response
        await events.end()
        return events.response

    def _one(self, name: str | None) -> Served:
        """The model of that name, or the only one."""
        if name is None and len(self._models) > 1:
            raise SpecError(f"say which `model`: {', '.join(self._models)}", field=["model"])
        return self._model(next(iter(self._models)) if name is None else name)

    def _model(self, name: str) -> Served:
        if name not in self._models:
            raise NotFound(f"the model {quoted(name, 100)} does not exist here; there are: {', '.join(self._models)}")
        return self._models[name]

    def _shown(self, model: Served) -> Json:
        owner = model.spec.runtime.name
        return {"id": model.spec.name, "object": "model", "created": self._since, "owned_by": owner}


class _Events:
    """A stream of server-sent events, begun with the first: until then a complaint can have a status of its own."""

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self.response = web.StreamResponse(headers={**_SAFE, "Content-Type": "text/event-stream; charset=utf-8"})

    @property
    def begun(self) -> bool:
        return self.response.prepared

    async def send(self, document: Json) -> None:
        if not self.begun:
            await self.response.prepare(self._request)
        await self.response.write(f"data: {json.dumps(document, allow_nan=False)}\n\n".encode())

    async def end(self) -> None:
        await self.response.write(b"data: [DONE]\n\n")


async def worded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What the handler answers, and every complaint in OpenAI's JSON."""
    try:
        return await handler(request)
    except web.HTTPException as err:
        return reply(error(f"{err.reason}: {request.method} {request.path}", "invalid_request_error"), err.status)
    except Exception as err:  # noqa: BLE001 - the edge: a runtime is anyone's code, and one request never ends the server
        document, status, headers = _complaint(err)
        return reply(document, status, headers)


def _guarded(guard: Guard) -> Any:
    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        return guard.refusal(request) or await handler(request)

    return guarded


def _complaint(err: Exception) -> tuple[Json, int, Mapping[str, str]]:
    """What went wrong, with its status, and what the client is to do."""
    match err:
        case SpecError():
            param = str(err.field[0]) if err.field else None
            return error(str(err), "invalid_request_error", param=param), 400, _FINAL
        case NotFound():
            return error(str(err), "invalid_request_error", param="model", code="model_not_found"), 404, _FINAL
        case RuntimeFailed(transient=True):
            wait = str(math.ceil(err.retry_after or 1))
            return error(str(err), "server_error", code="unavailable"), 503, {"Retry-After": wait}
        case RuntimeFailed():
            return error(str(err), "invalid_request_error", code="refused_by_model"), 400, _FINAL
        case _:
            return error(describe(err), "server_error", code="internal"), 500, _FINAL


def _vet(model: Served, asked: ChatRequest | TextRequest) -> None:
    """Refuse what the model's runtime cannot heed by the name that the client knows it by."""
    try:
        registry.vet(model.spec.runtime, asked.config, "chat" if isinstance(asked, ChatRequest) else "completion")
    except SpecError as err:
        name = str(err.field[-1]) if err.field else "prompt"
        raise SpecError(err.message, field=[_NAMES.get(name, name)]) from None


async def _body(request: web.Request) -> Json:
    try:
        body = json.loads(await request.read(), object_pairs_hook=_once_each)
    except (ValueError, RecursionError):
        raise SpecError("the body is not valid JSON") from None
    except web.RequestPayloadError:
        raise SpecError(
            "the body cannot be read; send it whole, and as its Transfer-Encoding and Content-Encoding say"
        ) from None
    if not isinstance(body, dict):
        raise SpecError("expected a JSON object")
    return body


def _once_each(pairs: list[tuple[str, Any]]) -> Json:
    """The object; SpecError if a name is there twice, of which two readers may heed either."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, number in Counter(name for name, _ in pairs).items() if number > 1)
        raise SpecError("it is there twice", field=[twice])
    return found


def _sample(body: Json) -> str:
    """The sample that a request says it is for, in its `metadata`: recorded answers are found by it."""
    metadata = body.get("metadata")
    return str(metadata.get("sample", "")) if isinstance(metadata, dict) else ""


def _hostname(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _unknown_key() -> web.Response:
    wrong = error("the key is missing or wrong", "invalid_request_error", code="invalid_api_key")
    return reply(wrong, 401, {"WWW-Authenticate": "Bearer"})


def reply(document: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """The document as JSON, as every answer here is sent."""
    text = json.dumps(document, allow_nan=False)
    return web.Response(text=text, status=status, content_type="application/json", headers={**_SAFE, **(headers or {})})
