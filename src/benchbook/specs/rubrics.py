"""A rubric: what is looked at, which answers there are, and when it is passed. One form for models and people.

Its criteria are a tree. An item with parts is decided by its parts, by its own rule; one without is answered.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from benchbook.errors import SpecError
from benchbook.specs.files import read, read_text
from benchbook.specs.spec import Several, Spec, unknown

ItemKind = Literal["binary", "scale", "points", "choice"]
Source = Literal["response", "ideal_response"]
Check = Literal["checks", "complete", "format"]

CANNOT_TELL = "cannot_tell"
"""The answer of who cannot decide: it is no value, and never a zero."""

NOTES = ("review", "audit")
"""What we say of a judge's verdicts ourselves, by the last word of its name."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_RUBRIC_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class PassRule(Spec):
    """When several are enough. Spelt `all`, `any`, or `{weighted: 0.7}`: that share of the weights."""

    rule: Literal["all", "any", "weighted"]
    share: float = Field(default=1.0, ge=0, le=1)

    @model_validator(mode="before")
    @classmethod
    def _spelt(cls, data: Any) -> Any:
        if isinstance(data, str):
            return {"rule": data}
        if isinstance(data, Mapping) and set(data) == {"weighted"}:
            return {"rule": "weighted", "share": data["weighted"]}
        return data


class Option(Spec):
    """One of the answers of a choice, and what it is worth. The short spelling is the name alone."""

    name: str
    value: float | None = Field(default=None, ge=0, le=1)
    means: str = ""
    mirror: str = ""
    """Of a pair: what it says once the two change places; `first` and `second` know each other."""

    @model_validator(mode="before")
    @classmethod
    def _spelt(cls, data: Any) -> Any:
        return {"name": data} if isinstance(data, str) else data


PREFERENCE = (
    Option(name="first", value=1.0, means="response 1 is better", mirror="second"),
    Option(name="second", value=0.0, means="response 2 is better", mirror="first"),
    Option(name="tie", value=0.5, means="neither is better"),
)
"""The options of a choice between two answers, unless it has its own."""


class Item(Spec):
    """One criterion."""

    name: str
    question: str
    title: str = ""
    kind: ItemKind = "binary"
    weight: float = Field(default=1.0, gt=0)
    low: int = 1
    """The lowest grade of a scale."""
    high: int = 5
    needs: int | None = None
    """The grade of a scale that passes; unless given the upper half does."""
    points: float = 1.0
    """What it counts if it is met; less than nothing for what should not be there."""
    options: Several[Option] = ()
    anchors: dict[str, str] = {}
    """What an answer looks like, by answer."""
    failures: Several[str] = ()
    """What goes wrong, as examples."""
    cites: Several[Source] = ()
    """What a justification quotes from."""
    settled_by: Check | None = None
    """What decides it without a model: `checks` (tests, the comparison with the right answer), `complete` (it is there,
    and was not cut off), `format` (the answer could be extracted). A judge who says otherwise is flagged."""
    passes: PassRule = PassRule(rule="all")
    """When the item is met by its parts."""
    parts: "Several[Item]" = ()

    @field_validator("name")
    @classmethod
    def _is_a_word(cls, name: str) -> str:
        if not _NAME.fullmatch(name) or name in NOTES:
            raise ValueError(f"a criterion is a word like `results_formulae`, in small letters, not {name[:80]!r}")
        return name

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.parts and self.kind != "binary":
            raise ValueError(f"{self.name!r} has parts, which decide it: it is binary, not {self.kind}")
        if self.options and self.kind != "choice":
            raise ValueError(f"{self.name!r} has options: write `kind: choice`")
        if self.kind == "scale" and not (self.low < self.high and self.low <= self.pass_mark <= self.high):
            raise ValueError(f"{self.name!r}: expected low < high, and `needs` between them")
        if self.kind == "points" and not self.points:
            raise ValueError(f"{self.name!r} counts no points")
        _named_once([part.name for part in self.parts], f"parts of {self.name!r}")
        _named_once([option.name for option in self.options], f"options of {self.name!r}")
        stray = sorted(set(self.anchors) - set(self.answers)) if self.options or self.kind != "choice" else ()
        if stray:
            raise ValueError(unknown(f"answer in the anchors of {self.name!r}:", stray[0], self.answers))
        return self

    @property
    def heading(self) -> str:
        """The title, or the name as words."""
        return self.title or self.name.replace("_", " ").capitalize()

    @property
    def pass_mark(self) -> int:
        """The grade of a scale that passes."""
        return -(-(self.low + self.high) // 2) if self.needs is None else self.needs

    @cached_property
    def answers(self) -> tuple[str, ...]:
        """What may be answered, but for `cannot_tell`."""
        if self.kind == "scale":
            return tuple(str(grade) for grade in range(self.low, self.high + 1))
        if self.kind == "choice":
            return tuple(option.name for option in self.options or PREFERENCE)
        return ("yes", "no")

    def value_of(self, answer: str) -> float | None:
        """What an answer is worth, from 0 to 1; None if nothing."""
        if answer == CANNOT_TELL:
            return None
        if self.kind in ("binary", "points"):
            return float(answer == "yes")
        if self.kind == "scale":
            return (int(answer) - self.low) / (self.high - self.low)
        return next(option.value for option in self.options or PREFERENCE if option.name == answer)

    def met_by(self, answer: str) -> bool | None:
        """Whether the answer passes; None if it does not say."""
        value = self.value_of(answer)
        if value is None:
            return None
        if self.kind == "scale":
            return int(answer) >= self.pass_mark
        # What costs points is passed by its absence.
        return (value < 0.5) if self.kind == "points" and self.points < 0 else value >= 0.5

    def mirrored(self, answer: str) -> str:
        """The same answer of a pair whose two have changed places."""
        option = next((one for one in self.options or PREFERENCE if one.name == answer), None)
        if self.kind != "choice" or option is None:
            return answer
        return option.mirror or {"first": "second", "second": "first"}.get(answer, answer)


class Rubric(Spec):
    """A form to be filled in on one answer, or on two that are compared."""

    name: str
    description: str = ""
    compares: bool = False
    """Whether it looks at two answers."""
    instructions: str = ""
    """What the judge is to mind above all."""
    items: Several[Item] = Field(min_length=1)
    passes: PassRule | None = PassRule(rule="all")
    """When an answer passes; with null there is no pass, but the weighted mean as the value."""
    issues: dict[str, str] = {}
    """Kinds of problems that a passage may be marked with."""
    says: dict[str, Several[str]] = {}
    """Of judges who answer in words: the phrases that stand for an answer to the only item; the last one counts."""

    @field_validator("name")
    @classmethod
    def _is_a_word(cls, name: str) -> str:
        if not _RUBRIC_NAME.fullmatch(name):
            raise ValueError(f"a rubric's name is small letters, digits, dots and dashes, not {name[:80]!r}")
        return name

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        _named_once([item.name for item in self.items], "items")
        if self.compares and self.items[0].kind != "choice":
            raise ValueError("the first item of a rubric that compares is the preference: write `kind: choice`")
        if not self.compares and any(item.kind == "choice" and not item.options for _, item in self.walk()):
            raise ValueError("a choice needs `options`; only a rubric that compares has some by itself")
        if self.compares:
            _turned_soundly(self.items[0], preferred=True)
            for item in (item for _, item in self.walk() if item != self.items[0]):
                _turned_soundly(item, preferred=False)
        if self.passes is None and all(item.kind == "points" and item.points < 0 for item in self.items):
            raise ValueError("there is no mean (`passes: null`) of what only costs points: one has points above zero")
        if self.says and len(self.leaves) != 1:
            raise ValueError("`says` is for rubrics with one item")
        for answer in self.says:
            if answer not in self.leaves[0][1].answers:
                raise ValueError(unknown("answer in `says`:", answer, self.leaves[0][1].answers))
        return self

    def walk(self) -> Iterator[tuple[str, Item]]:
        """Every item by its path, parts before what they decide."""
        for item in self.items:
            yield from _walked(item, "")

    @cached_property
    def paths(self) -> tuple[tuple[str, Item], ...]:
        """`walk`, at once."""
        return tuple(self.walk())

    def criteria(self) -> Iterator[tuple[str, str]]:
        """Every item but the one that is the whole, as one reads them, parts after what they decide: its path, and what
        its Score is called."""
        paths = (path for item in self.items for path in _listed(item, ""))
        named = ((path, self.score_name(path)) for path in paths)
        return ((path, name) for path, name in named if name != self.name)

    @cached_property
    def leaves(self) -> tuple[tuple[str, Item], ...]:
        """The items without parts."""
        return tuple((path, item) for path, item in self.paths if not item.parts)

    @cached_property
    def version(self) -> str:
        """The fingerprint: what a Score keeps of the rubric."""
        return self.fingerprint()

    def score_name(self, path: str = "") -> str:
        """What the Score of an item is called; of the whole without a path. Of two answers the first item, which is
        preferred, is the whole."""
        whole = not path or (self.compares and path == self.items[0].name)
        return self.name if whole else f"{self.name}/{path}"


def rubric(name: str) -> Rubric:
    """The built-in rubric of that name, or the one in a YAML file at that path."""
    if "/" in name or name.endswith((".yaml", ".yml")):
        return read(Path(name)).parse(Rubric)
    place = files("benchbook") / "data" / "rubrics" / f"{name}.yaml"
    if not (_RUBRIC_NAME.fullmatch(name) and place.is_file()):
        raise SpecError(f"{unknown('rubric', name, built_in())} (a file of your own is given by its path)")
    return read_text(f"{name}.yaml", place.read_text(encoding="utf-8")).parse(Rubric)


def built_in() -> list[str]:
    """The names of the rubrics that come along."""
    folder = files("benchbook") / "data" / "rubrics"
    return sorted(path.name.removesuffix(".yaml") for path in folder.iterdir() if path.name.endswith(".yaml"))


def _listed(item: Item, above: str) -> Iterator[str]:
    yield f"{above}{item.name}"
    for part in item.parts:
        yield from _listed(part, f"{above}{item.name}/")


def _walked(item: Item, within: str) -> Iterator[tuple[str, Item]]:
    path = f"{within}{item.name}"
    for part in item.parts:
        yield from _walked(part, f"{path}/")
    yield path, item


def _turned_soundly(item: Item, *, preferred: bool) -> None:
    """Whether each answer has one that says the same once the two answers change places; ValueError if not."""
    for answer in item.answers if item.kind == "choice" else ():
        other = item.mirrored(answer)
        if other not in item.answers:
            raise ValueError(unknown(f"mirror of {answer!r} of {item.name!r}:", other, item.answers))
        if item.mirrored(other) != answer:
            raise ValueError(f"{item.name!r}: {other!r} is no mirror of {answer!r}, for its own is another")
        value, turned = item.value_of(answer), item.value_of(other)
        if not preferred or (value is None and turned is None):
            continue
        if other == answer and value != 0.5:
            raise ValueError(f"{item.name!r}: {answer!r} is worth {value:g} whichever stands first; give it a `mirror`")
        if value is None or turned is None or abs(value + turned - 1) > 1e-9:
            raise ValueError(f"{item.name!r}: {answer!r} and its mirror {other!r} are worth 1 together, or nothing")


def _named_once(names: list[str], what: str) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"two {what} are called {twice!r}")
