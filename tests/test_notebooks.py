"""Notebooks run from the first cell to the last, on an empty data folder too, and are kept without output."""

import json
import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "results_analysis.ipynb"


def test_the_notebook_is_kept_without_output() -> None:
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    assert not [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Jupyter's own packages
def test_the_notebook_makes_its_own_runs_and_draws_them(tmp_path: Path) -> None:
    notebook: Any = nbformat.read(NOTEBOOK, as_version=4)
    home = {**os.environ, "BENCHBOOK_HOME": str(tmp_path), "BENCHBOOK_DATABASE_URL": "", "MPLBACKEND": ""}
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}})
    client.execute(env={name: value for name, value in home.items() if value})
    drawn = [
        output.data
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if output.output_type == "display_data"
    ]
    assert len([data for data in drawn if "image/png" in data]) == 3
    assert (tmp_path / "benchbook.db").is_file()
