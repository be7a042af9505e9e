"""Specs are values: frozen, comparable, named by their content."""

import pytest
from pydantic import Field, ValidationError

from benchbook.errors import SpecError
from benchbook.specs.experiments import ExperimentSpec, RunSettings, RunSpec
from benchbook.specs.models import GenerateConfig, ModelSpec, Price
from benchbook.specs.plan import plan
from benchbook.specs.spec import Several, Spec, assembled, canonical_json
from benchbook.specs.tasks import TaskSpec
from benchbook.specs.use import Use
from benchbook.specs.verdicts import Verdict


def experiment(**changes: object) -> ExperimentSpec:
    data = {"name": "demo", "models": ["mock/a", "mock/b"], "tasks": ["one", "two"], **changes}
    return ExperimentSpec.parse(data)


def test_a_spec_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        experiment().name = "other"  # type: ignore[misc]


def test_equal_specs_have_equal_fingerprints_whatever_the_order_of_their_keys() -> None:
    first = ExperimentSpec.parse({"name": "x", "models": ["m/a"], "tasks": [{"task": "t", "limit": 1}]})
    second = ExperimentSpec.parse({"tasks": [{"limit": 1, "task": {"name": "t"}}], "models": ["m/a"], "name": "x"})
    assert first.fingerprint() == second.fingerprint()
    assert first.fingerprint() != experiment().fingerprint()


def test_the_fingerprint_survives_storage() -> None:
    spec = experiment(prices={"mock/a": {"input": 1, "output": 2, "as_of": "2026-11-01"}})
    assert ExperimentSpec.model_validate_json(spec.model_dump_json()).fingerprint() == spec.fingerprint()


def test_the_fingerprint_is_pinned() -> None:
    """Stored runs are found by it: a change here breaks every store in the world, and must be meant."""
    assert Use(name="x").fingerprint() == ("361a144bc3f4ec144e1f0eb516e103c93fbb4f83794c668a300e286ba6edbbf3")
    assert canonical_json({"b": [1, 2.5, None], "a": "é"}) == '{"a":"\\u00e9","b":[1,2.5,null]}'


def test_the_plan_is_every_model_on_every_task() -> None:
    runs = plan(experiment())
    assert [(run.task.task.name, run.model.name) for run in runs if run.task.task] == [
        ("one", "mock/a"),
        ("one", "mock/b"),
        ("two", "mock/a"),
        ("two", "mock/b"),
    ]


def test_a_price_is_found_by_the_models_name_or_its_string() -> None:
    models = [{"model": "mock/a", "name": "A"}, "mock/b"]
    priced = experiment(models=models, prices={"A": {"input": 1, "output": 1}, "mock/b": {"input": 2, "output": 2}})
    assert [run.price.input for run in plan(priced) if run.price] == [1, 2, 1, 2]


def test_the_models_parameters_come_before_the_tasks_and_the_tasks_before_the_runs() -> None:
    spec = RunSpec(
        model=ModelSpec(model="mock/a", generate=GenerateConfig(temperature=0.7, stop=("A",))),
        task=TaskSpec(task=Use(name="t"), generate=GenerateConfig(temperature=0.2, max_tokens=9, stop=("B",))),
        settings=RunSettings(seed=5),
        price=Price(input=0, output=0),
    )
    assert spec.generate == GenerateConfig(temperature=0.7, max_tokens=9, seed=5, stop=("A", "B"))


def test_a_registered_task_fills_only_what_was_left_open() -> None:
    base = TaskSpec(name="t", dataset=Use(name="d"), scorers=(Use(name="s"),), limit=9, epochs=4)
    whole = TaskSpec(task=Use(name="t"), epochs=1).over(base)
    assert (whole.name, whole.limit, whole.epochs, whole.scorers) == ("t", 9, 1, base.scorers)


def test_one_scorer_needs_no_list() -> None:
    for scorers in ("s", {"s": {"x": 1}}):
        task = TaskSpec.parse({"name": "t", "dataset": "d", "scorers": scorers})
        assert [scorer.name for scorer in task.scorers] == ["s"]


def test_a_verdict_with_an_error_has_no_value() -> None:
    with pytest.raises(ValidationError, match="neither value nor label"):
        Verdict(value=0.0, error="the grader broke")


@pytest.mark.parametrize(
    ("replies", "place"),
    [(["Paris", 4], ["replies", 1]), (4, ["replies"]), ({"a": "b"}, ["replies"]), (["a", {"b": 1}], ["replies", 1])],
)
def test_a_value_of_no_kind_that_it_may_be_of_is_named_by_the_users_keys(replies: object, place: list[object]) -> None:
    class Replying(Spec):
        replies: str | list[str]

    with pytest.raises(SpecError, match="expected a valid string") as caught:
        Replying.parse({"replies": replies})
    assert list(caught.value.field) == place


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("pair", [1], "needs at least 2, not 1"),
        ("pair", [1, 2, 3], "takes at most 2, not 3"),
        ("pair", "ab", "expected a list, got 'ab'"),
        ("some", (), "needs at least one, and is empty"),
        ("named", [], "expected an object, got []"),
        ("text", "a", "needs at least 2 characters"),
        ("text", "a" * 1001, "takes at most 1,000 characters"),
    ],
)
def test_what_is_wrong_is_told_without_the_names_of_pythons_types(field: str, value: object, message: str) -> None:
    class Sized(Spec):
        pair: Several[int] = Field(default=(1, 2), min_length=2, max_length=2)
        some: Several[int] = Field(default=(1,), min_length=1)
        named: dict[str, int] = {}
        text: str = Field(default="aa", min_length=2, max_length=1000)

    with pytest.raises(SpecError) as parsed:
        Sized.parse({field: value})
    with pytest.raises(SpecError) as made:
        assembled(Sized, {field: value})
    assert (str(parsed.value), str(made.value)) == (f"{field}: {message}",) * 2


def test_a_wrong_key_of_one_of_the_kinds_that_a_value_may_be_of_is_named() -> None:
    with pytest.raises(SpecError, match="unknown key 'bad'") as caught:
        ExperimentSpec.parse(
            {"name": "x", "models": ["m/a"], "tasks": ["t"], "judges": [{"rubric": {"name": "x", "bad": 1}}]}
        )
    assert list(caught.value.field) == ["judges", 0, "rubric", "bad"]
