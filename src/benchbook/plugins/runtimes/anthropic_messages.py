"""The JSON of Anthropic's Messages API: what is asked, what comes back, whole or in pieces."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from benchbook import GenerateConfig, Output, Prompt, SpecError, Usage
from benchbook.plugins.runtimes.completions import Reply, StopReason
from benchbook.plugins.runtimes.fields import Unfit, fields_of, text_of, tokens_of

_LEAST_BUDGET = 1024
_STOP_REASONS: Mapping[str, StopReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "content_filter",
    # tool_use and pause_turn only come of tools, and none are sent
}


def question(prompt: Prompt, config: GenerateConfig) -> dict[str, Any]:
    """The body of a request; SpecError for what the API has no word for. A seed is none of its parameters, and every
    run has one: it is not sent, and the runtime's facts say so."""
    if isinstance(prompt, str):
        raise SpecError("Anthropic's models take turns, not bare text; leave `prompt_style` at chat")
    if config.max_tokens is None:
        raise _mistake("max_tokens", "is required by Anthropic")
    if config.logprobs is not None:
        raise _mistake("logprobs", "is not to be had: Anthropic tells no log-probabilities")
    if (config.temperature or 0) > 1:
        raise _mistake("temperature", f"goes up to 1 at Anthropic, not {config.temperature}")
    asked = {
        "max_tokens": config.max_tokens,
        "system": "\n\n".join(turn.content for turn in prompt if turn.role == "system") or None,
        "messages": [{"role": turn.role, "content": turn.content} for turn in prompt if turn.role != "system"],
        "temperature": config.temperature,
        "top_p": config.top_p,
        "top_k": config.top_k,
        "stop_sequences": list(config.stop) or None,
        "thinking": _thinking(config),
        "output_config": _output_config(config) or None,
    }
    return {name: value for name, value in asked.items() if value is not None}


def output(reply: Reply, latency: float, first_token: float | None = None) -> Output:
    """What the model said in a whole reply."""
    blocks = reply.get("content")
    if not isinstance(blocks, list):
        raise Unfit("content", blocks, "a list")
    return Output(
        text="".join(_said(blocks, "text")),
        reasoning="\n\n".join(_said(blocks, "thinking")),
        stop_reason=_STOP_REASONS.get(reply["stop_reason"], "unknown"),
        usage=_usage(fields_of(reply, "usage")),
        latency=latency,
        first_token=first_token,
    )


class MessagePieces:
    """The events of a streamed message, put together."""

    def __init__(self) -> None:
        self._message: dict[str, Any] = {}
        self._blocks: dict[int, dict[str, Any]] = {}
        self._usage: object = None
        self._ended = False

    def add(self, event: Reply) -> bool:
        """Take the event; whether it holds any text. Kinds that are new to us are passed over, as the API wants it."""
        kind = event.get("type")
        if kind == "message_start":
            self._message = dict(event["message"])
            self._usage = self._message.get("usage")
        elif kind == "content_block_start":
            self._blocks[event["index"]] = dict(event["content_block"])
        elif kind == "content_block_delta":
            return self._grown(self._blocks[event["index"]], event["delta"])
        elif kind == "message_delta":
            self._message |= event["delta"]
            self._usage = _grown_usage(self._usage, event.get("usage"))
        elif kind == "message_stop":
            self._ended = True
        return False

    def whole(self) -> Reply | None:
        """The message as it would have come in one piece; None if it was cut off."""
        if not self._ended:
            return None
        blocks = [
            {name: "".join(value) if isinstance(value, list) else value for name, value in block.items()}
            for _, block in sorted(self._blocks.items())
        ]
        return {**self._message, "content": blocks, "usage": self._usage}

    def _grown(self, block: dict[str, Any], delta: Reply) -> bool:
        for name in ("text", "thinking"):
            if delta["type"] == f"{name}_delta":
                # In a list until the end: to join at every step would take time that grows with the square.
                if not isinstance(block.get(name), list):
                    block[name] = [block.get(name) or ""]
                block[name].append(text_of(delta, name, "delta."))
                return bool(block[name][-1])
        return False


def _said(blocks: Sequence[Reply], kind: str) -> Iterator[str]:
    """The texts of the blocks of that kind."""
    for at, block in enumerate(blocks):
        if block["type"] == kind:
            yield text_of(block, kind, f"content[{at}].")


def _grown_usage(before: object, more: object) -> object:
    """What is counted by now; something else than an object stays, to be told at the end."""
    return {**before, **more} if isinstance(before, Mapping) and isinstance(more, Mapping) else more or before


def _usage(spent: Reply) -> Usage:
    """Anthropic counts tokens of its cache beside `input_tokens`; we count them in."""
    if not spent:
        return Usage()
    for name in ("input_tokens", "output_tokens"):
        if spent.get(name) is None:
            raise Unfit(f"usage.{name}", None, "a number of tokens")
    read = tokens_of(spent, "cache_read_input_tokens", "usage.")
    written = tokens_of(spent, "cache_creation_input_tokens", "usage.")
    details = fields_of(spent, "output_tokens_details", "usage.")
    return Usage(
        input_tokens=tokens_of(spent, "input_tokens", "usage.") + read + written,
        output_tokens=tokens_of(spent, "output_tokens", "usage."),
        cache_read_tokens=read,
        cache_write_tokens=written,
        reasoning_tokens=tokens_of(details, "thinking_tokens", "usage.output_tokens_details."),
    )


def _thinking(config: GenerateConfig) -> dict[str, Any] | None:
    """How the model is to think. `display`: newer models hide their thoughts unless they are asked to show them."""
    budget = config.reasoning_tokens
    if config.reasoning == "none" or budget == 0:
        if budget:
            raise _mistake("reasoning_tokens", "and `reasoning: none` say different things")
        return {"type": "disabled"}
    if budget is not None:
        if not _LEAST_BUDGET <= budget < (config.max_tokens or 0):
            raise _mistake("reasoning_tokens", f"is at least {_LEAST_BUDGET} at Anthropic, and less than `max_tokens`")
        thinking = {"type": "enabled", "budget_tokens": budget}
    elif config.reasoning is not None:
        thinking = {"type": "adaptive"}
    else:
        return None
    _check_beside_thinking(config)
    return thinking | {"display": "summarized"}


def _check_beside_thinking(config: GenerateConfig) -> None:
    if config.temperature not in (None, 1):
        raise _mistake(
            "temperature",
            "cannot be chosen where an Anthropic model thinks; set it to 1, or leave it out: `omit: [temperature]` in "
            "the model's `args`",
        )
    if config.top_k is not None:
        raise _mistake("top_k", "cannot be chosen where an Anthropic model thinks")


def _output_config(config: GenerateConfig) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    if config.reasoning == "minimal":
        raise _mistake("reasoning", "begins with `low` at Anthropic; there is no `minimal`")
    if config.reasoning not in (None, "none"):
        wanted["effort"] = config.reasoning
    if config.json_schema is not None:
        wanted["format"] = {"type": "json_schema", "schema": config.json_schema}
    return wanted


def _mistake(parameter: str, why: str) -> SpecError:
    return SpecError(f"`{parameter}` {why}", field=["generate", parameter])
