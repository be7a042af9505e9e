"""Models that answer in turn."""

import asyncio
from typing import Any

import pytest

from benchbook import GenerateConfig, Request, Runtime, SpecError, Use, opened, preflight, vet


def member(name: str, **args: Any) -> dict[str, Any]:
    return {"model": f"mock/{name}", "args": {"replies": name, **args}}


def ensemble(*members: Any) -> Use:
    return Use(name="ensemble", args={"model": "three", "models": list(members)})


def test_every_question_about_a_sample_goes_to_the_next_model() -> None:
    async def asked() -> tuple[Runtime, list[str]]:
        async with opened("runtime", ensemble(member("a"), member("b"), member("c"))) as runtime:
            said = [
                await runtime.generate(Request("?", GenerateConfig(), sample, 1, turn=turn))
                for sample in ("s", "t")
                for turn in (1, 2, 3, 4)
            ]
            return runtime, [output.text for output in said]

    runtime, said = asyncio.run(asked())
    assert said == ["a", "b", "c", "a"] * 2
    assert runtime.facts == {"1 mock/a.mock": "a", "2 mock/b.mock": "b", "3 mock/c.mock": "c"}
    assert runtime.identity == runtime.facts
    assert not runtime.samples


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([member("a")], "an ensemble of 1; name two models or more"),
        (
            [member("a"), {"model": "mock/b", "generate": {"temperature": 1.0}}],
            "mock/b: a member has .*`generate` is said",
        ),
        ([member("a"), {"model": "mokc/b"}], "did you mean 'mock'"),
        ([member("a"), member("b", latency=-1.0)], "expected 0 seconds or more"),
    ],
)
def test_what_makes_no_ensemble_is_refused_before_the_run(members: list[Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        preflight("runtime", ensemble(*members))


def test_a_parameter_that_one_of_them_cannot_heed_is_refused_before_the_run() -> None:
    models = ensemble(member("a"), {"model": "openai/gpt-4o"})
    vet(models, GenerateConfig(temperature=0.5), "chat")
    with pytest.raises(SpecError, match=r"openai/gpt-4o: .*top_k"):
        vet(models, GenerateConfig(top_k=5), "chat")


def test_models_of_two_kinds_are_not_asked_together() -> None:
    async def begun() -> None:
        async with opened("runtime", ensemble(member("a"), member("b", prompt_style="completion"))):
            pass

    with pytest.raises(SpecError, match="an ensemble asks all alike"):
        asyncio.run(begun())
