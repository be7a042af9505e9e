"""Small worlds: things with traits, some of which lead to other things with traits of their own, and texts about them."""

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from benchbook.engine.synthesis.draws import Draws
from benchbook.engine.synthesis.vocabulary import TOWNS, people
from benchbook.engine.synthesis.writing import spelt

Plan = Mapping[str, Any]
"""A table of data/synthesis/qa.toml."""


@dataclass(frozen=True)
class Value:
    """What a trait is, for one thing."""

    text: str
    answers: tuple[str, ...]
    """How an answer may put it, the plainest first."""
    number: int = 0
    """Where it is one."""


@dataclass(frozen=True)
class Thing:
    """One of the things that a text is about."""

    called: str
    answers: tuple[str, ...]
    values: Mapping[str, Value]
    """By the trait's label."""
    leads: Mapping[str, "Thing"]
    """By the link's label."""
    again: str = ""
    """What it is called once it was named."""


@dataclass(frozen=True)
class World:
    """Some things of one noun, and all that is true of them."""

    plan: Plan
    things: tuple[Thing, ...]

    @property
    def numeric(self) -> list[Plan]:
        """The traits that are numbers."""
        return [trait for trait in self.plan["traits"] if "range" in trait]

    @property
    def worded(self) -> list[Plan]:
        """The traits that are words, which several things may share."""
        return [trait for trait in self.plan["traits"] if "values" in trait]


@functools.cache
def plans() -> tuple[Plan, ...]:
    """The worlds that there can be."""
    text = files("benchbook").joinpath("data", "synthesis", "qa.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["world"])


def populated(draws: Draws, plan: Plan, number: int) -> World:
    """A world of so many things."""
    names = iter(people(draws, 60))
    leads = {link["label"]: _led_to(draws, link, number, names) for link in plan["links"]}
    values = {trait["label"]: _values(draws, trait, number, names) for trait in plan["traits"]}
    things = tuple(
        Thing(
            plan["called"].format(name=name),
            (name, plan["called"].format(name=name), f"the {plan['noun']} {name}"),
            {label: those[at] for label, those in values.items()},
            {label: those[at] for label, those in leads.items()},
            plan.get("again", "it"),
        )
        for at, name in enumerate(draws.some(plan["names"], number))
    )
    return World(plan, things)


def _led_to(draws: Draws, link: Plan, number: int, names: Any) -> list[Thing]:
    """What the things of a world lead to: people, or places, each another."""
    values = {trait["label"]: _values(draws, trait, number, names) for trait in link["traits"]}
    called = [next(names) for _ in range(number)] if link.get("people") else draws.some(link["names"], number)
    return [
        Thing(
            name,
            _named(name, person=bool(link.get("people"))),
            {label: those[at] for label, those in values.items()},
            {},
            name.split()[-1] if link.get("people") else name,
        )
        for at, name in enumerate(called)
    ]


def _values(draws: Draws, trait: Plan, number: int, names: Any) -> list[Value]:
    """A value for each thing: of words that stand in a world's own traits some may be the same, all else differs."""
    if "range" in trait:
        return [_number(value, trait) for value in _numbers(draws, trait, number)]
    if trait.get("people"):
        persons = [next(names) for _ in range(number)]
        return [Value(name, _named(name, person=True)) for name in persons]
    if trait.get("towns"):
        return [Value(town, (town,)) for town, _ in draws.some(TOWNS, number)]
    shared = "count" in trait
    words = [draws.pick(trait["values"]) for _ in range(number)] if shared else draws.some(trait["values"], number)
    return [Value(word, _named(word, person=False)) for word in words]


def _numbers(draws: Draws, trait: Plan, number: int) -> list[int]:
    low, high = trait["range"]
    step = trait.get("step", 1)
    found: list[int] = []
    while len(found) < number:
        value = low + step * draws.below((high - low) // step + 1)
        if value not in found:
            found.append(value)
    return found


def _number(value: int, trait: Plan) -> Value:
    return Value(str(value), number_answers(value, trait), value)


def number_answers(value: int, trait: Plan) -> tuple[str, ...]:
    """How a number may be put: in digits, grouped, with its unit, in words if it is small."""
    if trait.get("year"):
        return (str(value),)
    unit = trait.get("unit", "")
    forms = [str(value), *([f"{value:,}"] if value >= 1000 else []), *([spelt(value)] if value <= 100 else [])]
    return (*forms, *(f"{form} {unit}" for form in forms if unit))


def _named(name: str, *, person: bool) -> tuple[str, ...]:
    if person:
        return (name, name.rsplit(maxsplit=1)[-1])
    for article in ("the ", "a ", "an "):
        if name.startswith(article):
            return (name, name.removeprefix(article))
    return (name,)
