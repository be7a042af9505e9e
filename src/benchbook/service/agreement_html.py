"""The agreement report as one page: no network, no script. Names that others gave are shown, never obeyed."""

import math
from collections.abc import Sequence

from markupsafe import Markup

from benchbook.engine.agreement import Comparison
from benchbook.engine.calibration import Bin
from benchbook.service import agreement_text
from benchbook.service.agreement_text import AgreementReport
from benchbook.service.report_chart import Scale
from benchbook.service.report_html import asset, page, source_hash


def html(report: AgreementReport) -> str:
    """The report as a page."""
    found = report.agreement
    style = asset("report.css") + asset("agreement.css")
    told = [(bias, list(agreement_text.biases(bias))) for bias in found.biases]
    return page("agreement.html.j2").render(
        report=report,
        style=Markup(style),  # noqa: S704 - our own files
        style_hash=source_hash(style),
        warnings=list(agreement_text.warnings(found)),
        charted=[one for one in found.comparisons if (kappa := one.figures.get("kappa")) and kappa.value is not None],
        moved=[(bias, figures) for bias, figures in told if figures],
        title_of=agreement_text.title,
        scale_of_kappas=scale_of,
        ticks=ticks,
        percent_of=percent_of,
        most=most,
        **{name: getattr(agreement_text, name) for name in _WORDS},
    )


_WORDS = (
    *("INTERVALS", "MEANING", "NAMES", "SCALES"),
    *("answer", "coefficient", "corrected", "excluded", "name_of", "shown"),
)


def scale_of(comparisons: Sequence[Comparison]) -> Scale:
    """From 0 to 1, and as far below as there is anything."""
    ends = [end for one in comparisons for end in one.figures["kappa"] if end is not None]
    return Scale(min(0.0, math.floor(5 * min(ends)) / 5), 1.0)


def ticks(scale: Scale) -> list[float]:
    """Where the grid lines stand: a fifth apart, or two where there are many."""
    step = 1 if scale.low >= -0.4 else 2
    return [fifths / 5 for fifths in range(5, round(5 * scale.low) - 1, -step)]


def percent_of(share: float) -> str:
    """A place on an axis from 0 to 1."""
    return f"{100 * share:.2f}%"


def most(bins: Sequence[Bin]) -> int:
    """How many items the fullest bin has."""
    return max(part.n for part in bins)
