"""Runs beside each other."""

from pathlib import Path

import pytest

from benchbook.records.runs import Run
from benchbook.store.store import Store
from server.site import Asker
from service.judged import answered

TARGETS = [str(at) for at in range(10)]


@pytest.fixture
def runs(store: Store, tmp_path: Path) -> list[Run]:
    """One model that knows the first eight of ten, and one that knows the last five."""
    first = [*TARGETS[:8], "x", "x"]
    second = [*["x"] * 5, *TARGETS[5:]]
    return answered(store, tmp_path, {"first": first, "second": second}, TARGETS)


def test_two_runs_are_compared_by_what_flipped(viewer: Asker, runs: list[Run]) -> None:
    found = viewer.get(f"/api/compare?runs={runs[0].id},{runs[1].id}").json
    [pair] = found["pairs"]
    assert (found["score"], found["scores"]) == ("exact-match", ["exact-match"])
    assert pair["flips"] == {"both_right": 3, "regressed": 5, "fixed": 2, "both_wrong": 0}
    whole = pair["whole"]
    assert (whole["n"], whole["base"], whole["other"]) == (10, 0.8, 0.5)
    assert whole["difference"] == pytest.approx(-0.3)
    # Of seven flips, two or fewer go the other way with a chance of 29 in 128, and as many the one way.
    assert (whole["p"], whole["test"]) == (pytest.approx(0.453125), "mcnemar-exact")
    assert whole["low"] < -0.3 < whole["high"]
    assert pair["excluded"] == {"no_value": 0, "only_base": 0, "only_other": 0}


@pytest.mark.parametrize(
    ("only", "positions"),
    [("regressed", [0, 1, 2, 3, 4]), ("fixed", [8, 9]), ("both_right", [5, 6, 7]), ("both_wrong", [])],
)
def test_flipped_samples_are_listed_page_by_page(
    viewer: Asker, runs: list[Run], only: str, positions: list[int]
) -> None:
    path = f"/api/compare/samples?runs={runs[0].id},{runs[1].id}&only={only}&limit=2"
    page = viewer.get(path).json
    found = page["items"]
    while page["next"]:
        page = viewer.get(f"{path}&after={page['next']}").json
        found += page["items"]
    assert [row["base"]["position"] for row in found] == positions
    assert all(row["base"]["position"] == row["other"]["position"] for row in found)


def test_what_is_far_from_each_other_is_listed_in_order(viewer: Asker, store: Store, tmp_path: Path) -> None:
    wrong = {3, 1001, 1002, 1099}
    said = {"a": ["0"] * 1100, "b": ["x" if at in wrong else "0" for at in range(1100)]}
    runs = ",".join(run.id for run in answered(store, tmp_path, said, ["0"] * 1100))
    found, after = [], ""
    for _ in range(2):
        page = viewer.get(f"/api/compare/samples?runs={runs}&only=regressed&limit=2{after}").json
        found += [row["base"]["position"] for row in page["items"]]
        after = f"&after={page['next']}"
    assert found == [3, 1001, 1002, 1099]
    assert page["next"] is None


def test_what_cannot_be_compared_is_refused(viewer: Asker, store: Store, runs: list[Run], tmp_path: Path) -> None:
    [other] = answered(store, tmp_path, {"third": ["0"]}, ["0"])
    for query in (runs[0].id, f"{runs[0].id},{other.id}", f"{runs[0].id},{runs[1].id}&score=none", ""):
        assert viewer.get(f"/api/compare?runs={query}").status == 400
    assert viewer.get(f"/api/compare?runs={runs[0].id},none").status == 404


def test_preferences_between_them_are_browsed_and_exported(viewer: Asker, runs: list[Run]) -> None:
    query = f"runs={runs[0].id},{runs[1].id}"
    page = viewer.get(f"/api/preferences?{query}&limit=4").json
    assert (page["total"], len(page["items"])) == (7, 4)
    rest = viewer.get(f"/api/preferences?{query}&limit=4&after={page['next']}").json
    ids = {row["id"] for row in (*page["items"], *rest["items"])}
    assert len(ids) == 7
    whole = viewer.get(f"/api/preferences/{min(ids)}?{query}").json
    assert whole["rejected"] == "x"
    assert len(whole["verdicts"]) == 2
    reply = viewer.get(f"/api/preferences/export?{query}&format=trl-dpo")
    assert len(reply.body.splitlines()) == 7
    assert reply.headers["content-disposition"] == 'attachment; filename="preferences-trl-dpo.jsonl"'
    assert viewer.get(f"/api/preferences?{query}&source=human").json["total"] == 0
    assert viewer.get("/api/preferences?runs=").status == 400
