"""How far the judges of runs, or of a file of ratings, agree with people and with execution."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from benchbook.engine.agreement import Rules, agreement
from benchbook.engine.ratings import Rating
from benchbook.errors import NotFound, SpecError
from benchbook.records.runs import Run
from benchbook.service import ratings as ratings_
from benchbook.service.agreement_html import html
from benchbook.service.agreement_markdown import markdown
from benchbook.service.agreement_text import AgreementReport, warnings
from benchbook.service.files import write_report
from benchbook.specs.spec import unknown
from benchbook.store.store import Store

__all__ = ["AgreementReport", "Question", "Rules", "document", "of_file", "of_runs", "plain", "write"]

FORMS: dict[str, Callable[[AgreementReport], str]] = {".md": markdown, ".html": html}


@dataclass(frozen=True)
class Question:
    """What of the ratings is asked."""

    against: str | None = None
    """`human`, `code` or a rater by name; people and execution unless given."""
    criteria: Sequence[str] = ()
    """All unless given."""
    rules: Rules = Rules()


def of_runs(store: Store, runs: Sequence[Run], question: Question, now: datetime) -> AgreementReport:
    """The agreement of those who scored the generations of these runs."""
    titles = [f"{run.spec.model.name} on {run.spec.task.name} ({run.id})" for run in runs]
    return _report(titles, ratings_.of_runs(store, runs), question, now)


def of_file(paths: Sequence[Path], question: Question, now: datetime) -> AgreementReport:
    """The agreement of those whose ratings are in these files."""
    ratings = [rating for path in paths for rating in ratings_.of_file(path)]
    return _report([str(path) for path in paths], ratings, question, now)


def write(report: AgreementReport, path: Path) -> Path:
    """The report at `path`, whose ending decides the form."""
    return write_report(report, path, FORMS)


def document(report: AgreementReport) -> dict[str, Any]:
    """The report for machines."""
    found = report.agreement
    return {
        "sources": list(report.sources),
        "warnings": list(warnings(found)),
        **plain(found),
        "comparisons": [
            {
                **plain(one),
                "table": [dict(zip(("judge", "reference", "items"), cell, strict=True)) for cell in one.table],
            }
            for one in found.comparisons
        ],
        "unmatched": [{"criterion": criterion, "judge": judge} for criterion, judge in found.unmatched],
    }


def _report(sources: Sequence[str], ratings: Sequence[Rating], question: Question, now: datetime) -> AgreementReport:
    _check(ratings, question)
    chosen = [one for one in ratings if not question.criteria or one.criterion in question.criteria]
    return AgreementReport(sources, agreement(chosen, question.against, question.rules), now)


def _check(ratings: Sequence[Rating], question: Question) -> None:
    """Every mistake in the question, before anything is computed."""
    criteria = {one.criterion for one in ratings}
    for criterion in question.criteria:
        if criterion not in criteria:
            raise SpecError(f"--criterion: {unknown('criterion', criterion, criteria)}")
    judges = {one.rater for one in ratings if one.author == "model"}
    if not judges - {question.against}:
        raise NotFound("no model has judged any of this: there is nobody whose agreement could be looked at")
    against = {one.author for one in ratings} - {"model"} | {one.rater for one in ratings}
    if question.against is not None and question.against not in against:
        raise SpecError(f"--against: {unknown('rater', question.against, against)}")


def plain(value: object) -> Any:
    """Values as JSON has them."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple) and (names := getattr(value, "_fields", None)):
        return {name: plain(part) for name, part in zip(names, value, strict=True)}
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value
