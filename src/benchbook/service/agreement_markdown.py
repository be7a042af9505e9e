"""The agreement report as Markdown. Names that others gave stay text."""

from collections.abc import Iterator

from benchbook.engine.agreement import Comparison, Panel
from benchbook.service.agreement_text import (
    INTERVALS,
    NAMES,
    SCALES,
    AgreementReport,
    answer,
    biases,
    coefficient,
    corrected,
    excluded,
    name_of,
    shown,
    title,
    warnings,
)
from benchbook.service.markdown_text import table, text
from benchbook.service.report_facts import moment
from benchbook.service.report_text import count, percent


def markdown(report: AgreementReport) -> str:
    """The report as GitHub-flavoured Markdown."""
    return "\n\n".join(block for block in _blocks(report) if block) + "\n"


def _blocks(report: AgreementReport) -> Iterator[str]:
    found = report.agreement
    yield "# Agreement of judges"
    yield f"Of {count(found.ratings)} ratings, written {moment(report.generated_at)}."
    yield "\n".join(f"- {text(source)}" for source in report.sources)
    yield "\n".join(f"> **Note:** {text(warning)}  " for warning in warnings(found))
    yield from _overview(report)
    for one in found.comparisons:
        yield from _comparison(one)
    if found.panels:
        yield "## Raters among themselves"
        yield from map(_panel, found.panels)
    for bias in found.biases:
        rows = [[text(name), text(value), text(of)] for name, value, of in biases(bias)]
        if rows:
            yield f"## What moves the judge: {text(title(bias))}"
            yield table(["", "", "of"], rows, left=3)
    rules = found.rules
    yield f"Seed {rules.seed}, {count(rules.draws)} resamples. {INTERVALS}"


def _overview(report: AgreementReport) -> Iterator[str]:
    rows = [
        [
            *(text(name) for name in (one.criterion, one.judge, one.reference)),
            shown("accuracy", one.figures.get("accuracy")),
            shown("kappa", one.figures.get("kappa")),
            count(one.n),
            text(excluded(one)),
            "yes" if one.calibrated else "no",
        ]
        for one in report.agreement.comparisons
    ]
    if rows:
        header = ["criterion", "judge", "against", "accuracy", "Cohen's κ", "n", "excluded", "calibrated"]
        yield table(header, rows, left=3)


def _comparison(one: Comparison) -> Iterator[str]:
    yield f"## {text(title(one))}"
    calibrated = "Calibrated" if one.calibrated else "Not calibrated"
    items = f"{count(one.n)} items of {count(one.clusters)} questions, {SCALES[one.scale]}"
    yield f"{items}; excluded: {text(excluded(one))}. **{calibrated}**: {text(one.why)}."
    yield table(["figure", "value (95 %)"], [[name_of(name, one), shown(name, it)] for name, it in one.figures.items()])
    cells = [[text(answer(mine)), text(answer(theirs)), count(times)] for mine, theirs, times in one.table]
    yield table(["judge says", "reference says", "items"], cells, left=2)
    if (sure := one.calibration) is not None:
        yield f"Confidence, over {count(sure.n)} items: ECE {coefficient(sure.ece)}, Brier {coefficient(sure.brier)}."
        bins = [
            [f"{part.low:.1f}–{part.high:.1f}", percent(part.confidence), percent(part.rate), count(part.n)]
            for part in sure.bins
        ]
        yield table(["confidence", "mean", "right", "n"], bins)
    if (correction := one.correction) is not None:
        yield table([text(correction.of), "value (95 %)"], [[text(name), it] for name, it in corrected(correction)])


def _panel(panel: Panel) -> str:
    who = "people" if panel.kind == "human" else "judges"
    figures = ", ".join(f"{NAMES[name]} {coefficient(figure)}" for name, figure in panel.figures.items())
    names = ", ".join(panel.raters)
    return f"{text(panel.criterion)}, {len(panel.raters)} {who} ({text(names)}), {count(panel.n)} items: {figures}."
