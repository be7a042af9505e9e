"""The JSON of OpenAI's completions, chat and plain: spoken by most servers, and by llama.cpp in process."""

from collections.abc import Mapping
from typing import Any, Literal

from benchbook import GenerateConfig, Output, Prompt, Usage

Reply = Mapping[str, Any]
StopReason = Literal["stop", "length", "content_filter", "unknown"]

_STOP_REASONS: dict[str, StopReason] = {"stop": "stop", "length": "length", "content_filter": "content_filter"}
_QUOTED = 300
"""Characters of what others said that a message of ours holds."""


def question(prompt: Prompt, config: GenerateConfig) -> dict[str, Any]:
    """The body of a request: `prompt` for bare text, `messages` for turns; only parameters that were given."""
    asked: dict[str, Any] = (
        {"prompt": prompt}
        if isinstance(prompt, str)
        else {"messages": [{"role": turn.role, "content": turn.content} for turn in prompt]}
    )
    parameters = {
        "max_tokens": config.max_tokens,
        "temperature": config.temperature,
        "top_p": config.top_p,
        "seed": config.seed,
        "stop": list(config.stop) or None,
    }
    return asked | {name: value for name, value in parameters.items() if value is not None}


def output(reply: Reply, latency: float) -> Output:
    """What the model said in a whole reply, chat or plain; ValueError if it is something else."""
    try:
        choice = reply["choices"][0]
        text = choice["message"]["content"] if "message" in choice else choice["text"]
        reason = stop_reason(choice.get("finish_reason"))
        return Output(text=text or "", stop_reason=reason, usage=usage(reply.get("usage") or {}), latency=latency)
    except (LookupError, TypeError, AttributeError, OverflowError) as err:
        raise ValueError(f"not a completion: {err!r}") from None


def usage(spent: Reply) -> Usage:
    """The tokens of a request; zero where the server does not say."""
    return Usage(
        input_tokens=int(spent.get("prompt_tokens") or 0), output_tokens=int(spent.get("completion_tokens") or 0)
    )


def stop_reason(finish_reason: object) -> StopReason:
    """Why the model ended, in our words."""
    return _STOP_REASONS.get(str(finish_reason), "unknown")


def quoted(text: str) -> str:
    """What others said, in one short line for a message of ours: whatever does not print is shown as an escape."""
    line = " ".join(text.split(maxsplit=_QUOTED))
    shown = "".join(char if char.isprintable() else _escape(char) for char in line[: _QUOTED + 1])
    return shown if len(shown) <= _QUOTED else f"{shown[:_QUOTED]}…"


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
