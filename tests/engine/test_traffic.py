"""Runs against real servers that refuse, fail, and go away."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from benchbook.engine.native import carry_out
from benchbook.errors import Hopeless
from benchbook.protocols import Context
from benchbook.records.events import RunEvent
from benchbook.records.runs import Run
from benchbook.specs.experiments import RunSettings, RunSpec
from benchbook.specs.models import ModelLimits, ModelSpec
from benchbook.specs.tasks import TaskSpec
from benchbook.specs.use import Use
from engine.samples import NOW, Stored, samples_of
from engine.servers import Asked, Behaviour, Server, completion, dropped, refusal, serving


@dataclass
class Result:
    """What came of a run."""

    server: Server
    events: list[RunEvent] = field(default_factory=list)
    hopeless: Hopeless | None = None

    @property
    def answers(self) -> dict[str, str | None]:
        """The sample's key, and the reply or None."""
        done = [event.generation for event in self.events if event.kind == "sample_done"]
        return {str(each.prompt): each.output.text if each.output else None for each in done if each}

    @property
    def errors(self) -> dict[str, str]:
        done = [event.generation for event in self.events if event.kind == "sample_done"]
        return {str(each.prompt): each.error for each in done if each and each.error}

    @property
    def facts(self) -> dict[str, Any]:
        [told] = [event.body for event in self.events if event.kind == "parts_done"]
        return dict(told)

    @property
    def at(self) -> list[float]:
        """When the server was asked, from the first time on."""
        return [asked.at - self.server.log[0].at for asked in self.server.log]


def run_of(server: Server, limits: ModelLimits, args: dict[str, Any], settings: dict[str, Any]) -> Run:
    model = ModelSpec(
        model="openai-compatible/m", args={"base_url": server.url, **args}, limits=limits, prompt_style="completion"
    )
    spec = RunSpec(model=model, task=TaskSpec(name="t", task=Use(name="t")), settings=RunSettings(**settings))
    return Run(
        id="run-1",
        created_at=NOW,
        experiment_id="exp-1",
        position=0,
        spec=spec,
        fingerprint="",
        dataset_id="d",
        total=1,
    )


async def asked(
    server: Server,
    samples: int | Sequence[str],
    limits: ModelLimits = ModelLimits(),
    args: dict[str, Any] | None = None,
    done: frozenset[tuple[str, int]] = frozenset(),
    **settings: Any,
) -> Result:
    """A whole run over so many samples."""
    prompts = [f"p{at}" for at in range(samples)] if isinstance(samples, int) else samples
    result = Result(server)
    context = Context(Stored(samples_of(*prompts)), done, lambda: NOW, asyncio.Event())
    try:
        async for events in carry_out(run_of(server, limits, args or {}, settings), context):
            result.events.extend(events)
    except Hopeless as err:
        result.hopeless = err
    return result


def result_of(behaves: Behaviour, samples: int | Sequence[str], **settings: Any) -> Result:
    async def run() -> Result:
        async with serving(behaves) as server:
            return await asked(server, samples, **settings)

    return asyncio.run(run())


async def slowly(asked: Asked) -> web.Response | None:
    await asyncio.sleep(0.05)
    return None


# --- requests at once ------------------------------------------------------------------------------------------------


def test_a_server_without_faults_is_asked_as_much_at_once_as_allowed() -> None:
    result = result_of(slowly, 300, concurrency=50)
    assert result.server.peak == 50
    assert result.facts == {
        "ceiling": 50,
        "peak_concurrency": 50,
        "lowest_limit": 50,
        "last_limit": 50,
        "answers": 300,
        "refusals": 0,
        "failures": 0,
        "retries": 0,
        "paused_seconds": 0.0,
        "held_seconds": 0.0,
    }


def test_a_model_is_sent_no_more_at_once_than_its_own_limit() -> None:
    result = result_of(slowly, 30, concurrency=20, limits=ModelLimits(concurrency=3))
    assert (result.server.peak, result.facts["ceiling"]) == (3, 3)


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_takes_a_few_at_once_is_soon_sent_no_more(status: int) -> None:
    async def behaves(asked: Asked) -> web.Response | None:
        if asked.at_once > 10:
            return refusal(status)
        await asyncio.sleep(0.05)
        return None

    result = result_of(behaves, 400, concurrency=60)
    assert len([text for text in result.answers.values() if text]) == 400
    assert 5 <= result.facts["last_limit"] <= 15
    assert result.facts["lowest_limit"] <= 12
    assert result.facts["refusals"] <= 300


def test_a_fixed_limit_stays_where_it_is() -> None:
    async def behaves(asked: Asked) -> web.Response | None:
        return refusal(429, 0.01) if asked.time == 1 else await slowly(asked)

    assert result_of(behaves, 40, concurrency=20, adaptive=False).facts["lowest_limit"] == 20


def test_answers_that_come_too_late_make_it_send_less() -> None:
    """One after the other, 40 ms each: the twentieth would come after 800 ms."""
    turn = asyncio.Lock()

    async def behaves(asked: Asked) -> None:
        async with turn:
            await asyncio.sleep(0.04)

    result = result_of(behaves, 40, concurrency=20, args={"timeout": 0.5})
    assert all(result.answers.values())
    assert result.facts["lowest_limit"] < 20


# --- a server that wants to be left alone ----------------------------------------------------------------------------


def test_where_everybody_is_told_to_come_later_nobody_comes_before() -> None:
    began: list[float] = []

    async def behaves(asked: Asked) -> web.Response | None:
        began.append(asked.at)
        if asked.prompt == "p0" and asked.time == 1:
            await asyncio.sleep(0.4)  # it was taken, and is under way all the time
            return None
        left = 2.0 - (asked.at - began[0])
        return refusal(429, left) if left > 0 else None

    result = result_of(behaves, 60, concurrency=20)
    assert all(result.answers.values())
    assert len(result.server.times("p0")) == 1
    # Those who were on their way, or next; and nobody else.
    assert len([at for at in result.at if at < 2.0]) <= 40
    assert result.facts["held_seconds"] >= 1.5
    after = [asked for asked, at in zip(result.server.log, result.at, strict=True) if at >= 2.0]
    assert max(asked.at_once for asked in after[:15]) <= 5, "they come one after the other"


def test_who_waits_keeps_no_place_at_the_server() -> None:
    async def behaves(asked: Asked) -> web.Response | None:
        return refusal(429, 1.0) if asked.prompt == "p2" and asked.time == 1 else await slowly(asked)

    result = result_of(behaves, 12, concurrency=12, limits=ModelLimits(concurrency=3))
    assert all(result.answers.values())
    first, second = result.server.times("p2")
    assert second - first >= 1.0
    assert all(asked.at < second for asked in result.server.log if asked.prompt != "p2")
    assert max(asked.at_once for asked in result.server.log if asked.number > 4) >= 2


def test_a_server_that_wants_one_sample_back_tomorrow_has_failed_it_for_now() -> None:
    async def behaves(asked: Asked) -> web.Response | None:
        return refusal(429, 86_400) if asked.prompt == "p5" else await slowly(asked)

    result = result_of(behaves, 20, concurrency=8)
    assert result.hopeless is None
    assert list(result.errors) == ["p5"]
    assert "it wants us back in 86400 s, and `run.patience` is 600 s" in result.errors["p5"]


def test_a_server_that_wants_everybody_back_tomorrow_ends_the_run() -> None:
    async def behaves(asked: Asked) -> web.Response | None:
        return await slowly(asked) if asked.number <= 20 else refusal(429, 86_400, "daily limit")

    result = result_of(behaves, 500, concurrency=10)
    assert "wants us back in 86400 s" in str(result.hopeless)
    assert "daily limit" in str(result.hopeless)
    assert len([text for text in result.answers.values() if text]) == 20
    assert len(result.server.log) <= 60


# --- what may pass, and what does not --------------------------------------------------------------------------------


def test_no_sample_is_lost_to_faults_and_none_is_answered_twice() -> None:
    chance = random.Random(3)

    async def behaves(asked: Asked) -> web.Response | None:
        await asyncio.sleep(0.005)
        drawn = chance.random()
        if drawn < 0.05:
            return refusal(429, 0.1)
        if drawn < 0.06:
            return refusal(500)
        return dropped(asked) if drawn < 0.065 else None

    result = result_of(behaves, 1000, concurrency=50)
    assert result.answers == {f"p{at}": f"p{at}" for at in range(1000)}
    assert len([event for event in result.events if event.kind == "sample_done"]) == 1000
    assert len(result.server.log) == 1000 + result.facts["retries"]
    assert result.facts["refusals"] > 20
    assert result.facts["failures"] > 3


def test_the_default_number_of_attempts_loses_none_of_ten_thousand() -> None:
    """Refusals are no attempts; 1 % of 500 and 0.5 % of broken connections are, among what is not refused."""
    fails = 0.015 / 0.95
    assert 10_000 * fails ** RunSettings().attempts < 1e-6


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_request_that_is_wrong_is_never_asked_again(status: int) -> None:
    async def behaves(asked: Asked) -> web.Response | None:
        return refusal(status, message="wrong") if asked.prompt in ("p3", "p4") else None

    result = result_of(behaves, 10)
    assert len(result.server.log) == 10
    assert set(result.errors) == {"p3", "p4"}
    assert result.facts["retries"] == 0


def test_a_fault_that_stays_is_given_up_after_the_attempts() -> None:
    async def behaves(asked: Asked) -> web.Response | None:
        return refusal(500, message="always") if asked.prompt == "p1" else None

    result = result_of(behaves, 4, attempts=2)
    assert len(result.server.times("p1")) == 2
    assert result.errors["p1"].endswith("answered 500: always; tried 2 times")


def test_a_server_that_is_gone_and_comes_back_loses_nothing() -> None:
    enough = asyncio.Event()

    async def behaves(asked: Asked) -> None:
        if asked.number == 60:
            enough.set()
        await slowly(asked)

    async def run() -> Result:
        async with serving(behaves) as server:
            work = asyncio.create_task(asked(server, 200, concurrency=20))
            await enough.wait()
            await server.stop()
            await asyncio.sleep(1.5)
            await server.start()
            return await work

    result = asyncio.run(run())
    assert result.hopeless is None
    assert result.answers == {f"p{at}": f"p{at}" for at in range(200)}
    assert result.facts["refusals"] >= 1
    assert result.facts["last_limit"] > 1


# --- deadlines -------------------------------------------------------------------------------------------------------


def test_a_deadline_ends_an_answer_that_takes_too_long() -> None:
    async def behaves(asked: Asked) -> None:
        await asyncio.sleep(30 if asked.prompt == "p1" else 0)

    result = result_of(behaves, 3, deadline=0.5)
    assert result.errors == {"p1": "no answer within `run.deadline` (0.5 s)"}
    assert len(result.server.times("p1")) == 1


def test_a_deadline_bounds_all_tries_together() -> None:
    async def behaves(asked: Asked) -> web.Response | None:
        return refusal(500, message="oh no") if asked.prompt == "p1" else None

    result = result_of(behaves, 3, deadline=1.0)
    assert "oh no; the next try, in " in result.errors["p1"]
    assert "would be beyond `run.deadline` (1 s)" in result.errors["p1"]
    assert 2 <= len(result.server.times("p1")) <= 3


def test_time_in_our_own_queue_does_not_count() -> None:
    async def behaves(asked: Asked) -> None:
        await asyncio.sleep(0.1)

    result = result_of(behaves, 20, concurrency=20, limits=ModelLimits(concurrency=1), deadline=1.0)
    assert all(result.answers.values())
    assert result.at[-1] > 1.0


# --- hopeless runs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("status", "message"), [(401, "bad key"), (404, "no such model"), (400, "no such parameter")])
def test_a_run_whose_every_request_fails_for_good_ends_early(status: int, message: str) -> None:
    async def behaves(asked: Asked) -> web.Response:
        return refusal(status, message=message)

    result = result_of(behaves, 1000, concurrency=8)
    assert "20 requests in a row failed for good, and none of them was answered; the last: " in str(result.hopeless)
    assert message in str(result.hopeless)
    assert len(result.server.log) <= 28
    # What was asked has failed; the others were never asked, and nothing is said of them.
    assert set(result.errors) <= {asked.prompt for asked in result.server.log}
    assert len(result.errors) == 19
    assert result.facts["failures"] == len(result.server.log)


def test_a_quota_that_runs_out_ends_the_run_and_keeps_what_was_answered() -> None:
    async def behaves(asked: Asked) -> web.Response | None:
        error = {"message": "You exceeded your current quota", "code": "insufficient_quota"}
        return web.json_response({"error": error}, status=429) if asked.number > 100 else None

    result = result_of(behaves, 1000, concurrency=8)
    assert "You exceeded your current quota" in str(result.hopeless)
    assert len([text for text in result.answers.values() if text]) == 100
    assert len(result.server.log) <= 130


def test_many_wrong_requests_end_no_run_that_has_had_an_answer() -> None:
    async def behaves(asked: Asked) -> web.Response | None:
        return refusal(400) if asked.prompt != "p0" else None

    result = result_of(behaves, 60, concurrency=1)
    assert result.hopeless is None
    assert len(result.errors) == 59


def test_answers_of_an_earlier_attempt_count() -> None:
    async def behaves(asked: Asked) -> web.Response:
        return refusal(400)

    result = result_of(behaves, 60, done=frozenset({("s0", 1)}))
    assert result.hopeless is None
    assert len(result.errors) == 59


def test_a_server_that_stays_away_ends_the_run_when_patience_is_over() -> None:
    async def run() -> Result:
        async with serving(slowly) as server:
            await server.stop()
            return await asked(server, 100, concurrency=10, patience=1.0)

    result = asyncio.run(run())
    assert "nothing was answered for " in str(result.hopeless)
    assert "`run.patience` is 1 s" in str(result.hopeless)
    assert "the connection to" in str(result.hopeless)
    assert result.events[-1].kind == "parts_done"
    assert result.answers == {}


def test_who_waits_for_a_long_time_hears_at_once_that_there_is_no_hope() -> None:
    async def behaves(asked: Asked) -> web.Response:
        return refusal(429, 60, "wait") if asked.number <= 2 else refusal(401, message="bad key")

    result = result_of(behaves, 100, concurrency=30)
    assert "bad key" in str(result.hopeless)
    # With the twentieth there is no hope; which they are depends on who has a connection first.
    assert len(result.errors) == 19


# --- the pace --------------------------------------------------------------------------------------------------------


def test_requests_per_minute_are_kept() -> None:
    result = result_of(slowly, 20, concurrency=20, limits=ModelLimits(requests_per_minute=600))
    assert all(result.answers.values())
    for first in range(20):
        for last in range(first + 11, 20):
            # The first second's worth may come at once; loopback is not to the millisecond.
            assert result.at[last] - result.at[first] >= (last - first - 10) / 10 - 0.05


def test_tokens_per_minute_are_kept_by_what_was_really_used() -> None:
    async def behaves(asked: Asked) -> web.Response:
        return completion("x", tokens=50)

    tokens = ModelLimits(tokens_per_minute=6000)
    result = result_of(behaves, 5, concurrency=1, limits=tokens)
    # 100 tokens each, and as many a second: the first two may come at once, and after 4 seconds no more are owed.
    assert result.at[-1] >= 2.8
