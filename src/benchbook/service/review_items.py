"""What comes into a review: answers, or pairs of them, that a rule picks, each with its reasons."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from benchbook.engine.judge_rules import settled
from benchbook.engine.review_order import Signals, expected_error, shuffled
from benchbook.records.datasets import Sample
from benchbook.records.generations import Generation
from benchbook.records.reviews import Review, ReviewItem
from benchbook.records.scores import Score
from benchbook.specs.reviews import Reason, ReviewSpec, Rule, Selection
from benchbook.store import views
from benchbook.store.store import Store


@dataclass(frozen=True)
class Matter:
    """An answer, or two, and all that was said of it so far by code and judges."""

    sample: Sample
    answers: tuple[Generation, ...]
    checks: tuple[tuple[Score, ...], ...]
    """Of each answer, what code said of it in its own run."""
    said: tuple[Score, ...]
    """What judges said of it by this rubric."""

    @property
    def key(self) -> str:
        """What tells it from others, in every review."""
        return " ".join(answer.id for answer in self.answers)


def items_of(store: Store, review: Review, wave: int, known: set[str], now: datetime) -> list[ReviewItem]:
    """The items that are not `known` yet, in the order in which they come if nothing is learnt."""
    spec = review.spec
    found = [
        item
        for matter in matters(store, spec)
        if (reasons := reasons_for(matter, spec))
        and (item := _item(matter, review, reasons, wave, now)).id not in known
    ]
    if spec.order == "informative":
        return found
    if spec.order == "fixed":
        return [item.model_copy(update={"position": at}) for at, item in enumerate(found)]
    by_id = {item.id: item for item in found}
    turns = shuffled(list(by_id), _seeded(spec.seed, f"order {wave}"))
    return [by_id[key].model_copy(update={"position": at, "chance": chance}) for at, (key, chance) in enumerate(turns)]


def matters(store: Store, spec: ReviewSpec) -> Iterator[Matter]:
    """Everything that there is to look at: answers that are there; of pairs those that differ."""
    if len(spec.runs) == 1:
        for sample, answer, scores in views.discussed(store, spec.runs[0]):
            if answer.output is not None:
                checks = _checks(answer, scores)
                yield Matter(sample, (answer,), (checks,), _opinions(scores, spec, None))
        return
    yield from _pairs(store, spec)


def reasons_for(matter: Matter, spec: ReviewSpec) -> list[Reason]:
    """Why it comes into the review; empty if it does not."""
    select, word = spec.select, _judged(matter, spec)
    found = list(_of_the_judge(word, select)) if word else []
    apart = _apart(matter, spec)
    if select.disagreement and len(apart) > 1:
        found.append(_reason("disagreement", f"judges differ: {', '.join(apart)}"))
    if select.random and _share(spec.seed, "random", matter.key) < select.random:
        found.append(_reason("random", f"one of {select.random:.0%} picked at random"))
    if select.everything:
        found.append(_reason("everything", "all answers are looked at"))
    return found


class _Judged(NamedTuple):
    """What the judge of the review says."""

    whole: Score | None
    flags: list[dict[str, str]]
    flipped: bool
    split: bool
    contradicts: str
    """How it contradicts the checks; empty if it does not."""

    @property
    def sure(self) -> float:
        """How sure it is; not at all where it has no verdict."""
        if self.whole is None or self.whole.value is None:
            return 0.0
        return 1.0 if self.whole.verdict.confidence is None else self.whole.verdict.confidence


def _judged(matter: Matter, spec: ReviewSpec) -> _Judged | None:
    if spec.judge is None:
        return None
    rubric = spec.whole
    mine = [score for score in matter.said if score.run_id == spec.judge]
    whole = next((score for score in mine if score.name == rubric.name), None)
    told = next((score.verdict.trace.get("flags") for score in mine if score.name == f"{rubric.name}/review"), None)
    flags = (
        [{name: str(value) for name, value in flag.items()} for flag in told or () if isinstance(flag, dict)]
        if (isinstance(told, list))
        else []
    )
    return _Judged(
        whole=whole,
        flags=flags,
        flipped=any(score.verdict.trace.get("flipped") is True for score in mine),
        split=any(score.verdict.trace.get("split") is True for score in mine),
        contradicts=_contradiction(matter, whole, flags),
    )


def _of_the_judge(word: _Judged, select: Selection) -> Iterator[Reason]:
    if select.flags:
        wanted = [flag for flag in word.flags if select.flags == "any" or flag["rule"] in select.flags]
        yield from (_reason("flagged", f"{flag['rule']}: {flag['reason']}", flag["item"]) for flag in wanted)
    if select.uncertain_below is not None and word.sure < select.uncertain_below:
        has_verdict = word.whole is not None and word.whole.value is not None
        yield _reason("uncertain", f"the judge's confidence is {word.sure:.2f}" if has_verdict else "no verdict")
    if select.order_flips and word.flipped:
        yield _reason("order_flip", "the judge's answer changes with the order")
    if select.contradicts_checks and word.contradicts:
        yield _reason("contradicts_checks", word.contradicts)


def _contradiction(matter: Matter, whole: Score | None, flags: Sequence[dict[str, str]]) -> str:
    against = ("conflicts_with_check", "prefers_failed")
    flagged = next((flag["reason"] for flag in flags if flag["rule"] in against), "")
    if flagged or whole is None or whole.value is None:
        return flagged
    passed = [settled("checks", answer, checks) for answer, checks in zip(matter.answers, matter.checks, strict=True)]
    if len(passed) == 1:
        wrong = passed[0] is not None and passed[0] != (whole.value >= 0.5)
        return f"judged {whole.verdict.label}, but its checks {'pass' if passed[0] else 'fail'}" if wrong else ""
    wrong = {*passed} == {True, False} and whole.value != 0.5 and (whole.value > 0.5) != passed[0]
    return "the judge prefers the answer that failed its checks" if wrong else ""


def _apart(matter: Matter, spec: ReviewSpec) -> dict[str, str]:
    """What judges say of the whole, by what it is worth, and who says so."""
    said: dict[str, list[str]] = {}
    for score in matter.said:
        if score.name == spec.whole.name and score.value is not None:
            said.setdefault(f"{score.value:g}", []).append(score.author_id)
    return {value: ", ".join(who) for value, who in said.items()}


def _item(matter: Matter, review: Review, reasons: Sequence[Reason], wave: int, now: datetime) -> ReviewItem:
    spec, word = review.spec, _judged(matter, review.spec)
    first, *others = [answer.id for answer in matter.answers]
    other = others[0] if others else None
    overlap = spec.overlap
    more = overlap.more is not None and _share(spec.seed, "overlap", matter.key) < overlap.share
    return ReviewItem(
        id=ReviewItem.id_for(review.id, first, other),
        created_at=now,
        review_id=review.id,
        generation_id=first,
        other_generation_id=other,
        sample_id=matter.sample.id,
        wave=wave,
        reasons=tuple(reasons),
        wanted=overlap.more if more and overlap.more is not None else overlap.each,
        judged=word.whole.value if word and word.whole else None,
        unsure=expected_error(_signals(matter, word, spec)),
    )


def _signals(matter: Matter, word: _Judged | None, spec: ReviewSpec) -> Signals:
    if word is None:
        return Signals()
    values = [score.value for score in matter.said if score.name == spec.whole.name and score.value is not None]
    mine = word.whole.value if word.whole else None
    return Signals(
        confidence=word.whole.verdict.confidence if word.whole else None,
        unread=mine is None,
        flipped=word.flipped or word.split,
        contradicted=bool(word.contradicts),
        apart=sum(value != mine for value in values) / len(values) if values and mine is not None else 0.0,
        flagged=bool(word.flags),
    )


def _pairs(store: Store, spec: ReviewSpec) -> Iterator[Matter]:
    """What both runs have answered to the same, in the order of the data set."""
    firsts, seconds = views.discussed(store, spec.runs[0]), views.discussed(store, spec.runs[1])
    second = next(seconds, None)
    for sample, answer, scores in firsts:
        place = (sample.position, answer.epoch)
        while second is not None and (second[0].position, second[1].epoch) < place:
            second = next(seconds, None)
        if second is None:
            return
        other = second[1]
        same = (second[0].position, other.epoch) == place
        if not same or answer.output is None or other.output is None or answer.output.text == other.output.text:
            continue
        checks = (_checks(answer, scores), _checks(other, second[2]))
        yield Matter(sample, (answer, other), checks, _opinions(scores, spec, other.id))


def _checks(answer: Generation, scores: Sequence[Score]) -> tuple[Score, ...]:
    mine = (score for score in scores if score.run_id == answer.run_id and score.other_generation_id is None)
    return tuple(score for score in mine if score.author == "code")


def _opinions(scores: Sequence[Score], spec: ReviewSpec, other: str | None) -> tuple[Score, ...]:
    """What judges said by the review's rubric, models or rules; and what is odd about it."""
    version = spec.whole.version
    by_rubric = (score for score in scores if score.rubric == version and score.other_generation_id == other)
    return tuple(score for score in by_rubric if score.author != "human")


def _reason(rule: Rule, reason: str, item: str = "") -> Reason:
    return Reason(rule=rule, item=item, reason=reason)


def _share(seed: int, what: str, key: str) -> float:
    """A number from 0 to 1 that follows from these, so that more runs change nothing for those that are there."""
    return _seeded(seed, f"{what} {key}") / 2**64


def _seeded(seed: int, what: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed} {what}".encode()).digest()[:8])
