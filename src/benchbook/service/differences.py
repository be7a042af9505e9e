"""What differs between two runs on the same data: circumstances, answers, verdicts, figures.

Times, and costs that depend on what a backend or we had in a cache, are shown and make no difference. Neither does
what people said of one of the runs.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, takewhile

from pydantic import JsonValue

from benchbook.engine.metrics import fold
from benchbook.errors import SpecError
from benchbook.records.generations import Generation
from benchbook.records.metrics import Metric
from benchbook.records.runs import Run
from benchbook.records.scores import Answer, Score
from benchbook.service.environment import OF_THE_MOMENT
from benchbook.service.runs import metrics
from benchbook.specs.outputs import Output
from benchbook.store import views
from benchbook.store.store import Store

_CIRCUMSTANTIAL = ("latency_", "exec_", "tokens_per_second", "busy", "throughput", "cost", "cached", "saved")
"""How figures begin that no two runs need to share."""

_BEFORE, _AFTER = 24, 48
"""Characters shown before and after the place where two texts part."""


@dataclass(frozen=True)
class Change:
    """One thing that is otherwise; None where it is missing."""

    what: str
    before: str | None
    after: str | None
    at: int | None = None
    """For texts, the first character that differs; only its surroundings are kept."""


@dataclass(frozen=True)
class Difference:
    """What is otherwise in one sample's answer and verdicts, in one epoch."""

    sample: str
    epoch: int
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Figure:
    """A metric of both runs, over the answers that both have."""

    name: str
    score: str
    slice: str
    before: float | None
    after: float | None

    @property
    def differs(self) -> bool:
        """Whether it is otherwise, beyond the last digits of a sum."""
        if self.before is None or self.after is None:
            return self.before is not self.after
        return not math.isclose(self.before, self.after, rel_tol=1e-12)

    @property
    def circumstantial(self) -> bool:
        """Whether it is about time or money: the same answers may take more or less of either."""
        return self.name.startswith(_CIRCUMSTANTIAL)


@dataclass(frozen=True)
class Tallied:
    """How much of something was compared, and how much of that is the same."""

    compared: int = 0
    same: int = 0

    def plus(self, same: Sequence[bool]) -> "Tallied":
        """With so many more."""
        return Tallied(self.compared + len(same), self.same + sum(same))


@dataclass(frozen=True)
class Differences:
    """Two runs side by side."""

    run: Run
    other: Run
    doubts: tuple[str, ...]
    """What speaks against expecting the same."""
    spec: tuple[Change, ...]
    environment: tuple[Change, ...]
    answers: Tallied = Tallied()
    scores: Tallied = Tallied()
    only: tuple[int, int] = (0, 0)
    """Answers that only the run has, and that only the other has."""
    kinds: Mapping[str, int] = field(default_factory=dict)
    """How many answers differ in what."""
    shown: tuple[Difference, ...] = ()
    """The first of those that differ."""
    figures: tuple[Figure, ...] = ()

    @property
    def identical(self) -> bool:
        """Whether every answer, verdict and figure is the same."""
        whole = self.only == (0, 0) and self.answers.compared == self.answers.same
        same = self.scores.compared == self.scores.same
        return whole and same and not any(figure.differs and not figure.circumstantial for figure in self.figures)


def between(store: Store, run: Run, other: Run, show: int, limit: int | None = None) -> Differences:
    """How `other` differs from `run`, in the first `limit` samples; what differs in the first `show` answers in full.

    Both are read side by side, a page of each in memory at a time. SpecError if they were not asked the same questions.
    """
    if run.dataset_id != other.dataset_id:
        versions = [views.dataset(store, each.dataset_id).version for each in (run, other)]
        raise SpecError(
            f"run {run.id} and run {other.id} are on different data (versions {versions[0][:12]} and "
            f"{versions[1][:12]}): compare runs of the same task on the same data set"
        )
    found = Differences(
        run,
        other,
        tuple(_doubts(store, run, other)),
        tuple(_of_specs(run, other, limit)),
        tuple(_of_environments(run, other)),
    )
    found = _compared(store, found, show, limit)
    return replace(found, figures=tuple(_figures(store, found, limit)))


def _doubts(store: Store, run: Run, other: Run) -> Iterator[str]:
    for each in (run, other):
        progress = views.progress(store, each.id)
        if progress.done < each.total:
            yield f"run {each.id} is {each.status}: {progress.done} of {each.total} samples are answered"
        moved = _moved(store, each)
        if moved:
            yield (
                f"run {each.id} was carried out in {each.attempt} attempts, between which these changed: "
                f"{', '.join(moved)}; below stand those of the last"
            )
    model = [change.what for change in _of_environments(run, other) if change.what.startswith("model.")]
    if model:
        yield f"the model is not what it was ({', '.join(model)}): other answers are to be expected"
    if run.spec.generate.temperature:
        yield f"answers are drawn at random (temperature {run.spec.generate.temperature:g}): they may differ by chance"


def _moved(store: Store, run: Run) -> list[str]:
    """The facts that were not the same in all attempts of the run."""
    if run.attempt < 2:
        return []
    begun = [event.body.get("environment") for event in views.events_of(store, run.id, "run_started")]
    ready = [event.body for event in views.events_of(store, run.id, "parts_ready")]
    return [*_unlike([facts for facts in begun if isinstance(facts, dict)]), *_unlike(ready)]


def _unlike(attempts: Sequence[Mapping[str, JsonValue]]) -> Iterator[str]:
    for name in dict.fromkeys(name for facts in attempts for name in facts if name not in OF_THE_MOMENT):
        if len({str(facts.get(name)) for facts in attempts}) > 1:
            yield name


def _of_specs(run: Run, other: Run, limit: int | None) -> Iterator[Change]:
    if run.fingerprint == other.fingerprint:
        return
    before, after = (_flat(each.spec.model_dump(mode="json")) for each in (run, other))
    for change in _changes(before, after):
        if change.what != "task.limit" or limit is None:
            yield change


def _flat(value: JsonValue, path: str = "") -> dict[str, str]:
    """Every value of a document by its path, as text."""
    parts: list[tuple[str, JsonValue]] = []
    if isinstance(value, dict):
        parts = [(f"{path}.{name}" if path else name, part) for name, part in value.items()]
    elif isinstance(value, list):
        parts = [(f"{path}[{at}]", part) for at, part in enumerate(value)]
    if parts:
        return {inner: text for name, part in parts for inner, text in _flat(part, name).items()}
    return {path: value if isinstance(value, str) else json.dumps(value)}


def _of_environments(run: Run, other: Run) -> Iterator[Change]:
    facts = (each.environment.items() for each in (run, other))
    before, after = ({name: fact for name, fact in those if name not in OF_THE_MOMENT} for those in facts)
    yield from _changes(before, after)


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            yield Change(name, before.get(name), after.get(name))


def _compared(store: Store, found: Differences, show: int, limit: int | None) -> Differences:
    answers, scores = Tallied(), Tallied()
    only, kinds, shown = [0, 0], Counter[str](), list[Difference]()
    for mine, theirs in _pairs(store, found.run, found.other, limit):
        if mine is None or theirs is None:
            only[mine is None] += 1
            continue
        of_answer = _of_answers(mine[1], theirs[1])
        of_scores = _of_scores(mine[2], theirs[2])
        changes = (*of_answer, *(change for change in of_scores if change.before != change.after))
        answers = answers.plus([not of_answer])
        scores = scores.plus([change.before == change.after for change in of_scores])
        kinds.update(change.what for change in changes)
        if changes and len(shown) < show:
            shown.append(Difference(mine[0].key, mine[1].epoch, changes))
    return replace(found, answers=answers, scores=scores, only=(only[0], only[1]), kinds=kinds, shown=tuple(shown))


def _pairs(store: Store, run: Run, other: Run, limit: int | None) -> Iterator[tuple[Answer | None, Answer | None]]:
    """What both answered, side by side by sample and epoch, in the first `limit` samples that either answered."""
    pairs = _merged(views.generations(store, run.id), views.generations(store, other.id))
    if limit is None:
        return pairs
    seen: set[str] = set()

    def within(pair: tuple[Answer | None, Answer | None]) -> bool:
        seen.update(answer[0].id for answer in pair if answer)
        return len(seen) <= limit

    return takewhile(within, pairs)


def _merged(mine: Iterator[Answer], theirs: Iterator[Answer]) -> Iterator[tuple[Answer | None, Answer | None]]:
    left, right = next(mine, None), next(theirs, None)
    while left is not None or right is not None:
        here, there = _place(left), _place(right)
        yield (left if here <= there else None), (right if there <= here else None)
        left, right = (next(mine, None) if here <= there else left), (next(theirs, None) if there <= here else right)


def _place(answer: Answer | None) -> tuple[float, int]:
    return (answer[0].position, answer[1].epoch) if answer else (math.inf, 0)


def _of_answers(before: Generation, after: Generation) -> tuple[Change, ...]:
    """What is otherwise in the question, or in what the model made of it."""
    mine, theirs = _told(before), _told(after)
    # Where one has no answer, there is but one thing to tell.
    whats = [what for what in dict.fromkeys((*mine, *theirs)) if len(mine) == len(theirs) or what in _ALWAYS]
    return tuple(
        _of_texts(what, mine.get(what), theirs.get(what)) for what in whats if mine.get(what) != theirs.get(what)
    )


_ALWAYS = ("prompt", "text")


def _told(generation: Generation) -> dict[str, str | None]:
    """What must be the same the next time, by name."""
    prompt = generation.prompt
    turns = prompt if isinstance(prompt, str) else "\n\n".join(f"[{turn.role}]\n{turn.content}" for turn in prompt)
    if generation.output is None:
        return {"prompt": turns, "text": f"no answer: {generation.error}"}
    return {"prompt": turns, **_told_by_model(generation.output)}


def _told_by_model(output: Output) -> dict[str, str | None]:
    used = output.usage
    return {
        "text": output.text,
        "reasoning": output.reasoning,
        "stop reason": output.stop_reason,
        "input tokens": str(used.input_tokens),
        "output tokens": str(used.output_tokens),
        "reasoning tokens": str(used.reasoning_tokens),
        "extracted answer": output.answer,
        "log-probabilities": _likely([(token.token, token.logprob) for token in output.logprobs or ()]),
        "likelihoods": _likely([(str(at), each.logprob) for at, each in enumerate(output.likelihoods)]),
    }


def _likely(pairs: Sequence[tuple[str, float]]) -> str | None:
    return " ".join(f"{name!r} {logprob!r}" for name, logprob in pairs) or None


def _of_texts(what: str, before: str | None, after: str | None) -> Change:
    """The surroundings of the place where two texts part; short ones whole."""
    if before is None or after is None or max(len(before), len(after)) <= _BEFORE:
        return Change(what, _excerpt(before, 0), _excerpt(after, 0))
    ends = min(len(before), len(after))
    at = next((at for at in range(ends) if before[at] != after[at]), ends)
    return Change(what, _excerpt(before, at), _excerpt(after, at), at)


def _excerpt(text: str | None, at: int) -> str | None:
    if text is None:
        return None
    start, end = max(at - _BEFORE, 0), at + _AFTER
    return f"{'…' * (start > 0)}{text[start:end]}{'…' * (end < len(text))}"


def _of_scores(before: Sequence[Score], after: Sequence[Score]) -> list[Change]:
    """Each verdict by name, whether it is otherwise or not; the last word of each scorer counts."""
    mine, theirs = _spoken(before), _spoken(after)
    return [Change(f"score {name}", mine.get(name), theirs.get(name)) for name in dict.fromkeys((*mine, *theirs))]


def _spoken(scores: Sequence[Score]) -> dict[str, str]:
    return {score.name: _words(score) for score in scores if score.author != "human"}


def _words(score: Score) -> str:
    if score.verdict.error is not None:
        return f"no verdict: {score.verdict.error}"
    value = "–" if score.value is None else repr(score.value)
    return f"{score.verdict.label} ({value})" if score.verdict.label else value


def _figures(store: Store, found: Differences, limit: int | None) -> Iterator[Figure]:
    mine, theirs = _values(store, found, limit, of=0), _values(store, found, limit, of=1)
    for key in sorted({*mine, *theirs}):
        yield Figure(*key, mine.get(key), theirs.get(key))


def _values(store: Store, found: Differences, limit: int | None, of: int) -> dict[tuple[str, str, str], float | None]:
    """The figures of one of the two; folded anew where only a part of it was compared."""
    run = (found.run, found.other)[of]
    known = metrics(store, run) if limit is None and found.only == (0, 0) else _folded(store, found, limit, of)
    return {(metric.name, metric.score, metric.slice): metric.value for metric in known}


def _folded(store: Store, found: Differences, limit: int | None, of: int) -> list[Metric]:
    pairs = _pairs(store, found.run, found.other, limit)
    both = (pair[of] for pair in pairs if None not in pair)
    run = (found.run, found.other)[of]
    return fold(run, chain.from_iterable([answer] for answer in both if answer), run.created_at)
