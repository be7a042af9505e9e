"""The comparison as one page: no network, no script. What models wrote is shown, never obeyed."""

from collections.abc import Sequence

from markupsafe import Markup

from benchbook.service import comparison_text
from benchbook.service.comparison_report import ComparisonReport, Finding
from benchbook.service.comparison_text import is_share
from benchbook.service.report_chart import Scale
from benchbook.service.report_html import asset, page, source_hash


def html(report: ComparisonReport) -> str:
    """The comparison as a page."""
    style = asset("report.css") + asset("comparison.css")
    return page("comparison.html.j2").render(
        report=report,
        style=Markup(style),  # noqa: S704 - our own files
        style_hash=source_hash(style),
        whole=[(comparison_text.row(report, one), one.conclusion) for one in report.findings],
        took=[(comparison_text.took_row(report, one), None) for one in report.took],
        charted=[one for one in report.findings if one.difference.low is not None and is_share(one.difference)],
        scale_of_differences=scale_of,
        ticks=ticks,
        **{name: getattr(comparison_text, name) for name in _WORDS},
    )


_WORDS = (
    *("COLUMNS", "HOW", "SLICE_COLUMNS", "TOOK_COLUMNS"),
    *("details", "direction", "look", "sentence", "shown_slices", "slice_row", "title_of"),
)


def scale_of(findings: Sequence[Finding]) -> Scale:
    """As far to both sides of zero as any interval goes."""
    ends = [end for one in findings for end in (one.difference.low, one.difference.high) if end is not None]
    reach = max((abs(end) for end in ends), default=0.0) or 1.0
    return Scale(-reach, reach)


def ticks(scale: Scale) -> list[tuple[str, str]]:
    """Places and labels of the grid lines, in points."""
    values = [scale.low * part / 2 for part in (2, 1, 0, -1, -2)]
    return [(scale.at(value), f"{100 * value:+.1f}" if value else "0") for value in values]
