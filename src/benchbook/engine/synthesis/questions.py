"""Questions about a text that says all there is to know: facts, what follows from several, and ways from one to the next."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchbook.engine.synthesis.accounts import told
from benchbook.engine.synthesis.draws import Draws
from benchbook.engine.synthesis.worlds import Plan, Thing, Value, World, number_answers, plans, populated
from benchbook.engine.synthesis.writing import ordinal


@dataclass(frozen=True)
class Question:
    """A text, a question about it, and the answers that are right; the first is how we would put it."""

    kind: str
    """The noun of the world, and what the question takes."""
    context: str
    question: str
    answers: tuple[str, ...]


_Asked = tuple[str, Sequence[str]]
_Kind = Callable[[Draws, World], _Asked | None]
"""Asks something of a world, or finds nothing to ask."""


def question(draws: Draws, slice_: str) -> Question:
    """A question of a slice."""
    plan = draws.pick(plans())
    while True:
        world = populated(draws, plan, draws.between(3, 4) if slice_ == "factual" else draws.between(4, 5))
        name, kind = draws.pick(KINDS[slice_])
        asked = kind(draws, world)
        if asked is not None:
            text, answers = asked
            return Question(f"{plan['noun']}/{name}", told(draws, world), _capital(text), tuple(dict.fromkeys(answers)))


def _trait(draws: Draws, world: World) -> _Asked:
    """What one thing's trait is."""
    thing, trait = draws.pick(world.things), draws.pick(world.plan["traits"])
    return draws.pick(trait["asked"]).format(it=thing.called), thing.values[trait["label"]].answers


def _lead(draws: Draws, world: World) -> _Asked:
    """What one thing leads to."""
    thing, link = draws.pick(world.things), draws.pick(world.plan["links"])
    return draws.pick(link["asked"]).format(it=thing.called), thing.leads[link["label"]].answers


def _far_trait(draws: Draws, world: World) -> _Asked:
    """What the trait is of something that is named, and that a thing leads to."""
    link = draws.pick(world.plan["links"])
    far, trait = draws.pick(world.things).leads[link["label"]], draws.pick(link["traits"])
    return draws.pick(trait["asked"]).format(it=far.called), far.values[trait["label"]].answers


def _reverse(draws: Draws, world: World) -> _Asked | None:
    """Which thing it is of which something is told."""
    thing = draws.pick(world.things)
    which = draws.pick(_marks(world, thing))
    return f"which {world.plan['noun']} {which}?", thing.answers


def _extreme(draws: Draws, world: World) -> _Asked:
    """Which has the most, or the least."""
    trait = draws.pick(world.numeric)
    end, thing = _end(draws, world.things, trait)
    return f"which of the {world.plan['plural']} {end}?", thing.answers


def _difference(draws: Draws, world: World) -> _Asked:
    """How much more one has than another."""
    trait = draws.pick(world.numeric)
    less, more = sorted(draws.some(world.things, 2), key=lambda thing: thing.values[trait["label"]].number)
    gap = more.values[trait["label"]].number - less.values[trait["label"]].number
    return trait["more"].format(a=more.called, b=less.called), _number(gap, trait, "years")


def _total(draws: Draws, world: World) -> _Asked:
    """What two have together."""
    trait = draws.pick([trait for trait in world.numeric if "sum" in trait])
    one, other = draws.some(world.things, 2)
    both = one.values[trait["label"]].number + other.values[trait["label"]].number
    return trait["sum"].format(a=one.called, b=other.called), _number(both, trait, "")


def _above(draws: Draws, world: World) -> _Asked | None:
    """How many have more than a number that none of them has."""
    trait = draws.pick(world.numeric)
    numbers = sorted(thing.values[trait["label"]].number for thing in world.things)
    at = draws.between(1, len(numbers) - 1)
    limit = (numbers[at - 1] + numbers[at]) // 2
    if limit in numbers:
        return None
    return trait["over"].format(n=limit), _count(len(numbers) - at)


def _shared(draws: Draws, world: World) -> _Asked | None:
    """How many have a word in common."""
    trait = draws.pick(world.worded)
    word = draws.pick(world.things).values[trait["label"]].text
    number = sum(thing.values[trait["label"]].text == word for thing in world.things)
    return (trait["count"].format(value=word), _count(number)) if number > 1 else None


def _among(draws: Draws, world: World) -> _Asked | None:
    """Which has the most, of those that have a word in common."""
    trait, other = draws.pick(world.worded), draws.pick(world.numeric)
    word = draws.pick(world.things).values[trait["label"]].text
    group = [thing for thing in world.things if thing.values[trait["label"]].text == word]
    if len(group) < 2:
        return None
    end, thing = _end(draws, group, other)
    return trait["among"].format(value=word, most=end), thing.answers


def _rank(draws: Draws, world: World) -> _Asked:
    """Which comes second, or third, in an order."""
    trait = draws.pick(world.numeric)
    first = draws.pick(("smallest", "largest"))
    row = sorted(world.things, key=lambda thing: thing.values[trait["label"]].number, reverse=first == "largest")
    at = draws.between(2, len(row) - 1)
    end = {"smallest": "earliest", "largest": "latest"}[first] if trait.get("year") else first
    plural, quantity = world.plan["plural"], trait["quantity"]
    text = f"if the {plural} are ordered by {quantity}, the {end} first, which one comes {ordinal(at)}?"
    return text, row[at - 1].answers


def _spread(draws: Draws, world: World) -> _Asked:
    """How far the ends are apart."""
    trait = draws.pick(world.numeric)
    numbers = [thing.values[trait["label"]].number for thing in world.things]
    ends = "latest and the earliest" if trait.get("year") else "largest and the smallest"
    unit, plural = trait.get("unit", "years"), world.plan["plural"]
    text = f"what is the difference, in {unit}, between the {ends} {trait['quantity']} among the {plural}?"
    return text, _number(max(numbers) - min(numbers), trait, "years")


def _over_link(draws: Draws, world: World) -> _Asked:
    """The trait of what a thing leads to; the thing is named."""
    thing, link = draws.pick(world.things), draws.pick(world.plan["links"])
    return _asked_of(draws, link, thing, thing.called)


def _described_over_link(draws: Draws, world: World) -> _Asked:
    """The trait of what a thing leads to; the thing is told by something else."""
    thing, link = draws.pick(world.things), draws.pick(world.plan["links"])
    mark = draws.pick(_marks(world, thing, but=link["label"]))
    return _asked_of(draws, link, thing, f"the {world.plan['noun']} that {mark}")


def _extreme_over_link(draws: Draws, world: World) -> _Asked:
    """The trait of what the thing leads to that has the most."""
    link = draws.pick(world.plan["links"])
    end, thing = _end(draws, world.things, draws.pick(world.numeric))
    return _asked_of(draws, link, thing, f"the {world.plan['noun']} that {end}")


def _back_over_link(draws: Draws, world: World) -> _Asked:
    """The trait of the thing that leads to what is told by a trait."""
    thing, link = draws.pick(world.things), draws.pick(world.plan["links"])
    trait = draws.pick(world.plan["traits"])
    it = _whose(draws, world, link, thing)
    return draws.pick(trait["asked"]).format(it=it), thing.values[trait["label"]].answers


def _across(draws: Draws, world: World) -> _Asked:
    """From what one link leads to, by way of the thing, to what the other leads to."""
    thing = draws.pick(world.things)
    here, there = draws.some(world.plan["links"], 2)
    it = _whose(draws, world, here, thing)
    if draws.chance(0.4):
        return draws.pick(there["asked"]).format(it=it), thing.leads[there["label"]].answers
    return _asked_of(draws, there, thing, it)


def _asked_of(draws: Draws, link: Plan, thing: Thing, it: str) -> _Asked:
    """A question about what the thing leads to, which is spoken of as `it`."""
    trait = draws.pick(link["traits"])
    value: Value = thing.leads[link["label"]].values[trait["label"]]
    return draws.pick(trait["asked"]).format(it=link["of"].format(it=it)), value.answers


def _whose(draws: Draws, world: World, link: Plan, thing: Thing) -> str:
    """The thing, as the one that leads to something of which a trait is told."""
    trait = draws.pick(link["traits"])
    which = trait["which"].format(value=thing.leads[link["label"]].values[trait["label"]].text)
    return f"the {world.plan['noun']} {link['whose'].format(which=which)}"


def _marks(world: World, thing: Thing, but: str = "") -> list[str]:
    """What is true of this thing alone, as a clause; not by way of one link."""
    marks = [
        trait["which"].format(value=thing.values[trait["label"]].text)
        for trait in world.plan["traits"]
        if sum(other.values[trait["label"]] == thing.values[trait["label"]] for other in world.things) == 1
    ]
    links = [link for link in world.plan["links"] if link["label"] != but]
    return [*marks, *(link["which"].format(value=thing.leads[link["label"]].called) for link in links)]


def _end(draws: Draws, things: Sequence[Thing], trait: Plan) -> tuple[str, Thing]:
    """Which thing has the most or the least, and how that is said."""
    row = sorted(things, key=lambda thing: thing.values[trait["label"]].number)
    return (trait["most"], row[-1]) if draws.chance(0.5) else (trait["least"], row[0])


def _number(number: int, trait: Plan, unit: str) -> Sequence[str]:
    return number_answers(number, {"unit": unit} if trait.get("year") else trait)


def _count(number: int) -> Sequence[str]:
    return number_answers(number, {})


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


KINDS: Mapping[str, Sequence[tuple[str, _Kind]]] = {
    "factual": (("trait", _trait), ("lead", _lead), ("far", _far_trait), ("reverse", _reverse)),
    "reasoning": (
        ("extreme", _extreme), ("difference", _difference), ("sum", _total), ("above", _above), ("shared", _shared),
        ("among", _among), ("rank", _rank), ("spread", _spread),
    ),
    "multi-hop": (
        ("link", _over_link), ("described", _described_over_link), ("extreme-link", _extreme_over_link),
        ("back", _back_over_link), ("across", _across),
    ),
}  # fmt: skip
