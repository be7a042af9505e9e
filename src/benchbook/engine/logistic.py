"""Logistic regression by Newton's method, for a handful of features."""

import math
from collections.abc import Sequence
from typing import NamedTuple

STEPS = 100
RIDGE = 0.01
"""The penalty on the squares of coefficients, only where there is no finite best."""
LARGEST = 15.0
"""A coefficient beyond this is on its way to infinity: chances of one in three million."""

Matrix = list[list[float]]


class Trials(NamedTuple):
    """How many of `n` trials with these features were won."""

    features: Sequence[float]
    won: float
    n: float = 1.0


class Fit(NamedTuple):
    """What explains the trials best."""

    coefficients: list[float]
    covariance: Matrix
    deviance: float
    penalised: bool
    """Whether it took a penalty, because what is always won has no finite strength."""

    def error(self, at: int) -> float:
        """The standard error of a coefficient."""
        return math.sqrt(self.covariance[at][at])


def fit(trials: Sequence[Trials]) -> Fit:
    """The coefficients of greatest likelihood; with a slight penalty where that has no maximum."""
    free = _climbed(trials, 0.0)
    penalised = free is None or max(map(abs, free), default=0.0) > LARGEST
    found = _climbed(trials, RIDGE) if free is None or penalised else free
    if found is None:
        raise ArithmeticError("the likelihood has no maximum that Newton's method finds")
    _, information = _slopes(trials, found, RIDGE if penalised else 0.0)
    return Fit(found, inverse(information), deviance(trials, found), penalised)


def chance(features: Sequence[float], coefficients: Sequence[float]) -> float:
    """The chance that such a trial is won."""
    score = math.fsum(x * c for x, c in zip(features, coefficients, strict=True))
    return 1 / (1 + math.exp(-score)) if score > -700 else 0.0


def deviance(trials: Sequence[Trials], coefficients: Sequence[float]) -> float:
    """Twice the log-likelihood that is missing to a perfect fit (McCullagh & Nelder 1989)."""
    total = 0.0
    for features, won, n in trials:
        p = chance(features, coefficients)
        for seen, expected in ((won, n * p), (n - won, n * (1 - p))):
            total += 2 * seen * math.log(seen / max(expected, 1e-300)) if seen else 0.0
    return total


def inverse(matrix: Matrix) -> Matrix:
    """The inverse, by Gauss and Jordan; ZeroDivisionError if there is none."""
    size = len(matrix)
    rows = [[*row, *(float(at == other) for other in range(size))] for at, row in enumerate(matrix)]
    for at in range(size):
        best = max(range(at, size), key=lambda row: abs(rows[row][at]))
        rows[at], rows[best] = rows[best], rows[at]
        scale = 1 / rows[at][at]
        rows[at] = [value * scale for value in rows[at]]
        for other in range(size):
            if other != at:
                factor = rows[other][at]
                rows[other] = [x - factor * y for x, y in zip(rows[other], rows[at], strict=True)]
    return [row[size:] for row in rows]


def _climbed(trials: Sequence[Trials], ridge: float) -> list[float] | None:
    """The top of the likelihood; None if there is no way up that ends."""
    here = [0.0] * len(trials[0].features)
    for _ in range(STEPS):
        slope, information = _slopes(trials, here, ridge)
        try:
            step = [math.fsum(a * b for a, b in zip(row, slope, strict=True)) for row in inverse(information)]
        except ZeroDivisionError:
            return None
        # Far from the top Newton's step is too long.
        shrink = min(1.0, 2 / max(1e-300, *map(abs, step)))
        here = [x + shrink * change for x, change in zip(here, step, strict=True)]
        if max(map(abs, step)) < 1e-12:
            return here
    return None


def _slopes(trials: Sequence[Trials], at: Sequence[float], ridge: float) -> tuple[list[float], Matrix]:
    """The gradient of the penalised log-likelihood, and its curvature."""
    size = len(at)
    slope = [-ridge * x for x in at]
    information = [[ridge * (row == column) for column in range(size)] for row in range(size)]
    for features, won, n in trials:
        p = chance(features, at)
        for row, x in enumerate(features):
            if x:
                slope[row] += x * (won - n * p)
                for column, y in enumerate(features):
                    information[row][column] += n * p * (1 - p) * x * y
    return slope, information
