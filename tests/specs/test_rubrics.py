"""Rubrics are data: strict, versioned, and one form for all who fill them in."""

import json
from pathlib import Path

import pytest

from benchbook.errors import SpecError
from benchbook.specs.rubric_forms import criteria, example, form, schema
from benchbook.specs.rubrics import Rubric, built_in, rubric

ONE = {"name": "one", "items": [{"name": "right", "question": "Is it right?"}]}


@pytest.mark.parametrize("name", built_in())
def test_a_built_in_rubric_is_the_same_after_a_round_through_json(name: str) -> None:
    found = rubric(name)
    assert Rubric.parse(found.model_dump(mode="json")) == found
    assert Rubric.parse(found.model_dump(mode="json")).version == found.version


@pytest.mark.parametrize("name", built_in())
def test_prompt_schema_form_and_example_have_the_same_items(name: str) -> None:
    found = rubric(name)
    paths = [path for path, _ in found.paths]
    asked = schema(found)["properties"]
    assert isinstance(asked, dict)
    assert json.loads(json.dumps(asked))["items"]["required"] == paths
    fields = json.loads(json.dumps(form(found)))["fields"]
    assert [field["path"] for field in fields] == paths
    assert list(json.loads(json.dumps(example(found)))["items"]) == paths
    assert all(f"{path} — " in criteria(found) for path in paths)


def test_stem_l1_has_the_five_criteria_each_with_parts_that_decide_it() -> None:
    top = rubric("stem-l1").items
    assert [item.title for item in top] == [
        "Problem Understanding",
        "Assumptions",
        "Logical Implications",
        "Results Formulae",
        "Rigor and Completeness",
    ]
    assert all(item.parts and item.passes.rule == "all" for item in top)


def test_a_justification_stands_before_the_answer_it_justifies() -> None:
    asked = json.loads(json.dumps(schema(rubric("quality-3"))))
    assert asked["properties"]["items"]["properties"]["correctness"]["required"] == [
        "justification",
        "quote_response",
        "answer",
        "confidence",
    ]


def test_values_lie_between_0_and_1_and_cannot_tell_has_none() -> None:
    grade = rubric("quality-3").items[0]
    assert [grade.value_of(answer) for answer in grade.answers] == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert grade.value_of("cannot_tell") is None
    assert [grade.met_by(answer) for answer in ("3", "4", "cannot_tell")] == [False, True, None]
    preference = rubric("preference").items[0]
    assert [preference.mirrored(answer) for answer in ("first", "second", "tie")] == ["second", "first", "tie"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"items": [{"name": "Right", "question": "?"}]}, "a criterion is a word"),
        ({"items": [{"name": "review", "question": "?"}]}, "a criterion is a word"),
        ({"items": [{"name": "a", "question": "?"}, {"name": "a", "question": "?"}]}, "two items are called 'a'"),
        ({"items": [{"name": "a", "question": "?", "kind": "scale", "low": 5}]}, "expected low < high"),
        ({"items": [{"name": "a", "question": "?", "kind": "choice"}]}, "a choice needs `options`"),
        ({"items": [{"name": "a", "question": "?", "anchors": {"yess": "x"}}]}, "did you mean 'yes'"),
        (
            {"items": [{"name": "a", "question": "?", "kind": "scale", "parts": [{"name": "b", "question": "?"}]}]},
            "has parts",
        ),
        ({"compares": True}, "the first item of a rubric that compares"),
        ({"passes": {"wieghted": 0.5}}, "unknown key 'wieghted'"),
    ],
)
def test_what_is_wrong_with_a_rubric_is_said(change: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        Rubric.parse({**ONE, **change})


def test_a_rubric_of_ones_own_is_given_by_its_path_and_a_mistake_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nitems:\n  - name: right\n    question: Is it right?\n    passes: {weighted: 0.5}\n")
    assert rubric(str(path)).items[0].passes.share == 0.5
    path.write_text("name: mine\nitems:\n  - name: right\n    qestion: Is it right?\n")
    with pytest.raises(SpecError, match=r"mine.yaml:4.*did you mean 'question'"):
        rubric(str(path))


def test_an_unknown_rubric_names_the_nearest_and_no_path_leads_out_of_the_built_in_ones() -> None:
    with pytest.raises(SpecError, match="did you mean 'stem-l1'"):
        rubric("stem-l2")
    with pytest.raises(SpecError, match="there is no file"):
        rubric("../prices.json/..")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([{"name": "left", "value": 1}, {"name": "right", "value": 0}], "'left' is worth 1 .* give it a `mirror`"),
        (
            [{"name": "left", "value": 1, "mirror": "rihgt"}, {"name": "right", "value": 0}],
            "mirror of 'left' .*'rihgt'",
        ),
        (
            [
                {"name": "left", "value": 1, "mirror": "right"},
                {"name": "right", "value": 0.2, "mirror": "left"},
            ],
            "'left' and its mirror 'right' are worth 1 together",
        ),
        (
            [
                {"name": "first", "value": 1},
                {"name": "second", "value": 0},
                {"name": "a bit", "value": 1, "mirror": "second"},
            ],
            "'second' is no mirror of 'a bit'",
        ),
    ],
)
def test_a_preference_that_would_be_turned_wrong_when_the_two_change_places_is_refused(
    options: list[object], message: str
) -> None:
    item = {"name": "better", "question": "?", "kind": "choice", "options": options}
    with pytest.raises(SpecError, match=message):
        Rubric.parse({"name": "r", "compares": True, "items": [item], "passes": None})


def test_what_only_costs_points_has_no_mean() -> None:
    item = {"name": "bad", "question": "?", "kind": "points", "points": -1}
    with pytest.raises(SpecError, match="points above zero"):
        Rubric.parse({"name": "r", "items": [item], "passes": None})
    assert Rubric.parse({"name": "r", "items": [item]}).items[0].met_by("no")
