"""Gates as others read them; names are hostile."""

from pathlib import Path
from xml.etree import ElementTree as Xml

from benchbook.engine.gates import Held, Outcome
from benchbook.service.gate_reports import annotations, append, junit, markdown, write
from benchbook.specs.gates import Gate, Severity

HOSTILE = "a\n::error title=x::owned %0A <b>]]>&amp;|`\x00\x1b[31m\ud800\uffff\u202e"


NAME = HOSTILE.replace("\ud800", "")


def held(outcome: Outcome, severity: Severity = "fail", said: str = "found", name: str = "gate") -> Held:
    gate = Gate(figure="pass_rate", at_least=0.5, name=name, severity=severity)
    return Held(gate, "run-1", "m", "t", outcome, said)


EVERY = [held("passed"), held("failed"), held("error"), held("warned", "warn"), held("error", "warn")]


def test_junit_counts_failures_errors_and_warnings() -> None:
    suite = Xml.fromstring(junit(EVERY))[0]
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "5",
        "failures": "1",
        "errors": "1",
        "skipped": "2",
    }
    assert [case[0].tag for case in suite] == ["system-out", "failure", "error", "skipped", "skipped"]


def test_hostile_names_stay_text_in_xml() -> None:
    text = junit([held("failed", said=HOSTILE, name=NAME)])
    case = Xml.fromstring(text.encode())[0][0]
    assert "<b>]]>&amp;" in str(case.get("name"))
    assert not {"\x00", "\x1b", "\u202e"} & set(text)


def test_an_annotation_is_one_line_whatever_it_says() -> None:
    found = list(annotations([held("failed", said=HOSTILE, name=NAME), *EVERY]))
    assert [line.split(" ")[0] for line in found] == ["::error", "::error", "::error", "::warning", "::warning"]
    assert not any("\n" in line or "\r" in line for line in found)
    assert "%250A" in found[0]
    # Only two pairs of colons: those of the command.
    title = found[0].removeprefix("::error title=").partition("::")[0]
    assert ":" not in title
    assert "," not in title


def test_the_summary_is_a_table_that_hostile_names_do_not_leave(tmp_path: Path) -> None:
    text = markdown([held("failed", said=HOSTILE, name=NAME)])
    assert len(text.strip().splitlines()) == 5
    assert "<b>" not in text
    append(EVERY, tmp_path / "summary.md")
    append(EVERY, tmp_path / "summary.md")
    assert (tmp_path / "summary.md").read_text().count("## 2 of 5 gates failed, 2 with a warning") == 2
    write(EVERY, tmp_path / "gates.md")
    write(EVERY, tmp_path / "gates.xml")
    assert (tmp_path / "gates.md").read_text().startswith("## ")
    assert (tmp_path / "gates.xml").read_text().startswith("<?xml")
