"""What the documents say is true: configs parse, links lead somewhere, commands exist."""

import re
from pathlib import Path

import pytest

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


def test_some_configs_are_shown() -> None:
    assert len(CONFIGS) >= 2


def test_the_mapping_that_is_shown_is_one() -> None:
    [text] = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "ingestion.md").read_text(), re.DOTALL)
    assert read_text("mapping.yaml", text).parse(IngestMapping).evaluations
