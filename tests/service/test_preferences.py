"""Preferences: who prefers what, how sure, and what trainers get to read of it."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from benchbook.errors import SpecError
from benchbook.records.runs import Run
from benchbook.service import preference_export
from benchbook.service.preference_forms import Form
from benchbook.service.preferences import Preferences, gather
from benchbook.specs.datasets import Row
from benchbook.specs.models import Message, Prompt
from benchbook.specs.preferences import PreferenceSpec
from benchbook.store.store import Store
from service.compared import compared, runs_with
from service.preference_readers import (
    anthropic_hh,
    lines,
    openai_preference,
    trl_preference,
    trl_reward,
    trl_unpaired,
    ultrafeedback,
)
from store.planned import NOW, queued, rows

READERS: dict[Form, Callable[[Path], Any]] = {
    "trl-dpo": trl_preference,
    "trl-reward": trl_reward,
    "openai": openai_preference,
    "anthropic-hh": anthropic_hh,
    "ultrafeedback": ultrafeedback,
}


@pytest.fixture
def pair(store: Store) -> tuple[Run, Run]:
    """Two runs with four answers each, none of which has passed."""
    first, second = runs_with(store, rows(4), [[f"one {at}" for at in range(4)], [f"two {at}" for at in range(4)]])
    return first, second


@pytest.fixture
def decided(store: Store, pair: tuple[Run, Run]) -> tuple[Run, Run]:
    """Two runs between whose answers a person has chosen, now this, now that."""
    for at in range(4):
        compared(store, pair, at, float(at % 2))
    return pair


def gathered(store: Store, runs: tuple[Run, ...], **fields: Any) -> Preferences:
    return gather(store, runs, PreferenceSpec.parse(fields))


def winners(found: Preferences) -> list[str]:
    return sorted(each.chosen for each in found.found)


def written(store: Store, runs: tuple[Run, ...], form: Form, path: Path, **fields: Any) -> dict[str, Any]:
    return preference_export.write(store, runs, form, PreferenceSpec.parse(fields), path, NOW)


def test_who_is_preferred_is_chosen(store: Store, decided: tuple[Run, Run]) -> None:
    assert winners(gathered(store, decided)) == ["one 1", "one 3", "two 0", "two 2"]


def test_the_order_in_which_two_were_compared_does_not_matter(store: Store, pair: tuple[Run, Run]) -> None:
    compared(store, pair, 0, 1.0)
    compared(store, pair[::-1], 0, 0.0, author_id="ben")
    found = gathered(store, pair)
    assert winners(found) == ["one 0"]
    assert found.found[0].agreement == 1.0
    assert len(found.found[0].verdicts) == 2


def test_what_passes_is_preferred_to_what_fails(store: Store) -> None:
    said = [["good a", "bad a", "good a", "bad a"], ["bad b", "good b", "good b", "bad b"]]
    found = gathered(store, tuple(runs_with(store, rows(4), said)))
    assert winners(found) == ["good a", "good b"]
    assert {score.author for each in found.found for score in each.verdicts} == {"code"}


def test_only_the_sources_asked_for_count(store: Store, pair: tuple[Run, Run]) -> None:
    compared(store, pair, 0, 1.0, "human")
    compared(store, pair, 1, 1.0, "model", author_id="judge")
    compared(store, pair, 2, 1.0, "code", author_id="rules")
    assert winners(gathered(store, pair)) == ["one 0", "one 1"]
    assert winners(gathered(store, pair, sources=["model"])) == ["one 1"]
    rules = gathered(store, pair, sources=["rules"])
    assert winners(rules) == ["one 2"]
    assert rules.verdicts_left_out == {"source": 2}


def test_ties_and_what_nobody_could_say_are_no_pairs(store: Store, pair: tuple[Run, Run]) -> None:
    compared(store, pair, 0, 0.5)
    compared(store, pair, 1, None)
    compared(store, pair, 2, 1.0)
    found = gathered(store, pair)
    assert winners(found) == ["one 2"]
    assert (found.verdicts_left_out, found.pairs_left_out) == ({"no_verdict": 1}, {"tie": 1})
    assert winners(gathered(store, pair, ties="both-ways")) == ["one 0", "one 2", "two 0"]


def test_a_superseded_verdict_does_not_count(store: Store, pair: tuple[Run, Run]) -> None:
    wrong = compared(store, pair, 0, 1.0, "model", author_id="judge")
    compared(store, pair, 0, 0.0, "human", supersedes=wrong.id)
    found = gathered(store, pair)
    assert winners(found) == ["two 0"]
    assert found.verdicts_left_out == {"superseded": 1}


def test_each_author_has_one_voice(store: Store, pair: tuple[Run, Run]) -> None:
    for number in range(3):
        compared(store, pair, 0, 1.0, "model", author_id="judge", author_version=str(number))
    for name in ("ann", "ben"):
        compared(store, pair, 0, 0.0, "human", author_id=name)
    [found] = gathered(store, pair).found
    assert (found.chosen, found.agreement, found.against) == ("two 0", 2 / 3, 1 / 3)
    assert gathered(store, pair, min_agreement=0.7).pairs_left_out == {"low_agreement": 1}


def test_who_is_not_sure_enough_does_not_count(store: Store, pair: tuple[Run, Run]) -> None:
    for at, confidence in enumerate((0.9, 0.4, None)):
        compared(store, pair, at, 1.0, "model", confidence=confidence)
    found = gathered(store, pair, min_confidence=0.8)
    assert winners(found) == ["one 0"]
    assert found.verdicts_left_out == {"low_confidence": 1, "no_confidence": 1}


def test_verdicts_about_several_things_are_not_mixed(store: Store, pair: tuple[Run, Run]) -> None:
    compared(store, pair, 0, 1.0, name="style")
    compared(store, pair, 0, 0.0, name="correctness")
    with pytest.raises(SpecError, match=r"several things.*correctness, style.*--criterion"):
        gathered(store, pair)
    assert winners(gathered(store, pair, criteria=["style"])) == ["one 0"]


def test_the_whole_speaks_for_its_parts(store: Store, pair: tuple[Run, Run]) -> None:
    compared(store, pair, 0, 1.0, "model", name="code-review")
    compared(store, pair, 0, 0.0, "model", name="code-review/edge_cases")
    compared(store, pair, 0, 0.0, "code", name="code-review/review")
    found = gathered(store, pair, sources=["model", "rules"])
    assert (winners(found), found.verdicts_left_out) == (["one 0"], {"part": 2})
    assert winners(gathered(store, pair, criteria=["code-review/edge_cases"])) == ["two 0"]


def test_the_same_two_texts_are_one_pair(store: Store) -> None:
    question = Row(key="a", input="1 + 1 =")
    again = Row(key="b", input="1 + 1  =")
    runs = runs_with(store, [question, again], [["2", "2"], ["3", "3"]])
    for at in range(2):
        compared(store, (runs[0], runs[1]), at, 1.0)
    found = gathered(store, tuple(runs))
    assert (found.verdicts, found.pairs, winners(found)) == (2, 1, ["2"])


def test_same_and_empty_answers_teach_nothing(store: Store) -> None:
    runs = runs_with(store, rows(2), [["same", "said"], ["same", " "]])
    for at in range(2):
        compared(store, (runs[0], runs[1]), at, 1.0)
    assert gathered(store, tuple(runs)).pairs_left_out == {"same_text": 1, "empty_answer": 1}


def test_a_judges_run_alone_brings_its_verdicts(store: Store, pair: tuple[Run, Run]) -> None:
    judge = runs_with_no_answers(store)
    compared(store, pair, 0, 1.0, "model", run_id=judge.id)
    assert winners(gathered(store, (judge,))) == ["one 0"]
    assert gathered(store, (judge,)).run_ids == {judge.id, pair[0].id, pair[1].id}


def runs_with_no_answers(store: Store) -> Run:
    return queued(store, rows(4), experiment="exp-2")[0]


@pytest.mark.parametrize("form", READERS)
def test_every_form_is_read_back_with_the_same_winners(
    store: Store, decided: tuple[Run, Run], form: Form, tmp_path: Path
) -> None:
    path = tmp_path / "pairs.jsonl"
    written(store, decided, form, path)
    said = {(prompt[-1][1], better, worse) for prompt, better, worse in READERS[form](path)}
    assert said == {
        ("What is 0 + 1?", "two 0", "one 0"),
        ("What is 1 + 1?", "one 1", "two 1"),
        ("What is 2 + 1?", "two 2", "one 2"),
        ("What is 3 + 1?", "one 3", "two 3"),
    }


def test_unpaired_rows_say_of_each_answer_whether_it_is_wanted(
    store: Store, decided: tuple[Run, Run], tmp_path: Path
) -> None:
    written(store, decided, "trl-kto", tmp_path / "kto.jsonl")
    said = trl_unpaired(tmp_path / "kto.jsonl")
    assert Counter(label for *_, label in said) == {True: 4, False: 4}
    assert {text for _, text, label in said if label} == {"two 0", "one 1", "two 2", "one 3"}


def test_an_answer_between_two_others_has_no_label(store: Store, tmp_path: Path) -> None:
    best, middle, worst = runs_with(store, rows(1), [["best"], ["middle"], ["worst"]])
    compared(store, (best, middle), 0, 1.0)
    compared(store, (middle, worst), 0, 1.0)
    manifest = written(store, (best, middle, worst), "trl-kto", tmp_path / "kto.jsonl")
    assert {(text, label) for _, text, label in trl_unpaired(tmp_path / "kto.jsonl")} == {
        ("best", True),
        ("worst", False),
    }
    assert manifest["counts"]["rows_left_out"] == {"both_labels": 2}


@pytest.mark.parametrize("form", ["trl-dpo", "trl-kto", "trl-reward"])
@pytest.mark.parametrize("shape", ["standard", "conversational"])
def test_a_form_of_trl_has_two_shapes(
    store: Store, decided: tuple[Run, Run], form: Form, shape: str, tmp_path: Path
) -> None:
    path = tmp_path / "pairs.jsonl"
    manifest = written(store, decided, form, path, shape=shape)
    assert manifest["shape"] == shape
    kind = str if shape == "standard" else list
    assert all(isinstance(value, kind) for row in lines(path) for name, value in row.items() if name != "label")
    {**READERS, "trl-kto": trl_unpaired}[form](path)


def test_bare_prompts_stay_bare(store: Store, tmp_path: Path) -> None:
    one, other = runs_with(store, [Row(key="a", input="The sky is")], [[" blue."], [" green."]])
    compared(store, (one, other), 0, 1.0)
    written(store, (one, other), "trl-dpo", tmp_path / "dpo.jsonl")
    assert lines(tmp_path / "dpo.jsonl") == [{"prompt": "The sky is", "chosen": " blue.", "rejected": " green."}]
    written(store, (one, other), "trl-reward", tmp_path / "reward.jsonl")
    assert lines(tmp_path / "reward.jsonl") == [{"chosen": "The sky is blue.", "rejected": "The sky is green."}]


SYSTEM: Prompt = (Message(role="system", content="Be brief."), Message(role="user", content="Why?"))


@pytest.mark.parametrize(
    ("form", "prompt", "text", "reason"),
    [
        ("anthropic-hh", SYSTEM, "Because.", "system_turn"),
        ("anthropic-hh", "Why?", "Because.\n\nHuman: and then?", "turn_marker_in_text"),
        ("anthropic-hh", "Human: Why?", "Because.", "turn_marker_in_text"),
        ("trl-dpo", SYSTEM, "Because.", "several_turns"),
        ("openai", "Why?", "a lone \ud800", "not_unicode"),
    ],
)
def test_what_a_form_has_no_place_for_is_left_out_with_the_reason(
    store: Store, tmp_path: Path, form: Form, prompt: Prompt, text: str, reason: str
) -> None:
    questions = [Row(key="a", input=prompt), Row(key="b", input="And else?")]
    one, other = runs_with(store, questions, [[text, "Yes."], ["No.", "No."]])
    for at in range(2):
        compared(store, (one, other), at, 1.0)
    shape = "standard" if form == "trl-dpo" else "auto"
    manifest = written(store, (one, other), form, tmp_path / "pairs.jsonl", shape=shape)
    assert manifest["counts"]["rows_left_out"] == {reason: 1}
    assert len(READERS[form](tmp_path / "pairs.jsonl")) == 1


def test_no_prompt_is_in_two_parts(store: Store, tmp_path: Path) -> None:
    one, other, third = runs_with(store, rows(20), [[f"{name} {at}" for at in range(20)] for name in "abc"])
    for at in range(20):
        compared(store, (one, other), at, 1.0)
        compared(store, (other, third), at, 1.0)
    path = tmp_path / "pairs.jsonl"
    manifest = written(store, (one, other, third), "trl-dpo", path, splits={"valid": 0.1, "test": 0.2}, seed=3)
    assert {file["part"]: file["rows"] for file in manifest["files"]} == {"train": 28, "valid": 4, "test": 8}
    parts = [
        {prompt for prompt, _, _ in trl_preference(tmp_path / f"pairs.{part}.jsonl")}
        for part in ("train", "valid", "test")
    ]
    assert sum(map(len, parts)) == len(set.union(*parts)) == 20
    before = (tmp_path / "pairs.test.jsonl").read_bytes()
    written(store, (one, other, third), "trl-dpo", path, splits={"valid": 0.1, "test": 0.2}, seed=3)
    assert (tmp_path / "pairs.test.jsonl").read_bytes() == before
    written(store, (one, other, third), "trl-dpo", path, splits={"valid": 0.1, "test": 0.2}, seed=4)
    assert (tmp_path / "pairs.test.jsonl").read_bytes() != before


def test_the_manifest_says_where_everything_comes_from(store: Store, decided: tuple[Run, Run], tmp_path: Path) -> None:
    compared(store, decided, 0, 0.0, "model", author_id="judge", author_version="7", rubric="f00d")
    path = tmp_path / "pairs.jsonl"
    said = written(store, decided, "openai", path, sources=["human", "model"], min_agreement=0.6)
    assert said == json.loads((tmp_path / "pairs.manifest.json").read_text())
    assert [run["id"] for run in said["runs"]] == sorted(run.id for run in decided)
    assert {run["config_sha256"] for run in said["runs"]} == {decided[0].fingerprint}
    assert {run["dataset"]["id"] for run in said["runs"]} == {decided[0].dataset_id}
    assert said["rubrics"] == ["f00d"]
    assert [(each["author"], each["id"], each["verdicts"]) for each in said["authors"]] == [
        ("human", "ann", 4),
        ("model", "judge", 1),
    ]
    assert said["filters"]["min_agreement"] == 0.6
    assert said["counts"]["rows"] == said["files"][0]["rows"] == 4

    assert said["files"][0]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_nothing_to_export_is_said_with_the_reasons(store: Store, pair: tuple[Run, Run], tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="nobody has compared them"):
        written(store, pair, "openai", tmp_path / "pairs.jsonl")
    compared(store, pair, 0, 0.5)
    with pytest.raises(SpecError, match=r"left out were 1 \(tie\)"):
        written(store, pair, "openai", tmp_path / "pairs.jsonl")
    assert list(tmp_path.glob("pairs*")) == []


def test_a_form_has_no_other_shape(store: Store, decided: tuple[Run, Run], tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="never standard"):
        written(store, decided, "openai", tmp_path / "pairs.jsonl", shape="standard")


@pytest.mark.parametrize("splits", [{"test": 0.9, "valid": 0.2}, {"train": 0.5, "test": 0.2}, {"../x": 0.1}])
def test_parts_are_parts_of_one(splits: dict[str, float]) -> None:
    with pytest.raises(SpecError, match="splits"):
        PreferenceSpec.parse({"splits": splits})


def test_all_forms_are_tried_here() -> None:
    assert set(get_args(Form)) == {*READERS, "trl-kto"}
