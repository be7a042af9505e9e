"""The samples of a run, over HTTP."""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

import pytest

from benchbook.records.runs import Run
from benchbook.store import sample_pages
from benchbook.store.pages import closed
from benchbook.store.sample_pages import SampleFilter
from benchbook.store.store import Store
from server.site import Asker, Site
from store.planned import answered, begun, data, failed, queued, rows, running

HOSTILE = "<script>alert(1)</script>\x1b[31m\u202e\x00 \ud800 needle 100%_done"


@pytest.fixture
def run(store: Store) -> Run:
    """Twelve sums: every third is wrong, the fifth has no answer, the eighth says something odd."""
    run, samples = running(store, rows(12))
    events = [
        answered(run, sample, text=HOSTILE if at == 8 else f"it is {at + 1}", value=float(at % 3 != 0))
        for at, sample in enumerate(samples)
        if at != 5
    ]
    store.record(run, [*events, failed(run, samples[5], "HTTP 500: it broke")])
    return run


def listed(asker: Asker, run: Run, query: str = "") -> list[int]:
    """The positions of the samples that are listed, page after page."""
    found, path = list[int](), f"/api/runs/{run.id}/samples?limit=2{'&' * bool(query)}{query}"
    page = asker.get(path).json
    while True:
        found += [row["position"] for row in page["items"]]
        if page["next"] is None:
            return found
        page = asker.get(f"{path}&after={page['next']}").json


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", range(12)),
        ("slice=easy", [0, 2, 4, 6, 8, 10]),
        ("slice=eas", []),
        ("slice=sums", range(12)),
        ("score=exact-match&at_most=0.5", [0, 3, 6, 9]),
        ("score=exact-match&at_least=0.5", [1, 2, 4, 7, 8, 10, 11]),
        ("score=exact-match&label=right&slice=hard", [1, 3, 7, 9, 11]),
        ("score=exact-match&label=none", []),
        ("score=other&at_least=0", []),
        ("failed=true", [5]),
        ("failed=false", [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11]),
        ("q=IT IS 1", [0, 9, 10, 11]),
        ("q=What is 7", [7]),
        ("q=stop_reason", []),
        ("q=100%_done", [8]),
        ("q=1000_done", []),
        ("q=needle&score=exact-match&at_least=1", [8]),
    ],
)
def test_samples_are_filtered(viewer: Asker, run: Run, query: str, expected: Sequence[int]) -> None:
    assert listed(viewer, run, quote(query, safe="=&")) == list(expected)


def test_samples_are_sorted_page_by_page(viewer: Asker, run: Run) -> None:
    scored = [0, 3, 6, 9, 1, 2, 4, 7, 8, 10, 11]
    assert listed(viewer, run, "sort=score&score=exact-match") == scored
    assert listed(viewer, run, "sort=score&score=exact-match&descending=true") == [*scored[4:], *scored[:4]]
    # All took as long: the order of the data set decides, and what was not answered took no time.
    assert listed(viewer, run, "sort=latency") == [at for at in range(12) if at != 5]
    assert listed(viewer, run, "sort=cost&descending=true&slice=hard") == [1, 3, 7, 9, 11]


def test_a_row_is_light_and_hostile_text_stays_text(viewer: Asker, run: Run) -> None:
    reply = viewer.get(f"/api/runs/{run.id}/samples?q=needle")
    [row] = reply.json["items"]
    assert reply.headers["content-type"] == "application/json"
    assert reply.body.isascii()
    assert row["output"] == HOSTILE
    assert row["input"] == "What is 8 + 1?"
    assert (row["key"], row["epoch"], row["slices"]) == ("sum/8", 1, ["easy", "sums"])
    assert (row["stop_reason"], row["latency_s"], row["tokens"], row["cached"]) == ("stop", 0.25, 9, False)
    assert row["scores"]["exact-match"] == {
        "value": 1.0, "label": "right", "error": None, "author": "code", "author_id": "exact-match",
    }  # fmt: skip


def test_what_was_not_answered_says_why(viewer: Asker, run: Run) -> None:
    [row] = viewer.get(f"/api/runs/{run.id}/samples?failed=true").json["items"]
    assert (row["error"], row["output"], row["latency_s"], row["scores"]) == ("HTTP 500: it broke", "", None, {})


@pytest.mark.parametrize("size", [199, 200, 201, 5000])
def test_a_long_answer_is_cut_where_it_is_listed(viewer: Asker, store: Store, size: int) -> None:
    run, samples = running(store, rows(1))
    text = '\U0001f600é\\"\n' * size
    store.record(run, [answered(run, samples[0], text=text)])
    [row] = viewer.get(f"/api/runs/{run.id}/samples").json["items"]
    assert row["output"] == text[:200]
    assert viewer.get(f"/api/runs/{run.id}/samples/0/1").json["generation"]["output"]["text"] == text


def test_one_sample_is_shown_whole_with_what_stands_around_it(viewer: Asker, run: Run) -> None:
    whole = viewer.get(f"/api/runs/{run.id}/samples/8/1").json
    assert whole["generation"]["output"]["text"] == HOSTILE
    assert whole["sample"]["row"]["target"] == "9"
    assert [said["score"]["verdict"]["label"] for said in whole["scores"]] == ["right"]
    assert (whole["previous"], whole["next"]) == ({"position": 7, "epoch": 1}, {"position": 9, "epoch": 1})
    assert viewer.get(f"/api/runs/{run.id}/samples/0/1").json["previous"] is None
    assert viewer.get(f"/api/runs/{run.id}/samples/11/1").json["next"] is None


def test_what_another_run_answered_stands_beside(viewer: Asker, store: Store, run: Run) -> None:
    [planned] = queued(store, rows(12), "exp-2")
    other, samples = begun(store, planned), data(rows(12))[1]
    store.record(other, [answered(other, samples[3], text="another")])
    [beside] = viewer.get(f"/api/runs/{run.id}/samples/3/1").json["neighbours"]
    assert (beside["run"]["id"], beside["generation"]["output"]["text"]) == (other.id, "another")
    assert len(beside["scores"]) == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("samples/99/1", 404),
        ("samples/0/2", 404),
        ("samples/x/1", 400),
        ("samples/99999999999999999999999/1", 400),
        ("samples/-1/1", 400),
        (f"samples?after={closed(1 << 70, 1)}", 400),
        (f"samples?after={closed(1.5, 1)}", 400),
        ("samples?sort=score", 400),
        ("samples?at_most=1", 400),
        ("samples?after=WzFd", 400),
        ("samples?after=%00", 400),
        ("samples?limit=0", 400),
        ("samples?limit=100000", 400),
        ("samples?score=x&at_most=nan", 400),
        ("samples?sort=nothing", 400),
        (f"samples?q={'x' * 501}", 400),
    ],
)
def test_what_makes_no_sense_is_refused(viewer: Asker, run: Run, path: str, status: int) -> None:
    reply = viewer.get(f"/api/runs/{run.id}/{path}")
    assert reply.status == status
    assert reply.error == ("NotFound" if status == 404 else "SpecError")


def test_a_number_that_json_does_not_have_is_none(served: Site, viewer: Asker) -> None:
    run, [sample] = running(served.store, rows(1))
    event = answered(run, sample)
    assert event.generation is not None
    assert event.generation.output is not None
    logprobs = ({"token": "4", "logprob": float("-inf")},)
    output = event.generation.output.model_validate({"text": "4", "logprobs": logprobs})
    generation = event.generation.model_copy(update={"output": output})
    served.store.record(run, [event.model_copy(update={"generation": generation})])
    whole = viewer.get(f"/api/runs/{run.id}/samples/0/1").json
    assert whole["generation"]["output"]["logprobs"][0]["logprob"] is None


def test_a_search_goes_on_through_a_large_data_set_until_its_end(viewer: Asker, store: Store) -> None:
    run, samples = running(store, rows(2500))
    chosen = (0, 999, 1000, 2499)
    store.record(run, [answered(run, samples[at], text="found" if at % 5 else "seen", value=0.5) for at in chosen])
    assert listed(viewer, run) == [0, 999, 1000, 2499]
    assert listed(viewer, run, "q=found") == [999, 2499]
    assert listed(viewer, run, "slice=easy") == [0, 1000]


@pytest.mark.parametrize("odd", ["%00", "%ED%A0%80", "%F0%9F%98%80", "'", "%22", "%5C", "%25", "_", "!", "%0A", "%FF"])
def test_odd_characters_are_searched_for_and_break_nothing(viewer: Asker, run: Run, odd: str) -> None:
    for path in (
        f"/api/runs/{run.id}/samples?q={odd}",
        f"/api/runs/{run.id}/samples?slice={odd}",
        f"/api/runs/{run.id}/samples?score={odd}&label={odd}",
        f"/api/runs?model={odd}&experiment={odd}",
        f"/api/experiments?name={odd}",
        f"/api/compare?runs={run.id},{odd}",
        f"/api/preferences?runs={odd}",
        f"/api/runs/{odd}",
        f"/api/datasets/{odd}",
        f"/api/artifacts/{odd}",
    ):
        assert viewer.get(path).status in (200, 400, 404), path


def test_what_weighs_the_same_by_the_thousand_is_listed_in_the_order_of_the_data_set(store: Store) -> None:
    run, samples = running(store, rows(2600))
    values = [0.25 if at % 9 == 4 else float(at % 13 != 0) for at in range(len(samples))]
    store.record(run, [answered(run, sample, value=values[sample.position]) for sample in samples])
    by_score = sorted(range(len(samples)), key=lambda at: (values[at], at))
    best_first = sorted(range(len(samples)), key=lambda at: (-values[at], at))
    score = SampleFilter(sort="score", score="exact-match")
    assert paged(store, run, score) == by_score
    assert paged(store, run, replace(score, descending=True)) == best_first
    assert paged(store, run, replace(score, slice="easy")) == [at for at in by_score if at % 2 == 0]
    assert paged(store, run, replace(score, at_most=0.5)) == [at for at in by_score if values[at] <= 0.5]
    # All took as long.
    assert paged(store, run, SampleFilter(sort="latency")) == list(range(len(samples)))


def paged(store: Store, run: Run, wanted: SampleFilter) -> list[int]:
    """The positions of the samples that are listed, by large pages."""
    page = sample_pages.samples(store, run, wanted, 800)
    found = [row.position for row in page.items]
    while page.next is not None:
        page = sample_pages.samples(store, run, wanted, 800, page.next)
        found += [row.position for row in page.items]
    return found
