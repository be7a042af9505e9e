"""`benchbook compare` and `benchbook power`."""

import json
from pathlib import Path

import pytest

from cli.command import Benchbook


def test_two_experiments_are_compared(benchbook: Benchbook, sums: Path, tmp_path: Path) -> None:
    assert benchbook("eval", sums).code == 0
    second = tmp_path / "second.yaml"
    second.write_text(sums.read_text().replace("name: sums\nmodels", "name: again\nmodels"))
    assert benchbook("eval", second).code == 0
    told = benchbook("compare", "sums", "again", "-o", "c.html", "-o", "c.md")
    assert told.code == 0
    assert "no evidence of a difference" in told.out
    assert "Report: c.html" in told.err
    assert (tmp_path / "c.md").read_text().startswith("# Comparison of runs")
    [found] = benchbook("compare", "sums", "again", "--json").json["findings"]
    assert (found["difference"]["n"], found["difference"]["difference"], found["score"]) == (10, 0, "exact-match")
    refused = benchbook("compare", "sums", "again", "--score", "none")
    assert (refused.code, "--score: unknown score 'none'" in refused.err) == (2, True)
    noiseless = benchbook("power", "--difference", 0.1, "--runs", found["base"]["id"], found["other"]["id"])
    assert (noiseless.code, "never differ" in noiseless.err) == (2, True)
    assert "never differ" in benchbook("power", "--difference", 0.1, "--runs", "sums", "again").err


def test_a_baseline_is_named_as_a_run_is(benchbook: Benchbook, sums: Path, tmp_path: Path) -> None:
    assert benchbook("eval", sums).code == 0
    assert benchbook("baselines", "set", "main", "sums").code == 0
    assert benchbook("eval", sums).code == 0
    [found] = benchbook("compare", "main", "sums", "--json").json["findings"]
    assert found["base"]["id"] != found["other"]["id"]
    assert benchbook("slices", "sums", "--baseline", "main", "--json").json["base"]["id"] == found["base"]["id"]
    [board] = benchbook("leaderboard", "main", "sums", "--json").json["standings"]
    assert len(board["entries"]) == 2
    rows = map(json.loads, benchbook("export", "main").out.splitlines())
    assert {row["run"] for row in rows} == {found["base"]["id"]}
    assert benchbook("report", "main", "-o", "page.md").code == 0
    assert found["base"]["id"] in (tmp_path / "page.md").read_text()
    assert "nor a baseline" not in benchbook("agreement", "main").err
    nobody = benchbook("compare", "zzz", "sums")
    told = "no run 'zzz'; `benchbook runs` lists what there is, lately of sums; nor a baseline (main)"
    assert (nobody.code, told in nobody.err) == (3, True)
    assert benchbook("baselines", "export", "main", "-o", "main.jsonl").code == 0
    assert benchbook("baselines", "import", "main.jsonl", "--name", "brought").code == 0
    figures = benchbook("compare", "brought", "sums")
    assert (figures.code, "`benchbook gate RUN --baseline brought`" in figures.err) == (2, True)


@pytest.mark.parametrize(
    ("asked", "samples"),
    [
        (("--difference", 0.03, "--variance", 1 / 9), 969),
        (("--difference", 0.03, "--variance", 1 / 9, "--within", 1 / 6, "--epochs", 1), 3876),
        (("--difference", 0.03, "--rate", 0.7, "--correlation", 0.5), 1832),
    ],
)
def test_samples_that_a_difference_takes(benchbook: Benchbook, asked: tuple[object, ...], samples: int) -> None:
    assert benchbook("power", *asked, "--json").json["samples"] == samples


def test_the_smallest_difference_is_the_reverse(benchbook: Benchbook) -> None:
    found = benchbook("power", "--samples", 969, "--variance", 1 / 9, "--json").json
    assert found["difference"] == pytest.approx(0.03, abs=1e-6)
    assert benchbook("power", "--json").json["error"]["exit_code"] == 2
    assert benchbook("power", "-d", 0.1, "--rate", 0.5, "--variance", 1).code == 2
    assert "three points are 0.03" in benchbook("power", "-d", 3).err
    assert benchbook("power", "-d", 3, "--variance", 100).code == 0


def test_a_run_is_searched_and_ranked(benchbook: Benchbook, sums: Path, tmp_path: Path) -> None:
    assert benchbook("eval", sums).code == 0
    told = benchbook("slices", "sums", "--min-size", 4, "-o", "s.md", "-o", "s.json")
    assert told.code == 0
    assert "10 samples" in told.out
    assert "3 failures" in (tmp_path / "s.md").read_text()
    assert benchbook("slices", "sums", "--json").json["failures"] == 3
    board = benchbook("leaderboard", "sums", "-o", "b.md", "--json").json
    assert board["standings"][0]["entries"][0]["rank_high"] == 1
    assert (tmp_path / "b.md").read_text().startswith("# Leaderboard")


@pytest.mark.parametrize(
    "asked", [("compare", "a", "b"), ("slices", "a"), ("leaderboard", "a"), ("report", "a"), ("agreement", "a")]
)
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_computed(
    benchbook: Benchbook, tmp_path: Path, asked: tuple[str, ...]
) -> None:
    # There is no run of these names: that would be told next.
    told = benchbook(*asked, "-o", "x.pdf")
    assert (told.code, "x.pdf: a report ends in .md" in told.err) == (2, True)
    (tmp_path / "file").touch()
    told = benchbook(*asked, "-o", "file/of/it.md")
    assert (told.code, f"{tmp_path}/file is no folder" in told.err) == (2, True)
    assert benchbook(*asked, "-o", "not yet there/it.md").code == 3
    assert not (tmp_path / "not yet there").exists()


@pytest.mark.parametrize("asked", [("export", "a", "-o"), ("gate", "a", "--baseline", "b", "--junit")])
def test_so_is_that_of_an_export_and_of_gates(benchbook: Benchbook, tmp_path: Path, asked: tuple[str, ...]) -> None:
    (tmp_path / "file").touch()
    told = benchbook(*asked, "file/it.xml")
    assert (told.code, f"{tmp_path}/file is no folder" in told.err) == (2, True)
