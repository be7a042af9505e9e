"""What there is to work with."""

from pathlib import Path

from benchbook.store.store import Store
from server.site import Asker
from service.judged import answered
from store.planned import queued, rows


def test_every_plugin_says_what_it_takes(viewer: Asker) -> None:
    plugins = {(one["kind"], one["name"]): one for one in viewer.get("/api/plugins").json}
    assert plugins["reader", "jsonl"]["arguments"]["properties"]["file"]
    assert [one for one in plugins.values() if one["error"]] == []
    assert all(one["kind"] == "task" for one in viewer.get("/api/tasks").json)


def test_rubrics_prompts_and_presets_come_along(viewer: Asker) -> None:
    rubrics = {one["name"]: one for one in viewer.get("/api/rubrics").json}
    assert "quality-3" in rubrics
    assert rubrics["quality-3"]["criteria"]
    assert {one["compares"] for one in viewer.get("/api/prompts").json} == {True, False}
    presets = {one["name"]: one for one in viewer.get("/api/presets").json}
    assert "name: eval_v1" in presets["eval_v1"]["yaml"]


def test_models_are_the_embedded_and_the_asked(viewer: Asker, store: Store, tmp_path: Path) -> None:
    answered(store, tmp_path, {"a": ["0"]}, ["0"])
    models = {one["model"]: one for one in viewer.get("/api/models").json}
    assert models["llamacpp/smollm2-135m"]["embedded"]
    assert (models["mock/a"]["runs"], models["mock/a"]["name"]) == (1, "a")


def test_a_data_set_is_looked_through(viewer: Asker, store: Store) -> None:
    [run] = queued(store, rows(5))
    [dataset] = viewer.get("/api/datasets").json["items"]
    whole = viewer.get(f"/api/datasets/{dataset['id']}").json
    assert [one["id"] for one in whole["runs"]] == [run.id]
    page = viewer.get(f"/api/datasets/{dataset['id']}/samples?limit=3").json
    rest = viewer.get(f"/api/datasets/{dataset['id']}/samples?limit=3&after={page['next']}").json
    assert [one["input"] for one in rest["items"]] == ["What is 3 + 1?", "What is 4 + 1?"]
    assert viewer.get(f"/api/datasets/{dataset['id']}/samples/4").json["row"]["target"] == "5"
    assert viewer.get(f"/api/datasets/{dataset['id']}/samples/5").status == 404
    assert viewer.get("/api/datasets/none").status == 404
