"""Preference files, by the loaders of those who train on them: where `datasets` and `trl` are installed."""

from pathlib import Path
from typing import Any

import pytest

from benchbook.records.runs import Run
from benchbook.service import preference_export
from benchbook.service.preference_forms import Form
from benchbook.specs.datasets import Row
from benchbook.specs.models import Message
from benchbook.specs.preferences import PreferenceSpec, Shape
from benchbook.store.store import Store
from service.compared import compared, runs_with
from store.planned import NOW

datasets = pytest.importorskip("datasets")
trl = pytest.importorskip("trl.data_utils")

QUESTIONS = [
    Row(key="plain", input="What is 1 + 1?"),
    Row(key="chat", input=(Message(role="user", content="Why is the sky blue?"),)),
]


@pytest.fixture
def pair(store: Store) -> tuple[Run, Run]:
    one, other = runs_with(store, QUESTIONS, [["Two.", "Rayleigh."], ["Three.\u2028!", "Paint."]])
    for at in range(len(QUESTIONS)):
        compared(store, (one, other), at, 1.0)
    return one, other


def loaded(store: Store, pair: tuple[Run, Run], form: Form, folder: Path, shape: Shape = "auto") -> Any:
    path = folder / "pairs.jsonl"
    preference_export.write(store, pair, form, PreferenceSpec(shape=shape), path, NOW)
    return datasets.load_dataset("json", data_files=str(path), split="train", cache_dir=str(folder / "cache"))


@pytest.mark.parametrize("shape", ["standard", "conversational"])
def test_trl_takes_pairs_for_dpo(store: Store, pair: tuple[Run, Run], shape: Shape, tmp_path: Path) -> None:
    data = loaded(store, pair, "trl-dpo", tmp_path, shape)
    assert set(data.column_names) == {"prompt", "chosen", "rejected"}
    assert all(trl.is_conversational(row) == (shape == "conversational") for row in data)
    assert all(trl.maybe_extract_prompt(row) == row for row in data)
    assert len(trl.unpair_preference_dataset(data)) == 4


@pytest.mark.parametrize("shape", ["standard", "conversational"])
def test_trl_takes_rows_for_kto(store: Store, pair: tuple[Run, Run], shape: Shape, tmp_path: Path) -> None:
    data = loaded(store, pair, "trl-kto", tmp_path, shape)
    assert data.features["label"].dtype == "bool"
    assert sum(data["label"]) == 2
    own = trl.unpair_preference_dataset(loaded(store, pair, "trl-dpo", tmp_path / "dpo", shape))
    assert sorted(map(repr, data)) == sorted(map(repr, own.select_columns(data.column_names)))


def test_trl_finds_the_prompt_of_rows_for_rewards(store: Store, pair: tuple[Run, Run], tmp_path: Path) -> None:
    data = loaded(store, pair, "trl-reward", tmp_path)
    prompts = {trl.extract_prompt(row)["prompt"][-1]["content"] for row in data}
    assert prompts == {"What is 1 + 1?", "Why is the sky blue?"}


@pytest.mark.parametrize("form", ["openai", "anthropic-hh", "ultrafeedback"])
def test_datasets_loads_the_other_forms(store: Store, pair: tuple[Run, Run], form: Form, tmp_path: Path) -> None:
    assert len(loaded(store, pair, form, tmp_path)) == 2
