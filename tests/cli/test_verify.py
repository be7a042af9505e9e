"""`benchbook verify`: a verdict a line, in the order of the file."""

import json
from pathlib import Path
from typing import Any

from cli.command import Benchbook


def written(path: Path, *pairs: Any) -> Path:
    path.write_text("".join(json.dumps(pair) + "\n" for pair in pairs))
    return path


def test_every_pair_has_a_line_with_verdict_rule_policy_and_reason(benchbook: Benchbook, tmp_path: Path) -> None:
    file = written(
        tmp_path / "pairs.jsonl",
        {"id": "a", "gold": "42", "pred": "so \\boxed{42}", "source": "mine"},
        {"gold": "1/3", "pred": "0.333", "policy": "rounding"},
        {"id": 7, "gold": "\\sqrt2", "pred": "2^{1/3}", "policy": ""},
        {"id": "p", "gold": "1", "pred": "1", "policy": "nope"},
        {"id": "\x1b[31mred", "gold": "\ud800", "pred": "\x1b[31m", "policy": {"units": "ignore"}},
    )
    done = benchbook("verify", file, "--json")
    assert (done.code, done.err) == (0, "")
    found = [json.loads(line) for line in done.out.splitlines()]
    assert [each["id"] for each in found] == ["a", 2, 7, "p", "\x1b[31mred"]
    assert [each["verdict"] for each in found] == ["equal", "equal", "different", "undecided", "undecided"]
    assert found[0]["rule"] == "boxed: identical"
    assert found[1]["policy"] == "rounding=allowed"
    assert found[2]["reason"] == "the values differ"
    assert "unknown policy 'nope'" in found[3]["reason"]
    assert all(each.keys() == {"id", "verdict", "rule", "policy", "reason", "answer"} for each in found)


def test_a_policy_of_the_command_is_that_of_lines_without_one(benchbook: Benchbook, tmp_path: Path) -> None:
    file = written(tmp_path / "pairs.jsonl", {"gold": "25%", "pred": "25"})
    assert "1 different" in benchbook("verify", file).out
    assert "1 equal" in benchbook("verify", file, "--policy", "percent_vs_number").out
    assert benchbook("verify", file, "--policy", "percent").code == 2


def test_a_line_that_is_no_pair_is_named(benchbook: Benchbook, tmp_path: Path) -> None:
    (tmp_path / "pairs.jsonl").write_text('{"gold": "1", "pred": "1"}\n{"gold": 1, "pred": "1"}\n')
    done = benchbook("verify", "pairs.jsonl", "--json")
    assert done.code == 2
    assert done.json["error"]["message"] == "pairs.jsonl:2: gold: expected a text, got 1"
    assert benchbook("verify", "nowhere.jsonl").code == 2
