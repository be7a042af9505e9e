"""What the gateway answers: our outputs, as OpenAI's JSON."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Literal

from benchbook.errors import RuntimeFailed
from benchbook.specs.outputs import Alternative, Output, Piece, PromptToken, Reading, TokenLogprob, Usage
from benchbook.specs.quoting import shortened

Json = dict[str, Any]
Kind = Literal["chat", "text"]

_IMPOSSIBLE = -9999.0
"""The log-probability of what cannot be: JSON has no infinity."""
_BROKEN = "�"
"""What a token reads like that is a part of a character."""


@dataclass(frozen=True)
class Head:
    """What every reply to one request begins with."""

    kind: Kind
    id: str
    created: int
    model: str
    fingerprint: str

    def whole(self, choices: Sequence[Json], spent: Usage | None) -> Json:
        """The reply in one piece."""
        name = "chat.completion" if self.kind == "chat" else "text_completion"
        return {**self._named(name), "choices": choices, "usage": usage(spent)}

    def chunk(self, choices: Sequence[Json], **more: Json | None) -> Json:
        """A piece of a streamed reply."""
        name = "chat.completion.chunk" if self.kind == "chat" else "text_completion"
        return {**self._named(name), "choices": choices, **more}

    def _named(self, name: str) -> Json:
        return {
            "id": self.id,
            "object": name,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": self.fingerprint,
        }


@dataclass(frozen=True)
class Echo:
    """A prompt that is to stand before its answer, and how likely it was, where that was asked for."""

    text: str
    reading: Reading | None = None


def choice(kind: Kind, index: int, output: Output, echo: Echo | None = None) -> Json:
    """One answer, whole."""
    whole = Piece(text=output.text, reasoning=output.reasoning, logprobs=output.logprobs or ())
    told = output.logprobs is not None
    reason = "stop" if output.stop_reason == "unknown" else output.stop_reason
    if kind == "chat":
        message = {"role": "assistant", "content": output.text, "refusal": None}
        if output.reasoning:
            message["reasoning_content"] = output.reasoning
        said: Json = {"message": message, "logprobs": _chat_logprobs(whole) if told else None}
    else:
        said = _text(whole, echo, told=told)
    return {"index": index, **said, "finish_reason": reason}


def chunk_of(kind: Kind, index: int, piece: Piece, echo: Echo | None = None, *, begins: int = 0) -> Json:
    """One piece of an answer, and where in the text it begins; the echo comes with the first."""
    told = bool(piece.logprobs)
    if kind == "text":
        return {"index": index, **_text(piece, echo, told=told, begins=begins), "finish_reason": None}
    thought = {"reasoning_content": piece.reasoning} if piece.reasoning else {}
    said = {"content": piece.text} if piece.text or not thought else {}
    logprobs = _chat_logprobs(piece) if told else None
    return {"index": index, "delta": {**thought, **said}, "logprobs": logprobs, "finish_reason": None}


def opening(index: int) -> Json:
    """How a streamed answer in a chat begins."""
    delta = {"role": "assistant", "content": "", "refusal": None}
    return {"index": index, "delta": delta, "logprobs": None, "finish_reason": None}


def ending(kind: Kind, index: int, output: Output) -> Json:
    """How a streamed answer ends."""
    said: Json = {"delta": {}} if kind == "chat" else {"text": ""}
    reason = "stop" if output.stop_reason == "unknown" else output.stop_reason
    return {"index": index, **said, "logprobs": None, "finish_reason": reason}


def usage(spent: Usage | None) -> Json | None:
    """The tokens of a request; None if nobody knows."""
    if spent is None:
        return None
    return {
        "prompt_tokens": spent.input_tokens,
        "completion_tokens": spent.output_tokens,
        "total_tokens": spent.input_tokens + spent.output_tokens,
        "prompt_tokens_details": {"cached_tokens": spent.cache_read_tokens},
        "completion_tokens_details": {"reasoning_tokens": spent.reasoning_tokens},
    }


def total(answers: Sequence[Sequence[Usage]]) -> Usage:
    """What several prompts took, each answered several times; a prompt counts once, as OpenAI has it."""
    firsts, every = [of_one[0] for of_one in answers], [spent for of_one in answers for spent in of_one]
    return Usage(
        input_tokens=sum(spent.input_tokens for spent in firsts),
        output_tokens=sum(spent.output_tokens for spent in every),
        cache_read_tokens=sum(spent.cache_read_tokens for spent in firsts),
        cache_write_tokens=sum(spent.cache_write_tokens for spent in firsts),
        reasoning_tokens=sum(spent.reasoning_tokens for spent in every),
    )


def error(message: str, kind: str, *, param: str | None = None, code: str | None = None) -> Json:
    """A complaint. It does not send back all that a client may have sent."""
    name = param and shortened(param, 100)
    return {"error": {"message": shortened(message, 2000), "type": kind, "param": name, "code": code}}


def _chat_logprobs(piece: Piece) -> Json:
    content = [{**_shown(token), "top_logprobs": [_shown(other) for other in token.top]} for token in piece.logprobs]
    return {"content": content, "refusal": None}


def _shown(token: Alternative) -> Json:
    known = _BROKEN not in token.token
    return {
        "token": token.token,
        "logprob": _finite(token.logprob),
        "bytes": list(token.token.encode()) if known else None,
    }


def _text(piece: Piece, echo: Echo | None, *, told: bool, begins: int = 0) -> Json:
    reading = echo.reading if echo else None
    tokens: list[PromptToken | TokenLogprob] = [*(reading.tokens if reading else ()), *piece.logprobs]
    return {
        "text": (echo.text if echo else "") + piece.text,
        "logprobs": _text_logprobs(tokens, begins) if told or reading else None,
    }


def _text_logprobs(tokens: Sequence[PromptToken | TokenLogprob], begins: int) -> Json:
    return {
        "tokens": [token.token for token in tokens],
        "token_logprobs": [None if token.logprob is None else _finite(token.logprob) for token in tokens],
        "top_logprobs": [None if token.logprob is None else dict(_ranked(token)) for token in tokens],
        "text_offset": list(accumulate((len(token.token) for token in tokens), initial=begins))[:-1],
    }


def _ranked(token: PromptToken | TokenLogprob) -> Iterator[tuple[str, float]]:
    """The likeliest tokens of a place, the token itself among them. Of several that read alike (parts of characters)
    the likeliest is told."""
    seen: dict[str, float] = {}
    own = () if token.logprob is None else ((token.token, token.logprob),)
    for text, logprob in (*((other.token, other.logprob) for other in token.top), *own):
        seen[text] = max(_finite(logprob), seen.get(text, _IMPOSSIBLE))
    yield from sorted(seen.items(), key=lambda pair: -pair[1])


def _finite(logprob: float) -> float:
    if math.isnan(logprob):
        raise RuntimeFailed("the model gave no number for a token (NaN)")
    return max(logprob, _IMPOSSIBLE)
