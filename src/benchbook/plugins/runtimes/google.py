"""Google's models, by their own Gemini API."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

from benchbook import (
    GenerateConfig,
    Output,
    PluginError,
    PromptStyle,
    Request,
    Runtime,
    RuntimeFailed,
    SpecError,
    register,
)
from benchbook.plugins.runtimes.completions import Reply
from benchbook.plugins.runtimes.gemini import CandidatePieces, output, question
from benchbook.plugins.runtimes.parameters import Format, Parameter, body_for, check, formatted, merged
from benchbook.plugins.runtimes.refusals import complaint
from benchbook.plugins.runtimes.server import Access, Server, asked, listed, no_such_model, probed, server
from benchbook.plugins.runtimes.wire import Times, connected


def _preflight(**arguments: Any) -> None:
    at, model = _server(**arguments), arguments["model"]
    merged({}, arguments["extra_body"] or {})
    status, body, _ = asked(at, _path(model))
    if status == 404:
        _, known, _ = probed(at, "models?pageSize=1000")
        raise no_such_model(at, model, listed(known, lambda answer: _names(answer["models"])))
    if status != 200:
        said, error = complaint(body)
        refused = status in (401, 403) or "API_KEY_INVALID" in str(error.get("details"))
        hint = f"; look at the key in {arguments['api_key_env']}" if refused else ""
        raise PluginError(f"{at.url} answered {status} ({at.quoted(said)}){hint}")
    methods = listed(body, lambda answer: answer["supportedGenerationMethods"])
    if methods and "generateContent" not in methods:
        raise SpecError(
            f"{model!r} generates no text; it does {at.quoted(', '.join(map(str, methods)))}", field=["model"]
        )


def _vet(config: GenerateConfig, style: PromptStyle, **arguments: Any) -> None:
    check(_format(**arguments), config, style)


@register("runtime", preflight=_preflight, vet=_vet)
async def google(  # noqa: PLR0913 - each is a setting of its own
    model: str,
    *,
    base_url: str = "https://generativelanguage.googleapis.com/v1beta",
    api_key_env: str = "GEMINI_API_KEY",
    timeout: float = 600.0,  # noqa: ASYNC109 - of each request, not of this function
    stream: bool = False,
    omit: tuple[Parameter, ...] = (),
    extra_body: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
    headers_env: dict[str, str] | None = None,
) -> AsyncIterator[Runtime]:
    """Google's model of that name; the key is in the environment variable GEMINI_API_KEY.

    `omit` leaves out parameters that a model does not take; `stream` measures the time to the first token.
    """
    given = locals()
    form = _format(**given)
    async with connected(_server(**given)) as line:

        async def generate(request: Request) -> Output:
            body = body_for(form, request)
            if stream:
                path = f"{_path(model)}:streamGenerateContent?alt=sse"
                said = await line.follow(path, body, CandidatePieces(), _read)
            else:
                said = await line.ask(f"{_path(model)}:generateContent", body, _read)
            if request.config.logprobs is not None and said.logprobs is None and said.text:
                raise RuntimeFailed("log-probabilities were asked for, and Google sent none")
            return said

        facts = {"base_url": line.server.url, "served_model": model}
        yield Runtime(generate, facts=facts, troubles=line.troubles)


def _server(**given: Any) -> Server:
    return server(Access.of(given), lambda key: {"x-goog-api-key": key})


def _format(**given: Any) -> Format:
    return formatted(question, given["omit"], given["extra_body"] or {})


def _path(model: str) -> str:
    """Where the model is; tuned models have a folder of their own."""
    return quote(model if "/" in model else f"models/{model}")


def _names(models: list[dict[str, Any]]) -> list[str]:
    return [str(model["name"]).removeprefix("models/") for model in models]


def _read(reply: Reply, times: Times) -> Output:
    return output(reply, times.latency, times.first_token)
