"""From the ballots of a judge to verdicts: votes are counted in each order, the orders held against each other, parts
decide what they are parts of, and the rubric's rule decides the whole.

An answer that is not known is carried along as such: the whole is decided only if no answer to what is open could
change it. So nothing that could not be read is ever counted as a fault.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pydantic import JsonValue

from benchbook.engine.judge_answers import Reading, Said
from benchbook.engine.quotes import Quote
from benchbook.specs.judging import Judging
from benchbook.specs.outputs import Usage
from benchbook.specs.rubrics import CANNOT_TELL, Item, PassRule, Rubric
from benchbook.specs.spec import unchecked
from benchbook.specs.verdicts import Span, Verdict


@dataclass(frozen=True)
class Ballot:
    """What came of one question: the judge's answer, and what it took."""

    swapped: bool
    vote: int
    reading: Reading
    prompt: str
    """The digest of the prompt."""
    usage: Usage = Usage()
    cost: float | None = None
    latency: float | None = None
    cached: bool = False
    repairs: int = 0
    constrained: bool = False

    @property
    def order(self) -> str:
        """Which of two answers came first."""
        return "second_first" if self.swapped else "first_second"

    def said(self, path: str, item: Item) -> str | None:
        """The answer to an item, seen from the answers as they are named; None if it could not be read."""
        said = self.reading.items.get(path)
        if said is None:
            return None
        return item.mirrored(said.answer) if self.swapped else said.answer

    def told(self, path: str, item: Item) -> dict[str, JsonValue]:
        """What it says of an item, as the verdict's trace keeps it."""
        said = self.reading.items.get(path)
        found: dict[str, JsonValue] = {
            "order": self.order,
            "vote": self.vote,
            "prompt": self.prompt,
            "said": self.said(path, item),
            "confidence": said.confidence if said else None,
        }
        error = self.reading.errors.get(path) or self.reading.errors.get("")
        return {**found, "error": error} if error and said is None else found

    @cached_property
    def took(self) -> dict[str, JsonValue]:
        """What it took; of the whole form, so that nobody adds it up over its items."""
        odd: dict[str, JsonValue] = {"errors": [*self.reading.told]} if self.reading.errors else {}
        if self.reading.passed_over:
            odd["passed_over"] = [*self.reading.passed_over]
        return {
            "order": self.order,
            "vote": self.vote,
            "prompt": self.prompt,
            "input_tokens": self.usage.input_tokens,
            "output_tokens": self.usage.output_tokens,
            "cost": self.cost,
            "latency": self.latency,
            "cached": self.cached,
            "repairs": self.repairs,
            "constrained": self.constrained,
            **odd,
        }


@dataclass(frozen=True)
class Decided:
    """What the ballots come to for one item."""

    path: str
    item: Item
    answer: str | None
    """None if there is none: unread, split or inconsistent."""
    votes: Mapping[str, int]
    """How many ballots said what."""
    split: bool = False
    """Whether too few agreed, within an order."""
    agreement: float = 1.0
    """The share of the votes that could be read that the winner has; the lower one, of two orders."""
    flipped: bool = False
    """Whether the answer changed with the order."""
    stated: str | None = None
    """What was said of an item that its parts decide."""
    backing: tuple[tuple[Ballot, Said], ...] = ()
    """The ballots that say what was decided; all that could be read if nothing was, or orders contradict each other."""
    error: str | None = None
    by_order: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def met(self) -> bool | None:
        """Whether it passes; None if nobody knows."""
        return None if self.answer is None else self.item.met_by(self.answer)

    @property
    def value(self) -> float | None:
        """What it is worth; None if nobody knows."""
        return None if self.answer is None else self.item.value_of(self.answer)

    @property
    def confidence(self) -> float | None:
        """The mean of those who say so; None if none of them told, and of what nobody said: a tie of two orders."""
        if self.flipped:
            return None
        told = [said.confidence for _, said in self.backing if said.confidence is not None]
        return math.fsum(told) / len(told) if told else None

    @property
    def justification(self) -> str:
        """That of the first who says so."""
        return next((said.justification for _, said in self.backing if said.justification), "")

    @property
    def quotes(self) -> list[Quote]:
        """All that they quote, named as the answers are."""
        return [_named(quote, ballot) for ballot, said in self.backing for quote in said.quotes]


def decided(ballots: Sequence[Ballot], judging: Judging) -> dict[str, Decided]:
    """What the ballots come to, by path; parts before what they decide."""
    found: dict[str, Decided] = {}
    for path, item in judging.rubric.paths:
        alone = _by_ballots(path, item, ballots, judging)
        parts = [found[f"{path}/{part.name}"] for part in item.parts]
        found[path] = _by_parts(alone, parts) if parts else alone
    return found


def verdicts(found: Mapping[str, Decided], ballots: Sequence[Ballot], judging: Judging) -> list[Verdict]:
    """A verdict for the whole, and one for each item."""
    rubric = judging.rubric
    shown = [one for one in found.values() if rubric.score_name(one.path) != rubric.name]
    return [_whole(found, ballots, rubric), *(_verdict(one, ballots, rubric) for one in shown)]


def issues_of(ballots: Sequence[Ballot]) -> list[Quote]:
    """The passages that were marked, named as the answers are, each once."""
    every = [_named(quote, ballot) for ballot in ballots for quote in ballot.reading.issues]
    return list({(quote.source, quote.words, quote.note): quote for quote in every}.values())


def whole_of(items: Sequence[Decided], rule: PassRule) -> bool | None:
    """Whether they pass by the rule, whatever the answers that are not known may be; None if it depends on these."""
    unknown = [one for one in items if one.met is None]
    least, most = (_passes(items, rule, frozenset(guess)) for guess in ((), [one.path for one in unknown]))
    return least if least == most else None


def whole_known(items: Sequence[Decided], judging: Judging) -> bool:
    """Whether there is a verdict on the whole, by the rubric's rule."""
    rule = judging.rubric.passes
    return (share_of(items) if rule is None else whole_of(items, rule)) is not None


def share_of(items: Sequence[Decided]) -> float | None:
    """The weighted mean of the values, from 0 to 1; with points those that are met of those that can be."""
    if any(one.value is None for one in items):
        return None
    total = math.fsum(_weight(one.item) for one in items if _weight(one.item) > 0)
    reached = math.fsum(_weight(one.item) * (one.value or 0.0) for one in items)
    return min(1.0, max(0.0, reached / total)) if total else None


def _by_ballots(path: str, item: Item, ballots: Sequence[Ballot], judging: Judging) -> Decided:
    """The winner of each order, and of both."""
    if judging.votes == len(judging.orders_asked) == len(ballots) == 1:
        return _by_one(path, item, ballots[0])
    answers = [ballot.said(path, item) for ballot in ballots]
    votes = Counter(answer for answer in answers if answer is not None)
    by_order: dict[str, str | None] = {}
    shares = []
    for swapped in judging.orders_asked:
        within = Counter(
            answer
            for ballot, answer in zip(ballots, answers, strict=True)
            if ballot.swapped == swapped and answer is not None
        )
        winner, most = next(iter(within.most_common(1)), (None, 0))
        shares.append(most / within.total() if within else 1.0)
        by_order["second_first" if swapped else "first_second"] = winner if most >= judging.quorum else None
    winners = set(by_order.values())
    flipped = len(winners) > 1 and None not in winners
    answer = winners.pop() if len(winners) == 1 else None
    if flipped and judging.inconsistent == "tie" and "tie" in item.answers and CANNOT_TELL not in by_order.values():
        answer = "tie"
    backing = [
        (ballot, ballot.reading.items[path])
        for ballot, said in zip(ballots, answers, strict=True)
        if said is not None and (answer is None or flipped or said == answer)
    ]
    return Decided(
        path=path,
        item=item,
        answer=answer,
        votes=votes,
        split=bool(votes) and (None in by_order.values()) and sum(votes.values()) == len(ballots),
        agreement=min(shares),
        flipped=flipped,
        backing=tuple(backing),
        error=None if answer is not None or sum(votes.values()) == len(ballots) else _unread(path, ballots),
        by_order=by_order,
    )


def _by_one(path: str, item: Item, ballot: Ballot) -> Decided:
    """What a single ballot says: a judge is mostly asked once."""
    answer = ballot.said(path, item)
    return Decided(
        path=path,
        item=item,
        answer=answer,
        votes={} if answer is None else {answer: 1},
        backing=() if answer is None else ((ballot, ballot.reading.items[path]),),
        error=_unread(path, [ballot]) if answer is None else None,
        by_order={ballot.order: answer},
    )


def _by_parts(alone: Decided, parts: Sequence[Decided]) -> Decided:
    """An item that its parts decide; what was said of it is kept beside."""
    met = whole_of(parts, alone.item.passes)
    unread = [f"{part.path}: {part.error}" for part in parts if part.error]
    answer = CANNOT_TELL if met is None and not unread else None if met is None else ("yes" if met else "no")
    backing = tuple((ballot, said) for ballot, said in alone.backing if said.answer == answer)
    return Decided(
        path=alone.path,
        item=alone.item,
        answer=answer,
        votes=alone.votes,
        stated=alone.answer,
        backing=backing,
        error="; ".join(unread) if answer is None else None,
        by_order=alone.by_order,
    )


def _unread(path: str, ballots: Sequence[Ballot]) -> str:
    """Why there is no verdict: everything that was wrong with the answers, each thing once."""
    told = [ballot.reading.errors.get(path) or ballot.reading.errors.get("") for ballot in ballots]
    return "; ".join(dict.fromkeys(f"unreadable: {error}" for error in told if error)) or "unreadable"


def _verdict(one: Decided, ballots: Sequence[Ballot], rubric: Rubric) -> Verdict:
    quotes = one.quotes
    trace: dict[str, JsonValue] = {"ballots": [ballot.told(one.path, one.item) for ballot in ballots]}
    if one.stated is not None:
        trace["stated"] = one.stated
    if one.flipped:
        trace["flipped"] = True
    if one.split:
        trace["split"] = True
    if quotes:
        trace["quotes"] = [_told(quote) for quote in quotes]
    # Not checked again: its parts were, and to check a trace takes longer than to write it.
    return unchecked(
        Verdict,
        name=rubric.score_name(one.path),
        value=one.value,
        label=one.answer,
        explanation=one.justification,
        confidence=one.confidence,
        spans=_spans(quotes),
        trace=trace,
        error=one.error,
    )


def _whole(found: Mapping[str, Decided], ballots: Sequence[Ballot], rubric: Rubric) -> Verdict:
    """The verdict on the whole: the preference, or what the rubric's rule makes of the items."""
    critique = next((ballot.reading.critique for ballot in ballots if ballot.reading.critique), "")
    issues = issues_of(ballots)
    top = [found[item.name] for item in rubric.items]
    if rubric.compares:
        verdict = _verdict(top[0], ballots, rubric)
        marked: list[JsonValue] = [_told(quote) for quote in issues]
        told: list[JsonValue] = [{**ballot.told(top[0].path, top[0].item), **ballot.took} for ballot in ballots]
        return verdict.model_copy(
            update={
                "explanation": "\n\n".join(text for text in (verdict.explanation, critique) if text),
                "spans": _spans([*issues, *top[0].quotes]),
                "trace": {**verdict.trace, "ballots": told, **({"issues": marked} if marked else {})},
            }
        )
    met, share = (whole_of(top, rubric.passes) if rubric.passes else None), share_of(top)
    unread = [f"{one.path}: {one.error}" for one in top if one.error]
    known = met is not None if rubric.passes else share is not None
    value = (float(met) if met is not None else None) if rubric.passes else share
    label = {True: "pass", False: "fail", None: CANNOT_TELL}[met] if rubric.passes else None
    confidences = [one.confidence for one in top if one.confidence is not None]
    return unchecked(
        Verdict,
        name=rubric.name,
        value=value,
        label=label if known or not unread else None,
        explanation=critique,
        confidence=min(confidences) if confidences else None,
        spans=_spans(issues),
        trace={
            "ballots": [ballot.took for ballot in ballots],
            **({"share": share} if share is not None else {}),
            **({"issues": [_told(quote) for quote in issues]} if issues else {}),
        },
        error="; ".join(unread) if unread and not known else None,
    )


def _passes(items: Sequence[Decided], rule: PassRule, guessed: frozenset[str]) -> bool:
    """Whether they pass, with those guessed to be met and no other that is not known."""
    met = [one.path in guessed if one.met is None else one.met for one in items]
    if rule.rule == "weighted":
        weights = [(_weight(one.item), yes) for one, yes in zip(items, met, strict=True)]
        # What should not be there earns nothing by its absence, and costs its points.
        reached = [weight for weight, yes in weights if yes == (weight > 0)]
        return math.fsum(reached) >= rule.share * math.fsum(weight for weight, _ in weights if weight > 0) - 1e-9
    return all(met) if rule.rule == "all" else any(met)


def _weight(item: Item) -> float:
    return item.points if item.kind == "points" else item.weight


def _named(quote: Quote, ballot: Ballot) -> Quote:
    """The quote with the name of its text as if nothing had been swapped."""
    if not ballot.swapped:
        return quote
    source = {"response_1": "response_2", "response_2": "response_1"}.get(quote.source, quote.source)
    return Quote(source, quote.words, quote.start, quote.end, quote.note)


def _spans(quotes: Sequence[Quote]) -> tuple[Span, ...]:
    """Where the quotes stand in the answers, each place once."""
    spans: Iterator[Span] = (
        Span(start=quote.start, end=quote.end or 0, note=quote.note, other=quote.source == "response_2")
        for quote in quotes
        if quote.start is not None and quote.source != "ideal_response"
    )
    return tuple(dict.fromkeys(spans))


def _told(quote: Quote) -> dict[str, JsonValue]:
    return {"from": quote.source, "words": quote.words, "start": quote.start, "end": quote.end, "note": quote.note}
