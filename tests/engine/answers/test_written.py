"""Dates, times of day and amounts in several units are told by what they say, not by how."""

import pytest

from engine.answers.verified import verdict, verified


def test_dates_and_times_are_the_same_in_any_form() -> None:
    pairs = [
        ("April 9, 1865", "9 April 1865"),
        ("April 9, 1865", "1865-04-09"),
        ("the 9th of April 1865", r"\text{April 9th, 1865}"),
        ("Sept. 2011", "September 2011"),
        ("Sunday, November 2", "2 November"),
        ("13/04/2020", "April 13, 2020"),
        ("5:10 a.m.", "5:10 AM"),
        ("5:10 AM", "05:10"),
        ("6 pm", "18:00"),
        ("12:40 AM", "0:40"),
        ("7:55 AM", "So the bus must leave the depot at 7:55 a.m."),
        ("2 hours 40 minutes", "2 h 40 min"),
        ("2 hours 40 minutes", "160 minutes"),
        ("4 feet 3 inches", "4'3\""),
        ("6 dollars and 5 cents", r"\$6.05"),
    ]
    assert {pair: one.reason for pair, one in zip(pairs, verified(pairs), strict=True) if one.verdict != "equal"} == {}


def test_other_dates_and_times_are_different() -> None:
    pairs = [
        ("April 9, 1865", "April 19, 1865"),
        ("April 9, 1865", "1865-09-04"),
        ("April 9, 1865", "April 1865"),
        ("13/04/2020", "April 14, 2020"),
        ("5:10 AM", "5:10 PM"),
        ("5:10 AM", "17:10"),
        ("6 pm", "16:00"),
        ("12:40 AM", "12:40 PM"),
        ("2 hours 40 minutes", "2.4 hours"),
        ("2 hours 40 minutes", "2 hours 20 minutes"),
        ("2 hours 40 minutes", "160 hours"),
        ("May 4", "may"),
    ]
    found = verified(pairs)
    assert {pair: one.verdict for pair, one in zip(pairs, found, strict=True) if one.verdict != "different"} == {}


@pytest.mark.parametrize(
    ("gold", "reply"),
    [("March 4, 2020", "04/03/2020"), ("March 4, 2020", "March 4"), ("1 hour 30 minutes", "1:30")],
)
def test_what_may_be_another_date_or_amount_is_undecided(gold: str, reply: str) -> None:
    assert verdict(gold, reply) == "undecided"


def test_that_there_are_infinitely_many_is_said_in_several_ways() -> None:
    assert verdict("infinite solutions", "There are infinitely many solutions.") == "equal"
    assert verdict("infinitely many", "There are no solutions.") == "different"


@pytest.mark.parametrize("gold", [r"\frac{d}{dx}x^2", r"\frac{\partial}{\partial x}(x y)", r"\frac{dN(t)}{dt}"])
def test_a_derivative_that_would_have_to_be_worked_out_is_undecided(gold: str) -> None:
    assert verdict(gold, "2x") == "undecided"
