"""Any server that speaks OpenAI's completions: vLLM, SGLang, TGI, Ollama, llama-server, LiteLLM, hosted ones."""

from collections.abc import AsyncIterator
from typing import Any

from benchbook import GenerateConfig, PromptStyle, Runtime, register
from benchbook.plugins.runtimes.chat_completions import ServedModel, check_served, runtime_at
from benchbook.plugins.runtimes.dialects import DIALECTS, ServerName
from benchbook.plugins.runtimes.parameters import Parameter, check
from benchbook.plugins.runtimes.server import Access


def _preflight(**arguments: Any) -> None:
    check_served(_served(**arguments))


def _vet(config: GenerateConfig, style: PromptStyle, **arguments: Any) -> None:
    check(_served(**arguments).format, config, style)


@register("runtime", preflight=_preflight, vet=_vet)
async def openai_compatible(  # noqa: PLR0913 - each is a setting of its own
    model: str,
    *,
    base_url: str,
    api_key_env: str | None = None,
    server: ServerName = "any",
    timeout: float = 600.0,  # noqa: ASYNC109 - of each request, not of this function
    stream: bool = False,
    think_tags: bool = False,
    omit: tuple[Parameter, ...] = (),
    extra_body: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
    headers_env: dict[str, str] | None = None,
) -> AsyncIterator[Runtime]:
    """The model called `model` at `base_url`, which ends in `/v1` on most servers.

    `api_key_env` names the environment variable that holds the key; `timeout` is in seconds, for a whole answer. With
    the name of the `server` more parameters are known to be heeded, or refused at once. `stream` measures the time to
    the first token; `think_tags` tells `<think>…</think>` apart from the answer.
    """
    async with runtime_at(_served(**locals())) as runtime:
        yield runtime


def _served(**given: Any) -> ServedModel:
    return ServedModel(
        model=given["model"],
        access=Access.of(given),
        dialect=DIALECTS[given["server"]],
        stream=given["stream"],
        think_tags=given["think_tags"],
        omit=given["omit"],
        extra_body=given["extra_body"] or {},
    )
