"""The intervals hold the truth as often as they say, in simulated runs; `python -m bench coverage` has more of them."""

import pytest

from bench.coverage import FEWER, Case, cases, covered

QUICK = [case for case in cases() if case.runs > FEWER]
SLOW = [case for case in cases() if case.runs == FEWER and "n = 50" not in case.name]


@pytest.mark.parametrize("case", QUICK, ids=[case.name for case in QUICK])
def test_the_interval_covers(case: Case) -> None:
    found = covered(case, runs=1000)
    # Seeded; the slack is what a thousand runs leave open. Percentiles, and means near an end, where only one side can
    # be missed, are never covered too rarely, but too often; so are differences where hardly anything changes.
    most = 1.0 if case.name.startswith("difference") else 0.97 + 0.025
    assert 0.93 - 0.015 <= found.within <= most, found


@pytest.mark.parametrize("case", SLOW, ids=[case.name for case in SLOW])
def test_the_resampled_interval_covers(case: Case) -> None:
    found = covered(case, runs=60)
    assert found.within >= 0.88, found
