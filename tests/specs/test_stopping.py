"""Stops: rules that could never be met, or always, are refused."""

import math

import pytest

from benchbook.errors import SpecError
from benchbook.specs.stopping import Stop


@pytest.mark.parametrize("ends", [[0, math.inf], [-math.inf, 1], [math.nan, 1], [0, math.nan], [-1e308, 1e308], [1, 1]])
def test_a_score_lies_between_two_numbers(ends: list[float]) -> None:
    with pytest.raises(SpecError, match=r"between|finite"):
        Stop.parse({"between": ends})


def test_a_precision_that_is_always_reached_is_refused() -> None:
    with pytest.raises(SpecError, match="finite"):
        Stop.parse({"precision": math.inf})
