"""Comparisons as files: Markdown to read and to post, one HTML page, and JSON."""

import json
from collections.abc import Callable
from pathlib import Path

from benchbook.errors import SpecError
from benchbook.service.comparison_html import html
from benchbook.service.comparison_markdown import markdown
from benchbook.service.comparison_report import ComparisonReport, document
from benchbook.service.files import written_whole


def write(report: ComparisonReport, path: Path) -> Path:
    """The comparison at `path`, whose ending decides the form."""
    if path.suffix not in _FORMS:
        raise SpecError(f"{path}: a comparison ends in {', '.join(_FORMS)}, not in {path.suffix!r}")
    with written_whole(path) as out:
        out.write(_FORMS[path.suffix](report))
    return path


def _json(report: ComparisonReport) -> str:
    return json.dumps(document(report), ensure_ascii=True, allow_nan=False, indent=2) + "\n"


_FORMS: dict[str, Callable[[ComparisonReport], str]] = {".md": markdown, ".html": html, ".json": _json}
