"""`benchbook agreement`, of a run and of a file."""

import json
from datetime import UTC, datetime
from pathlib import Path

from benchbook.records.scores import Score
from benchbook.specs.verdicts import Author, Verdict
from benchbook.store import views
from benchbook.store.store import Store
from cli.command import Benchbook

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_a_run_that_was_judged(benchbook: Benchbook, sums: Path, home: Path, tmp_path: Path) -> None:
    assert benchbook("eval", sums).code == 0
    assert benchbook("agreement", "sums").code == 3
    with Store.open(f"sqlite:///{home}/benchbook.db", home / "blobs") as store:
        [run] = views.runs(store)
        authors: tuple[tuple[Author, str], ...] = (("model", "judge"), ("human", "anna"))
        store.add_scores(
            [
                Score(
                    id=f"score-{author_id}-{at}",
                    created_at=NOW,
                    run_id=run.id,
                    generation_id=generation.id,
                    author=author,
                    author_id=author_id,
                    author_version="1",
                    verdict=Verdict(name="right", value=float(at % 3 != 2) if author == "human" else float(at % 2)),
                )
                for at, (_, generation, _) in enumerate(views.generations(store, run.id))
                for author, author_id in authors
            ]
        )
    told = benchbook("agreement", "sums", "--draws", 200, "-o", "page.html", "-o", "page.md")
    assert told.code == 0
    assert "10 questions are few" in told.out
    assert "Report: page.html" in told.err
    assert (tmp_path / "page.html").exists()
    found = benchbook("agreement", run.id, "--against", "human", "--json").json
    [comparison] = found["comparisons"]
    assert (comparison["judge"], comparison["reference"], comparison["n"]) == ("judge", "human", 10)
    assert benchbook("agreement", "sums", "--against", "nobody").code == 2


def test_a_file_of_ratings(benchbook: Benchbook, home: Path, tmp_path: Path) -> None:
    lines = [
        {"id": at, "criterion": criterion, "rater": rater, "value": at % 3 % 2}
        for at in range(60)
        for rater in ("judge", "human")
        for criterion in ("clear", "right")
    ]
    (tmp_path / "r.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = benchbook("agreement", "r.jsonl", "--criterion", "right", "--json").json
    [comparison] = found["comparisons"]
    assert (comparison["criterion"], comparison["calibrated"]) == ("right", True)
    assert not home.exists()
    strict = benchbook("agreement", "r.jsonl", "--min-labels", 61, "--json").json
    assert [one["calibrated"] for one in strict["comparisons"]] == [False, False]
    assert "60 labels, of 61 that it takes" in benchbook("agreement", "r.jsonl", "--min-labels", 61).out
    assert benchbook("agreement", "r.jsonl", "some-run").code == 2
    assert benchbook("agreement", "none.jsonl").code == 2
