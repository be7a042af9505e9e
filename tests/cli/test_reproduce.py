"""`benchbook reproduce`: what it carries out, what it says, and how it leaves."""

import json
from pathlib import Path

import pytest

from cli.command import Benchbook


@pytest.fixture
def evaluated(benchbook: Benchbook, sums: Path) -> Path:
    """The recorded answers of an experiment that is done."""
    assert benchbook("eval", sums).code == 0
    return sums.with_name("said.jsonl")


def rewritten(said: Path, answers: dict[str, str | None]) -> None:
    """Record other answers, or none."""
    lines = [json.loads(line) for line in said.read_text().splitlines()]
    changed = [{**line, "completion": answers.get(line["key"], line["completion"])} for line in lines]
    said.write_text("".join(json.dumps(line) + "\n" for line in changed if line["completion"] is not None))


def test_a_run_that_comes_out_the_same_leaves_with_0(benchbook: Benchbook, evaluated: Path) -> None:
    evaluated.with_name("sums.jsonl").unlink()
    done = benchbook("reproduce", "sums")
    assert done.code == 0, done.err
    assert "10 of 10 answers and 10 of 10 verdicts are the same." in done.out
    assert "Circumstances" not in done.out
    [again, first] = benchbook("runs", "--json").json["runs"]
    assert (again["reproduces"], again["fingerprint"]) == (first["id"], first["fingerprint"])
    assert again["dataset_id"] == first["dataset_id"]
    assert first["reproduces"] is None


def test_what_comes_out_otherwise_is_told_sample_by_sample_and_leaves_with_1(
    benchbook: Benchbook, evaluated: Path
) -> None:
    rewritten(evaluated, {"sum-4": "8, said the\x1b[31m machine,\nat length and with some relish", "sum-9": None})
    done = benchbook("reproduce", "sums")
    assert done.code == 1
    assert "8 of 10 answers and 8 of 10 verdicts are the same" in done.out
    assert "text, from character 2" in done.out
    assert r"8, said the\x1b[31m machine,\nat length" in done.out
    assert "\x1b" not in done.out
    assert "no answer: no recorded answer for sample sum-9" in done.out
    assert "the model is not what it was (model.sha256" in done.out
    assert "error: not everything is the same: recorded on sums: 8 of 10" in done.err


def test_the_document_holds_every_difference(benchbook: Benchbook, evaluated: Path) -> None:
    rewritten(evaluated, {"sum-4": "9"})
    done = benchbook("reproduce", "sums", "--json")
    assert done.code == 1
    [found] = done.json["runs"]
    assert found["differences"] == [
        {
            "sample": "sum-4",
            "epoch": 1,
            "changes": [
                {"what": "text", "before": "8", "after": "9", "at": None},
                {"what": "score exact-match", "before": "match (1.0)", "after": "no match (0.0)", "at": None},
            ],
        }
    ]
    assert [change["what"] for change in found["environment"]] == ["model.sha256"]
    rates = {metric["name"]: (metric["before"], metric["after"]) for metric in found["metrics"]}
    assert rates["pass_rate"] == pytest.approx((0.7, 0.6))


def test_a_part_is_compared_with_the_same_part(benchbook: Benchbook, evaluated: Path) -> None:
    rewritten(evaluated, {"sum-4": "9"})
    done = benchbook("reproduce", "sums", "--limit", 3, "--json")
    assert done.code == 0, done.err
    [found] = done.json["runs"]
    assert (found["answers"], found["only_in_run"]) == ({"compared": 3, "same": 3}, 0)
    assert {m["name"]: m["before"] for m in found["metrics"]}["pass_rate"] == pytest.approx(2 / 3)
    [again, _] = benchbook("runs", "--json").json["runs"]
    assert (again["total"], again["status"]) == (3, "completed")


def test_two_runs_that_are_there_are_only_compared(benchbook: Benchbook, evaluated: Path) -> None:
    rewritten(evaluated, {"sum-4": "9"})
    assert benchbook("reproduce", "sums").code == 1
    [again, first] = benchbook("runs", "--json").json["runs"]
    done = benchbook("reproduce", first["id"], "--only-compare", again["id"], "--show", 0)
    assert done.code == 1
    assert "9 of 10 answers" in done.out
    assert "What came out otherwise" not in done.out
    assert benchbook("reproduce", again["id"], "--only-compare", "sums-reproduced").code == 0
    assert len(benchbook("runs", "--json").json["runs"]) == 2


def test_what_is_not_there_any_more_is_told_before_anything_is_asked(benchbook: Benchbook, evaluated: Path) -> None:
    evaluated.unlink()
    done = benchbook("reproduce", "sums")
    assert done.code == 2
    assert "cannot be carried out again: " in done.err
    assert "there is no file said.jsonl" in done.err
    assert len(benchbook("runs", "--json").json["runs"]) == 1


def test_runs_on_other_data_are_not_compared(benchbook: Benchbook, evaluated: Path) -> None:
    data = evaluated.with_name("sums.jsonl")
    data.write_text("".join(data.read_text().splitlines(keepends=True)[:9]))
    config = evaluated.with_name("sums.yaml")
    config.write_text(config.read_text().replace("name: sums\nmodels", "name: fewer\nmodels"))
    assert benchbook("eval", config).code == 0
    done = benchbook("reproduce", "sums", "--only-compare", "fewer")
    assert (done.code, "are on different data (versions " in done.err) == (2, True), done.err
    assert benchbook("reproduce", "nothing").code == 3


def test_show_tells_how_a_run_was_made(benchbook: Benchbook, evaluated: Path) -> None:
    shown = benchbook("show", "sums").out
    document = benchbook("show", "sums", "--json").json
    for fact in ("config fingerprint", "data version", "seed", "price", "python", "pydantic", "model.sha256"):
        assert fact in shown
    assert document["dataset"]["version"] in shown
    assert document["fingerprint"] in shown
    assert document["environment"]["model.sha256"] in shown
    assert str(evaluated.name) in shown
