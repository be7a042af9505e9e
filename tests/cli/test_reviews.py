"""`benchbook reviews`, as people call it."""

import json
from pathlib import Path

import pytest

from benchbook.service import reviews
from benchbook.service.runs import utc_now
from benchbook.specs.reviews import Filled
from benchbook.store.store import Store
from cli.command import Benchbook


@pytest.fixture
def judge(benchbook: Benchbook, tmp_path: Path) -> str:
    """The id of a run that judges two others by rules."""
    rows = [{"key": f"k{at}", "input": f"question {at}", "target": f"{at}"} for at in range(5)]
    (tmp_path / "d.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    models = [{"model": f"mock/{name}", "args": {"replies": reply}} for name, reply in (("a", "1"), ("b", "nothing"))]
    task = {"name": "t", "dataset": {"jsonl": {"file": str(tmp_path / "d.jsonl")}}, "scorers": ["exact-match"]}
    judge = {"rubric": "preference", "model": "rules"}
    config = {"name": "answers", "models": models, "tasks": [task], "judges": [judge]}
    (tmp_path / "c.yaml").write_text(json.dumps(config))
    return str(benchbook("eval", str(tmp_path / "c.yaml"), "--json").json["runs"][-1]["id"])


def test_a_review_is_opened_looked_at_and_closed(benchbook: Benchbook, judge: str, home: Path, tmp_path: Path) -> None:
    assert "no reviews yet" in benchbook("reviews").err
    path = tmp_path / "first.yaml"
    path.write_text(f"name: first-look\njudge: {judge}\norder: informative\noverlap: 2\nblind: false\n")
    done = benchbook("reviews", "open", path)
    assert done.code == 0, done.err
    assert "Review first-look is open: 5 items, 0 of 10 votes" in done.err
    assert "No estimate: too few labels yet." in benchbook("reviews", "show", "first-look").out
    with Store.open(f"sqlite:///{home}/benchbook.db", home / "blobs") as store:
        review = reviews.named(store, "first-look")
        handed = reviews.claim(store, review, "anna", utc_now()).sheet
        first = handed.item if handed else ""
        for name in ("anna", "ben"):
            while (sheet := reviews.claim(store, review, name, utc_now()).sheet) is not None:
                # They differ about the first.
                side = "tie" if name == "anna" and sheet.item == first else "first"
                filled = Filled.parse({"items": {"preferred": side}})
                reviews.submit(store, review, sheet.item, name, filled, utc_now())
    shown = benchbook("reviews", "show", "first-look")
    assert shown.code == 0, shown.err
    assert "10 of 10 votes on 5 items" in shown.out
    for words in ("anna", "How it narrows", "anna · ben", "rules with people", "Mean of all 5", "1 to decide"):
        assert words in shown.out, words
    document = benchbook("reviews", "show", "first-look", "--json").json
    assert [one["name"] for one in document["people"]] == ["anna", "ben"]
    assert document["estimate"]["narrowing"]["labelled"] == 4
    listed = benchbook("reviews", "--json").json["reviews"]
    assert [(one["review"]["name"], one["items"]["votes"], one["all_done"]) for one in listed] == [
        ("first-look", 10, False)
    ]
    assert benchbook("reviews", "extend", "first-look").err.startswith("0 new items")
    assert benchbook("reviews", "close", "first-look").code == 0
    assert benchbook("reviews", "close", "first-look").code == 4
    assert benchbook("reviews", "reopen", "first-look", "--json").json["review"]["status"] == "open"


def test_mistakes_name_file_line_and_field(benchbook: Benchbook, judge: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(f"name: bad\njudge: {judge}\nsuggestion: hidden\n")
    done = benchbook("reviews", "open", path)
    assert (done.code, "bad.yaml:3: suggestion: expected 'shown'" in done.err) == (2, True), done.err
    path.write_text("name: bad\nruns: [nowhere]\nrubric: quality-3\n")
    done = benchbook("reviews", "open", path)
    assert (done.code, "bad.yaml:2: runs[0]: there is no run 'nowhere'" in done.err) == (2, True), done.err
    assert benchbook("reviews", "show", "frist-look").code == 3
