"""Where mathematics leaves it open, the policy decides, and is named."""

import pytest

from benchbook import Policy, SpecError
from engine.answers.verified import verdict, verified


@pytest.mark.parametrize(
    ("gold", "reply", "policy", "by_default"),
    [
        (r"\frac13", "0.333", "rounding", "different"),
        (r"\pi", "3.14", "rounding", "different"),
        ("25%", "25", "percent_vs_number", "different"),
        (r"5\text{ m}", "500 cm", "unit_conversion", "different"),
        (r"90^\circ", r"\frac{\pi}{2}\text{ rad}", "degrees_vs_radians", "different"),
        ("5 apples", "5 pears", "units", "different"),
        ("(1,2)", r"\{1,2\}", "tuple_vs_set", "different"),
        ("(1,2)", "(2,1)", "list_order+tuple_vs_set", "different"),
        (r"\{5\}", "5", "singleton_set", "different"),
        (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix}1&2\end{pmatrix}", "row_vs_column", "different"),
        ("k=1", "x=1", "variable_name", "different"),
        ("3.5", "3,5", "decimal_comma", "different"),
        ("204_5", "204", "dropped_base", "different"),
        ("3:4", "3/4", "ratio_vs_fraction", "different"),
        ("b", "B", "letter_case", "different"),
        (
            "2,3",
            r"\boxed{2} and, much later on in the text, \boxed{3}, once more \boxed{3}",
            "several_boxed",
            "different",
        ),
    ],
)
def test_a_policy_allows_what_is_otherwise_different(gold: str, reply: str, policy: str, by_default: str) -> None:
    assert verdict(gold, reply) == by_default
    [found] = verified([(gold, reply)], Policy.read(policy))
    assert found.verdict == "equal"
    assert found.policy == Policy.read(policy).name


def test_a_policy_may_be_stricter_than_the_default() -> None:
    assert verdict("5 cm", "5") == "equal"
    assert verdict("5 cm", "5", Policy(units="required")) == "different"
    assert verdict("1,2", "2,1", Policy(order="keep")) == "different"
    assert verdict("(1,2)", "1<x<2", Policy(intervals="typed")) == "different"
    assert verdict(r"\emptyset", "no solution", Policy(synonyms=False)) == "different"


def test_a_tolerance_is_relative_and_never_for_whole_numbers() -> None:
    close = Policy(rel_tolerance=1e-3)
    assert verdict("6.626e-34", "6.63e-34", close) == "equal"
    assert verdict("6.626e-34", "9.1e-31", close) == "different"
    assert verdict("1000000", "1000001", close) == "different"
    assert verdict(r"\sqrt2", "1.414", close) == "equal"


def test_an_unknown_policy_is_named_with_the_nearest() -> None:
    with pytest.raises(SpecError, match="unknown policy 'roundin'; did you mean 'rounding'"):
        Policy.read("roundin")
