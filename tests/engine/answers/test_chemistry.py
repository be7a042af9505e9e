"""Formulas of chemistry: any notation, but case and charge count."""

from benchbook import Policy
from engine.answers.verified import verdict, verified


def test_a_formula_is_the_same_in_any_notation() -> None:
    pairs = [
        ("HNO3", r"\ce{HNO3}"),
        ("Mg(NO_3)_2", r"\text{Mg(NO}_3)_2"),
        ("PO_4^{3-}", r"\ce{PO4^3-}"),
        ("Al3+", r"\mathrm{Al^{3+}}"),
        ("HCO3-", "HCO₃⁻"),
        ("K^+", "K+"),
        ("Na2CO3·10H2O", r"Na_2CO_3 \cdot 10H_2O"),
        ("[Cu(NH_3)_4]^{2+}", r"\mathrm{[Cu(NH_3)_4]^{2+}}"),
    ]
    assert {pair: one.reason for pair, one in zip(pairs, verified(pairs), strict=True) if one.verdict != "equal"} == {}


def test_case_index_and_charge_make_another_formula() -> None:
    pairs = [
        ("Hf", "HF"),
        ("Cs", "CS"),
        ("HNO3", r"\ce{HNO2}"),
        ("O_2^-", "O^{2-}"),
        ("PO_4^{3-}", "PO_3^{3-}"),
        ("K^+", "K"),
        ("Cr^{3+}", "Cr^{6+}"),
    ]
    found = verified(pairs)
    assert {pair: one.verdict for pair, one in zip(pairs, found, strict=True) if one.verdict != "different"} == {}


def test_words_and_letters_are_no_formulas() -> None:
    assert verdict("no", "No") == "equal"
    assert verdict("NO", "No") == "equal"
    assert verdict("Cs", "CS", Policy(case="ignore")) == "equal"
