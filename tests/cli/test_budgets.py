"""`--dry-run` and the budget's options: what is said before, and where it stops."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.command import Benchbook
from counting import Counting, counting


@pytest.fixture
def server() -> Iterator[Counting]:
    with counting() as server:
        yield server


@pytest.fixture
def asking(tmp_path: Path, server: Counting) -> Path:
    """A config: twenty questions to the server; each costs 2."""
    rows = [{"key": f"k{n}", "input": f"say {n}", "target": str(n)} for n in range(20)]
    (tmp_path / "asked.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    config = tmp_path / "asking.yaml"
    config.write_text(
        f"""\
name: asking
models: [{{model: openai-compatible/x, args: {{base_url: "{server.url}"}}}}]
tasks: [{{name: t, dataset: {{jsonl: {{file: asked.jsonl}}}}, scorers: [exact-match]}}]
prices: {{openai-compatible/x: {{input: 100000, output: 200000}}}}
"""
    )
    return config


def test_a_dry_run_says_what_it_would_cost_and_leaves_no_trace(
    benchbook: Benchbook, asking: Path, server: Counting, home: Path
) -> None:
    done = benchbook("eval", asking, "--dry-run", "--json")
    assert done.code == 0, done.err
    [run] = done.json["runs"]
    assert (run["samples"], run["requests"], run["known"], run["input_tokens"]) == (20, 20, 0, 40)
    assert run["output_tokens"] == {"expected": None, "most": 20 * 512}
    assert run["cost"]["most"] == pytest.approx(40 * 0.1 + 20 * 512 * 0.2)
    assert (server.asked, home.exists()) == ([], False)
    shown = benchbook("eval", asking, "--dry-run")
    assert "In all 20 requests, 0 of them in the cache; cost expected unknown, at most 2052.0000." in shown.out
    assert "not known yet whether it takes chats" in shown.err


def test_a_dry_run_knows_the_cache_and_earlier_runs(benchbook: Benchbook, asking: Path, server: Counting) -> None:
    benchbook("eval", asking, "--limit", 5)
    [run] = benchbook("eval", asking, "--dry-run", "--json").json["runs"]
    assert (run["known"], run["output_tokens"]["expected"], run["seconds"] is not None) == (5, 75, True)
    assert len(server.asked) == 5
    assert len(benchbook("runs", "--json").json["runs"]) == 1


def test_without_a_price_the_cost_is_unknown_and_never_zero(benchbook: Benchbook, asking: Path) -> None:
    asking.write_text(asking.read_text().partition("prices:")[0])
    done = benchbook("eval", asking, "--dry-run")
    assert "cost expected unknown, at most unknown" in done.out
    assert "its price is not known; give it under `prices`" in done.err
    assert benchbook("eval", asking, "--dry-run", "--json").json["total"]["most_cost"] is None


def test_a_budget_stops_with_the_way_to_go_on(benchbook: Benchbook, asking: Path, server: Counting) -> None:
    done = benchbook("eval", asking, "--max-cost", 14.5)
    assert (done.code, len(server.asked)) == (130, 7)
    assert "stopped by the budget: one more sample might exceed max_cost (14.5 USD)" in done.err
    assert "spent 14.0000 USD, 105 tokens" in done.err
    assert "with 7 of 20 generations stored" in done.err
    assert "--max-cost 29" in done.err
    run = benchbook("runs", "--json").json["runs"][0]
    assert (run["status"], run["error"][:21]) == ("interrupted", "stopped by the budget")
    assert "interrupted: stopped by the budget" in benchbook("show", run["id"]).out
    again = benchbook("eval", "--resume", "asking")
    assert (again.code, len(server.asked)) == (130, 7)
    assert "7 of 20" in again.err
    left = benchbook("eval", "--resume", "asking", "--dry-run", "--json").json["runs"][0]
    assert left["requests"] == 13
    more = benchbook("eval", "--resume", "asking", "--max-cost", 29)
    assert (more.code, len(server.asked)) == (130, 14)
    last = benchbook("eval", "--resume", "asking", "--max-cost", 1000, "--max-time", "1h", "--json")
    assert (last.code, len(server.asked), last.json["runs"][0]["status"]) == (0, 20, "completed"), last.err


def test_budgets_are_part_of_the_experiment(benchbook: Benchbook, asking: Path) -> None:
    done = benchbook("eval", asking, "--max-tokens", 1000000, "--max-time", "2h", "--json")
    assert done.json["experiment"]["spec"]["run"]["budget"] == {
        "max_cost": None,
        "max_tokens": 1000000,
        "max_time": 7200.0,
    }


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--max-time", "soon"], "--max-time: expected a number of seconds, or a time like 90s"),
        (["--max-cost", "0"], "max_cost: expected greater than 0"),
        (["--max-tokens", "0"], "--max-tokens"),
    ],
)
def test_what_is_no_budget_is_refused(benchbook: Benchbook, asking: Path, args: list[str], message: str) -> None:
    done = benchbook("eval", asking, *args)
    assert (done.code, message in done.err) == (2, True), done.err


def test_max_cost_needs_a_price(benchbook: Benchbook, asking: Path, home: Path) -> None:
    asking.write_text(asking.read_text().partition("prices:")[0])
    done = benchbook("eval", asking, "--max-cost", 1)
    assert (done.code, home.exists()) == (2, False)
    assert "the price of openai-compatible/x is not known" in done.err
    assert "prices: {openai-compatible/x: {input: 0.15, output: 0.60}}" in done.err
