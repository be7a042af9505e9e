"""Rules after judging: what is odd about a judge's answers, so that people look at it, and whether the judge prefers
what failed its tests."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from pydantic import JsonValue

from benchbook.engine.judge_verdicts import Ballot, Decided, issues_of, whole_known
from benchbook.protocols import Matter
from benchbook.records.generations import Generation
from benchbook.records.scores import Score
from benchbook.specs.judging import Judging
from benchbook.specs.rubrics import CANNOT_TELL, Check, Rubric
from benchbook.specs.spec import Spec
from benchbook.specs.verdicts import Author, Verdict


class Flag(Spec):
    """Something that a person should look at."""

    rule: str
    item: str
    """The path of the item; empty for the whole."""
    reason: str


def review(
    found: Mapping[str, Decided],
    ballots: Sequence[Ballot],
    matter: Matter,
    judging: Judging,
    author: Author = "model",
) -> Verdict:
    """The flags, as a verdict: 1 where there is nothing to look at, 0 where there is. `author` is who judged."""
    # Code goes by its checks, and has nothing to quote.
    flags = [flag for flag in _flags(found, ballots, matter, judging) if author != "code" or flag.rule != "no_citation"]
    told: list[JsonValue] = [flag.model_dump(mode="json") for flag in flags]
    return Verdict(
        name=f"{judging.rubric.name}/review",
        value=0.0 if flags else 1.0,
        label="flagged" if flags else "clear",
        explanation="\n".join(f"{flag.item or 'the whole'}: {flag.reason}" for flag in flags),
        trace={"flags": told} if told else {},
    )


def audit(found: Mapping[str, Decided], matter: Matter, rubric: Rubric) -> Verdict | None:
    """Whether the preference agrees with the checks, of a pair of which exactly one answer passed them; of any other
    pair that there is nothing to find out. None of a single answer."""
    if not rubric.compares:
        return None
    passed = [settled("checks", answer, scores) for answer, scores in zip(matter.answers, matter.scores, strict=True)]
    name = f"{rubric.name}/audit"
    if {*passed} != {True, False}:
        return Verdict(name=name, explanation="it is not so that exactly one of the two passed its checks")
    best, value = "first" if passed[0] else "second", found[rubric.items[0].name].value
    if value is None:
        return Verdict(name=name, explanation=f"the {best} answer passed and the other failed; there is no preference")
    if value == 0.5:
        return Verdict(name=name, label="tie", explanation=f"only the {best} answer passed its checks")
    agrees = (value > 0.5) == passed[0]
    said = "agrees with them" if agrees else "prefers the other"
    return Verdict(
        name=name,
        value=float(agrees),
        label="agrees" if agrees else "prefers_failed",
        explanation=f"only the {best} answer passed its checks; the judge {said}",
    )


def settled(check: Check, answer: Generation | None, scores: Sequence[Score]) -> bool | None:
    """What is known of an answer without a model; None if nothing is."""
    output = answer.output if answer else None
    if output is None:
        return None
    if check == "complete":
        return bool(output.text.strip()) and output.stop_reason not in ("length", "content_filter")
    if check == "format":
        return None if output.answer_rule is None and output.answer is None else output.answer is not None
    told = [score.value for score in scores if score.author == "code"]
    if any(value is not None and value < 1.0 for value in told):
        return False
    return None if not told or None in told else True


def _flags(found: Mapping[str, Decided], ballots: Sequence[Ballot], matter: Matter, judging: Judging) -> Iterator[Flag]:
    for one in found.values():
        yield from _of_item(one, judging)
    yield from _against_checks(found, matter, judging.rubric)
    yield from _contradictions(found)
    yield from _issues(found, ballots, judging.rubric)
    if not judging.rubric.compares and not whole_known([found[item.name] for item in judging.rubric.items], judging):
        open_ = ", ".join(one.path for one in found.values() if one.value is None and not one.item.parts)
        yield Flag(rule="undecided", item="", reason=f"it hangs on what nobody could tell: {open_}")
    if (checked := audit(found, matter, judging.rubric)) and checked.label == "prefers_failed":
        yield Flag(rule="prefers_failed", item="", reason=checked.explanation)


def _of_item(one: Decided, judging: Judging) -> Iterator[Flag]:
    """What is odd about one item, taken by itself."""
    if one.error and not one.item.parts:
        yield Flag(rule="unreadable", item=one.path, reason=one.error)
    undecided = one.answer == CANNOT_TELL
    if judging.panel and not one.item.parts and (undecided or _share(one) < judging.least_agreement):
        yield Flag(rule="split_votes", item=one.path, reason=one.justification)
    if one.split or one.agreement < judging.least_agreement:
        said = ", ".join(f"{n} × {answer}" for answer, n in one.votes.items())
        yield Flag(
            rule="split_votes", item=one.path, reason=f"the votes {'are split' if one.split else 'differ'}: {said}"
        )
    if one.flipped:
        said = ", ".join(f"{order.replace('_', ' ')}: {answer}" for order, answer in one.by_order.items())
        yield Flag(rule="order_flip", item=one.path, reason=f"the answer changes with the order: {said}")
    if one.stated is not None and one.answer is not None and one.stated != one.answer:
        reason = f"it was said to be {one.stated}, but its parts make it {one.answer}"
        yield Flag(rule="contradicts_parts", item=one.path, reason=reason)
    if one.answer is not None and one.backing:
        yield from _of_reasons(one, judging)


def _share(one: Decided) -> float:
    """The share of a panel that has its way."""
    return 0.0 if one.confidence is None else one.confidence


def _of_reasons(one: Decided, judging: Judging) -> Iterator[Flag]:
    """What is odd about the reasons that were given."""
    confidence = one.confidence
    if confidence is not None and confidence < judging.least_confidence and not one.item.parts:
        yield Flag(rule="low_confidence", item=one.path, reason=f"the confidence is {confidence:.2f}")
    words = len(one.justification.split())
    if words < judging.least_words:
        reason = f"the justification has {words} word{'' if words == 1 else 's'}"
        yield Flag(rule="trivial_justification", item=one.path, reason=reason)
    if one.answer == "no" and one.item.cites and not one.quotes and not one.item.parts:
        yield Flag(rule="no_citation", item=one.path, reason="`no` without a quote")
    for quote in one.quotes:
        if not quote.found:
            yield Flag(rule="span_not_found", item=one.path, reason=f"not in the {quote.source}: {quote.words[:120]!r}")


def _against_checks(found: Mapping[str, Decided], matter: Matter, rubric: Rubric) -> Iterator[Flag]:
    """Where what is settled without a model is otherwise than the judge says."""
    if rubric.compares:
        return
    for one in found.values():
        if one.item.settled_by is None:
            continue
        known, met = settled(one.item.settled_by, matter.answers[0], matter.scores[0]), one.met
        if known is not None and met is not None and known != met:
            said = "passes" if known else "fails"
            reason = f"it was judged {one.answer}, but by `{one.item.settled_by}` the answer {said}"
            yield Flag(rule="conflicts_with_check", item=one.path, reason=reason)


def _contradictions(found: Mapping[str, Decided]) -> Iterator[Flag]:
    """The same words for a yes and a no."""
    binary = [one for one in found.values() if one.item.kind == "binary" and not one.item.parts and one.justification]
    for one, other in combinations(binary, 2):
        same = one.justification.casefold() == other.justification.casefold()
        if same and {one.answer, other.answer} == {"yes", "no"}:
            reason = f"{one.answer} for the same reason for which {other.path} is {other.answer}"
            yield Flag(rule="contradictory_items", item=one.path, reason=reason)


def _issues(found: Mapping[str, Decided], ballots: Sequence[Ballot], rubric: Rubric) -> Iterator[Flag]:
    """Passages that are not there, and a preference for the only answer with faults."""
    issues = issues_of(ballots)
    for quote in issues:
        if not quote.found:
            yield Flag(rule="span_not_found", item="", reason=f"not in the {quote.source}: {quote.words[:120]!r}")
    faulty = {quote.source for quote in issues if quote.found}
    preferred = {"first": "response_1", "second": "response_2"}.get(found[rubric.items[0].name].answer or "")
    if rubric.compares and faulty == {preferred}:
        yield Flag(rule="contradicts_issues", item="", reason=f"{preferred} is preferred, and the only one with faults")
