"""The comparison as Markdown. What models wrote stays text."""

from collections.abc import Iterator

from benchbook.service.comparison_report import ComparisonReport, Finding
from benchbook.service.comparison_text import (
    COLUMNS,
    HOW,
    SLICE_COLUMNS,
    TOOK_COLUMNS,
    details,
    direction,
    row,
    sentence,
    shown_slices,
    slice_row,
    title_of,
    took_row,
)
from benchbook.service.markdown_text import table, text
from benchbook.service.report_facts import moment
from benchbook.service.report_text import count
from benchbook.store.comparisons import ComparedRow

EXCERPT = 160


def markdown(report: ComparisonReport) -> str:
    """The comparison as GitHub-flavoured Markdown."""
    return "\n\n".join(block for block in _blocks(report) if block) + "\n"


def _blocks(report: ComparisonReport) -> Iterator[str]:
    yield "# Comparison of runs"
    yield f"Written {moment(report.generated_at)}."
    yield "\n".join(f"> **Note:** {text(note)}  " for note in report.notes)
    yield "\n".join(f"- {text(sentence(report, one))}" for one in report.findings)
    yield table(COLUMNS, [list(map(text, row(report, one))) for one in report.findings], left=2)
    yield HOW
    if report.unmatched:
        yield "Without a counterpart: " + ", ".join(text(f"{run.model} on {run.task}") for run in report.unmatched)
    yield "## What it took"
    yield table(TOOK_COLUMNS, [list(map(text, took_row(report, one))) for one in report.took])
    for one in report.findings:
        yield from _finding(report, one)


def _finding(report: ComparisonReport, one: Finding) -> Iterator[str]:
    yield f"## {text(one.score)}: {text(title_of(report, one.other))} beside {text(title_of(report, one.base))}"
    yield f"{text(one.base.id)} → {text(one.other.id)}, on {text(one.base.task)}."
    yield table(["", "value"], [[text(name), text(value)] for name, value in details(one)])
    parts = shown_slices(one)
    if parts:
        yield "### Slices"
        yield table(SLICE_COLUMNS, [list(map(text, slice_row(part))) for part in parts])
    if one.flipped:
        yield "### What flipped"
        rows = [_flip(one, pair) for pair in one.flipped]
        yield table(["sample", "flip", "question", "base", "this"], rows, left=5)
        left = one.flips.regressed + one.flips.fixed - len(one.flipped)
        yield f"… and {count(left)} more." if left > 0 else ""


def _flip(one: Finding, pair: ComparedRow) -> list[str]:
    key = pair.base.key + (f", try {pair.base.epoch}" if pair.base.epoch > 1 else "")
    told = (pair.base.input, pair.base.output, pair.other.output)
    return [text(key), direction(one, pair), *(text(said[:EXCERPT]) for said in told)]
