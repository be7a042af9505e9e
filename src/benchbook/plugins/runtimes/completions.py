"""The JSON of OpenAI's completions, chat and plain: spoken by most servers, and by llama.cpp in process."""

import asyncio
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from benchbook import Alternative, GenerateConfig, Output, Piece, Prompt, TokenLogprob, Usage
from benchbook.plugins.runtimes.fields import Complained, Unfit, fields_of, known, objects, parts_of, text_of, tokens_of

Reply = Mapping[str, Any]
StopReason = Literal["stop", "length", "content_filter", "unknown"]

_STOP_REASONS: dict[str, StopReason] = {
    **dict.fromkeys(("stop", "eos", "eos_token", "stop_sequence", "end_turn"), "stop"),
    **dict.fromkeys(("length", "max_tokens", "model_length"), "length"),
    "content_filter": "content_filter",
}
"""OpenAI's words, and those of TGI, Together, Mistral and of proxies before others."""
_CALLS = ("tool_calls", "function_call")
_INSTEAD = ("refusal", "reasoning_content", "reasoning", *_CALLS)
"""What a message may hold alone: some servers leave out what is null."""
QUOTED = 300
"""Characters of what others said that a message of ours holds."""
_IMPOSSIBLE = -9999.0
"""The log-probability of what cannot be, as servers that send no infinity have it."""


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


def output(reply: Reply, latency: float, first_token: float | None = None, alternatives: int | None = None) -> Output:
    """What the model said in a whole reply, chat or plain; ValueError if it is something else.

    Of log-probabilities so many `alternatives` are kept, and none at all if it is None: some servers send more than
    was asked for.
    """
    try:
        choice = objects(reply, "choices")[0]
        _check_choice(choice)
        message, place, name = choice, "choices[0].", "text"
        if "message" in choice:
            message, place, name = fields_of(choice, "message", place), f"{place}message.", "content"
        _check_said(message, name, place)
        text, thought = parts_of(message, name, place)
        reasoning = text_of(message, "reasoning_content", place) or text_of(message, "reasoning", place)
        refusal = text_of(message, "refusal", place)
        found = choice.get("logprobs")
        return Output(
            text=text or refusal,
            reasoning=reasoning or thought,
            stop_reason="content_filter" if refusal else stop_reason(choice.get("finish_reason")),
            usage=usage(fields_of(reply, "usage")),
            latency=latency,
            first_token=first_token,
            logprobs=tuple(logprobs(found, alternatives)) if found and alternatives is not None else None,
        )
    except (LookupError, TypeError, AttributeError, ArithmeticError) as err:
        raise ValueError(f"not a completion: {err!r}") from None


def _check_choice(choice: Reply) -> None:
    """Complained if whoever answers for the server has failed: OpenRouter tells it so of the models behind it."""
    if error := choice.get("error"):
        raise Complained(error)
    if choice.get("finish_reason") == "error":
        raise Complained({"message": "`finish_reason` is error", "type": "server_error"})


def _check_said(message: Reply, name: str, place: str) -> None:
    """Unfit if there is neither a text nor what may stand in its place."""
    found = message.get(name)
    if name not in message and message.keys().isdisjoint(_INSTEAD):
        raise Unfit(f"{place}{name}", None, "a text")
    if not (found is None or known(found) or any(map(message.get, _INSTEAD))):
        raise Unfit(f"{place}{name}", found, "a text")


def usage(spent: Reply) -> Usage:
    """The tokens of a request; zero where the server does not say."""
    read, written = "prompt_tokens_details", "completion_tokens_details"
    return Usage(
        input_tokens=tokens_of(spent, "prompt_tokens", "usage."),
        output_tokens=tokens_of(spent, "completion_tokens", "usage."),
        cache_read_tokens=tokens_of(fields_of(spent, read, "usage."), "cached_tokens", f"usage.{read}."),
        reasoning_tokens=tokens_of(fields_of(spent, written, "usage."), "reasoning_tokens", f"usage.{written}."),
    )


def logprobs(found: Reply, alternatives: int | None = None) -> Iterator[TokenLogprob]:
    """The tokens of an answer and how likely they were: in the form of chat, or the older one of plain completions."""
    if "tokens" not in found:
        for each in found.get("content") or ():
            yield TokenLogprob(
                token=each["token"],
                logprob=finite(each["logprob"]),
                top=tuple(
                    Alternative(token=other["token"], logprob=finite(other["logprob"]))
                    for other in (each.get("top_logprobs") or ())[:alternatives]
                ),
            )
        return
    tops = found.get("top_logprobs") or [None] * len(found["tokens"])
    for token, logprob, top in zip(found["tokens"], found["token_logprobs"], tops, strict=True):
        ranked = sorted((top or {}).items(), key=lambda pair: -finite(pair[1]))
        others = tuple(Alternative(token=other, logprob=finite(value)) for other, value in ranked[:alternatives])
        yield TokenLogprob(token=token, logprob=finite(logprob), top=others)


def finite(logprob: float) -> float:
    """The log-probability, as a number that JSON knows; ValueError for one that is none."""
    if math.isnan(logprob) or logprob == math.inf:
        raise ValueError(f"{logprob} is no log-probability")
    return max(float(logprob), _IMPOSSIBLE)


def stop_reason(finish_reason: object) -> StopReason:
    """Why the model ended, in our words."""
    return _STOP_REASONS.get(str(finish_reason).lower(), "unknown")


class ChunkPieces:
    """The chunks of a streamed completion, put together; told one by one to who wants to know."""

    def __init__(self, tell: Callable[[Piece], None] | None = None, alternatives: int | None = None) -> None:
        self._tell = tell
        self._alternatives = alternatives
        self._said: dict[str, list[str]] = {}
        self._wordless: dict[str, Any] = {}
        """What came in the place of text, by its name: calls, and content that is none."""
        self._logprobs: list[Reply] = []
        self._usage: Reply = {}
        self._finish_reason: object = None
        self._index: object = None
        """Of the answer that is read: the first that comes, as in a reply that is whole."""

    def add(self, event: Reply) -> bool:
        """Take the chunk; whether it holds any text."""
        # Groq's own place for it came before OpenAI's.
        groq = event.get("x_groq")
        self._usage = event.get("usage") or (isinstance(groq, Mapping) and groq.get("usage")) or self._usage
        said = False
        for at, choice in enumerate(event.get("choices") or ()):
            if self._is_of_another(choice):
                continue
            _check_choice(choice)
            pieces, found = self._pieces(choice, f"choices[{at}]."), self._new_logprobs(choice)
            if self._tell:
                self._tell(_piece(pieces, found, self._alternatives))
            self._finish_reason = choice.get("finish_reason") or self._finish_reason
            if found:
                self._logprobs.append(found)
            for name, text in pieces.items():
                if text:
                    self._said.setdefault(name, []).append(text)
                    said = True
        return said

    def whole(self) -> Reply | None:
        """The reply as it would have come in one piece; None if the last chunk is missing."""
        if self._finish_reason is None:
            return None
        said = {name: "".join(texts) for name, texts in self._said.items()}
        message = {"content": "", **self._wordless, **said}
        choice = {"message": message, "finish_reason": self._finish_reason, "logprobs": _joined(self._logprobs)}
        return {"choices": [choice], "usage": self._usage}

    def _is_of_another(self, choice: Reply) -> bool:
        """Whether it is a piece of a second answer: nobody asks for one, but `extra_body` may."""
        index = choice.get("index")
        if self._index is None:
            self._index = index
        return index not in (self._index, None)

    def _pieces(self, choice: Reply, place: str) -> dict[str, str]:
        """What a chunk says, by the names of a message."""
        delta = fields_of(choice, "delta", place)
        pieces = _spoken(delta, f"{place}delta.")
        pieces["content"] += parts_of(choice, "text", place)[0]
        self._keep_wordless(delta, choice.get("text"))
        if message := fields_of(choice, "message", place):
            # One that has the answer only as a whole may stream it so; others repeat it so at the end.
            for name, text in _spoken(message, f"{place}message.").items():
                pieces[name] += self._beyond(name, pieces[name], text)
            self._keep_wordless(message)
        return pieces

    def _beyond(self, name: str, piece: str, text: str) -> str:
        """What a whole text adds to what was said until now; nothing if that was something else."""
        said = "".join(self._said.get(name, ())) + piece
        return text[len(said) :] if text.startswith(said) else ""

    def _keep_wordless(self, holder: Reply, text: object = None) -> None:
        for found in (holder.get("content"), text):
            if isinstance(found, list):
                self._wordless.setdefault("content", []).extend(found)
        self._wordless |= {name: holder[name] for name in _CALLS if holder.get(name)}

    def _new_logprobs(self, choice: Reply) -> Reply | None:
        """Those of the chunk, unless nobody asked for any, or it repeats what came before."""
        repeated = self._logprobs and choice.get("message")
        return None if self._alternatives is None or repeated else choice.get("logprobs")


def _spoken(message: Reply, place: str) -> dict[str, str]:
    """What a message or a piece of one says, by the names of a message."""
    text, thought = parts_of(message, "content", place)
    return {
        "content": text,
        "refusal": text_of(message, "refusal", place),
        "reasoning_content": text_of(message, "reasoning_content", place),
        "reasoning": text_of(message, "reasoning", place) or thought,
    }


def _piece(pieces: Mapping[str, str], found: Reply | None, alternatives: int | None) -> Piece:
    """What a chunk adds to the answer. A refusal is told at the end: it is the text only where there is no other."""
    return Piece(
        text=pieces["content"],
        reasoning=pieces["reasoning_content"] or pieces["reasoning"],
        logprobs=tuple(logprobs(found, alternatives)) if found and alternatives is not None else (),
    )


def _joined(parts: list[Reply]) -> dict[str, list[Any]]:
    """Log-probabilities that came in pieces, in the one form or the other."""
    joined: dict[str, list[Any]] = {}
    for part in parts:
        for name, values in part.items():
            if isinstance(values, list):
                joined.setdefault(name, []).extend(values)
    return joined


def from_a_thread(tell: Callable[[Piece], None], loop: asyncio.AbstractEventLoop) -> Callable[[Piece], None]:
    """`tell`, to be called by a thread beside the loop."""

    def told(piece: Piece) -> None:
        loop.call_soon_threadsafe(tell, piece)

    return told


def quoted(text: str, most: int = QUOTED) -> str:
    """What others said, in one short line for a message of ours: whatever does not print is shown as an escape."""
    line = " ".join(text.split(maxsplit=most))
    shown = "".join(char if char.isprintable() else _escape(char) for char in line[: most + 1])
    return shown if len(shown) <= most else f"{shown[:most]}…"


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
