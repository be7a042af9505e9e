"""Summaries, translations and perplexity, from a user's file to the figures."""

import asyncio
import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from benchbook import (
    Fold,
    GenerateConfig,
    Likelihood,
    Output,
    Prompt,
    Sample,
    SpecError,
    TaskSpec,
    Use,
    Verdict,
    build,
    opened,
)
from benchbook.errors import PluginError
from benchbook.service.datasets import frozen
from benchbook.service.experiments import completed
from benchbook.specs.experiments import ExperimentSpec
from benchbook.specs.models import PromptStyle
from plugins.scorers.grading import generation, sample_of

TEXT = "The cat sat.\nÜber den Dächern  lag Schnee."


class Reader:
    """A model that reads: each byte takes it two bits, and each token is three bytes."""

    prompt_style: PromptStyle = "completion"

    async def __call__(self, prompt: Prompt, config: GenerateConfig = GenerateConfig(), *, shared: int = 0) -> Output:
        raise AssertionError("nobody asks")

    async def loglikelihood(self, context: str, continuation: str) -> Likelihood:
        raise AssertionError("nobody asks")

    async def loglikelihood_rolling(self, text: str, window: int) -> Likelihood:
        size = len(text.encode())
        return Likelihood(logprob=-2 * math.log(2) * size, tokens=size // 3, greedy=False)


def file(folder: Path, *rows: dict[str, Any]) -> str:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def task(name: str, **args: Any) -> TaskSpec:
    spec = build("task", Use(name=name, args=args))
    assert isinstance(spec, TaskSpec)
    return spec


def samples(spec: TaskSpec) -> list[Sample]:
    assert spec.dataset is not None
    return [sample_of(row) for row in build("reader", spec.dataset)()]


def verdicts(spec: TaskSpec, sample: Sample, output: Output) -> dict[str, Verdict]:
    async def all_of() -> dict[str, Verdict]:
        found: dict[str, Verdict] = {}
        for use in spec.scorers:
            async with opened("scorer", use) as score:
                said = score(sample, generation(None).model_copy(update={"output": output}))
                said = await said if asyncio.iscoroutine(said) else said
                for one in [said] if isinstance(said, Verdict) else said:
                    found[one.name or use.name] = one
        return found

    return asyncio.run(all_of())


def metric(name: str, found: Sequence[Verdict]) -> float | None:
    fold: Fold = build("metric", Use(name=name))
    numbers = [fold.numbers(each) for each in found]
    return fold.figure([sum(column) for column in zip(*(one for one in numbers if one), strict=True)])


def test_a_summary_is_scored_by_rouge(tmp_path: Path) -> None:
    spec = task(
        "summarization",
        data=file(tmp_path, {"article": "Long.", "short": "The cat sat"}),
        text="article",
        summary="short",
    )
    [sample] = samples(spec)
    found = verdicts(spec, sample, Output(text="The cat sat down"))
    assert found["rouge1"].value == pytest.approx(6 / 7)
    assert found["token-f1"].value == pytest.approx(4 / 5)


def test_a_translation_is_asked_for_in_the_language_that_is_named(tmp_path: Path) -> None:
    spec = task("translation", data=file(tmp_path, {"source": "Eine Katze.", "target": ["A cat."]}), into="French")
    [sample] = samples(spec)
    assert "into French" in str(spec.solver.args["template"])
    assert verdicts(spec, sample, Output(text="A cat."))["ter"].value == 0


def test_perplexity_has_the_formulas_of_lm_evaluation_harness(tmp_path: Path) -> None:
    spec = task("perplexity", data=file(tmp_path, {"text": TEXT}, {"text": "one two"}), window=512)
    found = []
    for sample in samples(spec):
        output = asyncio.run(build("solver", spec.solver)(sample, Reader()))
        found.append(verdicts(spec, sample, output)["perplexity"].model_copy(update={"name": "perplexity"}))
    size, words = len(TEXT.encode()) + 7, 8 + 2
    assert found[0].value == pytest.approx(2.0)
    assert metric("bits_per_byte", found) == pytest.approx(2.0)
    assert metric("byte_perplexity", found) == pytest.approx(4.0)
    assert metric("word_perplexity", found) == pytest.approx(math.exp(2 * math.log(2) * size / words))
    assert metric("token_perplexity", found) == pytest.approx(4 ** (size / (len(TEXT.encode()) // 3 + 2)))


def test_a_text_that_nobody_read_is_unscored(tmp_path: Path) -> None:
    spec = task("perplexity", data=file(tmp_path, {"text": TEXT}))
    [sample] = samples(spec)
    assert "take the solver perplexity" in (verdicts(spec, sample, Output(text="?"))["perplexity"].error or "")


def test_a_task_without_data_says_what_is_missing() -> None:
    for name in ("summarization", "translation", "perplexity"):
        with pytest.raises(SpecError, match="data"):
            task(name)


def test_scorers_bring_their_metrics_and_a_task_may_name_more(tmp_path: Path) -> None:
    data = file(tmp_path, {"text": TEXT})

    def metrics(**fields: Any) -> list[str]:
        asked = {"name": "x", "models": ["mock/a"], "tasks": [{"task": {"perplexity": {"data": data}}, **fields}]}
        return [use.name for use in completed(ExperimentSpec.parse(asked)).tasks[0].metrics]

    brought = ["word_perplexity", "byte_perplexity", "bits_per_byte", "token_perplexity"]
    assert metrics() == brought
    assert metrics(metrics="bleu") == [*brought, "bleu"]
    assert metrics(metrics=["bits_per_byte"]) == brought
    with pytest.raises(SpecError, match="bleu"):
        metrics(metrics=["blue"])
    with pytest.raises((SpecError, PluginError), match="twice"):
        metrics(metrics=["bleu", "bleu"])


def test_a_sample_of_no_cluster_is_named_before_anything_is_run(tmp_path: Path) -> None:
    data = file(tmp_path, {"text": "a", "page": 1}, {"text": "b"})
    spec = task("perplexity", data=data).model_copy(update={"cluster": "page"})
    with pytest.raises(SpecError, match=r"sample '2' has no 'page'; it has: none"):
        frozen(spec, datetime(2026, 11, 21, tzinfo=UTC))
