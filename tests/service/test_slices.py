"""Slices of stored runs: what is planted is found by what the samples tell, and failures are grouped."""

import random
from pathlib import Path

import pytest

from benchbook.engine.slicing import Rules
from benchbook.errors import SpecError
from benchbook.records.runs import Run
from benchbook.service.slices import EMBEDDER, embedder, gather
from benchbook.service.slices_text import document, markdown, summary
from benchbook.settings import Settings, load
from benchbook.specs.datasets import Row
from benchbook.store.store import Store
from store.planned import NOW, answered, begun, data, queued

SUBJECTS = ("invoice amount total payment", "train ticket platform journey", "flour butter oven sugar")


def questions_of(n: int) -> list[Row]:
    """Questions about three things, in two languages; every third is about trains."""
    chance = random.Random(1)
    return [
        Row(
            key=f"q{at}",
            input=f"{' '.join(chance.sample(SUBJECTS[at % 3].split(), 3))} number {at}",
            tags=(chance.choice(("short", "long")),),
            metadata={"language": chance.choice(("en", "de")), "year": at % 7, "id": f"name-{at}"},
        )
        for at in range(n)
    ]


def run_of(store: Store, questions: list[Row], rate: float, bad: float, experiment: str) -> Run:
    """A run that is right at a rate, and at another about trains."""
    chance = random.Random(experiment)
    [run] = queued(store, questions, experiment)
    run = begun(store, run)
    _, samples = data(questions)
    values = [float(chance.random() < (bad if at % 3 == 1 else rate)) for at in range(len(questions))]
    store.record(
        run,
        [
            answered(run, sample, text="aye" if value else "nah", value=value)
            for sample, value in zip(samples, values, strict=True)
        ],
    )
    return run


def test_the_topic_that_a_run_fails_at_is_found(store: Store) -> None:
    questions = questions_of(300)
    run = run_of(store, questions, 0.9, 0.3, "exp-1")
    found = gather(store, run, None, None, Rules(draws=199), NOW)
    worst = found.search.slices[0]
    assert worst.proven
    [(field, what)] = worst.features
    assert field in ("topic", "question mentions")
    assert set(what.split()) & set(SUBJECTS[1].split())
    assert "proven on held-out samples" in summary(found)
    assert not any(field == "metadata.id" for one in found.search.slices for field, _ in one.features)
    assert found.failures == sum(group.n for group in found.groups) > 60
    assert found.groups[0].examples[0].answer == "nah"
    assert "| " in markdown(found)
    assert document(found)["search"]["n"] == 300


def test_a_number_that_no_float_can_be_is_no_slice_and_no_fault(store: Store) -> None:
    questions = [row.model_copy(update={"metadata": {"n": 10**400 + at}}) for at, row in enumerate(questions_of(60))]
    found = gather(store, run_of(store, questions, 0.9, 0.3, "exp-1"), None, None, Rules(draws=99), NOW)
    assert found.search.n == 60


def test_against_a_base_the_slice_that_lost_is_found(store: Store) -> None:
    questions = questions_of(300)
    base = run_of(store, questions, 0.8, 0.8, "exp-1")
    run = run_of(store, questions, 0.8, 0.2, "exp-2")
    found = gather(store, run, base, "exact-match", Rules(draws=199), NOW)
    assert found.search.slices[0].proven
    assert found.search.slices[0].mean < -0.2
    same = gather(store, base, base, "exact-match", Rules(draws=199), NOW)
    assert (same.search.slices, same.failures, same.mean) == ([], 0, 0)
    assert summary(same).startswith("No evidence of a slice")


COOKING = (
    "How long do you bake a loaf?", "Which spices go into goulash?", "Can pasta be made without eggs?",
    "What makes dough rise?", "Why does garlic burn in a pan?", "Should soup simmer or boil?",
    "How is risotto stirred?", "When are lentils soft?", "Does salt slow yeast down?", "How do chefs sharpen knives?",
)  # fmt: skip
STARS = (
    "How far away is Jupiter?", "What is inside a black hole?", "Why do comets have tails?",
    "Which planet spins fastest?", "Did astronauts orbit Mars?", "How hot is the surface of our sun?",
    "Can telescopes see galaxies being born?", "Who named the constellations?", "What causes a lunar eclipse?",
    "Are meteorites older than Earth?",
)  # fmt: skip


def test_a_topic_without_words_in_common_is_found_by_meaning(store: Store, embedded_model_home: Settings) -> None:
    texts = [(COOKING, STARS)[at % 2][at // 2 % 10] for at in range(160)]
    questions = [Row(key=f"q{at}", input=f"{text} [{at}]") for at, text in enumerate(texts)]
    [run] = queued(store, questions, "exp-1")
    run = begun(store, run)
    chance = random.Random(2)
    values = [float(chance.random() < (0.2, 0.9)[at % 2]) for at in range(len(questions))]
    _, samples = data(questions)
    store.record(run, [answered(run, one, text="?", value=v) for one, v in zip(samples, values, strict=True)])
    found, again = (gather(store, run, None, None, Rules(draws=199, embedder=EMBEDDER), NOW) for _ in range(2))
    [(field, name)] = found.search.slices[0].features
    assert (field, found.search.slices[0].proven) == ("topic", True)
    members = {key for key in found.search.slices[0].keys if int(key[1:]) % 2 == 0}
    assert len(members) > 0.9 * found.search.slices[0].n > 60
    assert set(name.split()) & set(" ".join(COOKING).casefold().replace("?", "").split())
    assert found.failures == sum(group.n for group in found.groups)
    assert all(group.examples for group in found.groups)
    assert (again.search, again.groups) == (found.search, found.groups)
    assert "made by meaning (all-minilm-l6-v2)" in markdown(found)
    assert document(found)["rules"]["embedder"] == "all-minilm-l6-v2"


def test_weights_that_are_not_here_are_told_not_done_without(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(store, questions_of(6), 1, 0, "exp-1")
    monkeypatch.setenv("BENCHBOOK_HOME", str(tmp_path))
    with pytest.raises(SpecError, match="run `benchbook models pull all-minilm-l6-v2`"):
        gather(store, run, None, None, Rules(embedder=EMBEDDER), NOW)
    assert embedder(load()) is None
    assert "by words, not by meaning (`--topics meaning`, after `benchbook models pull all-minilm-l6-v2`)" in markdown(
        gather(store, run, None, None, Rules(), NOW)
    )


def test_a_score_that_is_not_there_is_named(store: Store) -> None:
    run = run_of(store, questions_of(6), 1, 0, "exp-1")
    with pytest.raises(SpecError, match="did you mean 'exact-match'"):
        gather(store, run, None, "exact-mach", Rules(), NOW)
