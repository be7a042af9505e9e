"""The JSON of Google's Gemini API (`generateContent`): what is asked, what comes back, whole or in pieces."""

from collections.abc import Iterator, Mapping
from typing import Any

from benchbook import Alternative, GenerateConfig, Output, Prompt, SpecError, TokenLogprob, Usage
from benchbook.plugins.runtimes.completions import Reply, StopReason, finite
from benchbook.plugins.runtimes.fields import fields_of, objects, text_of, tokens_of

_MOST_STOPS = 5
_ROLES = {"user": "user", "assistant": "model"}
_STOP_REASONS: Mapping[str, StopReason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    **dict.fromkeys(("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"), "content_filter"),
}


def question(prompt: Prompt, config: GenerateConfig) -> dict[str, Any]:
    """The body of a request; SpecError for what the API has no word for."""
    if isinstance(prompt, str):
        raise SpecError("Google's models take turns, not bare text; leave `prompt_style` at chat")
    if len(config.stop) > _MOST_STOPS:
        raise _mistake("stop", f"takes {_MOST_STOPS} sequences at most at Google, not {len(config.stop)}")
    system = [{"text": turn.content} for turn in prompt if turn.role == "system"]
    turns = [{"role": _ROLES[turn.role], "parts": [{"text": turn.content}]} for turn in prompt if turn.role != "system"]
    told = {"systemInstruction": {"parts": system}} if system else {}
    return {**told, "contents": turns, "generationConfig": _generation(config)}


def output(reply: Reply, latency: float, first_token: float | None = None) -> Output:
    """What the model said in a whole reply; a prompt that was blocked got no answer, and that is told."""
    blocked = fields_of(reply, "promptFeedback").get("blockReason")
    candidate: Reply = {"finishReason": "SAFETY"} if blocked else objects(reply, "candidates")[0]
    parts = _parts(candidate)
    found = candidate.get("logprobsResult")
    return Output(
        text="".join(text for text, thought in parts if not thought),
        reasoning="".join(text for text, thought in parts if thought),
        stop_reason=_STOP_REASONS.get(str(candidate.get("finishReason")), "unknown"),
        usage=_usage(fields_of(reply, "usageMetadata")),
        latency=latency,
        first_token=first_token,
        logprobs=tuple(_logprobs(found)) if found else None,
    )


class CandidatePieces:
    """The chunks of a streamed answer, put together: each is a reply of its own, with the next parts."""

    def __init__(self) -> None:
        self._reply: dict[str, Any] = {}
        self._candidate: dict[str, Any] = {}
        self._parts: list[Reply] = []
        self._chosen: list[Reply] = []
        self._top: list[Reply] = []

    def add(self, event: Reply) -> bool:
        """Take the chunk; whether it holds any text."""
        self._reply |= event
        if not event.get("candidates"):
            return False
        candidate = objects(event, "candidates")[0]
        self._candidate |= candidate
        said = _parts(candidate)
        self._parts.extend({"text": text, "thought": thought} for text, thought in said)
        found = candidate.get("logprobsResult") or {}
        self._chosen.extend(found.get("chosenCandidates") or ())
        self._top.extend(found.get("topCandidates") or ())
        return any(text for text, _ in said)

    def whole(self) -> Reply | None:
        """The reply as it would have come in one piece; None if the last chunk is missing."""
        if (self._reply.get("promptFeedback") or {}).get("blockReason"):
            return self._reply
        if "finishReason" not in self._candidate:
            return None
        found = {"chosenCandidates": self._chosen, "topCandidates": self._top} if self._chosen else None
        candidate = self._candidate | {"content": {"parts": self._parts}, "logprobsResult": found}
        return self._reply | {"candidates": [candidate]}


def _generation(config: GenerateConfig) -> dict[str, Any]:
    wanted = {
        "maxOutputTokens": config.max_tokens,
        "temperature": config.temperature,
        "topP": config.top_p,
        "topK": config.top_k,
        "seed": config.seed,
        "stopSequences": list(config.stop) or None,
        "responseLogprobs": True if config.logprobs is not None else None,
        "logprobs": config.logprobs or None,
        "responseMimeType": "application/json" if config.json_schema is not None else None,
        "responseJsonSchema": config.json_schema,
        "thinkingConfig": _thinking(config),
    }
    return {name: value for name, value in wanted.items() if value is not None}


def _thinking(config: GenerateConfig) -> dict[str, Any] | None:
    """Newer models take a level, older ones a number of tokens; none takes both."""
    if config.reasoning is not None and config.reasoning_tokens is not None:
        raise _mistake("reasoning_tokens", "and `reasoning` cannot both be set at Google: levels are for Gemini 3")
    budget = 0 if config.reasoning == "none" else config.reasoning_tokens
    if budget is not None:
        return {"thinkingBudget": budget, "includeThoughts": budget > 0}
    if config.reasoning is not None:
        return {"thinkingLevel": config.reasoning, "includeThoughts": True}
    return None


def _parts(candidate: Reply) -> list[tuple[str, bool]]:
    """The texts of an answer, and whether each is a thought."""
    place = "candidates[0]."
    content = fields_of(candidate, "content", place)
    parts = objects(content, "parts", f"{place}content.") if content.get("parts") else ()
    return [
        (text_of(part, "text", f"{place}content.parts[{at}]."), bool(part.get("thought")))
        for at, part in enumerate(parts)
    ]


def _usage(spent: Reply) -> Usage:
    """Google counts thoughts beside the answer's tokens; we count them in."""
    place = "usageMetadata."
    thought = tokens_of(spent, "thoughtsTokenCount", place)
    return Usage(
        input_tokens=tokens_of(spent, "promptTokenCount", place),
        output_tokens=tokens_of(spent, "candidatesTokenCount", place) + thought,
        cache_read_tokens=tokens_of(spent, "cachedContentTokenCount", place),
        reasoning_tokens=thought,
    )


def _logprobs(found: Reply) -> Iterator[TokenLogprob]:
    chosen = found["chosenCandidates"]
    tops = found.get("topCandidates") or [{}] * len(chosen)
    for each, top in zip(chosen, tops, strict=True):
        others = tuple(Alternative(**_likely(other)) for other in top.get("candidates") or ())
        yield TokenLogprob(**_likely(each), top=others)


def _likely(candidate: Reply) -> dict[str, Any]:
    # A field that is zero, as the log-probability of what is certain, is left out of Google's JSON.
    return {"token": candidate.get("token", ""), "logprob": finite(candidate.get("logProbability", 0.0))}


def _mistake(parameter: str, why: str) -> SpecError:
    return SpecError(f"`{parameter}` {why}", field=["generate", parameter])
