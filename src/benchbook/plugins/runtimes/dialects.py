"""What each OpenAI-compatible server takes, and under which names. What it would ignore is refused here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from benchbook import GenerateConfig, Prompt, SpecError
from benchbook.plugins.runtimes.completions import question

ServerName = Literal["any", "vllm", "sglang", "tgi", "ollama", "llamacpp", "litellm"]

_TOP = 20
"""The most alternatives that anyone asks for, by our own GenerateConfig."""
_EFFORTS = frozenset({"none", "minimal", "low", "medium", "high"})


@dataclass(frozen=True)
class Dialect:
    """What a server takes beside the parameters that all take. The defaults are what most understand."""

    name: str
    top_k: bool = True
    chat_logprobs: int = _TOP
    """The most alternatives in chat."""
    text_logprobs: int | None = _TOP
    """The most alternatives in plain completions; None if it tells no log-probabilities there."""
    least_logprobs: int = 0
    """llama.cpp tells nothing of the tokens themselves unless it is asked for an alternative."""
    text_schema: str | None = None
    """The parameter that holds a schema in plain completions."""
    efforts: frozenset[str] = _EFFORTS
    budget: str | None = None
    """The parameter for the most tokens of reasoning."""
    max_tokens: str = "max_tokens"
    """Its name in chat."""
    most_stops: int | None = None
    echoes: bool = True
    """Whether it may tell how likely a prompt is."""


DIALECTS: Mapping[ServerName, Dialect] = {
    "any": Dialect("an unnamed server"),
    "vllm": Dialect("vLLM", text_schema="response_format", budget="thinking_token_budget"),
    "sglang": Dialect("SGLang", text_schema="response_format", efforts=_EFFORTS - {"minimal"}),
    "tgi": Dialect("TGI", top_k=False, chat_logprobs=5, text_logprobs=None, efforts=frozenset(), echoes=False),
    "ollama": Dialect("Ollama", top_k=False, efforts=_EFFORTS - {"minimal"}, echoes=False),
    "llamacpp": Dialect(
        "llama.cpp", least_logprobs=1, text_schema="json_schema", budget="thinking_budget_tokens", echoes=False
    ),
    "litellm": Dialect("LiteLLM", budget="thinking"),
}
OPENAI = Dialect("OpenAI", top_k=False, text_logprobs=5, max_tokens="max_completion_tokens", most_stops=4, echoes=False)


def question_in(dialect: Dialect, prompt: Prompt, config: GenerateConfig) -> dict[str, Any]:
    """The body of a request in the server's own words; SpecError if it has none for a parameter that was given."""
    body = question(prompt, config)
    text = isinstance(prompt, str)
    if dialect.most_stops is not None and len(config.stop) > dialect.most_stops:
        raise _refusal(dialect, "stop", f"takes {dialect.most_stops} stop sequences at most, not {len(config.stop)}")
    if not text and "max_tokens" in body:
        body[dialect.max_tokens] = body.pop("max_tokens")
    if config.top_k is not None:
        if not dialect.top_k:
            raise _refusal(dialect, "top_k", "has no top_k")
        body["top_k"] = config.top_k
    if config.logprobs is not None:
        body |= _logprobs(dialect, config.logprobs, text=text)
    if config.json_schema is not None:
        body |= _schema(dialect, config.json_schema, text=text)
    return body | _reasoning(dialect, config, text=text)


def _logprobs(dialect: Dialect, number: int, *, text: bool) -> dict[str, Any]:
    most = dialect.text_logprobs if text else dialect.chat_logprobs
    if most is None:
        raise _refusal(dialect, "logprobs", "tells no log-probabilities of plain completions, only of chat")
    if number > most:
        raise _refusal(dialect, "logprobs", f"tells {most} alternatives at most, not {number}")
    number = max(number, dialect.least_logprobs)
    return {"logprobs": number} if text else {"logprobs": True, "top_logprobs": number}


def _schema(dialect: Dialect, schema: Mapping[str, Any], *, text: bool) -> dict[str, Any]:
    if text and dialect.text_schema is None:
        raise _refusal(dialect, "json_schema", "takes a schema in chat only, not for bare text")
    if text and dialect.text_schema == "json_schema":
        return {"json_schema": schema}
    named = {"name": "answer", "schema": schema, "strict": True}
    return {"response_format": {"type": "json_schema", "json_schema": named}}


def _reasoning(dialect: Dialect, config: GenerateConfig, *, text: bool) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    if config.reasoning is not None:
        if text:
            raise _refusal(dialect, "reasoning", "takes it in chat only, not for bare text")
        if config.reasoning not in dialect.efforts:
            known = ", ".join(sorted(dialect.efforts)) or "none at all"
            raise _refusal(dialect, "reasoning", f"has no reasoning effort {config.reasoning!r} ({known})")
        asked |= _effort(dialect, config.reasoning)
    if config.reasoning_tokens is not None:
        if dialect.budget is None:
            raise _refusal(
                dialect,
                "reasoning_tokens",
                "has no parameter for it that we know; name the `server`, or put it into `extra_body` yourself",
            )
        budget: object = config.reasoning_tokens
        if dialect.budget == "thinking":
            budget = {"type": "enabled", "budget_tokens": budget}
        asked[dialect.budget] = budget
    return asked


def _effort(dialect: Dialect, effort: str) -> dict[str, Any]:
    if dialect is not DIALECTS["llamacpp"]:
        return {"reasoning_effort": effort}
    # llama.cpp hands this on to the model's template, and has no word of its own.
    template = {"enable_thinking": False} if effort == "none" else {"reasoning_effort": effort}
    return {"chat_template_kwargs": template}


def _refusal(dialect: Dialect, parameter: str, why: str) -> SpecError:
    return SpecError(f"{dialect.name} {why}", field=["generate", parameter])
