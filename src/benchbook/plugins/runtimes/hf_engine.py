"""Requests of a run, computed together.

Answers grow side by side, a token each at every step. One that is finished makes room, and what came in meanwhile is
read and joined to those under way (docs/models.md has the figures that speak for this). Prompts of like length are
taken together, for they are padded to the longest on the left.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import torch
from transformers.cache_utils import DynamicLayer

from benchbook import GenerateConfig, Output, Piece, RuntimeFailed
from benchbook.plugins.runtimes.completions import quoted
from benchbook.plugins.runtimes.hf_answers import Growing
from benchbook.plugins.runtimes.hf_forward import Forward
from benchbook.plugins.runtimes.hf_weights import Loaded

Result = TypeVar("Result")

_LINGER = 0.005
"""Seconds in which requests that were made together arrive together."""
_MOST_LOGITS = 2**28
"""Numbers that are kept at once to weigh texts by: a gigabyte. More takes several batches."""


class Place(NamedTuple):
    """What the model expected at one place of a text."""

    logprob: float | None
    """Of the token that stands there; None where the text has ended."""
    top: list[tuple[int, float]]
    """The likeliest tokens, and their log-probabilities."""


@dataclass(frozen=True)
class _Weighing:
    """Tokens to be weighed, after those before them."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    beyond: bool
    """Whether it is to be told as well what comes after them all."""
    alternatives: int
    future: "Future[list[Place]]"

    @property
    def read(self) -> tuple[int, ...]:
        """What the model has to read: all that something is to be told after."""
        return (*self.before, *self.after) if self.beyond else (*self.before, *self.after[:-1])

    @property
    def places(self) -> int:
        """How many are told of."""
        return len(self.after) + self.beyond


@dataclass(frozen=True)
class _Batch:
    """Answers under way: a row each."""

    rows: list[Growing]
    cache: Any
    mask: torch.Tensor

    @property
    def joinable(self) -> bool:
        """Whether rows can be put together with others: not where a layer forgets, or keeps something else than keys
        and values."""
        return all(type(layer) is DynamicLayer for layer in self.cache.layers)


class Engine:
    """A loaded model at work, in a thread of its own."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._forward = Forward(loaded.model, loaded.device, loaded.padding)
        self._inbox: queue.SimpleQueue[Growing | _Weighing | None] = queue.SimpleQueue()
        self._waiting: list[Growing] = []
        self._weighings: list[_Weighing] = []
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="hf", daemon=True)
        self._thread.start()

    def answer(
        self, tokens: Sequence[int], config: GenerateConfig, tell: Callable[[Piece], None] | None = None
    ) -> "Future[Output]":
        """What the model says to the prompt; `tell` is told of it while it grows, in the engine's thread."""
        growing = Growing(self._loaded, tuple(tokens), config, tell)
        self._inbox.put(growing)
        return growing.future

    def weigh(
        self, before: Sequence[int], after: Sequence[int], alternatives: int = 1, *, beyond: bool = False
    ) -> "Future[list[Place]]":
        """How likely each of the tokens `after` is, and the likeliest of its place; also of the place `beyond` them."""
        weighing = _Weighing(tuple(before), tuple(after), beyond, alternatives, Future())
        self._inbox.put(weighing)
        return weighing.future

    def close(self) -> None:
        """Give up what is under way, and end the thread."""
        self._closed = True
        self._inbox.put(None)
        self._thread.join()

    def _work(self) -> None:
        batch: _Batch | None = None
        while True:
            self._take_in(idle=batch is None and not self._waiting and not self._weighings)
            if self._closed:
                break
            self._weigh_some()
            batch = self._advanced(batch)
        for growing in [*self._waiting, *(batch.rows if batch else [])]:
            growing.future.cancel()
        for weighing in self._weighings:
            weighing.future.cancel()

    def _take_in(self, *, idle: bool) -> None:
        """What has come in; wait for something if there is nothing to do."""
        if idle:
            self._sort(self._inbox.get())
            if self._loaded.max_batch > 1:
                time.sleep(_LINGER)
        while not self._inbox.empty():
            self._sort(self._inbox.get())
        self._waiting = [each for each in self._waiting if not each.future.cancelled()]
        self._weighings = [each for each in self._weighings if not each.future.cancelled()]

    def _sort(self, item: Growing | _Weighing | None) -> None:
        if isinstance(item, Growing):
            self._waiting.append(item)
        elif item is not None:
            self._weighings.append(item)

    def _advanced(self, batch: _Batch | None) -> _Batch | None:
        """The answers under way, a token longer, and joined by those that there is room for."""
        rows = batch.rows if batch else []
        try:
            if batch is None or (batch.joinable and len(batch.rows) < self._loaded.max_batch):
                new = self._next(self._loaded.max_batch - len(rows))
                if new:
                    rows = [*rows, *new]
                    batch = self._joined(batch, self._read(new))
            return self._without_finished(self._stepped(batch)) if batch else None
        except Exception as err:  # noqa: BLE001 - a model is anyone's code, and its failure is that of these answers
            for row in rows:
                _fail(row.future, err)
            return None

    def _next(self, room: int) -> list[Growing]:
        """The one that waits longest, and those nearest to it in length; they wait no more."""
        if not self._waiting:
            return []
        length = len(self._waiting[0].prompt)
        chosen = sorted(self._waiting[1:], key=lambda each: abs(len(each.prompt) - length))[: room - 1]
        chosen = [self._waiting[0], *chosen]
        self._waiting = [each for each in self._waiting if each not in chosen]
        return chosen

    def _read(self, rows: list[Growing]) -> _Batch | None:
        """The rows with their prompts read and their first token taken."""
        for row in rows:
            row.begin()
        logits, cache, mask = self._forward.read([row.prompt for row in rows])
        for row, last in zip(rows, logits[:, -1], strict=True):
            row.take(last)
        return self._without_finished(_Batch(rows, cache, mask))

    def _stepped(self, batch: _Batch) -> _Batch:
        """All rows, a token longer."""
        mask = torch.nn.functional.pad(batch.mask, (0, 1), value=1)
        logits = self._forward.step([row.tokens[-1] for row in batch.rows], batch.cache, mask)
        for row, last in zip(batch.rows, logits[:, -1], strict=True):
            row.take(last)
        return _Batch(batch.rows, batch.cache, mask)

    def _without_finished(self, batch: _Batch) -> _Batch | None:
        """The rows that go on. The others have their answers, or nobody waits for them any more."""
        stay = [at for at, row in enumerate(batch.rows) if not row.finished]
        for row in batch.rows:
            if row.finished:
                _tell(row.future, row.output)
        if not stay:
            return None
        if len(stay) == len(batch.rows):
            return batch
        kept = torch.tensor(stay, device=batch.mask.device)
        batch.cache.batch_select_indices(kept)
        return _trimmed(_Batch([batch.rows[at] for at in stay], batch.cache, batch.mask[kept]))

    @staticmethod
    def _joined(batch: _Batch | None, new: _Batch | None) -> _Batch | None:
        """Both as one; the shorter is padded on the left."""
        if batch is None or new is None:
            return new if batch is None else batch
        length = max(batch.mask.shape[1], new.mask.shape[1])
        for ours, theirs in zip(batch.cache.layers, new.cache.layers, strict=True):
            ours.keys = torch.cat([_padded(ours.keys, length), _padded(theirs.keys, length)])
            ours.values = torch.cat([_padded(ours.values, length), _padded(theirs.values, length)])
        masks = [torch.nn.functional.pad(each.mask, (length - each.mask.shape[1], 0)) for each in (batch, new)]
        return _Batch([*batch.rows, *new.rows], batch.cache, torch.cat(masks))

    def _weigh_some(self) -> None:
        """Weigh a batch of texts, of like length. Those that differ in their last token only are read once."""
        if not self._weighings:
            return
        by_text: dict[tuple[int, ...], list[_Weighing]] = {}
        for each in self._weighings:
            by_text.setdefault(each.read, []).append(each)
        length = len(self._weighings[0].read)
        texts = sorted(by_text, key=lambda text: (text != self._weighings[0].read, abs(len(text) - length)))
        places = {text: max(each.places for each in by_text[text]) for text in texts}
        texts = texts[: self._room(list(places.values()))]
        chosen = [each for text in texts for each in by_text[text]]
        self._weighings = [each for each in self._weighings if each.read not in set(texts)]
        try:
            logits, _, _ = self._forward.read(texts, keep=max(map(places.__getitem__, texts)), remember=False)
            rows = dict(zip(texts, logits, strict=True))
            for each in chosen:
                _tell(each.future, _told(rows[each.read], each))
        except Exception as err:  # noqa: BLE001 - as above
            for each in chosen:
                _fail(each.future, err)

    def _room(self, places: Sequence[int]) -> int:
        """How many of the texts, with so many places each, are weighed together: one at least."""
        vocabulary = self._loaded.model.config.get_text_config().vocab_size
        most = min(len(places), self._loaded.max_batch)
        fitting = [n for n in range(1, most + 1) if n * max(places[:n]) * vocabulary <= _MOST_LOGITS]
        return max(fitting, default=1)


def _told(logits: torch.Tensor, weighing: _Weighing) -> list[Place]:
    """What was asked of a text, whose last logits these are."""
    logprobs = logits[-weighing.places :].float().log_softmax(-1)
    wanted = torch.tensor(weighing.after, device=logprobs.device)
    found: list[float | None] = logprobs[: len(wanted)].gather(1, wanted[:, None])[:, 0].tolist()
    best = logprobs.topk(min(weighing.alternatives, logprobs.shape[-1]))
    tops = [list(zip(*pair, strict=True)) for pair in zip(best.indices.tolist(), best.values.tolist(), strict=True)]
    return [Place(logprob, top) for logprob, top in zip([*found, *[None] * weighing.beyond], tops, strict=True)]


def _trimmed(batch: _Batch) -> _Batch:
    """Without the columns that are padding in every row."""
    empty = int(batch.mask.sum(0).gt(0).int().argmax())
    if not empty or not batch.joinable:
        return batch
    for layer in batch.cache.layers:
        layer.keys, layer.values = layer.keys[:, :, empty:], layer.values[:, :, empty:]
    return _Batch(batch.rows, batch.cache, batch.mask[:, empty:])


def _padded(states: torch.Tensor, length: int) -> torch.Tensor:
    return torch.nn.functional.pad(states, (0, 0, length - states.shape[2], 0))


def _tell(future: "Future[Result]", result: Result) -> None:
    if future.set_running_or_notify_cancel():
        future.set_result(result)


def _fail(future: "Future[Any]", err: Exception) -> None:
    """Hand on what broke, in our words."""
    if future.done() or not future.set_running_or_notify_cancel():
        return
    hint = "; try a smaller `max_batch`" if isinstance(err, torch.OutOfMemoryError) else ""
    future.set_exception(RuntimeFailed(f"the model failed: {type(err).__name__}: {quoted(str(err))}{hint}"))
