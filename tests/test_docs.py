"""What the documents say is true: configs parse, links lead somewhere, commands exist."""

import re
from pathlib import Path

import pytest

from benchbook import evaluate
from benchbook.cli.main import _COMMANDS
from benchbook.specs.experiments import ExperimentSpec
from benchbook.specs.files import read, read_text
from benchbook.specs.ingestion import IngestMapping
from benchbook.specs.reviews import ReviewSpec
from benchbook.specs.rubrics import Rubric

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
CONFIGS = [
    pytest.param(block, id=f"{path.relative_to(ROOT)}-{number}")
    for path in DOCUMENTS
    for number, block in enumerate(re.findall(r"```yaml\n(name:.*?)```", path.read_text(), re.DOTALL))
]


@pytest.mark.parametrize("text", CONFIGS)
def test_every_config_shown_is_one(text: str) -> None:
    source = read_text("example.yaml", text)
    if "select" in source.data:
        assert source.parse(ReviewSpec).judge
        return
    if "items" in source.data:
        assert source.parse(Rubric).items
        return
    assert source.parse(ExperimentSpec).models


@pytest.mark.parametrize("path", sorted(ROOT.glob("configs/*.yaml")), ids=lambda path: path.name)
def test_every_config_shipped_is_one(path: Path) -> None:
    assert read(path).parse(ExperimentSpec).name == path.stem


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)\)", path.read_text()):
        assert target.startswith("https://") or (path.parent / target).exists(), target


@pytest.mark.parametrize("path", ["README.md", "docs/commands.md"])
def test_every_command_is_named(path: str) -> None:
    text = (ROOT / path).read_text()
    assert [name for name in _COMMANDS if not re.search(rf"[`·] ?`?(benchbook )?{name}\b", text)] == []


def test_the_plugins_shown_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [(ROOT / "docs" / f"{name}.md").read_text() for name in ("scorers", "solvers", "models")]
    shown = [block for page in pages for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL)]
    (tmp_path / "shown.py").write_text("\n\n".join(shown))
    (tmp_path / "capitals.csv").write_text("country,capital\nFrance,FRANCE\nItaly,Rome\n")
    monkeypatch.setenv("BENCHBOOK_PLUGINS", str(tmp_path / "shown.py"))
    monkeypatch.setenv("BENCHBOOK_HOME", str(tmp_path / "home"))
    task = {"task": {"capitals": str(tmp_path / "capitals.csv")}}
    dataset = {"csv": {"file": str(tmp_path / "capitals.csv"), "input": "{country}", "target": "capital"}}
    own = {"name": "own", "dataset": dataset, "solver": "second-thought", "scorers": {"short-reply": {"limit": 80}}}
    evaluation = evaluate({"name": "shown", "models": ["shout/any"], "tasks": [task, own]})
    assert [run.status for run in evaluation.runs] == ["completed", "completed"]
    rates = [m.value for run in evaluation.runs for m in evaluation.metrics[run.id] if m.name == "pass_rate"]
    assert rates == [0.5, 1.0]
    assert evaluation.runs[0].environment["shown.py"].startswith("sha256 ")


def test_some_configs_are_shown() -> None:
    assert len(CONFIGS) >= 2


def test_the_mapping_that_is_shown_is_one() -> None:
    [text] = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "ingestion.md").read_text(), re.DOTALL)
    assert read_text("mapping.yaml", text).parse(IngestMapping).evaluations
