"""Gates: the figures of runs, held to what was demanded of them, and against a baseline.

A gate passes, fails or cannot be told. What cannot be told (a figure that is not there, a baseline on other data, a run
that has lost answers which the baseline has) never passes. `no_regression` is a one-sided paired test: exact McNemar of
yes and no, signs flipped at random of other values; Holm's correction over all such gates keeps the chance of one or
more false alarms at alpha.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from benchbook.engine.multiplicity import holm
from benchbook.engine.paired import anytime_p, difference_interval, drop_p, moved
from benchbook.records.metrics import RATES, Metric
from benchbook.specs.gates import Gate, Thresholds
from benchbook.specs.quoting import with_article
from benchbook.specs.spec import unknown

Outcome = Literal["passed", "failed", "warned", "error"]
SHARES = ("error_rate", "unscored_share")
LOST = 0.01
"""Which share of the baseline's samples a run may have lost, unless its gate says another."""
LOSSES = ("errors", "error_rate", "unscored_share", "label.unscored")
"""Figures of what is lost: they say themselves how much may be."""


@dataclass(frozen=True)
class Snapshot:
    """What a run says of each sample, and its figures: all that gates go by, wherever the run is kept."""

    run: str
    """Its id."""
    model: str
    task: str
    dataset: str
    """The version of its data."""
    metrics: Sequence[Metric]
    values: Mapping[str, Mapping[str, float]]
    """Of each score, by the key of the sample: the mean over epochs."""
    slices: Mapping[str, Sequence[str]]
    """Of each sample that was asked, by its key."""
    unfinished: str = ""
    """Why its figures are not those of the whole, if they are not."""
    stopped: bool = False
    """Whether it ended as soon as something was clear."""
    smaller_is_better: Sequence[str] = ()
    """Scores of which less is better."""
    clusters: Mapping[str, str] = field(default_factory=dict)
    """What each sample hangs together with others by, if the task names it."""


@dataclass(frozen=True)
class Held:
    """A gate, and what came of it for one run."""

    gate: Gate
    run: str
    model: str
    task: str
    outcome: Outcome
    said: str
    """What was found, in words."""
    value: float | None = None
    base: float | None = None
    """What the baseline has."""
    low: float | None = None
    high: float | None = None
    """The interval of the figure, or of the difference."""
    n: int = 0
    p: float | None = None
    p_corrected: float | None = None
    """By Holm, over all gates that test."""


class _CannotTellError(Exception):
    """Why a gate has nothing to go by."""


def hold(thresholds: Thresholds, runs: Sequence[tuple[Snapshot, Snapshot | str | None]]) -> list[Held]:
    """Every gate, for every run that it is for. With each run its baseline, or why there is none."""
    found: list[Held] = []
    for gate in thresholds.gates:
        mine = [(run, base) for run, base in runs if gate.model in ("", run.model) and gate.task in ("", run.task)]
        if not mine:
            known = ", ".join(f"{run.model} on {run.task}" for run, _ in runs) or "none"
            wanted = " on ".join(part for part in (gate.model, gate.task) if part)
            found.append(Held(gate, "", gate.model, gate.task, "error", f"there is no run of {wanted}; runs: {known}"))
        found += [_held(gate, run, base) for run, base in mine]
    return _decided(found, thresholds.alpha)


def failed(held: Sequence[Held]) -> list[Held]:
    """Those for which a command fails: a demand that is not met, or could not be looked into."""
    return [one for one in held if one.outcome in ("failed", "error") and one.gate.severity == "fail"]


def _held(gate: Gate, run: Snapshot, base: Snapshot | str | None) -> Held:
    blank = Held(gate, run.run, run.model, run.task, "error", "")
    if run.unfinished:
        return replace(blank, said=f"the run is not finished: {run.unfinished}")
    try:
        return _beside(blank, run, base) if gate.beside_baseline else _absolute(blank, run)
    except _CannotTellError as err:
        return replace(blank, said=str(err))


def _absolute(held: Held, run: Snapshot) -> Held:
    gate = held.gate
    metric = _figure(gate, run)
    value = getattr(metric, gate.bound)
    if value is None:
        early = " that allows for the early end of the run; leave `bound` out" if run.stopped else ""
        lacks = "value" if gate.bound == "value" else f"interval{early}"
        raise _CannotTellError(f"{_named(metric)} has no {lacks}")
    ends = [(">=", gate.at_least), ("<=", gate.at_most)]
    broken = [f"{value:.4g}, not {sign} {end:g}" for sign, end in ends if end is not None and _beyond(value, sign, end)]
    said = f"{_named(metric)} is {broken[0] if broken else f'{value:.4g}'}, n {metric.n}"
    said += f", {metric.excluded} unscored" if metric.excluded else ""
    known = replace(held, value=metric.value, low=metric.low, high=metric.high, n=metric.n, said=said)
    return _passed(known, not broken)


def _beyond(value: float, sign: str, end: float) -> bool:
    # A sum of thirds may come out as 0.6 less a hair.
    close = math.isclose(value, end, rel_tol=1e-9, abs_tol=1e-12)
    return not close and (value < end if sign == ">=" else value > end)


def _figure(gate: Gate, run: Snapshot) -> Metric:
    """The metric that a gate means; what is a share of two is worked out."""
    name = "errors" if gate.figure == "error_rate" else gate.figure
    names = RATES if gate.figure == "unscored_share" else (name,)
    of = [metric for metric in run.metrics if metric.name in names]
    if not of and gate.figure == "cost_per_sample":
        raise _CannotTellError(f"cost_per_sample is not known: {run.model} has no price; give it under `prices`")
    if not of:
        raise _CannotTellError(unknown("figure", gate.figure, {*(m.name for m in run.metrics), *SHARES}))
    mine = [metric for metric in of if gate.score in ("", metric.score)]
    if not mine:
        raise _CannotTellError(unknown("score", gate.score, {metric.score for metric in of}))
    inside = [metric for metric in mine if metric.slice == gate.slice]
    if not inside:
        raise _CannotTellError(unknown("slice", gate.slice, {metric.slice for metric in mine if metric.slice}))
    if len(inside) > 1:
        scores = ", ".join(sorted(metric.score for metric in inside))
        raise _CannotTellError(f"several scores have {with_article(gate.figure)}; say `score`: one of {scores}")
    return _shared(gate.figure, inside[0])


def _shared(figure: str, metric: Metric) -> Metric:
    whole = metric.n + metric.excluded
    part = metric.excluded if figure == "unscored_share" else metric.value
    if figure not in SHARES:
        return metric
    if part is None or not whole:
        raise _CannotTellError(f"there is no {figure}: the run has no {metric.name} to work it out from")
    kept = {"name": figure, "value": part / whole, "low": None, "high": None, "n": whole, "excluded": 0}
    return metric.model_copy(update=kept)


def _named(metric: Metric) -> str:
    of = f" of {metric.score}" if metric.score else ""
    return f"{metric.name}{of}{f' in {metric.slice}' if metric.slice else ''}"


def _beside(held: Held, run: Snapshot, base: Snapshot | str | None) -> Held:
    if not isinstance(base, Snapshot):
        raise _CannotTellError(base or "there is no baseline: say `baseline: NAME` or --baseline NAME")
    if run.dataset != base.dataset:
        raise _CannotTellError(
            f"the data have changed since the baseline ({base.run}): evaluate it anew on those of today, and set that"
        )
    if base.unfinished:
        raise _CannotTellError(f"the baseline ({base.run}) is not finished: {base.unfinished}")
    gate = held.gate
    if gate.no_regression or gate.figure in RATES:
        return _paired(held, run, base)
    now, before = _figure(gate, run), _figure(gate, base)
    if gate.figure not in LOSSES:
        _lost_few(gate, *_answered(now, before, run, base))
    if now.value is None or before.value is None:
        raise _CannotTellError(f"{_named(now)} has no value{' in the baseline' if now.value is not None else ''}")
    if gate.bound != "value":
        raise _CannotTellError(f"of a difference of {gate.figure} no interval is known; leave `bound` out")
    said = f"{_named(now)} is {now.value:.4g}, of the baseline {before.value:.4g}"
    known = replace(held, value=now.value, base=before.value, n=now.n, said=said)
    return _passed(known, not _too_far(gate, now.value - before.value, before.value))


def _answered(now: Metric, before: Metric, run: Snapshot, base: Snapshot) -> tuple[str, float, float]:
    """What a figure is of, how many of these there are, and how many there are with the baseline."""
    asked = len(run.slices) / len(base.slices) if run.stopped and base.slices else 1.0
    if now.score and not now.name.startswith("label."):
        return f"samples with {_named(before)}", now.n, before.n * asked
    counts = [len(one.slices) * (1 - _errors(one)) for one in (run, base)]
    return "answers", counts[0], counts[1] * asked


def _errors(run: Snapshot) -> float:
    """The share of answers that there are not."""
    return next((one.value / one.n for one in run.metrics if one.name == "errors" and one.value and one.n), 0.0)


def _lost_few(gate: Gate, what: str, now: float, before: float) -> None:
    """What is left must not decide when much is lost: that may well be what went wrong."""
    lost, most = before - now, LOST if gate.max_lost is None else gate.max_lost
    if lost > most * before + 1e-9:
        raise _CannotTellError(
            f"{lost:,.0f} of the baseline's {before:,.0f} {what} are lost, which may well be those that fail; at most "
            f"{100 * most:g} % may be (`max_lost`)"
        )


def _too_far(gate: Gate, difference: float, base: float) -> bool:
    scale = abs(base) if gate.relative else 1.0
    if gate.max_drop is not None:
        return _beyond(difference, ">=", -gate.max_drop * scale)
    return gate.max_rise is not None and _beyond(difference, "<=", gate.max_rise * scale)


def _paired(held: Held, run: Snapshot, base: Snapshot) -> Held:
    """By the samples that both have a value of."""
    gate = held.gate
    score, keys = _pairs(gate, run, base)
    now, before = ([side.values[score][key] for key in keys] for side in (run, base))
    clusters = [run.clusters.get(key, key) for key in keys] if run.clusters else None
    value, was = (math.fsum(side) / len(side) for side in (now, before))
    early = run.stopped or base.stopped
    if early and gate.bound != "value":
        raise _CannotTellError(
            "one of both ended early: the interval of their difference does not allow for that; leave `bound` out, or "
            "say `no_regression: true`"
        )
    low, high = (None if early else difference_interval(now, before, clusters=clusters)) or (None, None)
    left_out = len(run.slices) - len(now) if not gate.slice else 0
    said = f"{value:.4g} after {was:.4g}, difference {value - was:+.4g}"
    said += f" [{low:+.4g}, {high:+.4g}]" if low is not None and high is not None else ""
    said += f", n {len(now)}" + (f" in {len({*clusters})} clusters" if clusters else "")
    said += f", {left_out} without a pair" if left_out > 0 else ""
    known = replace(held, value=value, base=was, low=low, high=high, n=len(now), said=said)
    if gate.no_regression:
        # Whether it fails is known once all tests are.
        sides = (before, now) if score in run.smaller_is_better else (now, before)
        return replace(known, p=_p(*sides, clusters, early=early))
    looked_at = {"value": value - was, "low": low, "high": high}[gate.bound]
    if looked_at is None:
        raise _CannotTellError(f"of a single {'cluster' if clusters else 'sample'} there is no interval")
    return _passed(known, not _too_far(gate, looked_at, was))


def _pairs(gate: Gate, run: Snapshot, base: Snapshot) -> tuple[str, list[str]]:
    """The score that a gate means, and the samples that have a value of it on both sides."""
    common = sorted(run.values.keys() & base.values.keys())
    if gate.score and gate.score not in common:
        raise _CannotTellError(unknown("score", gate.score, common) + " (scores that run and baseline have)")
    if not gate.score and len(common) != 1:
        raise _CannotTellError(f"say `score`: run and baseline have {', '.join(common) or 'none'} in common")
    score = gate.score or common[0]
    now, before = (side.values[score] for side in (run, base))
    if gate.figure in RATES:
        _figure(gate, run)
    known = {part for parts in run.slices.values() for part in parts}
    if gate.slice and gate.slice not in known:
        raise _CannotTellError(unknown("slice", gate.slice, known))
    keys = [key for key in now if key in before and (not gate.slice or gate.slice in run.slices.get(key, ()))]
    if not keys:
        raise _CannotTellError("run and baseline have no sample in common that both have a value of")
    # A run that ended early has left out whom chance said; any other has lost what it has not.
    wanted = sum(
        (not gate.slice or gate.slice in base.slices.get(key, ())) and (not run.stopped or key in run.slices)
        for key in before
    )
    _lost_few(gate, f"samples with a value of {score}", len(keys), wanted)
    return score, keys


def _p(now: Sequence[float], before: Sequence[float], clusters: Sequence[str] | None, *, early: bool) -> float:
    if not early:
        return drop_p(now, before, clusters)
    # Somebody looked while it went on: only a test that may be looked at any time holds.
    differences = [is_ - was for is_, was in zip(now, before, strict=True)]
    worse, better = moved(differences, clusters or range(len(differences)), -1)
    return anytime_p(better, worse) if worse > better else 1.0


def _decided(found: Sequence[Held], alpha: float) -> list[Held]:
    """With what the tests say, corrected for how many there are."""
    tested = [one.p for one in found if one.p is not None]
    corrected = iter(holm(tested))
    return list(_each_decided(found, corrected, alpha))


def _each_decided(found: Sequence[Held], corrected: Iterator[float], alpha: float) -> Iterator[Held]:
    for one in found:
        if one.p is None:
            yield one
            continue
        p = next(corrected)
        said = f"{one.said}, p {one.p:.2g}" + (f" (corrected {p:.2g})" if p != one.p else "")
        yield _passed(replace(one, p_corrected=p, said=said), p > alpha)


def _passed(held: Held, passed: bool) -> Held:  # noqa: FBT001 - it is what is said
    failure: Outcome = "failed" if held.gate.severity == "fail" else "warned"
    return replace(held, outcome="passed" if passed else failure)
