"""How many samples a difference takes, by what is assumed of two models or known of two runs."""

import math
from dataclasses import dataclass

from benchbook.engine.paired import Noise, power_at, sample_size, smallest_difference
from benchbook.errors import SpecError
from benchbook.service.comparison_report import matched
from benchbook.service.comparisons import comparison
from benchbook.store.store import Store


@dataclass(frozen=True)
class Plan:
    """What is asked: a difference, a number of samples, or both."""

    difference: float | None = None
    samples: int | None = None
    alpha: float = 0.05
    power: float = 0.8


@dataclass(frozen=True)
class Known:
    """The noise of two, and where it comes from."""

    noise: Noise
    source: str
    unpaired: float | None = None
    """The variance, had the two been asked different questions."""


@dataclass(frozen=True)
class PowerAnswer:
    """What a comparison of that kind can show."""

    source: str
    variance: float
    """Of the difference on one question."""
    alpha: float
    power: float
    """The chance to see the difference: what was asked for, or of both a difference and samples what they have."""
    difference: float
    samples: int
    unpaired_samples: int | None
    """What it would take of different questions."""


def answered(plan: Plan, known: Known) -> PowerAnswer:
    """What was not given: the samples, the smallest difference, or the power."""
    noise = known.noise
    if not noise.variance:
        raise SpecError(
            f"{known.source}: the two never differ in any other way, so nothing says how many samples it takes"
        )
    power = plan.power
    if plan.difference is not None and plan.samples is not None:
        difference, samples = plan.difference, plan.samples
        power = power_at(difference, samples, noise, plan.alpha)
    elif plan.difference is not None:
        difference = plan.difference
        samples = math.ceil(sample_size(difference, noise, plan.alpha, power) - 1e-9)
    elif plan.samples is not None:
        samples = plan.samples
        difference = smallest_difference(samples, noise, plan.alpha, power)
    else:
        raise SpecError(
            "say what is asked: `--difference D` for the samples it takes, `--samples N` for what they show"
        )
    unpaired = None
    if known.unpaired is not None and plan.samples is None:
        unpaired = math.ceil(sample_size(difference, Noise(known.unpaired), plan.alpha, power) - 1e-9)
    return PowerAnswer(known.source, noise.variance, plan.alpha, power, difference, samples, unpaired)


def noise_of_runs(store: Store, names: tuple[str, str], score: str | None) -> Known:
    """The noise between two stored runs by a score, from sample to sample; a name is whatever `compare` takes."""
    matches, _ = matched(store, names)
    if len(matches) > 1:
        raise SpecError(f"{names[0]} and {names[1]} have {len(matches)} pairs of runs: name two runs by their ids")
    found = comparison(store, [run.id for run in matches[0]], score)
    [pair] = found.pairs
    whole = pair.whole
    if whole.error is None or whole.base is None or whole.other is None:
        raise SpecError(
            f"runs {names[0]} and {names[1]} have fewer than two samples in common: nothing says how they vary"
        )
    told = f"{found.score} of {pair.base.model} and {pair.other.model} over {whole.n} samples"
    if whole.correlation is not None:
        told += f", correlation {whole.correlation:.2f}"
    if whole.clusters is not None:
        told += f", {whole.clusters} clusters"
    # What different questions would take is known of samples only, not of clusters.
    unpaired = whole.unpaired_deviation if whole.clusters is None else None
    return Known(Noise(whole.noise), told, None if unpaired is None else unpaired**2)
