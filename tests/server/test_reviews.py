"""Human review over HTTP: who reviews is who asks, and the blind are told nothing."""

from pathlib import Path
from typing import Any

import pytest

from benchbook.records.runs import Run
from benchbook.server.access import CSRF_HEADER, Access
from benchbook.service.runs import utc_now
from benchbook.store import views
from benchbook.store.store import Store
from server.site import Asker, Reply, Site, site
from service.reviewed import PAIR, pair_judge, two_runs

Runs = tuple[tuple[Run, Run], Run]


@pytest.fixture
def judged(store: Store, tmp_path: Path) -> Runs:
    """Two runs that answered the same, and their judge."""
    runs = two_runs(store, tmp_path)
    return runs, pair_judge(store, runs)


def put(asker: Asker, path: str, body: bytes) -> Reply:
    return asker.ask("PUT", path, body, {"Content-Type": "application/json"})


def opened(site: Site, spec: dict[str, Any]) -> str:
    """The address of a new review."""
    reply = site.a("editor").post("/api/reviews", {"spec": {"name": "secret-alpha-against-beta", **spec}})
    assert reply.status == 201, reply.body
    return f"/api/reviews/{reply.json['id']}"


def prefers(sheet: dict[str, Any], text: str) -> str:
    return "first" if text in sheet["responses"][0] else "second"


def test_a_review_is_opened_from_yaml_and_its_mistakes_have_lines(served: Site, judged: Runs) -> None:
    editor = served.a("editor")
    wrong = editor.post("/api/reviews", {"yaml": f"name: a\njudge: {judged[1].id}\nselect: {{flag: any}}\n"})
    assert (wrong.status, wrong.json["error"]["line"]) == (400, 3)
    assert "did you mean 'flags'" in wrong.json["error"]["message"]
    assert editor.post("/api/reviews", {"spec": {"name": "a"}}).json["error"]["field"] == ["runs"]
    made = editor.post("/api/reviews", {"yaml": f"name: a\njudge: {judged[1].id}\n"})
    assert (made.status, made.json["items"]["total"], made.json["name"]) == (201, 4, "a")
    again = editor.post("/api/reviews", {"yaml": f"name: a\njudge: {judged[1].id}\n"})
    assert (again.status, again.error) == (409, "Conflict")
    whole = editor.get(f"/api/reviews/{made.json['id']}").json
    assert [run["model"] for run in whole["settings"]["runs"]] == ["secret-alpha", "secret-beta"]
    assert whole["settings"]["judge"]["model"] == "secret-judge"


def test_a_reviewer_drafts_submits_accepts_and_takes_back(served: Site, judged: Runs) -> None:
    address = opened(served, {"judge": judged[1].id, "suggestion": "shown"})
    anna = served.a("reviewer")
    handed = anna.post(f"{address}/claim").json
    item = f"{address}/items/{handed['sheet']['item']}"
    assert (len(handed["ahead"]), handed["rest"], handed["sheet"]["suggests"]) == (2, "more", True)
    draft = put(anna, f"{item}/draft", b'{"items": {"better": "first"}, "critique": "so far"}')
    assert draft.json["lease_until"] >= handed["sheet"]["lease_until"]
    again = anna.post(f"{address}/claim").json["sheet"]
    assert (again["item"], again["draft"]["critique"]) == (handed["sheet"]["item"], "so far")
    assert anna.post(f"{item}/accept", {"seconds": 2}).json["status"] == "done"
    second = anna.post(f"{address}/claim").json["sheet"]
    side = prefers(second, "answer")
    source = "response_1" if side == "second" else "response_2"
    passage = {"source": source, "start": 0, "end": 5, "quote": "guess", "kind": "vague"}
    filled = {"items": {"better": {"answer": side}}, "passages": [passage], "seconds": 1.5}
    there = f"{address}/items/{second['item']}/submit"
    wrong = anna.post(there, {**filled, "passages": [{**passage, "quote": "Guess"}]})
    assert (wrong.status, wrong.json["error"]["field"]) == (400, ["passages", 0])
    assert anna.post(there, filled).json["status"] == "done"
    back = anna.post(f"{address}/undo", {"item": None}).json
    assert (back["item"], back["draft"]["items"]["better"]["answer"], back["decides"]) == (second["item"], side, False)
    assert anna.post(there, filled).json["rounds"] == 2
    third = anna.post(f"{address}/claim").json["sheet"]["item"]
    assert anna.post(f"{address}/items/{third}/skip", {"reason": "I know who wrote it"}).json["status"] == "skipped"
    [row] = anna.get("/api/reviews").json["items"]
    assert (row["items"]["votes"], row["items"]["passed_on"], row["people"]) == (2, 1, 1)


def test_a_first_choice_brings_the_judges_word(served: Site, judged: Runs) -> None:
    address = opened(served, {"judge": judged[1].id})
    anna = served.a("reviewer")
    sheet = anna.post(f"{address}/claim").json["sheet"]
    assert sheet["suggestion"] is None
    early = anna.post(f"{address}/items/{sheet['item']}/accept", {})
    assert (early.status, early.error) == (403, "Denied")
    chosen = anna.post(f"{address}/items/{sheet['item']}/choose", {"items": {"better": "tie"}}).json
    assert chosen["suggestion"]["items"]["better"]["answer"] == prefers(sheet, "guess")


def test_nothing_that_a_blind_reviewer_is_sent_says_whose_answers_they_are(served: Site, judged: Runs) -> None:
    runs, judge = judged
    address = opened(served, {"judge": judge.id, "suggestion": "shown", "overlap": 2, "reviewers": []})
    anna, ben, cleo = (served.a("reviewer") for _ in range(3))
    told = list[bytes]()

    def ask(asker: Asker, method: str, path: str, document: object = None) -> Any:
        reply = asker.get(path) if method == "GET" else asker.post(path, document)
        told.append(reply.body)
        return reply.json

    for asker, text in ((anna, "answer"), (ben, "guess")):
        ask(asker, "GET", f"{address}/form")
        for _ in range(3):
            sheet = ask(asker, "POST", f"{address}/claim")["sheet"]
            item = f"{address}/items/{sheet['item']}"
            ask(asker, "POST", f"{item}/choose", {"items": {"better": "tie"}})
            ask(asker, "POST", f"{item}/submit", {"items": {"better": prefers(sheet, text)}})
        ask(asker, "POST", f"{address}/undo", {})
        ask(asker, "POST", f"{item}/accept", {"seconds": 1})
        ask(asker, "POST", f"{item}/accept", {"seconds": 1})
        ask(asker, "POST", f"{address}/undo", {"item": "item-unknown"})
        ask(asker, "POST", f"{address}/items/unknown/submit", {"items": {"better": "first"}})
        ask(asker, "POST", f"{item}/skip", {"reason": "late"})
    [dispute, *_] = ask(cleo, "GET", f"{address}/disputes")["items"]
    hearing = ask(cleo, "POST", f"{address}/disputes/{dispute['item']}/hear")
    assert len(hearing["votes"]) == 2
    ask(anna, "POST", f"{address}/disputes/{dispute['item']}/hear")
    ask(cleo, "POST", f"{address}/disputes/{dispute['item']}/uphold", {"reviewer": dispute["reviewers"][0]})
    for path in ("/api/reviews", address, f"{address}/agreement", f"{address}/estimate", "/api/reviews/secret-alpha"):
        ask(anna, "GET", path)
    ask(cleo, "POST", f"{address}/undo", {})
    served.a("editor").post(f"{address}/close")
    ask(anna, "POST", f"{address}/claim")
    ask(anna, "POST", f"{item}/submit", {"items": {"better": "first"}})
    hidden = ["secret-beta", "secret-judge", "against", "jsonl", "mock", *(run.id for run in (*runs, judge))]
    hidden += [one.id for run in runs for _, one, _ in views.generations(served.store, run.id)]
    whole = b"\n".join(told).decode().replace("'secret-alpha'", "")
    assert [word for word in (*hidden, "secret-alpha") if word in whole] == []


def test_two_who_differ_are_heard_and_somebody_decides(served: Site, judged: Runs) -> None:
    address = opened(served, {"runs": [run.id for run in judged[0]], "rubric": PAIR, "overlap": 2})
    for text in ("answer", "guess"):
        asker = served.a("reviewer")
        sheet = asker.post(f"{address}/claim").json["sheet"]
        asker.post(f"{address}/items/{sheet['item']}/submit", {"items": {"better": prefers(sheet, text)}})
    cleo = served.a("reviewer")
    [dispute] = cleo.get(f"{address}/disputes").json["items"]
    there = f"{address}/disputes/{dispute['item']}"
    hearing = cleo.post(f"{there}/hear").json
    assert {vote["reviewer"] for vote in hearing["votes"]} == set(dispute["reviewers"])
    assert hearing["sheet"]["decides"] is True
    side = prefers(hearing["sheet"], "answer")
    assert cleo.post(f"{there}/decide", {"items": {"better": {"answer": side, "note": "it is"}}}).status == 200
    assert cleo.get(f"{address}/disputes").json["items"] == []
    whole = cleo.get(address).json
    assert whole["row"]["items"]["settled"] == 1
    assert {one["name"]: one["decided"] for one in whole["people"]}[cleo.get("/api/session").json["user"]["name"]] == 1


def test_nobody_reviews_in_anothers_name(served: Site, judged: Runs) -> None:
    address = opened(served, {"judge": judged[1].id})
    assert served.a("reviewer").post(f"{address}/claim?as=ben").status == 403
    assert served.a("viewer").post(f"{address}/claim").status == 403


def test_where_nobody_logs_in_the_page_says_who_reviews(store: Store, tmp_path: Path, judged: Runs) -> None:
    with site(store, tmp_path / "open", Access(utc_now, open=True)) as found:
        asker = found.nobody()
        asker.headers = {CSRF_HEADER: asker.get("/api/session").json["csrf"]}
        made = asker.post("/api/reviews", {"spec": {"name": "a", "judge": judged[1].id, "suggestion": "shown"}}).json
        for query in ("", "?as=ann"):
            item = asker.post(f"/api/reviews/{made['id']}/claim{query}").json["sheet"]["item"]
            assert asker.post(f"/api/reviews/{made['id']}/items/{item}/accept{query}", {}).status == 200
        people = asker.get(f"/api/reviews/{made['id']}").json["people"]
    assert [(one["name"], one["done"]) for one in people] == [("ann", 1), ("anybody", 1)]


def test_lists_of_reviews_go_on_where_they_ended(served: Site, judged: Runs) -> None:
    for name in "abc":
        opened(served, {"judge": judged[1].id, "name": name})
    viewer = served.a("viewer")
    first = viewer.get("/api/reviews?limit=2").json
    rest = viewer.get(f"/api/reviews?limit=2&after={first['next']}").json
    assert [row["name"] for row in first["items"] + rest["items"]] == ["c", "b", "a"]
    assert rest["next"] is None
