"""What a search for slices has found, in words; and as Markdown. What models wrote stays text."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchbook.engine.slicing import Slice
from benchbook.service.agreement import plain
from benchbook.service.comparison_text import p_value
from benchbook.service.files import write_report
from benchbook.service.markdown_text import table, text
from benchbook.service.report_facts import moment
from benchbook.service.report_text import count
from benchbook.service.slices import EMBEDDER, FailureGroup, SliceReport

COLUMNS = ("slice", "mean", "rest", "gap", "95 % interval", "p adjusted", "n held out", "n")
HOW = (
    "Slices are searched for in one half of the samples and proven on the other: all figures are of the held-out half. "
    "p-values are adjusted for all slices that were put to the proof, by the worst of them under permutation."
)


def title(report: SliceReport) -> str:
    """What was searched."""
    against = f" against {report.base.model} ({report.base.id})" if report.base else ""
    return f"{report.score}: {report.run.model} on {report.run.task} ({report.run.id}){against}"


def summary(report: SliceReport) -> str:
    """What was found, in a sentence or two."""
    if not report.early:
        return _found(report)
    # What is permuted is which slice a sample is in, and that has ended nothing.
    return (
        f"{_found(report)} Note: {report.early}; p-values of slices hold nevertheless, means and intervals are of the "
        "samples that were asked, and do not allow for the early end."
    )


def _found(report: SliceReport) -> str:
    found = report.search
    proven = sum(one.proven for one in found.slices)
    worse = "loses more than elsewhere" if report.base else "is worse than elsewhere"
    looked = (
        f"{count(found.n)} samples (mean {report.mean:+.3f}"
        if report.base
        else (f"{count(found.n)} samples (mean {report.mean:.3f}")
    )
    looked += f"; {count(report.excluded)} left out)" if report.excluded else ")"
    looked += f", {count(found.features)} features, {count(found.candidates)} slices looked at"
    other = len(found.slices) - proven
    suspects = "suspect" if other == 1 else "suspects"
    rest = f" {count(other)} other {suspects} did not hold up on held-out samples." if other else ""
    if not proven:
        return f"No evidence of a slice where it {worse}: {looked}.{rest}"
    noun = "slice" if proven == 1 else "slices"
    return f"{count(proven)} {noun} where it {worse}, proven on held-out samples: {looked}.{rest}"


def topics_by(report: SliceReport) -> str:
    """What topics and groups of failures are made by."""
    if report.rules.embedder:
        return f"Topics and groups of failures are made by meaning ({report.rules.embedder})."
    how = f"`--topics meaning`, after `benchbook models pull {EMBEDDER}`"
    return f"Topics and groups of failures are made by words, not by meaning ({how})."


def row(one: Slice) -> list[str]:
    """A slice, by `COLUMNS`."""
    figures = [f"{one.mean:.3f}", f"{one.rest:.3f}", f"{one.gap:+.3f}", f"{one.low:+.3f} to {one.high:+.3f}"]
    return [name(one), *figures, p_value(one.p), count(one.n_proof), count(one.n)]


def name(one: Slice) -> str:
    """`tag: dates and question length: ≥ 300`."""
    return " and ".join(f"{field}: {value}" for field, value in one.features)


def group_name(group: FailureGroup) -> str:
    """How a group of failures is called."""
    return f"{group.name or 'without common words'}: {count(group.n)}"


def document(report: SliceReport) -> dict[str, Any]:
    """The report for machines."""
    found: dict[str, Any] = json.loads(json.dumps(plain(report), default=str))
    return {"summary": summary(report), **found}


def markdown(report: SliceReport) -> str:
    """The report as GitHub-flavoured Markdown."""
    return "\n\n".join(block for block in _blocks(report) if block) + "\n"


def write(report: SliceReport, path: Path) -> Path:
    """The report at `path`, whose ending decides the form."""
    return write_report(report, path, FORMS)


def _json(report: SliceReport) -> str:
    return json.dumps(document(report), indent=2) + "\n"


FORMS: dict[str, Callable[[SliceReport], str]] = {".md": markdown, ".json": _json}


def _blocks(report: SliceReport) -> Iterator[str]:
    yield "# Slices that are worse"
    yield f"{text(title(report))}, written {moment(report.generated_at)}."
    yield summary(report)
    for heading, proven in (("Proven", True), ("Did not hold up", False)):
        rows = [list(map(text, row(one))) for one in report.search.slices if one.proven is proven]
        if rows:
            yield f"## {heading}"
            yield table(COLUMNS, rows)
    yield f"{HOW} {topics_by(report)}"
    if report.groups:
        yield f"## {count(report.failures)} failures"
    for group in report.groups:
        yield f"### {text(group_name(group))}"
        told = [[text(part) for part in (one.key, one.question, one.answer, one.why)] for one in group.examples]
        yield table(["sample", "question", "answer", "why"], told, left=4)
