"""Short answers are compared as SQuAD compares them."""

from typing import Any

import pytest

from benchbook import SpecError, Use, build
from plugins.scorers.grading import generation, sample, sample_of


def values(target: Any, reply: str) -> dict[str, float | None]:
    verdicts = build("scorer", Use(name="qa"))(sample(target), generation(None, reply))
    return {verdict.name: verdict.value for verdict in verdicts}


@pytest.mark.parametrize("seed", [0, 3])
@pytest.mark.parametrize("split", ["test", "validation"])
def test_every_accepted_answer_gets_one_by_every_measure(seed: int, split: str) -> None:
    scorer = build("scorer", Use(name="qa"))
    for row in build("reader", Use(name="qa", args={"seed": seed, "split": split, "size": 1000}))():
        for answer in row.target:
            verdicts = scorer(sample_of(row), generation(answer))
            assert [(each.name, each.value) for each in verdicts] == [("exact", 1.0), ("normalised", 1.0), ("f1", 1.0)]


def test_the_best_of_several_targets_counts() -> None:
    assert values(["12", "twelve"], "twelve") == {"exact": 1.0, "normalised": 1.0, "f1": 1.0}
    assert values(["the Blue Cabinet"], "Blue cabinet.") == {"exact": 0.0, "normalised": 1.0, "f1": 1.0}
    assert values("Ann Lee", "Mrs Ann Lee") == {"exact": 0.0, "normalised": 0.0, "f1": 0.8}
    assert values("Ann Lee", "Bob") == {"exact": 0.0, "normalised": 0.0, "f1": 0.0}


def test_normal_is_what_squad_calls_normal() -> None:
    alike = {"exact": 0.0, "normalised": 1.0, "f1": 1.0}
    assert values("beatles answer", 'The  Beatles\' "An Answer", a!') == alike
    assert values("theatre and anthem", "“Theatre” and an anthem") == alike
    assert values("O'Neill's", "O’Neill’s") == alike
    assert values("a", "the")["f1"] == 1.0
    assert values("cat", "the")["f1"] == 0.0
    assert values("cat dog dog", "cat cat dog")["f1"] == pytest.approx(2 / 3)


@pytest.mark.parametrize("target", [None, 3, [], ["a", 1]])
def test_a_target_that_is_no_text_is_the_data_sets_mistake(target: Any) -> None:
    with pytest.raises(SpecError, match="sample 'a sample': qa needs a target"):
        values(target, "a")
