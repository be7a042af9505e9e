"""The cache of answers, through the door that everybody takes: what is asked, and what is not asked again."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from benchbook.service.experiments import Terms
from benchbook.service.recall import explained
from benchbook.store.cache import kept, prune
from benchbook.store.store import Store
from counting import Body, Counting, counting, reply
from service.asked import answers, config, done, figures, outputs, path_of, warned


@pytest.fixture
def store(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    """An empty store; the cache is a file of its own, whichever database that is on."""
    shutil.copyfile(sqlite_template, tmp_path / "benchbook.db")
    with Store.open(f"sqlite:///{tmp_path}/benchbook.db", tmp_path / "blobs") as store:
        yield store


@pytest.fixture
def server() -> Iterator[Counting]:
    with counting() as server:
        yield server


PRICES = {"openai-compatible/x": {"input": 1_000_000, "output": 2_000_000}}


def test_what_was_asked_before_is_not_asked_again_and_costs_nothing(
    store: Store, server: Counting, tmp_path: Path
) -> None:
    text = config(tmp_path, server, prices=PRICES)
    _, first = done(store, text)
    assert [output.cached for output in outputs(store, first)] == [False] * 3
    assert figures(store, first)["cost"] == 3 * (10 + 2 * 5)
    assert "cached" not in figures(store, first)
    _, second = done(store, text)
    assert len(server.asked) == 3
    marked = [output.model_copy(update={"cached": True}) for output in outputs(store, first)]
    assert outputs(store, second) == marked, "with the usage and the time of the day it was made"
    assert [generation.cost for generation in answers(store, second)] == [0.0] * 3
    found = figures(store, second)
    assert (found["cost"], found["cached"], found["saved"]) == (0.0, 3.0, 60.0)
    assert found["pass_rate"] == figures(store, first)["pass_rate"] == 1.0


def test_without_a_price_a_known_answer_has_no_cost_rather_than_none_at_all(
    store: Store, server: Counting, tmp_path: Path
) -> None:
    text = config(tmp_path, server)
    done(store, text)
    _, run = done(store, text)
    assert [generation.cost for generation in answers(store, run)] == [None] * 3
    assert "saved" not in figures(store, run)


@pytest.mark.parametrize(
    "change",
    [
        {"model": {"model": "openai-compatible/y"}},
        {"model": {"generate": {"temperature": 0.5}}},
        {"model": {"generate": {"stop": ["!"]}}},
        {"task": {"generate": {"max_tokens": 3}}},
        {"run": {"seed": 1}},
        {"task": {"solver": {"generate": {"system": "Be brief."}}}},
    ],
)
def test_whatever_may_change_an_answer_makes_another_question(
    store: Store, server: Counting, tmp_path: Path, change: dict[str, Any]
) -> None:
    done(store, config(tmp_path, server))
    done(store, config(tmp_path, server, **change))
    assert len(server.asked) == 6


def test_another_server_is_another_model(store: Store, server: Counting, tmp_path: Path) -> None:
    done(store, config(tmp_path, server))
    with counting() as other:
        done(store, config(tmp_path, other))
        assert len(other.asked) == 3


def test_what_decides_no_answer_makes_no_other_question(store: Store, server: Counting, tmp_path: Path) -> None:
    done(store, config(tmp_path, server))
    patient = {"args": {"base_url": server.url, "timeout": 5.0}, "name": "mine"}
    done(store, config(tmp_path, server, model=patient, run={"concurrency": 1}))
    assert len(server.asked) == 3


def test_every_epoch_has_an_answer_of_its_own_and_finds_it_again(
    store: Store, server: Counting, tmp_path: Path
) -> None:
    numbers = iter(range(100))
    server.answer = lambda body: reply(str(next(numbers)))
    text = config(tmp_path, server, ("a",), task={"epochs": 4, "generate": {"temperature": 0.8}})
    _, first = done(store, text)
    said = [output.text for output in outputs(store, first)]
    assert len(set(said)) == 4
    _, second = done(store, text)
    assert [output.text for output in outputs(store, second)] == said
    assert len(server.asked) == 4
    done(store, config(tmp_path, server, ("a",), task={"epochs": 6, "generate": {"temperature": 0.8}}))
    assert len(server.asked) == 6, "two epochs more are two answers more"


def test_who_asks_the_same_several_times_gets_several_draws_but_one_greedy_answer(
    store: Store, server: Counting, tmp_path: Path
) -> None:
    numbers = iter(range(100))
    server.answer = lambda body: reply(str(next(numbers)))
    drawn = {"task": {"solver": "thrice", "generate": {"temperature": 0.8}}}
    text = config(tmp_path, server, ("a",), **drawn)
    texts = [outputs(store, done(store, text)[1])[0].text for _ in range(2)]
    assert texts == ["0 1 2", "0 1 2"]
    _, greedy = done(store, config(tmp_path, server, ("a",), task={"solver": "thrice"}))
    assert outputs(store, greedy)[0].text == "3 3 3"


def test_all_questions_of_a_sample_are_paid(store: Store, server: Counting, tmp_path: Path) -> None:
    drawn = {"task": {"solver": "thrice", "generate": {"temperature": 0.8}}, "prices": PRICES}
    text = config(tmp_path, server, ("a",), **drawn)
    assert [generation.cost for generation in answers(store, done(store, text)[1])] == [3 * 20.0]
    assert [generation.cost for generation in answers(store, done(store, text)[1])] == [0.0]


def test_equal_questions_at_a_time_are_asked_once(store: Store, tmp_path: Path) -> None:
    with counting(latency=0.05) as server:
        _, run = done(store, config(tmp_path, server, ("a",) * 20 + ("b",) * 5, run={"concurrency": 25}))
        assert len(server.asked) == 2
        assert sum(output.cached for output in outputs(store, run)) == 23
        assert figures(store, run)["generations"] == 25


def test_a_failure_is_told_to_all_who_asked_and_kept_for_nobody(store: Store, tmp_path: Path) -> None:
    refusals = iter([True])

    def answer(body: Body) -> web.Response:
        if next(refusals, False):
            return web.json_response({"error": {"message": "no"}}, status=400)
        return reply("a")

    with counting(answer, latency=0.05) as server:
        text = config(tmp_path, server, ("a",) * 4)
        _, run = done(store, text)
        assert [generation.error is None for generation in answers(store, run)] == [False] * 4
        assert len(server.asked) == 1
        _, again = done(store, text)
        assert (len(server.asked), len(outputs(store, again))) == (2, 4)


@pytest.mark.parametrize(("said", "stop"), [("half", "content_filter"), ("", "odd")])
def test_an_answer_that_another_try_may_better_is_not_kept(
    store: Store, server: Counting, tmp_path: Path, said: str, stop: str
) -> None:
    server.answer = lambda body: reply(said, stop)
    text = config(tmp_path, server, ("a",) * 2)
    done(store, text)
    done(store, text)
    assert len(server.asked) == 4


def test_what_a_model_wrote_comes_back_as_it_was(store: Store, server: Counting, tmp_path: Path) -> None:
    said = 'a\0b \ud800 "quoted" \u202e … \\u0000 😀'
    server.answer = lambda body: reply(said)
    text = config(tmp_path, server, ("a",))
    done(store, text)
    _, run = done(store, text)
    assert (outputs(store, run)[0].text, len(server.asked)) == (said, 1)


@pytest.mark.parametrize("way", ["config", "terms"])
def test_who_does_not_want_the_cache_neither_reads_nor_fills_it(
    store: Store, server: Counting, tmp_path: Path, way: str
) -> None:
    text = config(tmp_path, server, run={"cache": way != "config"})
    terms = Terms(cache=False) if way == "terms" else Terms()
    done(store, text, terms)
    _, run = done(store, text, terms)
    assert len(server.asked) == 6
    assert "cache" not in run.environment
    assert kept(path_of(store)) == []


def test_recited_answers_are_not_kept(store: Store, tmp_path: Path, server: Counting) -> None:
    recited = {"model": "mock/m", "args": {"replies": ["a", "b"]}}
    _, run = done(store, config(tmp_path, server, model=recited))
    assert "cache" not in run.environment
    assert kept(path_of(store)) == []


def test_a_run_says_by_what_its_answers_are_told_from_others(store: Store, server: Counting, tmp_path: Path) -> None:
    _, first = done(store, config(tmp_path, server))
    _, second = done(store, config(tmp_path, server, run={"seed": 3}))
    _, other = done(store, config(tmp_path, server, model={"model": "openai-compatible/y"}))
    names = [run.environment["cache"] for run in (first, second, other)]
    assert (names[0] == names[1], names[0] == names[2]) == (True, False)


def test_a_damaged_cache_is_a_warning_and_the_run_goes_on(store: Store, server: Counting, tmp_path: Path) -> None:
    path_of(store).parent.mkdir()
    path_of(store).write_bytes(b"not a database at all, but long enough to look like a file" * 100)
    _, run = done(store, config(tmp_path, server))
    assert (run.status, len(server.asked)) == ("completed", 3)
    [warning] = warned(store, run)
    assert "file is not a database; `benchbook cache prune --all` makes a new one; the run goes on" in warning


def test_a_place_that_cannot_be_written_is_a_warning_and_the_run_goes_on(
    store: Store, server: Counting, tmp_path: Path
) -> None:
    path_of(store).parent.write_text("a file where the folder should be")
    _, run = done(store, config(tmp_path, server))
    assert run.status == "completed"
    assert "cannot be opened" in warned(store, run)[0]


def test_a_miss_is_explained_by_what_sets_it_apart(store: Store, server: Counting, tmp_path: Path) -> None:
    _, first = done(store, config(tmp_path, server))
    assert [one.known for one in explained(store, first)] == [True] * 3
    text = config(tmp_path, server, ("a", "b", "new"), task={"generate": {"max_tokens": 9}}, run={"cache": False})
    _, second = done(store, text)
    found = explained(store, second)
    assert [one.known for one in found] == [False] * 3
    assert found[0].why == "kept for another key: max_tokens is 9, there 512"
    assert found[2].why == "no answer to this prompt is kept"
    _, third = done(store, config(tmp_path, server, model={"model": "openai-compatible/y"}, run={"cache": False}))
    why = explained(store, third, "k1")[0].why
    assert 'facts.served_model is "y", there "x"' in why


def test_what_was_removed_is_asked_anew(store: Store, server: Counting, tmp_path: Path) -> None:
    text = config(tmp_path, server)
    _, run = done(store, text)
    assert prune(path_of(store)).entries == 3
    assert [one.why for one in explained(store, run)] == ["no answer to this prompt is kept"] * 3
    done(store, text)
    assert len(server.asked) == 6
