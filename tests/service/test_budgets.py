"""Budgets: where an experiment stops, what that costs, and how it goes on."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from benchbook import Output, Request, Runtime, register
from benchbook.engine.budget import Account, Expense
from benchbook.errors import SpecError
from benchbook.records.datasets import Sample
from benchbook.records.runs import Experiment, Run
from benchbook.service import costs
from benchbook.service.experiments import Terms, carry_out, prepare, submit
from benchbook.service.forecasts import Forecast, of_prepared, of_the_rest
from benchbook.service.runs import Watch, utc_now
from benchbook.specs.budgets import Budget
from benchbook.specs.datasets import Row
from benchbook.specs.files import read_text
from benchbook.specs.outputs import Usage
from benchbook.store import views
from benchbook.store.store import Store
from counting import Body, Counting, counting, reply
from service.asked import config, done, figures, path_of

PRICES = {"openai-compatible/x": {"input": 100_000, "output": 200_000}}
"""An answer, of 10 and 5 tokens, costs 2."""
MANY = tuple(f"question {number}" for number in range(30))


@pytest.fixture
def store(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copyfile(sqlite_template, tmp_path / "benchbook.db")
    with Store.open(f"sqlite:///{tmp_path}/benchbook.db", tmp_path / "blobs") as store:
        yield store


@pytest.fixture
def server() -> Iterator[Counting]:
    with counting() as server:
        yield server


def bounded(tmp_path: Path, server: Counting, budget: dict[str, Any], **run: Any) -> str:
    return config(tmp_path, server, MANY, prices=PRICES, run={"budget": budget, "cache": False, **run})


def gone_on(store: Store, experiment: Experiment, **budget: Any) -> Run:
    """The experiment's run, after it went on with that budget."""
    assert asyncio.run(carry_out(store, experiment, Watch(), Terms(budget=Budget(**budget)))) == []
    [run] = views.runs_of(store, experiment.id)
    return run


def stored(store: Store, run: Run) -> int:
    return views.progress(store, run.id).done


@pytest.mark.parametrize(
    ("budget", "asked", "why"),
    [
        ({"max_cost": 21}, 10, "one more sample might exceed max_cost (21 USD)"),
        ({"max_cost": 20}, 10, "max_cost (20 USD)"),
        ({"max_tokens": 100}, 6, "one more sample might exceed max_tokens (100)"),
        ({"max_tokens": 100, "max_cost": 4}, 2, "max_cost"),
    ],
)
def test_a_budget_is_not_exceeded_whatever_is_in_flight(
    store: Store, server: Counting, tmp_path: Path, budget: dict[str, Any], asked: int, why: str
) -> None:
    server.latency = 0.01
    _, run = done(store, bounded(tmp_path, server, budget, concurrency=16))
    assert (len(server.asked), stored(store, run), run.status) == (asked, asked, "interrupted")
    assert str(run.error).startswith("stopped by the budget: ")
    assert why in str(run.error)
    assert figures(store, run)["cost"] == 2 * asked


def test_what_was_stopped_goes_on_with_a_larger_budget_and_nothing_is_asked_twice(
    store: Store, server: Counting, tmp_path: Path
) -> None:
    experiment, run = done(store, bounded(tmp_path, server, {"max_cost": 20}))
    assert stored(store, run) == 10
    assert gone_on(store, experiment).attempt == 1, "nothing is left, so nothing is begun"
    run = gone_on(store, experiment, max_cost=40)
    assert (stored(store, run), run.status, run.attempt) == (20, "interrupted", 2)
    [began] = [e for _, e in views.events_after(store, run.id) if e.kind == "run_started" and e.attempt == 2]
    assert began.body["budget"] == {"max_cost": 40.0}
    run = gone_on(store, experiment, max_cost=1000)
    assert (stored(store, run), run.status, run.error, len(server.asked)) == (30, "completed", None, 30)


def test_a_budget_is_that_of_all_runs_together(store: Store, server: Counting, tmp_path: Path) -> None:
    text = json.loads(bounded(tmp_path, server, {"max_tokens": 600}))
    text["models"].append({**text["models"][0], "name": "again"})
    experiment = submit(store, prepare(read_text("e.yaml", json.dumps(text)), utc_now()))
    asyncio.run(carry_out(store, experiment, Watch()))
    first, second = views.runs_of(store, experiment.id)
    assert [(run.status, stored(store, run)) for run in (first, second)] == [("completed", 30), ("interrupted", 10)]
    assert "600 tokens" in str(costs.reached(store, experiment, Budget()))


def test_a_larger_budget_is_one_with_which_it_goes_on(store: Store, server: Counting, tmp_path: Path) -> None:
    experiment, _ = done(store, bounded(tmp_path, server, {"max_cost": 0.5, "max_time": "1h"}))
    found = costs.reached(store, experiment, Budget(max_cost=1))
    assert found is not None
    assert "max_cost (1 USD)" in found.why
    assert found.enough == Budget(max_cost=4, max_time=3600)
    assert stored(store, gone_on(store, experiment, max_cost=4)) == 2


def test_a_run_whose_turn_never_comes_stays_queued(store: Store, server: Counting, tmp_path: Path) -> None:
    text = json.loads(bounded(tmp_path, server, {"max_tokens": 450}))
    text["models"].append({**text["models"][0], "name": "again"})
    experiment = submit(store, prepare(read_text("e.yaml", json.dumps(text)), utc_now()))
    asyncio.run(carry_out(store, experiment, Watch()))
    assert [run.status for run in views.runs_of(store, experiment.id)] == ["completed", "queued"]
    assert costs.reached(store, experiment, Budget()) is not None
    assert costs.reached(store, experiment, Budget(max_tokens=900)) is None


def test_time_is_counted_over_attempts(store: Store, tmp_path: Path) -> None:
    with counting(latency=0.1) as server:
        experiment, run = done(store, bounded(tmp_path, server, {"max_time": 0.35}, concurrency=1))
        first = stored(store, run)
        assert 1 <= first <= 5, "what was in flight when it was reached is finished"
        assert "max_time (0.35 s) is reached" in str(run.error)
        assert stored(store, gone_on(store, experiment)) <= first + 2, "what came before its first event is not counted"
        run = gone_on(store, experiment, max_time=3600)
        assert (run.status, stored(store, run)) == ("completed", 30)


def test_known_answers_cost_nothing_of_a_budget(store: Store, server: Counting, tmp_path: Path) -> None:
    done(store, config(tmp_path, server, MANY))
    text = config(tmp_path, server, (*MANY, "new one", "new two", "new three"), prices=PRICES)
    tight = {**json.loads(text), "run": {"budget": {"max_cost": 4}, "concurrency": 1}}
    _, run = done(store, json.dumps(tight))
    assert (stored(store, run), len(server.asked), run.status) == (32, 32, "interrupted")


def test_an_answer_that_nobody_counted_is_counted_by_its_length(store: Store, server: Counting, tmp_path: Path) -> None:
    server.answer = lambda body: reply("x" * 40, used=(0, 0))
    _, run = done(store, bounded(tmp_path, server, {"max_tokens": 100}))
    assert 6 <= len(server.asked) <= 8, "12 or 13 tokens each"
    assert run.status == "interrupted"


def test_what_a_failure_cost_counts_also_when_it_was_tried_again(
    store: Store, server: Counting, tmp_path: Path
) -> None:
    """The figures of a run forget a failure that was replaced; a budget does not."""
    numbers = iter(range(100))
    server.answer = lambda body: web.json_response({}, status=400) if next(numbers) == 2 else reply("x")
    task = {"solver": "thrice", "generate": {"temperature": 0.5}}
    experiment, run = done(store, config(tmp_path, server, ("a",), task=task, prices=PRICES, run={"cache": False}))
    assert figures(store, run)["errors"] == 1
    run = gone_on(store, experiment)
    assert (figures(store, run)["errors"], figures(store, run)["cost"]) == (0, 6.0)
    [spent] = views.spending(store, experiment.id)
    assert (spent.cost, spent.tokens, spent.most_cost, spent.most_tokens) == (10.0, 75, 6.0, 45)
    assert spent.seconds > 0


def test_the_overshoot_is_what_those_in_flight_cost_more_than_the_dearest_before(
    store: Store, server: Counting, tmp_path: Path
) -> None:
    numbers = iter(range(100))
    server.latency = 0.02
    cheap, in_flight = 8, 2 * 4
    server.answer = lambda body: reply("x", used=(10, 5 if next(numbers) < cheap else 25))
    _, run = done(store, bounded(tmp_path, server, {"max_tokens": 300}, concurrency=4))
    found = views.spending(store, run.experiment_id)[0]
    # Once one is dear, no more begin.
    assert found.tokens <= cheap * 15 + in_flight * 35


def test_what_one_sample_has_too_much_is_not_taken_for_anothers(server: Counting, tmp_path: Path) -> None:
    [run] = prepare(read_text("e.yaml", bounded(tmp_path, server, {"max_tokens": 100})), utc_now()).runs
    purse = Account(run.spec.settings.budget).purse(run)
    sample = Sample(id="s", created_at=utc_now(), dataset_id="d", position=0, row=Row(key="k", input="?"))

    def answered(expense: Expense, tokens: int) -> Expense:
        expense.answered("?", Output(text="x", usage=Usage(input_tokens=tokens)))
        return expense

    answered(Expense(purse), 10).close()
    others = [Expense(purse) for _ in range(3)]
    assert purse.affords(sample)  # 10 spent, four in flight of 10 each
    dear = answered(others[0], 30)
    assert not purse.affords(sample)  # 40 spent, and of three in flight each may be as dear: 130
    dear.close()
    assert not purse.affords(sample)
    answered(others[1], 10).close()
    assert purse.account.spent.tokens == 50
    assert not purse.affords(sample)  # 50 spent, two in flight: 110
    answered(others[2], 10).close()
    assert purse.affords(sample)  # 60 spent, one in flight: 90


def test_a_count_that_no_answer_has_loses_no_answer_and_breaks_no_run(
    store: Store, server: Counting, tmp_path: Path
) -> None:
    server.answer = lambda body: reply("a", used=(10**400, 5) if body["messages"][-1]["content"] == "b" else (10, 5))
    prices = {"openai-compatible/x": {"input": 1, "output": 1}}
    _, run = done(store, config(tmp_path, server, prices=prices, run={"budget": {"max_tokens": 1000}}))
    assert run.status == "completed"
    found = {answer.key: (one.error, one.cost is None) for answer, one, _ in views.generations(store, run.id)}
    assert found == {"k0": (None, False), "k1": (None, True), "k2": (None, False)}


def test_a_cost_without_a_price_is_refused_with_the_remedy(store: Store, server: Counting, tmp_path: Path) -> None:
    text = config(tmp_path, server, run={"budget": {"max_cost": 1}})
    with pytest.raises(
        SpecError, match=r"run\.budget\.max_cost: the price of openai-compatible/x is not known.*prices:"
    ):
        prepare(read_text("e.yaml", text), utc_now())
    experiment, _ = done(store, config(tmp_path, server))
    with pytest.raises(SpecError, match="is not known"):
        gone_on(store, experiment, max_cost=1)


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        ({"max_cost": 0}, "run.budget.max_cost: expected greater than 0"),
        ({"max_time": "soon"}, "expected a number of seconds, or a time like 90s"),
        ({"max_tokens": 1.5}, "run.budget.max_tokens"),
        ({"max_costs": 1}, "did you mean 'max_cost'"),
    ],
)
def test_what_is_no_budget_is_refused(server: Counting, tmp_path: Path, budget: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as refused:
        prepare(read_text("e.yaml", config(tmp_path, server, run={"budget": budget})), utc_now())
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("usage", "warnings"),
    [
        ({}, ["answers were not counted (30): what these cost"]),
        ({"prompt_tokens": -5}, ["`usage.prompt_tokens` is -5", "answers were not counted (30)"]),
    ],
)
def test_answers_whose_tokens_nobody_counts_have_no_cost_and_that_is_told(
    usage: dict[str, int], warnings: list[str], store: Store, tmp_path: Path
) -> None:
    choice = {"message": {"content": "a"}, "finish_reason": "stop"}
    with counting(lambda _: web.json_response({"choices": [choice], "usage": usage})) as server:
        experiment, run = done(store, bounded(tmp_path, server, {"max_cost": 1e9}))
    told = [str(event.body["message"]) for event in views.events_of(store, run.id, "warning")]
    assert [part in message for part, message in zip(warnings, told, strict=True)] == [True] * len(warnings)
    assert figures(store, run)["cost"] is None
    assert {generation.cost for _, generation, _ in views.generations(store, run.id)} == {None}
    [spent] = views.spending(store, experiment.id)
    assert spent.cost > 0, "budgets go by a guess"


def test_what_is_free_costs_nothing_whoever_counts(store: Store, tmp_path: Path) -> None:
    free = {"openai-compatible/x": {"input": 0, "output": 0}}
    choice = {"message": {"content": "a"}, "finish_reason": "stop"}
    with counting(lambda _: web.json_response({"choices": [choice]})) as server:
        _, run = done(store, config(tmp_path, server, prices=free))
    assert views.events_of(store, run.id, "warning") == []
    assert figures(store, run)["cost"] == 0


def test_the_warning_of_uncounted_answers_is_true_of_each_attempt(store: Store, tmp_path: Path) -> None:
    choice = {"message": {"content": "a"}, "finish_reason": "stop"}
    with counting(lambda _: web.json_response({"choices": [choice]})) as server:
        experiment, run = done(store, bounded(tmp_path, server, {"max_tokens": 40}))
        first = stored(store, run)
        run = gone_on(store, experiment, max_tokens=100_000)
    told = [str(event.body["message"]) for event in views.events_of(store, run.id, "warning")]
    assert 0 < first < len(MANY)
    assert [f"({first})" in told[0], f"({len(MANY) - first} in attempt 2)" in told[1]] == [True, True]


def test_times_are_read_as_people_write_them() -> None:
    written = {"90s": 90, "30m": 1800, "1h30m": 5400, "2 h": 7200, 12: 12, 0.5: 0.5}
    assert {time: Budget.parse({"max_time": time}).max_time for time in written} == written


def test_an_account_says_what_was_spent() -> None:
    account = Account(Budget(max_cost=1), seconds=12.0, currency="EUR", clock=lambda: 0.0)
    assert account.said() == "0.0000 EUR, 0 tokens, 12 s"


def foreseen(store: Store, text: str, *, blank: bool = False) -> Forecast:
    """What the experiment's one run would take."""
    prepared = prepare(read_text("e.yaml", text), utc_now())
    [found] = asyncio.run(of_prepared(prepared, None if blank else store, path_of(store)))
    return found


def test_a_forecast_asks_nothing_and_counts_what_the_solver_would_ask(
    store: Store, server: Counting, tmp_path: Path
) -> None:
    task = {"solver": {"generate": {"system": "s" * 40}}, "epochs": 2, "generate": {"max_tokens": 50}}
    found = foreseen(store, config(tmp_path, server, ("q" * 20, "q" * 41), task=task, prices=PRICES), blank=True)
    assert (found.samples, found.requests, found.known) == (4, 4, 0)
    assert found.input_tokens == 2 * (15 + 21)
    assert (found.most_output_tokens, found.output_tokens) == (200, None)
    assert (found.most_cost, found.cost, found.seconds) == (72 * 0.1 + 200 * 0.2, None, None)
    assert not found.style_is_known
    assert server.asked == []
    assert views.experiments(store) == []


def test_a_forecast_goes_by_earlier_runs_and_by_what_is_known(store: Store, server: Counting, tmp_path: Path) -> None:
    done(store, config(tmp_path, server, ("a", "b", "c"), prices=PRICES))
    found = foreseen(store, config(tmp_path, server, ("a", "b", "c", "d", "e"), prices=PRICES))
    assert (found.requests, found.known, found.style_is_known) == (5, 3, True)
    assert (found.output_tokens, found.most_output_tokens, found.input_tokens) == (10, 1024, 2)
    assert found.cost == pytest.approx(2 * 0.1 + 10 * 0.2)
    assert found.seconds is not None
    anew = foreseen(store, config(tmp_path, server, ("a", "b", "c"), run={"cache": False}))
    assert (anew.known, anew.most_cost) == (0, None)


@register("runtime", "unhurried")
def unhurried(model: str, slots: int | None = None) -> Runtime:
    """Says that each answer took it ten seconds."""

    async def generate(request: Request) -> Output:
        return Output(text="a", stop_reason="stop", latency=10.0)

    return Runtime(generate, slots=slots)


@pytest.mark.parametrize(
    ("args", "limits", "seconds"),
    [({}, {}, 10), ({"slots": 1}, {}, 60), ({}, {"concurrency": 2}, 30), ({}, {"requests_per_minute": 2}, 180)],
)
def test_the_time_that_is_foreseen_is_that_of_as_many_at_once_as_there_may_be(
    store: Store, server: Counting, tmp_path: Path, args: dict[str, Any], limits: dict[str, Any], seconds: float
) -> None:
    model = {"model": "unhurried/x", "args": args}
    done(store, config(tmp_path, server, ("a", "b"), model=model))
    text = config(tmp_path, server, tuple("cdefgh"), model=model | {"limits": limits})
    assert foreseen(store, text).seconds == pytest.approx(seconds)


def test_a_forecast_of_the_rest_leaves_out_what_is_stored(store: Store, server: Counting, tmp_path: Path) -> None:
    experiment, _ = done(store, bounded(tmp_path, server, {"max_cost": 20}))
    [found] = asyncio.run(of_the_rest(store, experiment.id, path_of(store)))
    assert (found.samples, found.requests) == (20, 20)


def test_a_solver_that_stumbles_over_an_empty_answer_is_foreseen_up_to_there(
    store: Store, server: Counting, tmp_path: Path
) -> None:
    def answer(body: Body) -> Any:
        raise AssertionError("nobody is to be asked")

    server.answer = answer
    row = {"key": "p", "input": "def f(x):\n    'One more.'\n", "target": {"entry_point": "f", "tests": ["f(1) == 2"]}}
    (tmp_path / "code.jsonl").write_text(json.dumps(row) + "\n")
    task = {"dataset": {"jsonl": {"file": str(tmp_path / "code.jsonl")}}, "solver": "python-code"}
    assert foreseen(store, config(tmp_path, server, task=task)).requests == 1


def test_no_pace_of_the_model_is_kept_where_nothing_is_asked(store: Store, server: Counting, tmp_path: Path) -> None:
    slowly = {"model": "unhurried/x", "args": {}, "limits": {"requests_per_minute": 0.1}}
    text = config(tmp_path, server, ("a", "b"), model=slowly, task={"solver": {"majority-vote": {"n": 3}}})
    prepared = prepare(read_text("e.yaml", text), utc_now())
    [found] = asyncio.run(asyncio.wait_for(of_prepared(prepared, store, path_of(store)), 120))
    assert found.requests == 6
