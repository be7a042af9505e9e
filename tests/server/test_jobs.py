"""Judging and taking in, by HTTP."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchbook.executors.dispatcher import Dispatcher
from benchbook.store import views
from benchbook.store.store import Store
from executors.working import processes_of, wait_until
from server.site import Asker
from service.judged import form

ASKED: dict[str, Any] = {
    "prompt": "6 × 7?",
    "responses": [{"model": "small", "text": "41 <script>alert(1)</script>"}, {"model": "large", "text": "42"}],
    "final_answer": "42",
    "rubric": "quality-3",
    "judge": {"model": "mock/judge", "args": {"replies": form(correctness=5, completeness=4, format=4)}},
}


def test_answers_are_judged_and_the_verdicts_read(editor: Asker, working: Dispatcher, tmp_path: Path) -> None:
    sent = editor.post("/api/evaluate", ASKED)
    assert (sent.status, sent.json["status"]) == (202, "queued")
    path = f"/api/evaluate/{sent.json['id']}"
    wait_until(lambda: editor.get(path).json["status"] not in ("queued", "running"))
    done = editor.get(path).json
    assert (done["status"], done["error"]) == ("done", None)
    assert [one["model"] for one in done["result"]["responses"]] == ["small", "large"]
    for one in done["result"]["responses"]:
        [judge] = one["judges"]
        assert judge["verdict"]["value"] is not None
        assert {said["criterion"] for said in judge["criteria"]} == {
            "quality-3", "quality-3/correctness", "quality-3/completeness", "quality-3/format",
        }  # fmt: skip
    wait_until(lambda: not processes_of(tmp_path))


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"rubric": "../../etc/passwd"}, "rubric"),
        ({"rubric": {"name": "x"}}, "rubric"),
        ({"judge": "mok/x"}, "judges"),
        ({"responses": "one"}, "responses"),
        ({"prompt": 1}, "prompt"),
        ({"promt": "x"}, "promt"),
        ({"votes": 0}, "votes"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_the_field(editor: Asker, said: dict[str, Any], field: str) -> None:
    reply = editor.post("/api/evaluate", {**ASKED, **said})
    assert (reply.status, reply.error) == (400, "SpecError")
    assert field in [*(reply.json["error"]["field"] or []), *reply.json["error"]["message"].split("'")]


def test_a_job_that_waits_is_cancelled(editor: Asker) -> None:
    sent = editor.post("/api/evaluate", ASKED).json
    assert editor.post(f"/api/jobs/{sent['id']}/cancel").json["status"] == "cancelled"
    assert editor.get(f"/api/evaluate/{sent['id']}").json["status"] == "cancelled"
    assert editor.get("/api/evaluate/job-none").status == 404
    assert editor.post("/api/jobs/job-none/cancel").status == 404


def test_jobs_are_listed_in_pages(editor: Asker) -> None:
    ids = [editor.post("/api/evaluate", ASKED).json["id"] for _ in range(5)]
    first = editor.get("/api/jobs?limit=3").json
    second = editor.get(f"/api/jobs?limit=3&after={first['next']}").json
    assert sorted(one["id"] for one in (*first["items"], *second["items"])) == sorted(ids)
    assert second["next"] is None
    assert (first["items"][0]["spec"], first["items"][0]["title"]) == ({}, "6 × 7?")
    assert editor.get("/api/jobs?after=rubbish").status == 400
    assert editor.get("/api/jobs?subject=run-1").json["items"] == []
    assert "benchbook_queue_depth 5\n" in editor.get("/metrics").body.decode()
    assert editor.get("/api/jobs?kind=other").status == 400


def test_a_file_that_was_sent_is_taken_in(editor: Asker, working: Dispatcher, store: Store) -> None:
    rows = [{"task_id": f"t{n}", "prompt": f"{n}?", "model_responses": {"small": "1"}} for n in range(3)]
    body = "".join(json.dumps(row) + "\n" for row in rows).encode()
    upload = editor.send("/api/uploads", "our answers.jsonl", body).json
    sent = editor.post("/api/ingestions", {"upload": upload["id"]})
    assert (sent.status, sent.json["subject"], sent.json["title"]) == (202, upload["id"], "our-answers")
    wait_until(lambda: editor.get(f"/api/jobs/{sent.json['id']}").json["status"] not in ("queued", "running"))
    done = editor.get(f"/api/jobs/{sent.json['id']}").json
    assert (done["status"], done["result"]["rows"]) == ("done", 3)
    assert views.experiment(store, "our-answers").id == done["result"]["experiment"]
    for upload_id in ("upload-none", "../../etc/passwd"):
        assert editor.post("/api/ingestions", {"upload": upload_id}).status == 404
    assert editor.post("/api/ingestions", {"upload": upload["id"], "mapping": "/etc/passwd"}).status == 400
    assert editor.get(f"/api/evaluate/{sent.json['id']}").status == 404
