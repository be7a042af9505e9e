"""Comparisons as files: Markdown to read and to post, one HTML page, and JSON."""

import json
from collections.abc import Callable
from pathlib import Path

from benchbook.service.comparison_html import html
from benchbook.service.comparison_markdown import markdown
from benchbook.service.comparison_report import ComparisonReport, document
from benchbook.service.files import write_report


def write(report: ComparisonReport, path: Path) -> Path:
    """The comparison at `path`, whose ending decides the form."""
    return write_report(report, path, FORMS)


def _json(report: ComparisonReport) -> str:
    return json.dumps(document(report), ensure_ascii=True, allow_nan=False, indent=2) + "\n"


FORMS: dict[str, Callable[[ComparisonReport], str]] = {".md": markdown, ".html": html, ".json": _json}
