"""Meaning, not words: sentences of an answer held against those of the target, by a real model."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from benchbook import PluginError, SpecError, Use, Verdict, opened, preflight, settings
from plugins.scorers.grading import generation, sample

CAT = "The cat sits on the mat. It is fast asleep."


@pytest.fixture(autouse=True)
def _weights(embedded_model_home: settings.Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCHBOOK_HOME", str(embedded_model_home.home))


def said(target: Any, *answers: str, **args: Any) -> list[Verdict]:
    async def all_of() -> list[Verdict]:
        async with opened("scorer", Use(name="semantic-similarity", args=args)) as score:
            assert score.facts["embedder"] == "all-MiniLM-L6-v2.F32.gguf"
            return [await score(sample(target), generation(answer)) for answer in answers]

    return asyncio.run(all_of())


def values(verdict: Verdict) -> dict[str, float]:
    assert verdict.error is None
    assert isinstance(verdict.trace, dict)
    return {name: float(str(value)) for name, value in verdict.trace.items()}


def test_the_same_in_other_words_is_nearer_than_something_else() -> None:
    same, other_words, something_else = said(
        CAT, CAT, "A feline is resting upon a rug. It is sleeping deeply.", "The stock market fell sharply today."
    )
    assert same.value == pytest.approx(1, abs=1e-6)
    assert 0.5 < (other_words.value or 0) < 0.95
    assert (something_else.value or 0) < 0.2


def test_what_is_left_out_lowers_recall_and_what_is_added_precision() -> None:
    half, more = map(values, said(CAT, "The cat sits on the mat.", f"{CAT} The stock market fell. Bread is cheap."))
    assert [half["precision"], more["recall"]] == pytest.approx([1, 1], abs=1e-6)
    assert half["recall"] < 0.75
    assert more["precision"] < 0.75


def test_the_measure_that_is_asked_for_is_the_value() -> None:
    [recall] = said(CAT, "The cat sits on the mat.", measure="recall")
    assert recall.value == values(recall)["recall"]


def test_the_best_of_several_targets_counts() -> None:
    [first] = said(["Something about dogs.", CAT], CAT)
    assert first.value == pytest.approx(1, abs=1e-6)


def test_no_words_are_near_to_nothing() -> None:
    assert [(one.value, one.label) for one in said(CAT, "", " \n", "…!")] == [(0, "no words")] * 3


def test_hostile_answers_are_read_as_far_as_it_goes() -> None:
    runaway = f"{CAT} " + "All work and no play makes Jack a dull boy. " * 2000
    rambling, odd, spelt = said(CAT, runaway, "\ud800\x00 [SEP] [PAD] " + "é" * 700, "cat " * 500)
    assert values(rambling)["recall"] == pytest.approx(1, abs=1e-6)
    assert values(rambling)["precision"] < 0.05  # 2,000 sentences of it are not about the cat, read or not
    assert all(0 <= value <= 1 for one in (odd, spelt) for value in values(one).values())


def test_a_long_target_is_held_against_all_of_it() -> None:
    long = " ".join(f"Number {number} sits on the mat." for number in range(400))
    assert [one.value for one in said(long, long)] == pytest.approx([1], abs=1e-6)


def test_answers_scored_at_once_are_scored_alike() -> None:
    answers = [f"Number {number} sits on the mat." for number in range(6)]

    async def at_once() -> list[Verdict]:
        async with opened("scorer", Use(name="semantic-similarity")) as score:
            return list(await asyncio.gather(*(score(sample(CAT), generation(answer)) for answer in answers)))

    assert asyncio.run(at_once()) == said(CAT, *answers)


def test_a_target_without_words_is_the_data_sets_fault() -> None:
    with pytest.raises(SpecError, match="semantic-similarity needs targets with words"):
        said("…", CAT)


def test_weights_that_are_not_here_are_told_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCHBOOK_HOME", str(tmp_path))
    with pytest.raises(SpecError, match="run `benchbook models pull all-minilm-l6-v2`"):
        preflight("scorer", Use(name="semantic-similarity"))


def test_a_model_that_answers_is_no_embedder() -> None:
    with pytest.raises(SpecError, match="smollm2-135m answers and embeds nothing"):
        preflight("scorer", Use(name="semantic-similarity", args={"embedder": {"llamacpp": "smollm2-135m"}}))
    path = next((settings.load().models / "smollm2-135m").glob("*.gguf"))
    with pytest.raises(PluginError, match="is no model that embeds texts"):
        said(CAT, CAT, embedder={"llamacpp": {"path": str(path)}})
