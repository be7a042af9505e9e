"""What experiments cost: their prices, and what they have spent."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from benchbook.engine.budget import Account, Spent
from benchbook.errors import SpecError
from benchbook.records.runs import Experiment
from benchbook.specs.budgets import Budget
from benchbook.specs.experiments import ExperimentSpec, RunSpec
from benchbook.specs.prices import listed
from benchbook.store import views
from benchbook.store.store import Store

FREE = ("panel", "rules")
"""Runtimes that ask nobody."""
STOPPED = "stopped by the budget: "
"""What the error of a run begins with that a budget has stopped."""


def priced(spec: ExperimentSpec, on: date) -> ExperimentSpec:
    """The spec with the list price of that day for every model that has one and is given none."""
    models = [*spec.models, *(model for judge in spec.judges for model in judge.models)]
    bare = [model for model in models if spec.prices.keys().isdisjoint((model.name, model.model))]
    found = {model.name: price for model in bare if (price := listed(model, on))}
    return spec.model_copy(update={"prices": {**spec.prices, **found}})


def check(budget: Budget, runs: Sequence[RunSpec]) -> None:
    """SpecError if `max_cost` means nothing: a model without a price, or prices in several currencies."""
    if budget.max_cost is None:
        return
    field = ("run", "budget", "max_cost")
    for run in runs:
        if run.price is None and run.model.runtime.name not in FREE:
            raise SpecError(
                f"the price of {run.model.name} is not known, so nobody can tell when it is reached; give it per "
                f"million tokens: `prices: {{{run.model.name}: {{input: 0.15, output: 0.60}}}}` (0 for your own)",
                field=field,
            )
    currencies = sorted({run.price.currency for run in runs if run.price})
    if len(currencies) > 1:
        raise SpecError(f"the prices are in {' and '.join(currencies)}; give them in one currency", field=field)


def account(store: Store, experiment: Experiment, budget: Budget) -> Account | None:
    """What the experiment may spend, and has spent; None if it has no budget."""
    if not budget.bounded:
        return None
    runs = [run.spec for run in views.runs_of(store, experiment.id)]
    check(budget, runs)
    spent = views.spending(store, experiment.id)
    return Account(
        budget,
        Spent(sum(one.cost for one in spent), sum(one.tokens for one in spent)),
        sum(one.seconds for one in spent),
        {one.run_id: Spent(one.most_cost, one.most_tokens) for one in spent if one.tokens},
        next((run.price.currency for run in runs if run.price), ""),
    )


@dataclass(frozen=True)
class Reached:
    """A budget that lets nothing more begin."""

    why: str
    """With what was spent."""
    enough: Budget
    """One with which it goes on: of what has run out twice as much, as what is given and as what is spent."""


def reached(store: Store, experiment: Experiment, budget: Budget) -> Reached | None:
    """Whether the budget, laid over the experiment's own, lets nothing more begin; None if it does."""
    found = account(store, experiment, budget.over(experiment.spec.run.budget))
    if found is None:
        return None
    told = [run.error for run in views.runs_of(store, experiment.id) if run.status == "interrupted" and run.error]
    # What was told, another budget may have told.
    if not found.exhausted() and not told:
        return None
    reason = found.reason or told[0].removeprefix(STOPPED)
    given = found.budget.model_dump(exclude_none=True)
    spent = {"max_cost": found.spent.cost, "max_tokens": found.spent.tokens, "max_time": math.ceil(found.elapsed)}
    enough = {name: 2 * max(most, spent[name]) for name, most in given.items() if name in reason}
    return Reached(f"{reason}; spent {found.said()}", Budget.parse({**given, **enough}))
