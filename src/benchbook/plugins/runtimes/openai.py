"""OpenAI's own models, by Chat Completions."""

from collections.abc import AsyncIterator
from typing import Any

from benchbook import GenerateConfig, PromptStyle, Runtime, register
from benchbook.plugins.runtimes.chat_completions import ServedModel, check_served, runtime_at
from benchbook.plugins.runtimes.dialects import OPENAI
from benchbook.plugins.runtimes.parameters import Parameter, check
from benchbook.plugins.runtimes.server import Access


def _preflight(**arguments: Any) -> None:
    check_served(_served(**arguments))


def _vet(config: GenerateConfig, style: PromptStyle, **arguments: Any) -> None:
    check(_served(**arguments).format, config, style)


@register("runtime", preflight=_preflight, vet=_vet)
async def openai(  # noqa: PLR0913 - each is a setting of its own
    model: str,
    *,
    base_url: str = "https://api.openai.com/v1",
    api_key_env: str = "OPENAI_API_KEY",
    timeout: float = 600.0,  # noqa: ASYNC109 - of each request, not of this function
    stream: bool = False,
    omit: tuple[Parameter, ...] = (),
    extra_body: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
    headers_env: dict[str, str] | None = None,
) -> AsyncIterator[Runtime]:
    """OpenAI's model of that name; the key is in the environment variable OPENAI_API_KEY.

    `omit` leaves out parameters that a model does not take, as reasoning models take no `temperature`; `stream`
    measures the time to the first token.
    """
    async with runtime_at(_served(**locals())) as runtime:
        yield runtime


def _served(**given: Any) -> ServedModel:
    return ServedModel(
        model=given["model"],
        access=Access.of(given),
        dialect=OPENAI,
        stream=given["stream"],
        think_tags=False,
        omit=given["omit"],
        extra_body=given["extra_body"] or {},
    )
