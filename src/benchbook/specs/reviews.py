"""What people are asked to look at, by which form, in which order; and what they fill in."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from benchbook.errors import SpecError
from benchbook.specs.rubrics import Rubric
from benchbook.specs.spec import Several, Spec, mistake_in
from benchbook.specs.verdicts import WITHDRAWN

Rule = Literal["everything", "flagged", "uncertain", "order_flip", "contradicts_checks", "disagreement", "random"]
"""Why an answer is in a review."""

Shown = Literal["shown", "after_choice", "never"]
"""When a reviewer sees what the judge says: at once, after a first choice of one's own, or not at all."""

ReviewOrder = Literal["fixed", "random", "informative"]

TextName = Literal["response", "response_1", "response_2"]
"""The text of a single answer; of two, in the order in which they are shown."""


class Reason(Spec):
    """Why an answer is in a review."""

    rule: Rule
    item: str = ""
    """The path of the rubric's item; empty for the whole."""
    reason: str


class Selection(Spec):
    """Which answers come into a review: those that any of these rules picks."""

    everything: bool = False
    flags: Literal["any"] | Several[str] = ()
    """Flags of the judge's review, as `order_flip`; `any` for all that were flagged."""
    uncertain_below: float | None = Field(default=None, gt=0, le=1)
    """Where the judge is less sure than this, or has no verdict."""
    order_flips: bool = False
    """Where the judge's preference changes with the order."""
    contradicts_checks: bool = False
    """Where the judge says otherwise than tests and other checks."""
    disagreement: bool = False
    """Where judges, or the members of a panel, say different things."""
    random: float = Field(default=0.0, ge=0, le=1)
    """This share of all, besides."""

    @model_validator(mode="after")
    def _picks_something(self) -> Self:
        if not self.model_dump(exclude_defaults=True):
            raise ValueError("no rule picks anything; write `everything: true`, or another rule")
        return self

    @property
    def is_chance(self) -> bool:
        """Whether what it picks is a random part of all, or all."""
        return not self.asks_a_judge and not self.disagreement

    @property
    def asks_a_judge(self) -> bool:
        """Whether a rule is about what a judge said."""
        return bool(self.flags or self.uncertain_below or self.order_flips or self.contradicts_checks)


class Overlap(Spec):
    """How many people look at the same. The short spelling is the number alone."""

    each: int = Field(default=1, ge=1, le=99)
    more: int | None = Field(default=None, ge=2, le=99)
    """How many look at a `share` of the items, picked at random."""
    share: float = Field(default=0.0, ge=0, le=1)

    @model_validator(mode="before")
    @classmethod
    def _spelt(cls, data: Any) -> Any:
        return {"each": data} if isinstance(data, int) and not isinstance(data, bool) else data

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.more is None) != (self.share == 0):
            raise ValueError("`more` says how many look at a `share` of the items: give both, or neither")
        if self.more is not None and self.more <= self.each:
            raise mistake_in("more", f"more than `each`, which is {self.each}; not {self.more}")
        return self


class ReviewSpec(Spec):
    """A queue for people: what is in it, and how it is worked."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    runs: Several[str] = Field(default=(), max_length=2)
    """One run: its answers, one by one. Two: what they answered to the same, side by side. Unless given, those that the
    judge has read."""
    rubric: str | Rubric | None = None
    """A built-in one by name, a file by path, or one written out; unless given, the judge's."""
    judge: str | None = None
    """The judge run whose flags, doubts and suggestions are meant."""
    select: Selection = Selection(everything=True)
    overlap: Overlap = Overlap()
    lease_minutes: float = Field(default=30.0, gt=0, le=10_080)
    """How long an item is kept for whoever has it on the table."""
    blind: bool = True
    """Whether reviewers are told neither models nor reasons, and see the two of a pair in random order."""
    suggestion: Shown = "after_choice"
    """Whether reviewers see what the judge says, if one is named."""
    order: ReviewOrder = "random"
    """`fixed`: as in the data set. `informative`: what tells most about the judge's errors first."""
    learn_every: int = Field(default=10, ge=1)
    """After how many labels the informative order is thought over."""
    reviewers: Several[str] = ()
    """Who may review; unless given, everybody with the role."""
    adjudicators: Several[str] = ()
    """Who may decide where reviewers differ; unless given, everybody with the role."""
    differ_by: float | None = Field(default=0.5, gt=0, le=1)
    """From which difference of values (0 to 1) on somebody else decides; null: never."""
    differ_on: Literal["whole", "any"] = "whole"
    """Whether only the whole is held against each other, or every item of the rubric."""
    seed: int = 0

    @field_validator("rubric")
    @classmethod
    def _can_be_taken_back(cls, rubric: Any) -> Any:
        if isinstance(rubric, Rubric) and any(WITHDRAWN in item.answers for _, item in rubric.paths):
            raise ValueError(f"an answer cannot be called {WITHDRAWN!r}: that is what a verdict taken back is called")
        return rubric

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if not self.runs and self.judge is None:
            raise mistake_in("runs", "name one run, or two to compare, or the `judge` whose answers are looked at")
        if len(set(self.runs)) < len(self.runs):
            raise mistake_in("runs", "these are the same run twice")
        if self.rubric is None and self.judge is None:
            raise mistake_in("rubric", "name the form that is filled in, such as `preference` or `quality-3`")
        if self.select.asks_a_judge and self.judge is None:
            raise mistake_in("judge", "the rules in `select` are about a judge: name its run")
        return self

    @property
    def whole(self) -> Rubric:
        """The rubric, once it was read."""
        if not isinstance(self.rubric, Rubric):
            raise SpecError(f"the rubric {self.rubric!r} has not been read")
        return self.rubric

    @property
    def picks(self) -> bool:
        """Whether what is labelled first, or at all, is no random part of the answers."""
        return self.order != "random" or not self.select.is_chance

    @property
    def suggests(self) -> Shown:
        """When the judge's word is seen; never, if there is none."""
        return "never" if self.judge is None else self.suggestion


class Passage(Spec):
    """Words that a reviewer has marked."""

    source: TextName = "response"
    start: int = Field(ge=0)
    """Counted in characters (Unicode code points), not in the UTF-16 units of JavaScript."""
    end: int = Field(gt=0)
    quote: str = Field(min_length=1)
    """The words themselves: what stands there must be these."""
    kind: str = ""
    """One of the rubric's issues; empty or `other` for none of them."""
    note: str = ""
    item: str = ""
    """The path of the item that it is evidence for; empty for the whole."""


class Answered(Spec):
    """What is said of one item. The short spelling is the answer alone."""

    answer: str
    note: str = Field(default="", max_length=20_000)
    """Why."""
    confidence: float | None = Field(default=None, ge=0, le=1)

    @model_validator(mode="before")
    @classmethod
    def _spelt(cls, data: Any) -> Any:
        return {"answer": data} if isinstance(data, str) else data


class Filled(Spec):
    """The form, filled in; everything as it is shown: `first` is the one on the left, whichever that is."""

    items: dict[str, Answered] = Field(max_length=500)
    """By path. What has parts is decided by them, and is left out."""
    passages: Several[Passage] = Field(default=(), max_length=100)
    critique: str = Field(default="", max_length=20_000)
    confidence: float | None = Field(default=None, ge=0, le=1)
    """Of all items that have none of their own."""
    seconds: float | None = Field(default=None, ge=0)
    """Of work on it, if somebody has watched; else the time that it lay open."""

    def answers(self) -> Mapping[str, str]:
        """The answers alone, by path."""
        return {path: said.answer for path, said in self.items.items()}
