"""Units: what measures the same is the same, and a letter is what its case says."""

import pytest

from benchbook import Policy
from engine.answers.verified import verdict, verified


def test_units_that_differ_in_kind_or_case_are_other_units() -> None:
    pairs = [
        ("9 W", "9 A"),
        (r"4 \text{ A}", "4 K"),
        ("6 Nm", "6 nm"),
        ("0.3 M", "0.3 m"),
        ("2 H", "2 h"),
        ("8 S", "8 s"),
        ("14 in", "14 cm"),
        ("7 MeV", "7 meV"),
        (r"2\,\mu\text{A}", "2 mA"),
        (r"47\ \mathrm{k\Omega}", r"47 \Omega"),
        ("5 J/(kg K)", "5 J/kg"),
        (r"3\,\frac{\text{kg}}{\text{s}}", r"3\,\frac{\text{s}}{\text{kg}}"),
    ]
    assert {
        pair: one.verdict for pair, one in zip(pairs, verified(pairs), strict=True) if one.verdict != "different"
    } == {}


def test_a_unit_is_the_same_by_whichever_name() -> None:
    pairs = [
        ("8 J", r"8\ \text{N}\cdot\text{m}"),
        ("3 W", "3 J/s"),
        ("40 Hz", r"40\ \text{s}^{-1}"),
        ("17 mL", r"17\ \text{cm}^3"),
        ("2 Pa", "2 N/m^2"),
        ("6 V/m", "6 N/C"),
        ("1.6 m/s^2", "1.6 ms^{-2}"),
        ("0.45 J/(g °C)", "0.45 J/g°C"),
        ("12 kg/m^3", r"12\ \text{kgm}^{-3}"),
        ("5 kW/(m K)", r"5\,\frac{\mathrm{kW}}{\mathrm{m}\cdot\mathrm{K}}"),
        (r"22\,\mu\mathrm{H}", "22 microhenries"),
        (r"3.3\text{ k}\Omega", "3.3 kilohms"),
        ("64 sq ft", "64 square feet"),
        ("11 A", "11 amps"),
        (r"2 \times 10^{5} m/s", r"2\times10^5"),
    ]
    assert {pair: one.reason for pair, one in zip(pairs, verified(pairs), strict=True) if one.verdict != "equal"} == {}


def test_letters_of_an_expression_are_no_units() -> None:
    pairs = [
        (r"\sqrt{3 m h}", r"\sqrt{3mh}"),
        (r"\frac{4mg}{k}", r"4\frac{m g}{k}"),
        (r"\frac{5mM}{m+M}", r"\frac{5 m M}{M + m}"),
        ("7 m g", "7mg"),
        (r"\frac{1}{4}mg", r"\frac{mg}{4}"),
        (r"0.2 \mu mg", r"0.2 \mu m g"),
    ]
    assert {pair: one.reason for pair, one in zip(pairs, verified(pairs), strict=True) if one.verdict != "equal"} == {}
    assert verdict(r"\frac{4mg}{k}", r"\frac{mg}{4k}") == "different"
    assert verdict("7mg", "7m") == "different"


@pytest.mark.parametrize(
    ("gold", "reply"),
    [
        ("68 °F", "20 °C"),
        ("-173.15 °C", "100 K"),
        ("4.7 nF", r"4.7\times10^{-9}\ \text{F}"),
        ("3 kcal", "12.552 kJ"),
        ("0.2 mol/L", "0.2 M"),
        ("36 kN", "36000 kg m/s^2"),
        ("2 Wh", "7200 J"),
    ],
)
def test_derived_units_and_temperatures_are_converted_where_the_policy_converts(gold: str, reply: str) -> None:
    convert = Policy(units="convert")
    assert verdict(gold, reply, convert) == "equal"
    assert verdict(gold, f"1{reply.removeprefix('-')}", convert) == "different"
