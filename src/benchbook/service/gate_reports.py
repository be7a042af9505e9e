"""What became of gates, for those who wait for it: JUnit XML, annotations of GitHub, Markdown. Names are hostile."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree as Xml

from benchbook.engine.gates import Held, Outcome, failed
from benchbook.service.files import written_whole
from benchbook.service.markdown_text import table, text
from benchbook.service.report_text import one_line

_MARKS: dict[Outcome, str] = {
    "passed": "✅ passed",
    "failed": "❌ failed",
    "warned": "⚠️ warned",
    "error": "❌ not told",
}


def junit(held: Sequence[Held]) -> str:
    """The gates as test cases, a run a class. A warning is a case that is skipped."""
    broken = failed(held)
    counts = {
        "tests": len(held),
        "failures": sum(one.outcome == "failed" for one in broken),
        "errors": sum(one.outcome == "error" for one in broken),
        "skipped": sum(one.outcome != "passed" and one not in broken for one in held),
    }
    root = Xml.Element("testsuites")
    told = {name: str(number) for name, number in counts.items()}
    suite = Xml.SubElement(root, "testsuite", {"name": "benchbook gates", **told, "time": "0"})
    for one in held:
        _case(suite, one, one in broken)
    Xml.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Xml.tostring(root, encoding="unicode")}\n'


def annotations(held: Sequence[Held]) -> Iterator[str]:
    """A line of GitHub's workflow commands for each gate that did not pass."""
    broken = failed(held)
    for one in held:
        if one.outcome != "passed":
            kind = "error" if one in broken else "warning"
            title = _escaped(f"{one.gate.title}: {_who(one)}").replace(":", "%3A").replace(",", "%2C")
            yield f"::{kind} title={title}::{_escaped(one.said)}"


def markdown(held: Sequence[Held]) -> str:
    """A heading and a table."""
    broken = len(failed(held))
    heading = f"{broken} of {len(held)} gates failed" if broken else f"All {len(held)} gates passed"
    warned = len([one for one in held if one.outcome != "passed"]) - broken
    if warned:
        heading += f", {warned} with a warning" if broken else f" or only warn ({warned})"
    rows = [[_MARKS[one.outcome], text(one.gate.title), text(_who(one)), text(one.said)] for one in held]
    return f"## {heading}\n\n{table(['', 'gate', 'run', 'found'], rows, left=4)}\n"


def write(held: Sequence[Held], path: Path) -> None:
    """A file of these; its ending says which: `.xml` or `.md`."""
    with written_whole(path) as out:
        out.write(markdown(held) if path.suffix == ".md" else junit(held))


def append(held: Sequence[Held], path: Path) -> None:
    """Add the table to a file that others write to, too."""
    with path.open("a", encoding="utf-8") as out:
        out.write(f"{markdown(held)}\n")


def _case(suite: Xml.Element, held: Held, broken: bool) -> None:  # noqa: FBT001 - what was found of it
    name = one_line(held.gate.title)
    case = Xml.SubElement(suite, "testcase", {"classname": one_line(_who(held)), "name": name, "time": "0"})
    said = one_line(held.said)
    if held.outcome == "passed":
        Xml.SubElement(case, "system-out").text = said
        return
    kind = {"failed": "failure", "error": "error"}[held.outcome] if broken else "skipped"
    Xml.SubElement(
        case, kind, {"message": said}
    ).text = f"{one_line(held.gate.demand)}\n{said}\nrun {one_line(held.run)}"


def _who(held: Held) -> str:
    return " on ".join(part for part in (held.model, held.task) if part) or "no run"


def _escaped(said: str) -> str:
    # A line break would begin a command of its own.
    return one_line(said).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
