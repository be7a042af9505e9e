"""Thresholds files: every mistake is named with line and field."""

import pytest

from benchbook.errors import SpecError
from benchbook.specs.experiments import ExperimentSpec
from benchbook.specs.files import read_text
from benchbook.specs.gates import Thresholds


def parsed(text: str) -> Thresholds:
    return read_text("t.yaml", text).parse(Thresholds)


@pytest.mark.parametrize(
    ("gate", "place", "why"),
    [
        ("pass_rate > 0.6", "t.yaml:3: gates[0]", "expected a gate like `pass_rate >= 0.6`"),
        ("pass_rate >= much", "t.yaml:3: gates[0]", "'much' is no number"),
        ("pass_rate >= 60%", "t.yaml:3: gates[0]", "shares are written as 0.6"),
        ("{figure: pass_rate}", "t.yaml:3: gates[0]", "a gate demands one thing"),
        ("{figure: pass_rate, at_least: 0.5, max_drop: 0.1}", "t.yaml:3: gates[0]", "at_least or at_most and max_drop"),
        ("{figure: pass_rate, atleast: 0.5}", "t.yaml:3: gates[0].atleast", "did you mean 'at_least'?"),
        ("{figure: a, at_least: 0.5, severity: fial}", "t.yaml:3: gates[0].severity", "did you mean 'fail'?"),
        ("{figure: a, at_least: 5%}", "t.yaml:3: gates[0].at_least", "shares as `5%` are for max_drop"),
        ("{at_least: 0.5}", "t.yaml:3: gates[0].figure", "this field is required"),
        ("{figure: pass_rate, no_regression: true}", "t.yaml:3: gates[0].figure", "say `score` instead"),
        ("{figure: a, max_drop: 5%, bound: low}", "t.yaml:3: gates[0].bound", "give the number itself"),
        ("{figure: a, max_drop: -1}", "t.yaml:3: gates[0].max_drop", "greater than or equal to 0"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_field(gate: str, place: str, why: str) -> None:
    with pytest.raises(SpecError) as caught:
        parsed(f"baseline: main\ngates:\n  - {gate}\n")
    assert str(caught.value).startswith(place)
    assert why in str(caught.value)


def test_two_gates_of_one_name_and_no_gates_are_refused() -> None:
    with pytest.raises(SpecError, match="two gates are called 'a ≥ 1'"):
        parsed("gates: ['a >= 1', 'a >= 1']")
    with pytest.raises(SpecError, match="with at least one gate"):
        parsed("alpha: 0.1")


def test_the_short_spelling_is_the_long_one() -> None:
    [short, share] = parsed("gates: ['pass@5.low >= 0.25', {figure: cost, max_rise: 7.5%}]").gates
    assert (short.figure, short.bound, short.at_least, short.at_most) == ("pass@5", "low", 0.25, None)
    assert share.max_rise == pytest.approx(0.075)
    assert share.relative
    assert (short.demand, share.demand) == ("pass@5 (low end) ≥ 0.25", "cost rises by at most 7.5 %")


def test_an_experiment_has_gates_as_a_list_or_in_full() -> None:
    base = "name: x\nmodels: [mock/a]\ntasks: [python-coding]\n"
    for text in ("gates: ['pass_rate >= 0.5']", "gates: {baseline: main, gates: ['pass_rate >= 0.5']}"):
        spec = read_text("e.yaml", base + text).parse(ExperimentSpec)
        assert spec.gates is not None
        assert spec.gates.gates[0].at_least == 0.5
