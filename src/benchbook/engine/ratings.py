"""Who said what of which item, as a sheet: a column for each rater, a row for each item."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from benchbook.specs.verdicts import Author

Answer = float | str
Column = Mapping[str, Answer | None]
"""What one said of each item; None where no verdict was reached."""

PEOPLE = "human"
"""The name of what people say together."""

_WORDS = {
    **dict.fromkeys(("yes", "true", "pass", "passed", "correct", "right", "good"), 1.0),
    **dict.fromkeys(("no", "false", "fail", "failed", "incorrect", "wrong", "bad"), 0.0),
}


class Pair(NamedTuple):
    """What is known of two responses, `a` and `b`."""

    lengths: tuple[int, int] | None = None
    """In characters."""
    models: tuple[str, str] | None = None


@dataclass(frozen=True)
class Rating:
    """What one rater said of one item under one criterion; neither value nor label where no verdict was reached."""

    item: str
    criterion: str
    rater: str
    author: Author
    value: float | None = None
    """Of a pair: 1 if `a` is preferred, 0 if `b` is, 0.5 for a tie."""
    label: str = ""
    """Counts where there is no value."""
    confidence: float | None = None
    cluster: str = ""
    """The question: items of one vary together."""
    pair: Pair | None = None
    swapped: bool = False
    """Whether `b` was shown before `a`."""
    orders: tuple[float | None, float | None] | None = None
    """What was said with `a` shown first, and with `b`, if the answer is that of both."""
    counts_others: bool = False
    """Whether the rater is a panel, or decides between others: it has no opinion besides theirs."""
    overruled: bool = False
    """Whether somebody else has decided: it is what this rater says, but no part of what people say together."""
    picked: bool = False
    """Whether the item was looked at because something hinted at a mistake: such labels are no random part of all."""


class Rater(NamedTuple):
    """Who."""

    author: Author
    name: str


class Sheet:
    """All ratings under one criterion. Of several by the same rater on the same item the last counts.

    A pair that was shown in both orders has one answer: the verdict of both, a tie where they contradict each other,
    and none where one of them could not be read.
    """

    def __init__(self, ratings: Sequence[Rating]) -> None:
        last = {(Rater(one.author, one.rater), one.item, one.swapped): one for one in ratings}
        self.given = len(ratings)
        self.repeated = len(ratings) - len(last)
        """Ratings that a later one took the place of."""
        self.items = {one.item: one for one in sorted(last.values(), key=_known_of_pair)}
        self._panels = {who for (who, _, _), one in last.items() if one.counts_others}
        self.confidence = {
            (who, item): one.confidence for (who, item, _), one in last.items() if one.confidence is not None
        }
        answers = _answers(last)
        self.columns = _columns(answers)
        self.orders = _in_both_orders(answers)
        """What was said of pairs with `a` shown first, and with `b`, where both are known."""
        for (who, item, _), one in last.items():
            if one.orders is not None:
                self.orders[who][item] = one.orders
        self.picked = {item for (_, item, _), one in last.items() if one.picked}
        """Items that a rating of a picked one is about."""
        overruled = {(who, item) for (who, item, _), one in last.items() if one.overruled}
        self.people = consensus(
            [
                {item: answer for item, answer in self.columns[who].items() if (who, item) not in overruled}
                for who in self.raters("human")
            ]
        )

    def raters(self, author: Author) -> list[Rater]:
        """Everybody of a kind."""
        return sorted(who for who in self.columns if who.author == author)

    def opinionated(self, author: Author) -> list[Rater]:
        """Everybody of a kind but for panels, whose members speak for themselves."""
        return [who for who in self.raters(author) if who not in self._panels]

    def references(self, against: str | None) -> dict[str, Column]:
        """What judges are held against: `human`, `code`, or a rater by name; unless said, people and code."""
        people: dict[str, Column] = {PEOPLE: self.people} if self.people else {}
        code: dict[str, Column] = {who.name: self.columns[who] for who in self.raters("code")}
        if against is None:
            return {**people, **code}
        if against in ("human", "code"):
            return people if against == "human" else code
        return {who.name: column for who, column in self.columns.items() if who.name == against}

    def cluster(self, item: str) -> str:
        """What the item varies together with."""
        return self.items[item].cluster or item

    @property
    def is_of_pairs(self) -> bool:
        """Whether its items are pairs of responses."""
        return any(one.pair is not None for one in self.items.values())


def sheets(ratings: Iterable[Rating]) -> dict[str, Sheet]:
    """A sheet for each criterion."""
    by_criterion: dict[str, list[Rating]] = defaultdict(list)
    for rating in ratings:
        by_criterion[rating.criterion].append(rating)
    return {criterion: Sheet(those) for criterion, those in sorted(by_criterion.items())}


def _known_of_pair(rating: Rating) -> int:
    return 0 if rating.pair is None else 1 + sum(fact is not None for fact in rating.pair)


def consensus(columns: Sequence[Column]) -> dict[str, Answer | None]:
    """What several say together: what most of them do; of numbers the middle; None where they are split."""
    items = dict.fromkeys(item for column in columns for item in column)
    return {item: _together([a for column in columns if (a := column.get(item)) is not None]) for item in items}


def _together(answers: Sequence[Answer]) -> Answer | None:
    if not answers:
        return None
    first, times = Counter(answers).most_common(1)[0]
    if 2 * times > len(answers):
        return first
    numbers = [answer for answer in answers if isinstance(answer, int | float)]
    # Between yes and no, or the first and the second, there is no middle.
    return None if len(numbers) < len(answers) or set(numbers) <= {0, 0.5, 1} else median(numbers)


_Key = tuple[Rater, str, bool]


def _answers(ratings: Mapping[_Key, Rating]) -> dict[_Key, Answer | None]:
    """Numbers for all, by value or by what the label means; words for all, where one has no number."""
    meant = {(one.label, one.value) for one in ratings.values() if one.label and one.value is not None}
    known = _WORDS | {_word(label): value for label, value in meant}
    numbers: dict[_Key, Answer | None] = {
        key: one.value if one.value is not None else known.get(_word(one.label)) for key, one in ratings.items()
    }
    if all(numbers[key] is not None or not one.label for key, one in ratings.items()):
        return numbers
    return {
        key: _word(one.label) or (None if (number := numbers[key]) is None else f"{number:g}")
        for key, one in ratings.items()
    }


def _word(label: str) -> str:
    return label.strip().casefold()


def _columns(answers: Mapping[_Key, Answer | None]) -> dict[Rater, dict[str, Answer | None]]:
    found: dict[Rater, dict[str, Answer | None]] = defaultdict(dict)
    for (who, item, _), answer in answers.items():
        column = found[who]
        column[item] = _of_both(column[item], answer) if item in column else answer
    return dict(found)


def _of_both(one: Answer | None, other: Answer | None) -> Answer | None:
    if one is None or other is None:
        return None
    return one if one == other else 0.5


_Orders = tuple[Answer | None, Answer | None]


def _in_both_orders(answers: Mapping[_Key, Answer | None]) -> dict[Rater, dict[str, _Orders]]:
    found: dict[Rater, dict[str, _Orders]] = defaultdict(dict)
    for (who, item, swapped), answer in answers.items():
        if swapped and (who, item, False) in answers:
            found[who][item] = (answers[who, item, False], answer)
    return found
