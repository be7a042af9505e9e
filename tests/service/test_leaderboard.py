"""Leaderboards: ranks say what the comparisons leave open."""

from pathlib import Path

import pytest

from benchbook.errors import SpecError
from benchbook.records.runs import Stopped
from benchbook.service.leaderboard import Entry, Leaderboard, Question, Standings, gather
from benchbook.service.leaderboard_text import document, markdown, overview, ranks
from benchbook.store.store import Store
from service.judged import answered, judged
from store.planned import NOW

TARGETS = [str(at) for at in range(30)]


def test_runs_that_may_not_be_told_apart_share_their_ranks(store: Store, tmp_path: Path) -> None:
    good, alike, bad = TARGETS[:28] + ["x"] * 2, ["x", *TARGETS[1:28], "x", "x"], ["x"] * 25 + TARGETS[25:]
    runs = answered(store, tmp_path, {"good": good, "alike": alike, "bad": bad}, TARGETS)
    [standings] = gather(store, [runs[0].experiment_id], Question(), NOW).standings
    found = {entry.model: ranks(entry) for entry in standings.entries}
    assert found == {"good": "1 to 2", "alike": "1 to 2", "bad": "3"}
    best = standings.entries[0]
    assert (best.model, best.n, best.excluded) == ("good", 30, 0)
    assert best.value == pytest.approx(28 / 30)
    with pytest.raises(SpecError, match="did you mean 'exact-match'"):
        gather(store, [runs[0].id], Question(score="exact-mach"), NOW)


def test_verdicts_over_pairs_rank_the_models(store: Store, tmp_path: Path) -> None:
    good, middling = TARGETS[:25] + ["x"] * 5, ["x"] * 10 + TARGETS[10:22] + ["x"] * 8
    runs = answered(store, tmp_path, {"good": good, "middling": middling, "bad": ["x"] * 30}, TARGETS)
    spec = {"rubric": "preference", "model": "rules"}
    pairs = [(0, 1), (0, 2), (1, 2)]
    judges = [
        run
        for a, b in pairs
        for run in judged(store, {"name": f"j{a}{b}", "judges": [{**spec, "runs": [runs[a].id, runs[b].id]}]})
    ]
    board = gather(store, [run.id for run in judges], Question(draws=100), NOW)
    assert board.standings == []
    [found] = board.verdicts
    assert [one.model for one in found.contenders] == ["good", "middling", "bad"]
    assert (found.verdicts, found.prompts, found.unscored) == (90, 30, 0)
    assert found.contenders[0].won > found.contenders[1].won > found.contenders[2].won
    assert all(one.low <= one.strength <= one.high for one in found.contenders)
    assert found.contenders[0].rank_low == 1
    text = markdown(board)
    assert "log odds" in text
    assert document(board)["verdicts"][0]["rubric"] == "preference"


def test_a_run_that_ended_early_is_ranked_by_what_holds_whenever_one_stops(store: Store, tmp_path: Path) -> None:
    good, bad = TARGETS, ["x"] * 6 + TARGETS[6:]
    runs = answered(store, tmp_path, {"good": good, "bad": bad}, TARGETS)
    names = [run.id for run in runs]
    before = gather(store, names, Question(), NOW)
    assert [ranks(one) for one in before.standings[0].entries] == ["1", "2"]
    early = Stopped(why="it was clear", clear=True, score="other", population=90, asked=30, n=30)
    going = store.step(runs[1], runs[1].model_copy(update={"status": "running"}))
    store.step(going, going.model_copy(update={"status": "completed", "stopped": early}))
    board = gather(store, names, Question(), NOW)
    first, second = board.standings[0].entries
    assert (ranks(first), ranks(second)) == ("1 to 2", "1 to 2")
    assert (first.early, second.early, second.low) == ("", "ended early, 30 of 90", None)
    assert "e-values" in markdown(board)
    assert "30 (ended early, 30 of 90)" in markdown(board)


def test_models_that_were_never_compared_are_ranked_apart(store: Store, tmp_path: Path) -> None:
    said = {name: TARGETS[:n] + ["x"] * (30 - n) for name, n in (("a", 25), ("b", 10), ("c", 25), ("d", 10))}
    runs = answered(store, tmp_path, said, TARGETS)
    spec = {"rubric": "preference", "model": "rules"}
    judges = [
        run
        for a, b in ((0, 1), (2, 3))
        for run in judged(store, {"name": f"j{a}{b}", "judges": [{**spec, "runs": [runs[a].id, runs[b].id]}]})
    ]
    board = gather(store, [run.id for run in judges], Question(draws=50), NOW)
    found = [[(one.model, one.rank_low) for one in verdicts.contenders] for verdicts in board.verdicts]
    assert found == [[("a", 1), ("b", 2)], [("c", 1), ("d", 2)]]
    assert all(verdicts.apart for verdicts in board.verdicts)
    assert "never compared with these" in markdown(board)


def test_two_runs_of_a_model_are_two_rows_of_the_overview() -> None:
    entries = [Entry(run, "m", value, None, None, 10, 0, 1, 2) for run, value in (("run-a", 0.5), ("run-b", 0.6))]
    found = overview(Leaderboard([Standings(task, "match", entries) for task in ("one", "two")], [], 0.05, NOW))
    assert found is not None
    assert [cells[0] for cells in found[1]] == ["m (run-a)", "m (run-b)"]


def test_nothing_to_rank_is_said(store: Store, tmp_path: Path) -> None:
    runs = answered(store, tmp_path, {"a": ["1"]}, ["1"])
    board = gather(store, [runs[0].id], Question(), NOW)
    assert ranks(board.standings[0].entries[0]) == "1"
