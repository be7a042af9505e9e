"""Preferences, from what anyone has said of two answers to the same question."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import groupby, product
from typing import NamedTuple

from benchbook.errors import SpecError
from benchbook.records.datasets import Sample
from benchbook.records.generations import Generation
from benchbook.records.runs import Run
from benchbook.records.scores import Answer, Score
from benchbook.specs.models import Prompt
from benchbook.specs.preferences import PreferenceSpec, Source
from benchbook.store import views
from benchbook.store.store import Store


@dataclass(frozen=True)
class Preference:
    """Two answers to a prompt, the better one first."""

    question: str
    """The sample's own question, however it was asked."""
    prompt: Prompt
    chosen: str
    rejected: str
    agreement: float
    """The share of the voices that prefer `chosen`."""
    against: float
    """The share of the voices that prefer `rejected`."""
    verdicts: tuple[Score, ...]


@dataclass(frozen=True)
class Preferences:
    """What was found, and what was left out, by the reason."""

    found: list[Preference]
    verdicts: int
    """Verdicts that were looked at."""
    verdicts_left_out: Counter[str]
    pairs: int
    """Pairs of answers, different in their texts, that verdicts are about."""
    pairs_left_out: Counter[str]
    run_ids: frozenset[str]
    """The runs that answered, and those that brought the verdicts."""


def gather(store: Store, runs: Sequence[Run], wanted: PreferenceSpec) -> Preferences:
    """The preferences between answers of `runs`, and those that one of the runs has found, as a judge's does."""
    left_out: Counter[str] = Counter()
    superseded = views.superseded(store)
    opinions = _wholes(list(_opinions(store, runs)), wanted, left_out)
    opinions = [opinion for opinion in opinions if _counts(opinion.score, superseded, left_out)]
    opinions = [opinion for opinion in opinions if _wanted(opinion, wanted, left_out)]
    _about_one_thing(opinions, wanted)
    checked = list(_checked(store, runs, superseded)) if "execution" in wanted.sources else []
    said = opinions + [each for each in checked if _named(each.score, wanted, left_out)]
    pairs = _pairs(said, left_out)
    pairs_left_out: Counter[str] = Counter()
    found = [preference for pair in pairs.values() for preference in _decided(pair, wanted, pairs_left_out)]
    return Preferences(
        found=found,
        verdicts=len(said) + left_out.total(),
        verdicts_left_out=left_out,
        pairs=len(pairs),
        pairs_left_out=pairs_left_out,
        run_ids=frozenset(run_id for each in said for run_id in each.run_ids),
    )


class _Opinion(NamedTuple):
    """A verdict over two answers; one that code gave of each of them has two scores."""

    source: Source
    score: Score
    value: float
    """1.0 prefers the first, 0.0 the second."""
    first: tuple[Sample, Generation]
    second: tuple[Sample, Generation]
    other_score: Score | None = None

    @property
    def scores(self) -> tuple[Score, ...]:
        return (self.score,) if self.other_score is None else (self.score, self.other_score)

    @property
    def run_ids(self) -> tuple[str, ...]:
        return self.first[1].run_id, self.second[1].run_id, *(score.run_id for score in self.scores)


_SOURCES: Mapping[str, Source] = {"human": "human", "model": "model", "code": "rules"}


def _opinions(store: Store, runs: Sequence[Run]) -> Iterator[_Opinion]:
    scores = views.comparisons(store, [run.id for run in runs])
    ids = {one for score in scores for one in (score.generation_id, score.other_generation_id) if one}
    answers = views.answers_of(store, sorted(ids))
    for score in scores:
        assert score.other_generation_id is not None, "a comparison has a second answer"  # noqa: S101 - for the type checker
        first, second = answers[score.generation_id], answers[score.other_generation_id]
        value = 0.5 if score.value is None else score.value
        yield _Opinion(_SOURCES[score.author], score, value, first, second)


def _wholes(opinions: Sequence[_Opinion], wanted: PreferenceSpec, left_out: Counter[str]) -> list[_Opinion]:
    """The opinions without those on a part of what there is an opinion on as a whole, unless they are asked for."""
    names = {opinion.score.name for opinion in opinions}
    parts = {name for name in names if any(name.startswith(f"{whole}/") for whole in names)} - set(wanted.criteria)
    kept = [opinion for opinion in opinions if opinion.score.name not in parts]
    left_out.update({"part": len(opinions) - len(kept)} if len(kept) < len(opinions) else {})
    return kept


def _counts(score: Score, superseded: frozenset[str], left_out: Counter[str]) -> bool:
    reason = "superseded" if score.id in superseded else "no_verdict" if score.value is None else ""
    left_out.update([reason] if reason else [])
    return not reason


def _wanted(opinion: _Opinion, wanted: PreferenceSpec, left_out: Counter[str]) -> bool:
    if opinion.source not in wanted.sources:
        left_out["source"] += 1
        return False
    return _named(opinion.score, wanted, left_out) and _sure(opinion, wanted, left_out)


def _named(score: Score, wanted: PreferenceSpec, left_out: Counter[str]) -> bool:
    named = not wanted.criteria or score.name in wanted.criteria
    left_out.update([] if named else ["criterion"])
    return named


def _sure(opinion: _Opinion, wanted: PreferenceSpec, left_out: Counter[str]) -> bool:
    confidence = opinion.score.verdict.confidence
    if wanted.min_confidence is None or opinion.source == "rules":
        return True
    if confidence is None:
        left_out["no_confidence"] += 1
    elif confidence < wanted.min_confidence:
        left_out["low_confidence"] += 1
    return confidence is not None and confidence >= wanted.min_confidence


def _about_one_thing(opinions: Sequence[_Opinion], wanted: PreferenceSpec) -> None:
    names = sorted({opinion.score.name for opinion in opinions})
    if len(names) > 1 and not wanted.criteria:
        raise SpecError(
            f"the verdicts are about several things ({', '.join(names)}), and one is not the other; say which by "
            f"--criterion {names[0]}"
        )


def _checked(store: Store, runs: Sequence[Run], superseded: frozenset[str]) -> Iterator[_Opinion]:
    """What follows where code passes one answer and fails another to the same sample."""
    of_data = groupby(sorted(runs, key=lambda run: run.dataset_id), key=lambda run: run.dataset_id)
    for _, those in of_data:
        streams = [views.generations(store, run.id) for run in those]
        for _, answers in groupby(merge(*streams, key=_position), key=_position):
            yield from _passed_over_failed(list(answers), superseded)


def _position(answer: Answer) -> int:
    return answer[0].position


def _passed_over_failed(answers: Sequence[Answer], superseded: frozenset[str]) -> Iterator[_Opinion]:
    marks: dict[tuple[str, float], list[tuple[Score, tuple[Sample, Generation]]]] = defaultdict(list)
    for sample, generation, scores in answers:
        for score in scores:
            # What code says in a judge's run is about the judge, or an opinion.
            alone = score.author == "code" and not score.other_generation_id and score.run_id == generation.run_id
            if alone and score.value in (0.0, 1.0) and score.id not in superseded:
                marks[score.name, score.value].append((score, (sample, generation)))
    for name in sorted({name for name, _ in marks}):
        for (passed, better), (failed, worse) in product(marks[name, 1.0], marks[name, 0.0]):
            yield _Opinion("execution", passed, 1.0, better, worse, failed)


class _Pair(NamedTuple):
    """Two texts in answer to one question, and all that was said of them; `values` prefer the first at 1.0."""

    question: str
    prompt: Prompt
    texts: tuple[str, str]
    said: list[tuple[_Opinion, float]]


def _pairs(opinions: Iterable[_Opinion], left_out: Counter[str]) -> dict[tuple[str, str, str], _Pair]:
    """What was said of the same texts is put together, in whichever order and of whichever epoch it was said."""
    pairs: dict[tuple[str, str, str], _Pair] = {}
    for opinion in opinions:
        (sample, first), (other, second) = opinion.first, opinion.second
        if first.output is None or second.output is None:
            left_out["no_answer"] += 1
        elif plain(sample.row.input) != plain(other.row.input):
            left_out["different_questions"] += 1
        else:
            texts, value = (first.output.text, second.output.text), opinion.value
            if texts[1] < texts[0]:
                texts, value = (texts[1], texts[0]), 1 - value
            prompt = first.prompt if first.prompt == second.prompt else sample.row.input
            place = (plain(prompt), *texts)
            pairs.setdefault(place, _Pair(plain(sample.row.input), prompt, texts, [])).said.append((opinion, value))
    return pairs


def _decided(pair: _Pair, wanted: PreferenceSpec, left_out: Counter[str]) -> Iterator[Preference]:
    voices: dict[tuple[str, str], list[float]] = defaultdict(list)
    for opinion, value in pair.said:
        voices[opinion.score.author, opinion.score.author_id].append(value)
    means = [sum(values) / len(values) for values in voices.values()]
    shares = [sum(mean > 0.5 for mean in means) / len(means), sum(mean < 0.5 for mean in means) / len(means)]
    reason = _unfit(pair.texts) or ("tie" if shares[0] == shares[1] and wanted.ties == "leave-out" else "")
    if not reason and shares[0] != shares[1] and max(shares) < wanted.min_agreement:
        reason = "low_agreement"
    if reason:
        left_out[reason] += 1
        return
    scores = tuple(score for opinion, _ in pair.said for score in opinion.scores)
    for better, worse in ((0, 1), (1, 0)):
        if shares[better] >= shares[worse]:
            yield Preference(
                question=pair.question,
                prompt=pair.prompt,
                chosen=pair.texts[better],
                rejected=pair.texts[worse],
                agreement=shares[better],
                against=shares[worse],
                verdicts=scores,
            )


def _unfit(texts: tuple[str, str]) -> str:
    """Why nothing is to be learned from the two, if so."""
    if texts[0] == texts[1]:
        return "same_text"
    if not all(text.strip() for text in texts):
        return "empty_answer"
    return ""


def plain(prompt: Prompt) -> str:
    """What a prompt says, without who says it, blanks made alike: prompts that are the same for a learner."""
    text = prompt if isinstance(prompt, str) else "\n".join(message.content for message in prompt)
    return " ".join(text.split())
