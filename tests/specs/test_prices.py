"""The table of list prices: dated, and only for those who ask these prices."""

from datetime import date

import pytest

from benchbook.specs.models import ModelSpec, Price
from benchbook.specs.outputs import Usage
from benchbook.specs.prices import _table, listed

DAY = date(2026, 11, 21)


def price(model: str, on: date = DAY, **args: str) -> Price | None:
    return listed(ModelSpec(model=model, args=dict(args)), on)


def test_a_listed_price_says_of_when_and_where_it_is() -> None:
    found = price("anthropic/claude-opus-5-5")
    assert found is not None
    assert (found.input, found.output, found.cache_read, found.cache_write) == (4.0, 20.0, 0.2, 5.0)
    assert (found.currency, found.as_of) == ("USD", DAY)
    assert found.source.startswith("https://platform.claude.com/")


def test_a_price_changes_on_its_day() -> None:
    before, after = price("google/gemini-3.8-flash"), price("google/gemini-3.8-flash", date(2027, 1, 1))
    assert before is not None
    assert after is not None
    assert (before.input, after.input) == (0.75, 1.5)


@pytest.mark.parametrize(
    ("snapshot", "model"),
    [
        ("anthropic/claude-sonnet-4-5-20250929", "anthropic/claude-sonnet-4-5"),
        ("openai/gpt-4.1-2025-04-14", "openai/gpt-4.1"),
        ("anthropic/claude-3-5-haiku-latest", "anthropic/claude-3-5-haiku"),
    ],
)
def test_a_snapshot_costs_what_its_model_costs(snapshot: str, model: str) -> None:
    assert price(snapshot) == price(model) != None  # noqa: E711 - and there is one


def test_a_snapshot_that_is_listed_has_its_own_price() -> None:
    assert price("openai/gpt-4o-2024-05-13") != price("openai/gpt-4o")


def test_who_sends_elsewhere_pays_somebody_else() -> None:
    assert price("openai/gpt-5.5", base_url="http://localhost:8000/v1") is None
    assert price("openai-compatible/gpt-5.5", base_url="https://api.openai.com/v1") == price("openai/gpt-5.5")
    assert price("openai-compatible/gpt-5.5", base_url="https://example.org/v1") is None
    assert price("openai/none-of-theirs") is None
    assert price("mock/gpt-5.5") is None


def test_no_count_of_cached_tokens_makes_an_answer_cost_less_than_nothing() -> None:
    price = Price(input=1_000_000, output=0, cache_read=100_000)
    assert price.of(Usage(input_tokens=10, cache_read_tokens=4)) == pytest.approx(6 + 0.4)
    assert price.of(Usage(input_tokens=10, cache_read_tokens=400)) == pytest.approx(40)


def test_every_row_of_the_table_is_a_price() -> None:
    for name, provider in _table()["providers"].items():
        for model in provider["models"]:
            found = price(f"{name}/{model}")
            assert found is not None, model
            assert found.output >= found.input > 0
            assert (found.cache_read or 0) < found.input
