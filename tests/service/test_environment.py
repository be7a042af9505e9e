"""Under which circumstances a run was carried out: what is known of them."""

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from benchbook.service import environment
from benchbook.specs.experiments import RunSpec
from store.planned import SPEC

RUN = RunSpec(model=SPEC.models[0], task=SPEC.tasks[0], settings=SPEC.run)


def test_versions_and_machine_are_known() -> None:
    facts = environment.facts(RUN)
    assert facts["python"] == ".".join(map(str, sys.version_info[:3]))
    assert facts["pydantic"] == version("pydantic")
    assert facts["process"].startswith(f"{os.getpid()} ")
    assert environment.alive(facts)
    assert "vllm" not in facts


def test_the_commit_of_the_folder_one_works_in_is_known_and_whether_it_is_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def git(*arguments: str) -> str:
        who = ["-c", "user.name=ada", "-c", "user.email=ada@localhost", "-c", "init.defaultBranch=main"]
        command = ["git", "-C", str(tmp_path), *who, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    monkeypatch.chdir(tmp_path)
    assert "project" not in environment.facts(RUN)
    git("init")
    (tmp_path / "scorer.py").write_text("one\n")
    git("add", "scorer.py")
    git("commit", "-m", "scorer: Begin.")
    commit = git("rev-parse", "HEAD")
    assert environment.facts(RUN)["project"] == commit
    (tmp_path / "scorer.py").write_text("two\n")
    git("config", "core.fsmonitor", "touch started; false")
    assert environment.facts(RUN)["project"] == commit + "+"
    assert not (tmp_path / "started").exists()


def test_the_package_of_a_foreign_plugin_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "their_scorers-3.1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: their-scorers\nVersion: 3.1\n")
    (installed / "entry_points.txt").write_text("[benchbook.scorer]\nanother = their_scorers:another\n")
    monkeypatch.syspath_prepend(tmp_path)
    [scorer] = RUN.task.scorers
    task = RUN.task.model_copy(update={"scorers": (scorer, scorer.model_copy(update={"name": "another"}))})
    assert environment.facts(RUN.model_copy(update={"task": task}))["their-scorers"] == "3.1"
    assert "their-scorers" not in environment.facts(RUN)
