"""Tables on terminals of any width."""

from io import StringIO

from rich.console import Console

from benchbook.cli.tables import table_of

ROW = ("gemma-3-4b-it", "exact", "72.5 %", "-34.2 points", "-46.0 to -21.2", "< 0.0001", "worse")


def _printed(width: int) -> str:
    table = table_of(
        "run", "score", ">base", ">difference", ">95 % interval", ">p adjusted", "conclusion", title="by [slice]"
    )
    table.add_row(*ROW)
    out = StringIO()
    Console(file=out, width=width, markup=False).print(table)
    return out.getvalue()


def test_a_narrow_terminal_is_told_all_that_a_wide_one_is() -> None:
    for width in (160, 100, 80, 60, 40):
        lines = _printed(width).splitlines()
        assert max(map(len, lines)) <= width
        assert [cell for cell in ROW if cell not in " ".join(line.strip() for line in lines)] == []


def test_a_table_that_does_not_fit_is_a_paragraph_a_row() -> None:
    assert "─" in _printed(100)
    told = [line.rstrip() for line in _printed(60).splitlines()]
    assert told[:3] == ["by [slice]", "gemma-3-4b-it", "  score exact; base 72.5 %; difference -34.2 points; 95 %"]
