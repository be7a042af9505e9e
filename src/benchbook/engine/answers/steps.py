"""Statements one after the other: which are results, and which only steps to them."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from benchbook.engine.answers.vocabulary import CONSTANTS

__all__ = ["derived", "results"]

_MOST = 60
_SIGN = re.compile(r"<=|>=|[=<>]|\\(?:leq?|geq?|lt|gt)(?![a-zA-Z])")
_NAME = re.compile(r"\\([A-Za-z]+)|[A-Za-z](?:_(?:\w|\{\w{1,9}\}))?")
_NO_NAMES = frozenset(("e", "i"))


class _Statement(NamedTuple):
    left: str
    of: frozenset[str]
    """The variables on the left."""
    by: frozenset[str]
    """The variables on the right."""
    sign: str

    @property
    def explicit(self) -> bool:
        """Whether it says what one variable is in terms of others."""
        return len(self.of) == 1 and self.left in self.of and not self.of & self.by

    @property
    def solved(self) -> bool:
        """Whether it says what one variable is."""
        return self.explicit and not self.by


def results(texts: Sequence[str]) -> list[str]:
    """The statements without those that later ones solve, work out or make use of: of `2x = 4`, `x = 2` the last."""
    said = [_statement(text) for text in texts[: _MOST + 1]]
    if len(said) > _MOST or None in said:
        return [*texts]
    known = [each for each in said if each is not None]
    return [text for at, text in enumerate(texts) if not _is_step(known[at], known[at + 1 :])]


def derived(rows: Sequence[str]) -> list[str]:
    """The results in the rows of a derivation: also without what the last one is solved from."""
    last = _statement(rows[-1]) if 0 < len(rows) <= _MOST else None
    if last is None or not last.explicit or last.sign != "=":
        return results(rows)
    said = [_statement(row) for row in rows]
    used = frozenset[str]().union(*(each.by for each in said if each and each.left == last.left))
    return results([row for row, one in zip(rows, said, strict=True) if not one or not _is_solved_by(last, one, used)])


def _is_solved_by(last: _Statement, one: _Statement, used: frozenset[str]) -> bool:
    """Whether the last statement follows from this one, which is not explicit for a variable that was not used."""
    kept = one.explicit and not one.of <= used
    return not kept and not one.solved and one.left != last.left and last.of <= one.of | one.by


def _is_step(one: _Statement, later: Sequence[_Statement]) -> bool:
    if not later or not one.of:
        return False
    if one.solved:
        last = later[-1]
        return one.of < last.of and not last.by
    solved = frozenset[str]().union(*(each.of for each in later if each.solved))
    return one.of | one.by <= solved or any(_is_worked_out(one, each) for each in later)


def _is_worked_out(one: _Statement, later: _Statement) -> bool:
    return one.left == later.left and (later.by < one.by or not (later.by or one.by))


def _statement(text: str) -> _Statement | None:
    """The sides of an equation or an inequality; None if it is none."""
    left, *rest = _SIGN.split(text)
    sign = _SIGN.search(text)
    return _Statement("".join(left.split()), _names(left), _names(rest[-1]), sign[0]) if sign else None


def _names(text: str) -> frozenset[str]:
    found = (match[0] for match in _NAME.finditer(text) if match[1] is None or match[1] in CONSTANTS)
    return frozenset(found) - _NO_NAMES - {r"\pi", r"\infty"}
