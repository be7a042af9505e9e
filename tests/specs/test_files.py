"""A mistake in a config is found before anything happens, and named with file, line and field."""

from pathlib import Path

import pytest

from benchbook.errors import SpecError
from benchbook.specs.experiments import ExperimentSpec
from benchbook.specs.files import Source, read, read_text

GOOD = """\
name: demo
models:
  - llamacpp/smollm2-135m
  - model: llamacpp/gemma3-270m
    name: gemma
    prompt_style: completion
    generate: {temperature: 0.0}
tasks:
  - python-coding
  - {task: {humaneval: problems.jsonl}, epochs: 2, limit: 3}
run: {concurrency: 4}
prices:
  gemma: {input: 0.1, output: 1, as_of: 2026-01-01}
"""


def spec_of(text: str) -> ExperimentSpec:
    return read_text("demo.yaml", text).parse(ExperimentSpec)


def test_the_short_spellings_mean_the_long_ones() -> None:
    spec = spec_of(GOOD)
    assert spec.models[0].name == "llamacpp/smollm2-135m"
    assert spec.models[0].runtime.args == {"model": "smollm2-135m"}
    assert spec.tasks[1].task is not None
    assert (spec.tasks[1].task.name, spec.tasks[1].task.first) == ("humaneval", "problems.jsonl")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("epochs: 2", "epoch: 2", "demo.yaml:10: tasks[1].epoch: unknown key 'epoch'; did you mean 'epochs'?"),
        ("epochs: 2", "epochs: two", "demo.yaml:10: tasks[1].epochs: expected a valid integer, got 'two'"),
        ("epochs: 2", "epochs: 2.5", "demo.yaml:10: tasks[1].epochs: expected a valid integer, got 2.5"),
        ("limit: 3", "limit: 0", "demo.yaml:10: tasks[1].limit: expected greater than or equal to 1, got 0"),
        ("concurrency: 4", "concurrency: '4'", "demo.yaml:11: run.concurrency: expected a valid integer, got '4'"),
        ("concurrency: 4", "concurrency: true", "demo.yaml:11: run.concurrency: expected a valid integer, got True"),
        ("- llamacpp/smollm2-135m", "- smollm2", "demo.yaml:3: models[0].model: expected `runtime/name`"),
        ("style: completion", "style: complete", "demo.yaml:6: models[1].prompt_style: expected 'auto', 'chat' or"),
        ("style: completion", "style: complete", "did you mean 'completion'?"),
        ("name: gemma", "name: llamacpp/smollm2-135m", "two models are called 'llamacpp/smollm2-135m'"),
        ("  gemma: {in", "  gema: {in", "`prices` names 'gema', which is none of the models"),
        ("name: demo", "name: demo\nname: again", "demo.yaml:2: name: the key 'name' is written twice"),
        ("name: demo", "title: demo", "demo.yaml:1: title: unknown key 'title'"),
        ("tasks:", "task:", "demo.yaml:8: task: unknown key 'task'; did you mean 'tasks'?"),
        ("name: demo", "", "name: this field is required"),
        ("- python-coding", "- {solver: generate}", "a task without `task: NAME` is written out in full; missing"),
        ("- python-coding", "- !!python/object:os.system x", "demo.yaml:9: tasks[0]: the YAML tag"),
        ("concurrency: 4}", "concurrency: 4", "not valid YAML"),
    ],
)
def test_a_mistake_is_named_with_line_field_and_remedy(old: str, new: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        spec_of(GOOD.replace(old, new, 1))
    assert message in str(caught.value)


def test_text_that_yaml_takes_for_something_else_stays_text() -> None:
    data = read_text("x", "a: no\nb: on\nc: 2026-01-01\nd: 1.5\ne: ~\nf:\ng: 0x10\nh: 1_000\ni: 1e3").data
    expected = {"a": "no", "b": "on", "c": "2026-01-01", "d": 1.5, "e": None, "f": None, "g": "0x10", "h": 1000}
    assert data == {**expected, "i": 1000.0}


def test_an_alias_bomb_is_refused() -> None:
    layers = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 9))
    with pytest.raises(SpecError, match="aliases included"):
        read_text("bomb.yaml", f"l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n{layers}")


def test_a_missing_file_names_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "eval_v1.yaml").write_text(GOOD)
    with pytest.raises(SpecError, match=r"there is no file .*evl_v1.yaml; did you mean one of .*eval_v1.yaml"):
        read(tmp_path / "evl_v1.yaml")


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SpecError, match="cannot read"):
        read(tmp_path / "x.yaml")


def test_set_changes_one_field() -> None:
    source = read_text("demo.yaml", GOOD).changed("tasks.1.epochs=7").changed("run.seed=9").changed("prices={}")
    spec = source.parse(ExperimentSpec)
    assert (spec.tasks[1].epochs, spec.run.seed, spec.run.concurrency, spec.prices) == (7, 9, 4, {})


@pytest.mark.parametrize("change", ["tasks.1.epochs", "=3", "tasks.9.epochs=1", "tasks.0.epochs=1", "name.x=1"])
def test_set_refuses_what_it_cannot_place(change: str) -> None:
    with pytest.raises(SpecError, match="--set"):
        read_text("demo.yaml", GOOD).changed(change)


def test_a_mistake_in_set_is_still_a_mistake() -> None:
    source: Source = read_text("demo.yaml", GOOD).changed("run.concurrency=many")
    with pytest.raises(SpecError, match=r"run.concurrency: expected a valid integer"):
        source.parse(ExperimentSpec)
