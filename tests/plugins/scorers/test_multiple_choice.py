"""The likeliest answer is right or wrong; what is no number is neither."""

from datetime import UTC, datetime
from typing import Any

import pytest

from benchbook import Generation, Likelihood, Output, Row, Sample, SpecError, Use, Verdict, build
from plugins.scorers.grading import generation, sample_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CHOICES = ("no", "perhaps so", "yes")


def verdicts(
    logprobs: tuple[float, ...], target: Any, *, rule: str = "likelihood of the texts", **args: Any
) -> list[Verdict]:
    row = Row(key="q", input="?", choices=CHOICES, target=target)
    sample = Sample(id="s", created_at=NOW, dataset_id="d", position=0, row=row)
    likelihoods = tuple(Likelihood(logprob=each, tokens=1, greedy=False) for each in logprobs)
    output = Output(text="", likelihoods=likelihoods, answer_rule=rule)
    given = Generation(id="g", created_at=NOW, run_id="r", sample_id="s", epoch=1, prompt="?", output=output)
    return list(build("scorer", Use(name="multiple-choice", args=args))(sample, given))


def values(*given: Any, **args: Any) -> dict[str, float | None]:
    return {each.name: each.value for each in verdicts(*given, **args)}


def test_the_sum_decides_acc_and_the_mean_over_characters_acc_norm() -> None:
    # −4 / 2 = −2, −6 / 10 = −0.6, −5 / 3 = −1.67
    assert values((-4.0, -6.0, -5.0), 0) == {"acc": 1.0, "acc_norm": 0.0}
    assert values((-4.0, -6.0, -5.0), 1) == {"acc": 0.0, "acc_norm": 1.0}


def test_texts_may_be_more_than_there_are_letters() -> None:
    row = Row(key="q", input="?", choices=tuple(map(str, range(10, 40))), target=28)
    likelihoods = tuple(Likelihood(logprob=float(at), tokens=1, greedy=False) for at in range(30))
    output = Output(text="", likelihoods=likelihoods, answer_rule="likelihood of the texts")
    given = Generation(id="g", created_at=NOW, run_id="r", sample_id="s", epoch=1, prompt="?", output=output)
    found = build("scorer", Use(name="multiple-choice"))(sample_of(row), given)
    assert [(each.name, each.value, each.explanation) for each in found] == [
        ("acc", 0.0, "chose choice 30, not choice 29"),
        ("acc_norm", 0.0, "chose choice 30, not choice 29"),
    ]


def test_letters_have_one_length() -> None:
    assert values((-4.0, -6.0, -5.0), 1, rule="likelihood of the letters") == {"acc": 0.0}


@pytest.mark.parametrize("target", [2, "yes", "C", " c "])
def test_the_target_is_an_index_a_text_or_a_letter(target: object) -> None:
    assert values((-4.0, -6.0, -1.0), target)["acc"] == 1.0


@pytest.mark.parametrize("target", [3, -1, True, "D", "maybe", None, 1.0])
def test_any_other_target_is_an_error_and_no_zero(target: object) -> None:
    with pytest.raises(SpecError, match="is none of the 3 choices"):
        verdicts((-1.0, -2.0, -3.0), target)


def test_among_equals_the_first_counts_or_each_by_its_share() -> None:
    tied = (-2.0, -2.0, -2.0)
    assert [values(tied, right)["acc"] for right in (0, 1, 2)] == [1.0, 0.0, 0.0]
    assert [values(tied, right, ties="shared")["acc"] for right in (0, 1, 2)] == [pytest.approx(1 / 3)] * 3


def test_an_impossible_choice_is_the_least_likely() -> None:
    acc, _ = verdicts((float("-inf"), -3.0, -9.0), 1)
    assert (acc.value, acc.trace["weights"]) == (1.0, [None, -3.0, -9.0])


def test_no_number_is_no_zero() -> None:
    [verdict] = verdicts((float("nan"), -1.0, -2.0), 0)
    assert verdict.value is None
    assert verdict.error


def test_where_the_model_spoke_its_letter_counts() -> None:
    asked = sample_of(Row(key="q", input="?", choices=("x", "y"), target="y"))
    scorer = build("scorer", Use(name="multiple-choice"))
    found = [
        (verdict.value, verdict.label)
        for reply in ("The answer is B.", "A", "It depends.")
        for verdict in scorer(asked, generation(None, reply))
    ]
    assert found == [(1.0, "right"), (0.0, "wrong"), (0.0, "no answer")]
