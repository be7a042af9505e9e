"""Answers that are known already: what they are found under, and how equal questions are asked once.

A key is made of three parts. Who is asked: the model as `runtime/name`, its arguments, and what its runtime says it
runs on (a digest of the weights, the address of a server). How: the sampling parameters that were given, with the seed,
and the epoch; where the answer is drawn at random, also the how-manieth question of its sample it is. What: the prompt.
"""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError

from benchbook.protocols import Cache, Key, Request, Runtime
from benchbook.specs.models import ModelSpec, Prompt
from benchbook.specs.outputs import Likelihood, Output
from benchbook.specs.spec import canonical_json

FORM = 1
"""Counts up when keys are made in another way."""

_BESIDE_THE_POINT = frozenset({"api_key_env", "timeout"})
"""Arguments of runtimes that decide no answer."""

_as_json = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode

AnyAnswer = TypeVar("AnyAnswer", Output, Likelihood)


def source_of(model: ModelSpec, runtime: Runtime) -> str:
    """Who is asked, as JSON: all that may tell one model's answers from another's."""
    identity = runtime.facts if runtime.identity is None else runtime.identity
    return canonical_json(
        {
            "form": FORM,
            "model": model.model,
            "args": {name: value for name, value in model.args.items() if name not in _BESIDE_THE_POINT},
            "facts": {str(name): str(value) for name, value in identity.items()},
            "prompt_style": runtime.prompt_style,
        }
    )


def name_of(source: str) -> str:
    """A source in a few letters: runs in which they differ share no answers."""
    return hashlib.sha256(source.encode()).hexdigest()[:12]


def key_of(source: str, request: Request) -> Key:
    """What the answer to `request` is found under."""
    # Only what was given: a parameter that a later version knows must not make every answer unknown.
    parameters: dict[str, Any] = request.config.model_dump(mode="json", exclude_defaults=True)
    parameters["epoch"] = request.epoch
    if request.config.temperature != 0 and request.turn > 1:
        parameters["turn"] = request.turn
    return _key(source, parameters, request.prompt)


def key_of_weighing(source: str, context: str, continuation: str) -> Key:
    """What the likelihood of a continuation is found under."""
    return _key(source, {"continuation": continuation}, context)


def key_of_reading(source: str, text: str, window: int) -> Key:
    """What the likelihood of a text is found under that is read in windows of so many tokens."""
    return _key(source, {"window": window}, text)


def worth_keeping(answer: Output | Likelihood) -> bool:
    """Whether asking again could not do better: not where a filter stepped in, or nothing came and nobody said why."""
    if isinstance(answer, Likelihood):
        return True
    return answer.stop_reason != "content_filter" and (bool(answer.text) or answer.stop_reason != "unknown")


@dataclass
class Recall:
    """One run's way to what is known already. What is not known is asked, once for all who ask the same at a time."""

    cache: Cache
    source: str
    _asked: dict[bytes, "asyncio.Future[Any]"] = field(default_factory=dict)

    @classmethod
    def of(cls, cache: Cache | None, model: ModelSpec, runtime: Runtime) -> "Recall | None":
        """The way to the cache, if there is one and the runtime computes its answers: to recite them is no work."""
        return cls(cache, source_of(model, runtime)) if cache is not None and runtime.samples else None

    async def output(self, request: Request, ask: Callable[[], Awaitable[Output]]) -> Output:
        """The known answer, marked so; or what `ask` gives."""
        return await self._answer(Output, key_of(self.source, request), ask)

    async def likelihood(self, context: str, continuation: str, ask: Callable[[], Awaitable[Likelihood]]) -> Likelihood:
        """The known likelihood, marked so; or what `ask` gives."""
        return await self._answer(Likelihood, key_of_weighing(self.source, context, continuation), ask)

    async def rolling(self, text: str, window: int, ask: Callable[[], Awaitable[Likelihood]]) -> Likelihood:
        """The known likelihood of a text that was read in such windows, marked so; or what `ask` gives."""
        return await self._answer(Likelihood, key_of_reading(self.source, text, window), ask)

    async def _answer(self, kind: type[AnyAnswer], key: Key, ask: Callable[[], Awaitable[AnyAnswer]]) -> AnyAnswer:
        while (asked := self._asked.get(key.digest)) is not None:
            # If the one who asks is cancelled, or the answer is worth nothing, someone who waits asks next.
            if await _settled(asked):
                # What somebody else was told a moment ago, be it a failure.
                told: AnyAnswer = asked.result()
                return told.model_copy(update={"cached": True})
        known = _read(kind, self.cache.get(key))
        return known if known is not None else await self._asked_now(key, ask)

    async def _asked_now(self, key: Key, ask: Callable[[], Awaitable[AnyAnswer]]) -> AnyAnswer:
        future: asyncio.Future[AnyAnswer] = asyncio.get_running_loop().create_future()
        self._asked[key.digest] = future
        try:
            answer = await ask()
        except asyncio.CancelledError:
            future.cancel()
            raise
        except Exception as err:
            future.set_exception(err)
            future.exception()  # seen, even if nobody else waits for it
            raise
        else:
            if worth_keeping(answer):
                future.set_result(answer)
                self.cache.put(key, answer)
            else:
                future.cancel()
            return answer
        finally:
            del self._asked[key.digest]


def _key(source: str, parameters: dict[str, Any], prompt: Prompt) -> Key:
    said = _as_json(parameters)
    what = hashlib.sha256(_whole(prompt).encode("utf-8", "surrogatepass")).digest()
    whole = hashlib.sha256(f"{source}\n{said}\n".encode())
    whole.update(what)
    return Key(whole.digest(), source, said, what)


def _whole(prompt: Prompt) -> str:
    """The prompt as one text, which no other prompt has."""
    if isinstance(prompt, str):
        return f"text:{prompt}"
    return "".join(f"{turn.role}:{len(turn.content)}:{turn.content}" for turn in prompt)


async def _settled(asked: "asyncio.Future[Any]") -> bool:
    """Whether it came to an end, and was not given up; a waiter that is cancelled itself takes nobody with it."""
    await asyncio.wait([asked])
    return not asked.cancelled()


def _read(kind: type[AnyAnswer], known: object) -> AnyAnswer | None:
    """The answer as it was, marked; None if there is none, or it has another shape than those of this version."""
    if not isinstance(known, dict):
        return None
    try:
        # Not strict: JSON has lists where specs have tuples.
        return kind.model_validate({**known, "cached": True}, strict=False)
    except ValidationError:
        return None
