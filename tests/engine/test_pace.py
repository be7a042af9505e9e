"""Requests and tokens per minute, by a clock that is handed in."""

import pytest

from benchbook.engine.pace import Bucket, Pace
from benchbook.protocols import Request
from benchbook.specs.models import GenerateConfig, Message, ModelLimits
from benchbook.specs.outputs import Usage


def spend(bucket: Bucket, cost: float, times: int) -> list[float]:
    """When each of so many requests goes, one after the other and as early as it may."""
    now, went = 100.0, []
    for _ in range(times):
        now += bucket.delay(cost, now)
        bucket.take(cost, now)
        went.append(now - 100.0)
    return went


def request(prompt: str, max_tokens: int | None = 100) -> Request:
    return Request(prompt, GenerateConfig(max_tokens=max_tokens), "s", 1)


def test_slow_paces_are_even_from_the_first_request_on() -> None:
    assert spend(Bucket(30), 1, 4) == pytest.approx([0, 2, 4, 6])


def test_no_more_than_a_second_comes_at_once_and_the_rest_evenly() -> None:
    went = spend(Bucket(600), 1, 700)
    assert went[:10] == pytest.approx([0.0] * 10)
    assert went[10:13] == pytest.approx([0.1, 0.2, 0.3])
    assert went[-1] == pytest.approx((700 - 10) / 10)


def test_what_costs_more_than_a_second_brings_leaves_a_debt() -> None:
    """100 a second; each takes 250."""
    assert spend(Bucket(6000), 250, 4) == pytest.approx([0.0, 2.5, 5.0, 7.5])


def test_what_was_not_used_is_no_more_than_a_second_later() -> None:
    bucket = Bucket(60)
    bucket.take(1, 0.0)
    assert bucket.delay(1, 3600.0) == 0
    bucket.take(1, 3600.0)
    assert bucket.delay(1, 3600.0) == pytest.approx(1.0)


def test_tokens_are_put_right_by_what_was_used() -> None:
    pace = Pace.of(ModelLimits(tokens_per_minute=6000))
    asked = request("x" * 400, max_tokens=900)
    guessed = pace.guess(asked)
    assert guessed == pytest.approx(100 + 900)
    pace.take(guessed, 0.0)
    assert pace.delay(guessed, 0.0) == pytest.approx(10.0)
    pace.settle(asked, guessed, Usage(input_tokens=200, output_tokens=100), 0.0)
    assert pace.delay(guessed, 0.0) == pytest.approx(3.0)
    # From now on: half a token for a character, a hundred for an answer.
    assert pace.guess(request("x" * 100)) == pytest.approx(50 + 100)


def test_a_refused_request_has_used_no_tokens() -> None:
    pace = Pace.of(ModelLimits(tokens_per_minute=6000))
    pace.take(500, 0.0)
    pace.give_back(500, 0.0)
    assert pace.delay(100, 0.0) == 0


def test_the_slower_of_two_paces_counts() -> None:
    pace = Pace.of(ModelLimits(requests_per_minute=60, tokens_per_minute=600))
    pace.take(50, 0.0)
    assert pace.delay(50, 0.0) == pytest.approx(5.0)
    pace.take(-45, 0.0)
    assert pace.delay(1, 0.0) >= 1.0


def test_turns_of_a_chat_are_counted_too() -> None:
    pace = Pace.of(ModelLimits(tokens_per_minute=600))
    turns = (Message(role="user", content="x" * 40), Message(role="assistant", content="y" * 40))
    assert pace.guess(Request(turns, GenerateConfig(), "s", 1)) == pytest.approx(20)


def test_without_limits_nothing_is_guessed_and_nobody_waits() -> None:
    pace = Pace()
    assert (pace.guess(request("x")), pace.delay(1e9, 0.0)) == (0.0, 0.0)
