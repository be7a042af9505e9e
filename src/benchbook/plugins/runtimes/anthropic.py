"""Anthropic's models, by their own Messages API."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from benchbook import GenerateConfig, Output, PluginError, PromptStyle, Request, Runtime, register
from benchbook.plugins.runtimes.anthropic_messages import MessagePieces, output, question
from benchbook.plugins.runtimes.completions import Reply
from benchbook.plugins.runtimes.parameters import Format, Parameter, body_for, check, formatted, merged
from benchbook.plugins.runtimes.refusals import complaint
from benchbook.plugins.runtimes.server import Access, Server, asked, listed, no_such_model, probed, server
from benchbook.plugins.runtimes.wire import Times, connected

_VERSION = "2023-06-01"


def _preflight(**arguments: Any) -> None:
    at, model = _server(**arguments), arguments["model"]
    merged({}, arguments["extra_body"] or {})
    # By its name, not in the list: that has no aliases.
    status, body, _ = asked(at, f"models/{quote(model, safe='')}")
    if status == 404:
        _, known, _ = probed(at, "models?limit=1000")
        raise no_such_model(at, model, listed(known, lambda answer: [str(entry["id"]) for entry in answer["data"]]))
    if status != 200:
        said = at.quoted(complaint(body)[0])
        hint = f"; look at the key in {arguments['api_key_env']}" if status in (401, 403) else ""
        raise PluginError(f"{at.url} answered {status} ({said}){hint}")


def _vet(config: GenerateConfig, style: PromptStyle, **arguments: Any) -> None:
    check(_format(**arguments), config, style)


@register("runtime", preflight=_preflight, vet=_vet)
async def anthropic(  # noqa: PLR0913 - each is a setting of its own
    model: str,
    *,
    base_url: str = "https://api.anthropic.com/v1",
    api_key_env: str = "ANTHROPIC_API_KEY",
    timeout: float = 600.0,  # noqa: ASYNC109 - of each request, not of this function
    stream: bool = False,
    omit: tuple[Parameter, ...] = (),
    extra_body: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
    headers_env: dict[str, str] | None = None,
) -> AsyncIterator[Runtime]:
    """Anthropic's model of that name or alias; the key is in the environment variable ANTHROPIC_API_KEY.

    `omit` leaves out parameters that a model does not take, as newer ones take no `temperature`; `stream` measures the
    time to the first token.
    """
    form = _format(**locals())
    async with connected(_server(**locals())) as line:

        async def generate(request: Request) -> Output:
            body = {"model": model, **body_for(form, request)}
            if stream:
                return await line.follow("messages", body | {"stream": True}, MessagePieces(), _read)
            return await line.ask("messages", body, _read)

        facts = {"base_url": line.server.url, "served_model": model, "not_sent": "seed"}
        yield Runtime(generate, facts=facts, troubles=line.troubles)


def _server(**given: Any) -> Server:
    return server(Access.of(given), lambda key: {"x-api-key": key}, {"anthropic-version": _VERSION})


def _format(**given: Any) -> Format:
    return formatted(question, given["omit"], given["extra_body"] or {})


def _read(reply: Reply, times: Times) -> Output:
    return output(reply, times.latency, times.first_token)
