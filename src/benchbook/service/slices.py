"""Where a run is worse than elsewhere, or loses most against another; and what its failures are about."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean

from benchbook import registry
from benchbook.engine.slicing import Feature, Item, Rules, Search, binned, search
from benchbook.engine.topics import frequent_words, topics, words_of
from benchbook.errors import SpecError
from benchbook.protocols import Embedder
from benchbook.records.runs import Run
from benchbook.records.scores import Answer, Score
from benchbook.settings import Settings
from benchbook.specs.datasets import cluster_of
from benchbook.specs.models import Prompt
from benchbook.specs.spec import unknown
from benchbook.specs.use import Use
from benchbook.specs.verdicts import beyond
from benchbook.specs.weights import weights
from benchbook.store import comparisons, pages, views
from benchbook.store.comparisons import RIGHT
from benchbook.store.pages import RunRow
from benchbook.store.store import Store

_KINDS = 50
"""Values of a field up to which it makes slices."""
_WORDS = 100
"""Words of questions that make slices."""
_EXCERPT = 300
_EXAMPLES = 3
"""Failures of a group that are shown."""
_READ = 1000
"""Characters of a question that are embedded."""
EMBEDDER = "all-minilm-l6-v2"
"""What topics are made by, where it is here."""

Meanings = Sequence[Sequence[float]]


@dataclass(frozen=True)
class Example:
    """A failure."""

    key: str
    question: str
    answer: str
    why: str


@dataclass(frozen=True)
class FailureGroup:
    """Failures about the same."""

    name: str
    """The words that they share; empty of what shares none."""
    n: int
    examples: Sequence[Example]


@dataclass(frozen=True)
class SliceReport:
    """Where a run is worse, and what its failures are about."""

    run: RunRow
    base: RunRow | None
    """What it is held against; None where it is held against itself."""
    score: str
    mean: float
    """Of all samples; with a base, of the differences from it."""
    excluded: int
    """Samples without a verdict, or that the base lacks."""
    rules: Rules
    search: Search
    failures: int
    groups: Sequence[FailureGroup]
    generated_at: datetime
    early: str = ""
    """Which runs ended early, if any did."""


def embedder(settings: Settings) -> str | None:
    """The model that topics are made by, if its weights are here."""
    return EMBEDDER if weights(EMBEDDER).pulled(settings.models) else None


def gather(store: Store, run: Run, base: Run | None, score: str | None, rules: Rules, now: datetime) -> SliceReport:
    """Search the run's samples for slices that are worse than the rest."""
    named = _named(store, run, base, score)
    if rules.embedder is not None:
        registry.preflight("embedder", _embedder(rules.embedder))
    cluster = run.spec.task.cluster
    read = list(_read(views.generations(store, run.id), named, cluster))
    before = None if base is None else {one.key: one for one in _read(views.generations(store, base.id), named, None)}
    worth = {one.key: value for one in read if (value := _worth(one, before)) is not None}
    if not worth:
        raise SpecError(f"run {run.id} has no sample with a value of {named!r}: there is nothing to search")
    known = [one for one in read if one.key in worth]
    failed = [one for one in known if (worth[one.key] < 0 if before is not None else worth[one.key] < RIGHT)]
    asked, lost = _meanings([[one.question for one in known], [_failure(one) for one in failed]], rules.embedder)
    features = _features(known, asked, rules.seed)
    items = [Item(one.key, worth[one.key], frozenset(features[one.key]), one.cluster) for one in known]
    return SliceReport(
        run=pages.run_row(store, run.id),
        base=pages.run_row(store, base.id) if base else None,
        score=named,
        mean=fmean(worth.values()),
        excluded=len(read) - len(known),
        rules=rules,
        search=search(items, rules),
        failures=len(failed),
        groups=_groups(failed, lost, rules.seed),
        generated_at=now,
        early="; ".join(f"run {one.id} {one.stopped.told}" for one in (run, base) if one and one.stopped),
    )


def _named(store: Store, run: Run, base: Run | None, score: str | None) -> str:
    for each in (run, base):
        if each is not None and each.spec.judging:
            raise SpecError(f"run {each.id} judges: search the run whose answers it has read")
    if base is not None and base.dataset_id != run.dataset_id:
        mine, theirs = (views.dataset(store, each.dataset_id).name for each in (run, base))
        if mine != theirs:
            raise SpecError(f"run {run.id} is on the data set {mine!r} and run {base.id} on {theirs!r}")
    scores = comparisons.common_scores(store, [run.id, *([base.id] if base else [])])
    if score is not None and score not in scores:
        raise SpecError(f"--score: {unknown('score', score, scores)}")
    if not scores:
        raise SpecError(f"run {run.id} has no score to search by")
    smaller = run.spec.task.smaller_is_better
    larger = [name for name in scores if name not in smaller]
    if score in smaller or not larger:
        raise SpecError(f"of {score or scores[0]!r} less is better, and slices are searched for where values are lower")
    first = [scorer.name for scorer in run.spec.task.scorers if scorer.name in larger]
    return score or (first or larger)[0]


@dataclass(frozen=True)
class _Sample:
    """What is looked at of a sample: the first answer, and the mean of what was said of all."""

    key: str
    value: float | None
    plain: tuple[Feature, ...]
    """Features that it has by itself."""
    numbers: Mapping[str, float]
    question: str
    """Its beginning."""
    words: frozenset[str]
    example: Example
    cluster: str | None
    """What it hangs together with others by, if the task names it."""


def _read(answers: Iterator[Answer], score: str, cluster: str | None) -> Iterator[_Sample]:
    """The samples of a run, its epochs together."""
    first: Answer | None = None
    values: list[float] = []
    for answer in answers:
        if first is not None and answer[0].key != first[0].key:
            yield _sample(first, values, score, cluster)
            first, values = None, []
        first = first or answer
        values += [one.value for one in _given(answer, score) if one.value is not None]
    if first is not None:
        yield _sample(first, values, score, cluster)


def _given(answer: Answer, name: str) -> list[Score]:
    """What the score says of an answer, without what people say by the same name."""
    return [one for one in answer[2] if one.name == name and one.author != "human"]


def _sample(answer: Answer, values: Sequence[float], score: str, cluster: str | None) -> _Sample:
    sample, generation, _ = answer
    row = sample.row
    question = _text(row.input)
    output = generation.output
    plain = [("slice", name) for name in row.slices] + [("tag", name) for name in row.tags]
    numbers = {"question length": float(len(question))}
    for name, value in row.metadata.items():
        if isinstance(value, bool | str):
            plain.append((f"metadata.{name}", str(value)[:_EXCERPT]))
        elif isinstance(value, int | float) and not beyond(value):
            numbers[f"metadata.{name}"] = float(value)
    if output is None:
        plain.append(("answer", "none was given"))
    else:
        plain.append(("answer ended by", output.stop_reason))
        numbers["answer length"] = float(len(output.text))
    why = next((one.verdict.explanation or one.verdict.label or "" for one in _given(answer, score)), "")
    answered = output.text if output else f"no answer: {generation.error}"
    example = Example(row.key, question[-_EXCERPT:], answered[:_EXCERPT], why[:_EXCERPT])
    value = fmean(values) if values else None
    group = None if cluster is None else cluster_of(row.metadata, cluster, row.key)
    return _Sample(row.key, value, tuple(plain), numbers, question[:_READ], words_of(question), example, group)


def _text(prompt: Prompt) -> str:
    return prompt if isinstance(prompt, str) else "\n".join(turn.content for turn in prompt)


def _worth(one: _Sample, before: Mapping[str, _Sample] | None) -> float | None:
    if before is None or one.value is None:
        return one.value
    base = before.get(one.key)
    return None if base is None or base.value is None else one.value - base.value


def _failure(one: _Sample) -> str:
    return f"{one.example.question}\n{one.example.answer}\n{one.example.why}"


def _meanings(texts: Sequence[Sequence[str]], model: str | None) -> list[Meanings | None]:
    """Of each list, the embeddings of its texts."""
    if model is None:
        return [None for _ in texts]

    async def embedded() -> list[Meanings | None]:
        ready: Embedder
        async with registry.opened("embedder", _embedder(model)) as ready:
            return [await ready.embed(each) for each in texts]

    return asyncio.run(embedded())


def _embedder(model: str) -> Use:
    return Use(name="llamacpp", first=model)


def _features(samples: Sequence[_Sample], meanings: Meanings | None, seed: int) -> dict[str, set[Feature]]:
    """All that may set each sample apart."""
    found: dict[str, set[Feature]] = {one.key: set() for one in samples}
    kinds: dict[str, set[str]] = defaultdict(set)
    for one in samples:
        for field, value in one.plain:
            kinds[field].add(value)
    for one in samples:
        # A field with a value of its own for nearly every sample is a name, not a slice.
        found[one.key] |= {feature for feature in one.plain if len(kinds[feature[0]]) <= _KINDS}
    for field in sorted({field for one in samples for field in one.numbers}):
        parts = binned(field, {one.key: one.numbers[field] for one in samples if field in one.numbers})
        for key, feature in parts.items():
            found[key].add(feature)
    _add_topics(found, samples, meanings, seed)
    return found


def _add_topics(
    found: Mapping[str, set[Feature]], samples: Sequence[_Sample], meanings: Meanings | None, seed: int
) -> None:
    words = [one.words for one in samples]
    grouped = topics(words, min(12, max(2, round((len(samples) / 50) ** 0.5))), seed, meanings)
    # Those that the fewest have are noise, those that the most have are no slices: from the middle outwards.
    common = frequent_words(words)
    spare = max(0, len(common) - _WORDS) // 2
    told = frozenset(common[spare : spare + _WORDS])
    for one, group in zip(samples, grouped.of, strict=True):
        if group is not None:
            found[one.key].add(("topic", grouped.names[group]))
        found[one.key] |= {("question mentions", word) for word in one.words & told}


def _groups(failed: Sequence[_Sample], meanings: Meanings | None, seed: int) -> list[FailureGroup]:
    """Failures by what question, answer and verdict are about; the largest group first."""
    words = [one.words | words_of(one.example.answer) | words_of(one.example.why) for one in failed]
    grouped = topics(words, min(8, len(failed) // 8), seed, meanings)
    names = ["" if group is None else grouped.names[group] for group in grouped.of]
    members: dict[str, list[Example]] = defaultdict(list)
    for name, one in zip(names, failed, strict=True):
        members[name].append(one.example)
    return [FailureGroup(name, n, members[name][:_EXAMPLES]) for name, n in Counter(names).most_common()]
