"""When there is no hope, by a clock that is handed in."""

from benchbook.engine.breaker import Breaker
from benchbook.errors import RuntimeFailed

WRONG = RuntimeFailed("no such model")
DENIED = RuntimeFailed("no money", cause="denied")
GONE = RuntimeFailed("connection refused", transient=True, cause="gone")


def test_a_server_gone_for_nine_minutes_is_waited_for_and_for_eleven_not() -> None:
    breaker = Breaker(patience=600)
    assert [breaker.failed(GONE, 0, now) for now in range(0, 540, 10)] == [None] * 54
    breaker.succeeded()
    assert [breaker.failed(GONE, 0, now) for now in range(1000, 1600, 10)] == [None] * 60
    assert "nothing was answered for 610 s" in str(breaker.failed(GONE, 0, 1610))


def test_time_without_requests_is_no_failure() -> None:
    breaker = Breaker(patience=600)
    breaker.succeeded()
    assert breaker.failed(GONE, 0, 100_000) is None


def test_answers_that_are_still_under_way_are_waited_for() -> None:
    """One sample has bad luck; 99 others have been thinking for twenty minutes."""
    breaker = Breaker(patience=600)
    assert [breaker.failed(GONE, 99, now) for now in (0, 300, 700, 1200)] == [None] * 4


def test_denials_in_a_row_end_even_a_run_that_went_well() -> None:
    breaker = Breaker(patience=600, answered=True)
    assert [breaker.failed(DENIED, 5, 0) for _ in range(19)] == [None] * 19
    assert "20 requests in a row failed for good, and none of them was answered; the last: no money" in str(
        breaker.failed(DENIED, 5, 0)
    )


def test_an_answer_in_between_is_hope() -> None:
    breaker = Breaker(patience=600)
    for _ in range(5):
        assert [breaker.failed(DENIED, 5, 0) for _ in range(19)] == [None] * 19
        breaker.succeeded()


def test_wrong_requests_end_only_a_run_that_never_had_an_answer() -> None:
    fresh, once = Breaker(600), Breaker(600, answered=True)
    assert [fresh.failed(WRONG, 0, 0) is None for _ in range(20)] == [True] * 19 + [False]
    assert [once.failed(WRONG, 0, 0) for _ in range(100)] == [None] * 100


def test_everybody_sent_away_for_too_long_is_the_end() -> None:
    breaker = Breaker(patience=600)
    later = RuntimeFailed("busy", transient=True, retry_after=601)
    assert "wants us back in 601 s" in str(breaker.sent_away(later))
    assert breaker.sent_away(RuntimeFailed("busy", transient=True, retry_after=600)) is None
