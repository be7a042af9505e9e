"""Answers of every kind, beside what people say of them."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from benchbook import Policy, Verification
from engine.answers.verified import verified

OWN = Path(__file__).parents[2] / "data/answers/pairs.jsonl"
FRESH = OWN.with_name("fresh.jsonl")
THIRD = OWN.with_name("third.jsonl")
FOURTH = OWN.with_name("fourth.jsonl")
BARS = {FRESH: 0.94, THIRD: 0.94, FOURTH: 0.94}
ACCEPTED = {
    "h79": "a list holds each item once",
    "k71": "a student's answer is the last that is called one",
    "k133": "they differ in the ten thousandth digit",
    "k215": "case does not count in words: Mn, MN",
    "r2num-030": "words for a root are not read",
    "r2unit-028": "directions are read as a product",
    "r3neg-035": "what somebody else expects is taken for the answer",
    "r3samp-023": "variables are real",
    "r3samp-074": "they have one solution in common, and only that is found",
    "r3samp-076": "a branch far away is not found",
    "r3word-024": "`gross` may be no more than a word",
    "r4last-038": "the last number is not always the answer",
}
"""What is known to be taken for equal and is not, and why."""
VERDICTS = {True: "equal", False: "different", None: "undecided"}
SOLVERS = ("6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification")


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_pairs_of_every_kind_are_told_right() -> None:
    pairs = rows(OWN)
    found = verified([(row["gold"], row["pred"]) for row in pairs])
    wrong = [
        (row["id"], one) for row, one in zip(pairs, found, strict=True) if one.verdict != VERDICTS[row["equivalent"]]
    ]
    assert len(pairs) > 600
    assert wrong == []


@pytest.mark.parametrize("path", [*BARS], ids=["second", "third", "fourth"])
def test_pairs_of_other_authors_are_told_right_but_for_what_is_known(path: Path) -> None:
    pairs, found = list[dict[str, Any]](), list[Verification]()
    by_policy = sorted(rows(path), key=lambda row: json.dumps(row.get("policy")))
    for _, group in itertools.groupby(by_policy, key=lambda row: json.dumps(row.get("policy"))):
        some = list(group)
        pairs += some
        found += verified([(row["gold"], row["pred"]) for row in some], Policy.read(some[0].get("policy")))
    right = sum(one.verdict == VERDICTS[row["equivalent"]] for row, one in zip(pairs, found, strict=True))
    accepted = {
        row["id"] for row, one in zip(pairs, found, strict=True) if one.verdict == "equal" and not row["equivalent"]
    }
    assert len(pairs) > 150
    assert right >= BARS[path] * len(pairs)
    assert accepted <= ACCEPTED.keys()


def test_the_shared_pairs_keep_the_bars(shared_data: Path) -> None:
    pairs = [row for row in rows(shared_data / "math_equivalence/own_pairs_dev.jsonl") if row["equivalent"] is not None]
    found = verified([(row["gold"], row["pred"]) for row in pairs])
    right = sum(one.verdict == VERDICTS[row["equivalent"]] for row, one in zip(pairs, found, strict=True))
    accepted = sum(one.verdict == "equal" and not row["equivalent"] for row, one in zip(pairs, found, strict=True))
    unequal = sum(not row["equivalent"] for row in pairs)
    assert right >= 0.97 * len(pairs)
    assert accepted <= 0.01 * unequal


def test_all_official_marks_of_gsm8k_are_met(shared_data: Path) -> None:
    solutions = rows(shared_data / "gsm8k/example_model_solutions.jsonl")
    asked = [(row["ground_truth"], row[solver]["solution"]) for row in solutions for solver in SOLVERS]
    marks = [row[solver]["is_correct"] for row in solutions for solver in SOLVERS]
    found = verified(asked)
    assert len(found) == 5276
    assert [one for one, mark in zip(found, marks, strict=True) if one.verdict != VERDICTS[mark]] == []


@pytest.mark.parametrize("form", ["{}", "$ {} $", "The answer is $\\boxed{{{}}}$.", "**Final Answer:** ${}$"])
def test_every_answer_of_math_500_equals_itself(shared_data: Path, form: str) -> None:
    golds = [row["answer"] for row in rows(shared_data / "math/math500_answers.jsonl")]
    found = verified([(gold, form.format(gold)) for gold in golds])
    assert [(gold, one) for gold, one in zip(golds, found, strict=True) if one.verdict != "equal"] == []


def test_other_answers_of_math_500_differ_but_for_units_and_names(shared_data: Path) -> None:
    golds = sorted({row["answer"] for row in rows(shared_data / "math/math500_answers.jsonl")})
    neighbours = list(itertools.pairwise(golds))
    found = verified(neighbours)
    equal = [pair for pair, one in zip(neighbours, found, strict=True) if one.verdict != "different"]
    # A unit may be missing: that is the policy `units=optional`.
    assert all("circ" in " ".join(pair) or "cm" in " ".join(pair) for pair in equal)
    assert len(equal) <= 4


def test_the_order_of_the_two_does_not_matter() -> None:
    pairs = [(row["gold"], row["pred"]) for row in rows(OWN) if not row["id"].startswith("ext")]
    there = verified(pairs)
    back = verified([(pred, gold) for gold, pred in pairs])
    assert [pair for pair, one, other in zip(pairs, there, back, strict=True) if one.verdict != other.verdict] == []


@pytest.mark.parametrize(
    ("old", "new"), [("", ""), ("(", r"\left("), (")", r"\right)"), ("\\frac", "\\dfrac"), (",", ", "), ("+", " + ")]
)
def test_how_it_is_set_does_not_matter(old: str, new: str) -> None:
    pairs = [
        (row["gold"], row["pred"])
        for row in rows(OWN)
        if not row["id"].startswith("ext") and "\\text" not in row["pred"]
    ]
    if old in {"(", ")"}:
        pairs = [pair for pair in pairs if pair[1].count("(") == pair[1].count(")") and "\\left" not in pair[1]]
        pairs = [pair for pair in pairs if "\\" in pair[1]]
    if old == ",":
        pairs = [
            pair for pair in pairs if not any(f",{digit}" in pair[1] for digit in range(10)) and "\\," not in pair[1]
        ]
    plain = verified(pairs)
    reset = verified(
        [(gold, f"${pred.replace(old, new) if old else pred}$") for gold, pred in pairs if "$" not in pred]
    )
    plain = [one for one, (_, pred) in zip(plain, pairs, strict=True) if "$" not in pred]
    kept = [pair for pair in pairs if "$" not in pair[1]]
    changed = [
        (pair, one.verdict, other)
        for pair, one, other in zip(kept, plain, reset, strict=True)
        if one.verdict != other.verdict
    ]
    assert changed == []
