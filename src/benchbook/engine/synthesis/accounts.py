"""What is told of a world: every fact once, in one of several orders and forms."""

from collections.abc import Sequence

from benchbook.engine.synthesis.draws import Draws
from benchbook.engine.synthesis.worlds import Plan, Thing, World


def told(draws: Draws, world: World) -> str:
    """A text that says all that is true of the world, and here and there what is not, as an error."""
    main = draws.pick((_by_thing, _by_thing, _by_trait, _register))(draws, world)
    others = [_linked(draws, world, link) for link in world.plan["links"]]
    parts = draws.shuffled([main, *others]) if draws.chance(0.5) else [main, *others]
    error = [_corrected(draws, world)] if draws.chance(0.6) else []
    return "\n\n".join([draws.pick(world.plan["opening"]), *parts, *error])


def _by_thing(draws: Draws, world: World) -> str:
    """A paragraph for each thing."""
    return "\n".join(_paragraph(draws, _facts(world.plan, thing), thing) for thing in world.things)


def _paragraph(draws: Draws, facts: Sequence[tuple[Plan, str]], thing: Thing) -> str:
    sentences = []
    for at, (plan, value) in enumerate(draws.shuffled(facts)):
        again, form = at > 0 and draws.chance(0.6), draws.pick(plan["told"])
        # Only what stands first is in the nominative, and may be `they`.
        again = again and (thing.again != "they" or form.startswith("{it}"))
        sentences.append(_sentence(form, thing.again if again else thing.called, value))
    return " ".join(sentences)


def _by_trait(draws: Draws, world: World) -> str:
    """A paragraph for each trait, the things always in another order."""
    plans = [*world.plan["traits"], *world.plan["links"]]
    paragraphs = []
    for plan in draws.shuffled(plans):
        facts = [(thing, dict(_labelled(world.plan, thing))[plan["label"]]) for thing in draws.shuffled(world.things)]
        paragraphs.append(" ".join(_sentence(draws.pick(plan["told"]), thing.called, value) for thing, value in facts))
    return "\n".join(paragraphs)


def _register(draws: Draws, world: World) -> str:
    """A line for each thing."""
    mark, between = draws.pick((("- ", "; "), ("", " | "), ("* ", ", ")))
    return "\n".join(
        f"{mark}{_capital(thing.called)}{between if between == ' | ' else ': '}"
        + between.join(f"{label}: {value}" for label, value in draws.shuffled(_labelled(world.plan, thing)))
        for thing in world.things
    )


def _linked(draws: Draws, world: World, link: Plan) -> str:
    """What is told of the things that others lead to, in an order of its own."""
    things = draws.shuffled([thing.leads[link["label"]] for thing in world.things])
    if draws.chance(0.5):
        return "\n".join(
            _paragraph(draws, [(trait, thing.values[trait["label"]].text) for trait in link["traits"]], thing)
            for thing in things
        )
    facts = draws.shuffled([(trait, thing) for thing in things for trait in link["traits"]])
    return " ".join(
        _sentence(draws.pick(trait["told"]), thing.called, thing.values[trait["label"]].text) for trait, thing in facts
    )


def _corrected(draws: Draws, world: World) -> str:
    """A number that is said to be wrong."""
    trait, thing = draws.pick(world.numeric), draws.pick(world.things)
    low, high = trait["range"]
    taken = {other.values[trait["label"]].number for other in world.things}
    wrong = next(value for value in iter(lambda: draws.between(low, high), None) if value not in taken)
    return draws.pick(
        (
            f'An earlier edition had {wrong} under "{trait["label"]}" for {thing.called}; that was an error.',
            f'Readers have pointed out that "{trait["label"]}: {wrong}", as we printed it of {thing.called}, was wrong.',
        )
    )


def _facts(plan: Plan, thing: Thing) -> list[tuple[Plan, str]]:
    labelled = dict(_labelled(plan, thing))
    return [(each, labelled[each["label"]]) for each in (*plan["traits"], *plan["links"])]


def _labelled(plan: Plan, thing: Thing) -> list[tuple[str, str]]:
    """What stands under each label."""
    traits = [(trait["label"], thing.values[trait["label"]].text) for trait in plan["traits"]]
    return [*traits, *((link["label"], thing.leads[link["label"]].called) for link in plan["links"])]


def _sentence(form: str, it: str, value: str) -> str:
    return _capital(form.format(it=it, value=value)) + "."


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
