"""`benchbook gate`, `baselines`, and `eval` with gates: exit codes, tables, files."""

import json
from pathlib import Path
from xml.etree import ElementTree as Xml

from cli.command import Benchbook


def gated(sums: Path, gates: str) -> Path:
    path = sums.with_name("gated.yaml")
    path.write_text(f"{sums.read_text()}gates:\n{gates}")
    return path


def worse(sums: Path) -> Path:
    """The same questions, all answered wrongly."""
    said = [{"key": f"sum-{n}", "completion": "no"} for n in range(10)]
    sums.with_name("wrong.jsonl").write_text("".join(json.dumps(row) + "\n" for row in said))
    path = sums.with_name("worse.yaml")
    path.write_text(sums.read_text().replace("said.jsonl", "wrong.jsonl").replace("name: sums\nm", "name: worse\nm"))
    return path


def test_eval_leaves_with_1_and_the_table_where_a_gate_fails(benchbook: Benchbook, sums: Path) -> None:
    path = gated(sums, "  - pass_rate >= 0.9\n  - errors <= 0\n")
    result = benchbook("eval", path)
    assert result.code == 1
    assert "pass_rate of exact-match is 0.7, not >= 0.9, n 10" in result.out
    assert "1 of 2 gates failed: pass_rate ≥ 0.9" in result.err
    assert benchbook("eval", gated(sums, "  - pass_rate >= 0.7\n")).code == 0


def test_eval_without_gates_writes_no_empty_junit(benchbook: Benchbook, sums: Path) -> None:
    result = benchbook("eval", sums, "--junit", "gates.xml")
    assert (result.code, "add `gates` to the config" in result.err) == (2, True)
    assert not sums.with_name("gates.xml").exists()


def test_eval_says_so_in_json(benchbook: Benchbook, sums: Path) -> None:
    result = benchbook("eval", gated(sums, "  - pass_rate >= 0.9\n"), "--json")
    assert (result.code, result.json["passed"], result.json["gates"][0]["outcome"]) == (1, False, "failed")


def test_a_comparison_fails_on_a_regression_where_that_is_asked_for(benchbook: Benchbook, sums: Path) -> None:
    assert benchbook("eval", sums).code == 0
    assert benchbook("eval", worse(sums)).code == 0
    told = benchbook("compare", "sums", "worse", "--fail-on-regression", "--junit", "gates.xml")
    assert told.code == 1
    assert "1 of 1 gates failed" in told.err
    assert Xml.parse(sums.with_name("gates.xml")).find(".//failure") is not None
    assert benchbook("compare", "worse", "sums", "--fail-on-regression").code == 0
    thresholds = sums.with_name("t.yaml")
    thresholds.write_text("gates:\n  - {figure: pass_rate, max_drop: 0.1}\n")
    shown = benchbook("compare", "sums", "worse", "--thresholds", thresholds, "--json")
    assert (shown.code, shown.json["passed"]) == (0, False)
    assert benchbook("compare", "sums", "--fail-on-regression").code == 2
    ungated = benchbook("compare", "sums", "worse", "--junit", "none.xml")
    assert (ungated.code, "--fail-on-regression or --thresholds" in ungated.err) == (2, True)
    assert not sums.with_name("none.xml").exists()


def test_a_mistake_in_a_gate_is_found_before_anything_is_asked(benchbook: Benchbook, sums: Path) -> None:
    result = benchbook("eval", gated(sums, "  - {figure: pass_rate, atleast: 0.5}\n"))
    assert result.code == 2
    assert "did you mean 'at_least'?" in result.err
    assert "gated.yaml:13" in result.err


def test_a_regression_is_found_by_name_by_run_and_by_file(benchbook: Benchbook, sums: Path, tmp_path: Path) -> None:
    assert benchbook("eval", sums).code == 0
    assert benchbook("eval", worse(sums)).code == 0
    assert benchbook("baselines", "set", "main", "sums").code == 0
    assert benchbook("baselines", "export", "main", "-o", "main.jsonl").code == 0
    thresholds = tmp_path / "thresholds.yaml"
    thresholds.write_text("baseline: main\ngates:\n  - {no_regression: true, score: exact-match}\n")
    for baseline in ("main", "sums", "main.jsonl"):
        result = benchbook("gate", "worse", "-t", thresholds, "--baseline", baseline, "--json")
        [one] = result.json["gates"]
        assert (result.code, one["outcome"], one["base"], one["value"], one["n"]) == (1, "failed", 0.7, 0.0, 10)
        assert one["p"] == 1 / 128
    assert benchbook("gate", "sums", "-t", thresholds).code == 0
    missing = benchbook("gate", "sums", "-t", thresholds, "--baseline", "mian")
    assert missing.code == 1
    assert "did you mean 'main'?" in missing.out


def test_ci_without_a_store_holds_files_against_files(benchbook: Benchbook, sums: Path, tmp_path: Path) -> None:
    assert benchbook("eval", sums).code == 0
    assert benchbook("baselines", "export", "sums", "-o", "now.jsonl").code == 0
    (tmp_path / "t.yaml").write_text("baseline: now.jsonl\ngates: [{no_regression: true}, 'pass_rate >= 0.75']\n")
    elsewhere = {"BENCHBOOK_HOME": str(tmp_path / "elsewhere"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
    telling = ("--junit", "gates.xml", "--annotations", "github")
    result = benchbook("gate", "now.jsonl", "-t", "t.yaml", *telling, env=elsewhere)
    assert result.code == 1
    assert not (tmp_path / "elsewhere").exists()
    suite = Xml.parse(tmp_path / "gates.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert "::error title=pass_rate ≥ 0.75%3A recorded on sums::" in result.err
    assert (tmp_path / "summary.md").read_text().startswith("## 1 of 2 gates failed")
    nowhere = {**elsewhere, "GITHUB_STEP_SUMMARY": str(tmp_path)}
    for gates, code in (("t.yaml", 1), ("passing.yaml", 0)):
        (tmp_path / "passing.yaml").write_text("gates: ['pass_rate >= 0.5']\n")
        result = benchbook("gate", "now.jsonl", "-t", gates, "--annotations", "github", env=nowhere)
        assert (result.code, f"WARNING: the gates are not in the step's summary: cannot write {tmp_path}") == (
            code,
            next(line for line in result.err.splitlines() if "WARNING" in line).rpartition(": ")[0],
        )


def test_baselines_are_listed_taken_away_and_remembered(benchbook: Benchbook, sums: Path) -> None:
    assert benchbook("eval", sums).code == 0
    [entry] = benchbook("baselines", "set", "main", "sums", "--branch", "b", "--json").json["baselines"]
    assert (entry["name"], entry["task"], entry["model"], entry["branch"]) == ("main", "sums", "recorded", "b")
    assert "main" in benchbook("baselines").out
    assert benchbook("baselines", "remove", "main").code == 3
    assert benchbook("baselines", "remove", "main", "--branch", "b").code == 0
    assert benchbook("baselines", "list", "--json").json["baselines"] == []
    assert len(benchbook("baselines", "history", "main", "--json").json["baselines"]) == 2
    assert benchbook("baselines", "export", "sums", "-o", "x.txt").code == 2


def test_a_run_that_may_end_early_says_so(benchbook: Benchbook, sums: Path) -> None:
    text = sums.read_text().replace("    scorers:", "    stop: {above: 0.1, at_least: 2}\n    scorers:")
    sums.write_text(f"{text}run: {{concurrency: 1}}\n")
    result = benchbook("eval", sums, "--json")
    [run] = result.json["runs"]
    assert (result.code, run["status"], run["stopped"]["clear"], run["stopped"]["population"]) == (
        0,
        "completed",
        True,
        10,
    )
    assert "ended early, after" in benchbook("show", "sums").out


def test_a_comparison_is_held_to_gates_of_its_own(benchbook: Benchbook, sums: Path) -> None:
    assert benchbook("eval", sums).code == 0
    assert benchbook("eval", worse(sums)).code == 0
    assert benchbook("gate", "worse", "--baseline", "sums", "--json").json["gates"][0]["gate"] == (
        "no significant drop of exact-match"
    )
    assert benchbook("gate", "worse", "--baseline", "sums").code == 1
    assert benchbook("gate", "sums", "--baseline", "worse").code == 0
    assert benchbook("gate", "sums").code == 2
