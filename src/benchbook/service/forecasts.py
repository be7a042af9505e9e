"""What an experiment would ask, spend and take, found out without asking, spending or writing anything.

Input tokens are the characters of the prompts, as its solver renders them, by the rule of thumb of four a token. Output
tokens are at most `max_tokens` for each question; what is expected is what the same task has taken in earlier runs, of
the same model if there are any. Time is that of the model's median answer in earlier runs, with as many requests at
once and per minute as run and model allow. What the cache of answers knows costs nothing and takes no time.

A judge's questions are estimated at most: the answers that it is to read may not be there yet, so each is counted at
the longest that is allowed by default, and the cache is not looked into.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest
from pathlib import Path
from typing import Any

from benchbook.engine.budget import tokens_of
from benchbook.engine.rehearsal import Rehearsed, rehearse
from benchbook.records.datasets import Sample
from benchbook.records.runs import Run
from benchbook.service import costs
from benchbook.service.experiments import Prepared
from benchbook.service.recall import keys_of, source_like, style_of
from benchbook.specs.experiments import DEFAULTS, RunSpec
from benchbook.specs.judging import Judging
from benchbook.specs.models import PromptStyle
from benchbook.specs.outputs import Usage
from benchbook.specs.rubric_forms import criteria, example
from benchbook.store import views
from benchbook.store.cache import among
from benchbook.store.store import Store

Place = tuple[Sample, int]

_LOOKED_AT = 200
"""Earlier runs that are looked through."""


@dataclass(frozen=True)
class Forecast:
    """What one run would ask, spend and take. What is None is not known."""

    run: Run
    samples: int
    """Samples and epochs that are not stored yet."""
    requests: int
    known: int
    """Those of the requests that the cache answers."""
    input_tokens: int
    """Of what the cache does not know, as all of the following."""
    output_tokens: int | None
    """What is expected; None without an earlier run."""
    most_output_tokens: int
    cost: float | None
    """What is expected; None without a price or an earlier run."""
    most_cost: float | None
    seconds: float | None
    style: PromptStyle
    style_is_known: bool
    """If not, it is a guess how the model is asked."""


async def of_prepared(prepared: Prepared, store: Store | None, cache: Path) -> list[Forecast]:
    """What each run of a prepared experiment would take; `store`, if there is one, knows earlier runs."""
    new = {frozen.dataset.id: frozen.samples for frozen in prepared.datasets}

    def samples(dataset_id: str) -> Iterable[Sample]:
        if dataset_id in new:
            return new[dataset_id]()
        return views.samples_of(store, dataset_id) if store else ()

    found = []
    # What several models are asked is read once, and no more of it than they are.
    for (dataset_id, _, _), runs in groupby(prepared.runs, _what_is_asked):
        first, *others = runs
        asked = _asked(first, samples(dataset_id))
        found += [await _forecast(run, _places(run, asked), store, cache) for run in (first, *others)]
    return found


async def of_the_rest(store: Store, experiment_id: str, cache: Path) -> list[Forecast]:
    """What is left to do of each run of an experiment."""
    found = []
    for run in views.runs_of(store, experiment_id):
        done = views.done_pairs(store, run.id)
        places = _places(run, _asked(run, views.samples_of(store, run.dataset_id)))
        left = [(sample, epoch) for sample, epoch in places if (sample.id, epoch) not in done]
        found.append(await _forecast(run, left, store, cache))
    return found


def document(one: Forecast) -> dict[str, Any]:
    """The forecast as plain data."""
    price = one.run.spec.price
    return {
        "model": one.run.spec.model.name,
        "task": one.run.spec.task.name,
        "samples": one.samples,
        "requests": one.requests,
        "known": one.known,
        "input_tokens": one.input_tokens,
        "output_tokens": {"expected": one.output_tokens, "most": one.most_output_tokens},
        "cost": {"expected": one.cost, "most": one.most_cost},
        "seconds": one.seconds,
        "price": price.model_dump(mode="json") if price else None,
        "prompt_style": {"style": one.style, "known": one.style_is_known},
    }


def total(forecasts: Sequence[Forecast]) -> dict[str, Any]:
    """Sums; of costs only if every one is known, and in one currency."""
    currencies = {one.run.spec.price.currency for one in forecasts if one.run.spec.price}
    return {
        "requests": sum(one.requests for one in forecasts),
        "known": sum(one.known for one in forecasts),
        "cost": _sum([one.cost for one in forecasts]) if len(currencies) == 1 else None,
        "most_cost": _sum([one.most_cost for one in forecasts]) if len(currencies) == 1 else None,
    }


def _sum(values: Sequence[float | None]) -> float | None:
    told = [value for value in values if value is not None]
    return sum(told) if len(told) == len(values) else None


def _what_is_asked(run: Run) -> tuple[str, Sequence[str], int | None]:
    """What the samples of a run hang on."""
    return run.dataset_id, run.spec.task.slices, run.spec.task.limit


def _asked(run: Run, samples: Iterable[Sample]) -> list[Sample]:
    """The samples of the run's task."""
    slices = set(run.spec.task.slices)
    chosen = [sample for sample in samples if not slices or not slices.isdisjoint(sample.row.slices)]
    return chosen[: run.spec.task.limit]


def _places(run: Run, samples: Sequence[Sample]) -> list[Place]:
    """The samples, epoch by epoch."""
    return [(sample, epoch) for epoch in range(1, run.spec.task.epochs + 1) for sample in samples]


async def _forecast(run: Run, places: Sequence[Place], store: Store | None, cache: Path) -> Forecast:
    spec = run.spec
    if spec.judging is not None:
        return _of_judge(run, spec.judging, places)
    source = source_like(cache, spec.model)
    style: PromptStyle = style_of(source) if source else "chat"
    keyed = source if spec.settings.cache else None
    asked = [(_digests(keyed, one), _uses(one)) async for one in rehearse(spec, places, style)]
    there = among(cache, [digest for digests, _ in asked for digest in digests])
    unknown = [_unknown(digests, uses, there) for digests, uses in asked]
    requests = sum(len(uses) for _, uses in asked)
    known = requests - sum(map(len, unknown))
    left = sum(bool(uses) for uses in unknown)
    most = Usage(
        input_tokens=sum(use.input_tokens for uses in unknown for use in uses),
        output_tokens=sum(use.output_tokens for uses in unknown for use in uses),
    )
    earlier = _Earlier.of(store, run)
    expected = None if earlier.output_tokens is None else min(round(earlier.output_tokens * left), most.output_tokens)
    used = None if expected is None else most.model_copy(update={"output_tokens": expected})
    return Forecast(
        run=run,
        samples=len(places),
        requests=requests,
        known=known,
        input_tokens=most.input_tokens,
        output_tokens=expected,
        most_output_tokens=most.output_tokens,
        cost=spec.price.of(used) if spec.price and used else None,
        most_cost=spec.price.of(most) if spec.price else None,
        seconds=_seconds(spec, earlier, left, requests - known),
        style=spec.model.prompt_style if spec.model.prompt_style != "auto" else style,
        style_is_known=source is not None or spec.model.prompt_style != "auto",
    )


def _seconds(spec: RunSpec, earlier: "_Earlier", samples: int, requests: int) -> float | None:
    """With as many at once as run, model and its runtime allow, and no more per minute."""
    if earlier.latency is None:
        return None
    limits = spec.model.limits
    at_once = min(each for each in (spec.settings.concurrency, limits.concurrency, earlier.slots, samples) if each)
    paced = 60 * requests / limits.requests_per_minute if limits.requests_per_minute else 0.0
    return max(earlier.latency * samples / at_once, paced)


def _of_judge(run: Run, judging: Judging, places: Sequence[Place]) -> Forecast:
    """At most, but for repairs."""
    spec, free = run.spec, run.spec.model.runtime.name in costs.FREE
    told = (judging.prompt.system, judging.prompt.user, criteria(judging.rubric), json.dumps(example(judging.rubric)))
    fixed = tokens_of("".join(told)) + (DEFAULTS.max_tokens or 0) * len(judging.reads)
    requests = 0 if free else len(places) * judging.questions
    asked = sum(fixed + tokens_of(sample.row.input) for sample, _ in places) * judging.questions
    most = Usage(input_tokens=0 if free else asked, output_tokens=requests * (spec.generate.max_tokens or 0))
    return Forecast(
        run=run,
        samples=len(places),
        requests=requests,
        known=0,
        input_tokens=most.input_tokens,
        output_tokens=0 if free else None,
        most_output_tokens=most.output_tokens,
        cost=None,
        most_cost=spec.price.of(most) if spec.price else None,
        seconds=None,
        style="chat",
        style_is_known=free or spec.model.prompt_style != "auto",
    )


def _digests(source: str | None, rehearsed: Rehearsed) -> list[bytes]:
    return [key.digest for key in keys_of(source, rehearsed)] if source else []


def _unknown(digests: Sequence[bytes], uses: Sequence[Usage], there: Collection[bytes]) -> list[Usage]:
    """What those questions may use that the cache does not answer."""
    return [use for digest, use in zip_longest(digests, uses) if digest not in there]


def _uses(rehearsed: Rehearsed) -> list[Usage]:
    """What each question may use at most, in the order of its keys."""
    answers = [
        Usage(input_tokens=tokens_of(request.prompt), output_tokens=request.config.max_tokens or 0)
        for request in rehearsed.requests
    ]
    read = [*("".join(texts) for texts in rehearsed.weighings), *(text for text, _ in rehearsed.readings)]
    return [*answers, *(Usage(input_tokens=tokens_of(text)) for text in read)]


@dataclass(frozen=True)
class _Earlier:
    """What a sample has taken in earlier runs."""

    output_tokens: float | None = None
    latency: float | None = None
    slots: int | None = None
    """How many requests its runtime works on at once, where that is fewer than were allowed."""

    @classmethod
    def of(cls, store: Store | None, run: Run) -> "_Earlier":
        """By the newest earlier run of the same task and model; its tokens also by one of another model."""
        if store is None:
            return cls()
        task = run.spec.task.name
        same_task = [one for one in views.runs(store, _LOOKED_AT) if one.spec.task.name == task]
        figures = {
            one.id: {metric.name: metric.value for metric in views.metrics_of(store, one.id) if not metric.score}
            for one in same_task
        }
        told = [one for one in same_task if _answered(figures[one.id])]
        own = [one for one in told if one.spec.model.model == run.spec.model.model]
        if not told:
            return cls()
        best = figures[(own or told)[0].id]
        tokens = (best.get("output_tokens") or 0) / _answered(best)
        return cls(tokens, figures[own[0].id].get("latency_p50"), _slots(store, own[0])) if own else cls(tokens)


def _slots(store: Store, run: Run) -> int | None:
    """What the run told of it when it ended."""
    ends = views.events_of(store, run.id, "parts_done")
    ceiling = ends[-1].body.get("ceiling") if ends else None
    allowed = min(run.spec.settings.concurrency, run.spec.model.limits.concurrency or run.spec.settings.concurrency)
    return ceiling if isinstance(ceiling, int) and 0 < ceiling < allowed else None


def _answered(figures: dict[str, float | None]) -> float:
    return (figures.get("generations") or 0) - (figures.get("errors") or 0)
