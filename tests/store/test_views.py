import sys
from collections.abc import Iterator
from itertools import islice

import pytest

from benchbook.engine.metrics import fold
from benchbook.errors import NotFound
from benchbook.records.artifacts import Artifact
from benchbook.records.metrics import Metric
from benchbook.records.record import derived_id
from benchbook.records.runs import Run
from benchbook.records.scores import Said, Score
from benchbook.specs.verdicts import Author, Verdict
from benchbook.store import views
from benchbook.store.store import Store
from benchbook.store.views import PAGE, Progress
from store.planned import NOW, answered, begun, data, event, failed, queued, rows, running


def test_the_newest_experiments_come_first_page_by_page(store: Store) -> None:
    for at in range(5):
        queued(store, rows(1), experiment=f"exp-{at}")
    first = views.experiments(store, limit=2)
    second = views.experiments(store, limit=2, before=first[-1].id)
    third = views.experiments(store, limit=2, before=second[-1].id)
    assert [each.id for each in (*first, *second, *third)] == ["exp-4", "exp-3", "exp-2", "exp-1", "exp-0"]
    assert views.experiments(store, before="exp-0") == []


def test_runs_come_in_the_order_of_their_plan_the_newest_experiment_first(store: Store) -> None:
    for at in range(3):
        queued(store, rows(1), experiment=f"exp-{at}", runs=2)
    expected = ["run-20", "run-21", "run-10", "run-11", "run-00", "run-01"]
    assert [run.id for run in views.runs(store)] == expected
    pages, after = list[str](), None
    while page := views.runs(store, limit=1, after=after):
        after = page[-1].id
        pages.append(after)
    assert pages == expected


def test_an_experiment_is_found_by_id_name_and_a_unique_part_of_its_id(store: Store) -> None:
    for at in ("1a", "1b", "2b"):
        queued(store, rows(1), experiment=f"exp-{at}")
    assert views.experiment(store, "exp-1a").id == "exp-1a"
    assert views.experiment(store, "first").id == "exp-2b"
    assert views.experiment(store, "exp-2").id == "exp-2b"
    assert views.experiment(store, "1b").id == "exp-1b"
    with pytest.raises(NotFound, match=r"several experiments .* exp-1b, exp-1a"):
        views.experiment(store, "exp-1")


@pytest.mark.parametrize("name", ["", "%", "_", "none", "\0", "'; DROP TABLE runs; --", "run-" + "1" * 500])
def test_a_run_that_is_not_there_is_not_found(store: Store, name: str) -> None:
    queued(store, rows(1))
    with pytest.raises(NotFound, match="there is no run"):
        views.run(store, name)


def test_what_is_not_found_comes_with_the_nearest(store: Store) -> None:
    queued(store, rows(1))
    with pytest.raises(NotFound, match=r"no run 'run-11'; did you mean 'run-10'\?"):
        views.run(store, "run-11")
    with pytest.raises(NotFound, match=r"no experiment 'frist'; did you mean 'first'\?"):
        views.experiment(store, "frist")
    with pytest.raises(NotFound, match="`benchbook runs` lists"):
        views.run(store, "entirely different")


def test_runs_and_files_of_an_experiment(store: Store) -> None:
    planned = queued(store, rows(1), runs=3)
    queued(store, rows(1), experiment="exp-2")
    files = [
        Artifact(
            id=f"file-{at}",
            created_at=NOW,
            experiment_id="exp-1",
            name=f"{at}.md",
            media_type="text/markdown",
            sha256=store.blobs.put(str(at).encode()),
            size=1,
        )
        for at in range(2)
    ]
    for file in files:
        store.add_artifact(file)
    assert views.runs_of(store, "exp-1") == planned
    assert views.artifacts_of(store, "exp-1") == files
    assert views.artifacts_of(store, "exp-2") == []


def test_samples_come_in_their_order_of_any_of_the_slices(store: Store) -> None:
    dataset, samples = data(rows(10))
    store.add_dataset(dataset, samples)
    assert list(views.samples_of(store, dataset.id)) == samples
    assert list(views.samples_of(store, dataset.id, limit=3)) == samples[:3]
    assert list(views.samples_of(store, dataset.id, ["hard"])) == samples[1::2]
    assert list(views.samples_of(store, dataset.id, ["hard"], limit=2)) == samples[1:5:2]
    assert list(views.samples_of(store, dataset.id, ["easy", "hard"], limit=4)) == samples[:4]
    assert list(views.samples_of(store, dataset.id, ["sum"])) == []


def test_done_is_what_was_answered_and_failed_is_what_was_not(store: Store) -> None:
    run, samples = running(store, rows(4))
    assert views.progress(store, run.id) == Progress(total=4, done=0, failed=0)
    store.record(run, [answered(run, samples[0]), answered(run, samples[2]), failed(run, samples[1])])
    assert views.progress(store, run.id) == Progress(total=4, done=2, failed=1)
    assert views.done_pairs(store, run.id) == {(samples[0].id, 1), (samples[2].id, 1)}


def test_answers_come_by_sample_and_epoch_however_they_were_written(store: Store) -> None:
    first, second = (begun(store, run) for run in queued(store, rows(3), runs=2))
    samples = data(rows(3))[1]
    places = [(2, 1), (0, 2), (1, 1), (0, 1), (2, 2)]
    for at, epoch in places:
        store.record(first, [answered(first, samples[at], epoch)])
        store.record(second, [answered(second, samples[at], epoch)])
    seen = [(sample.position, generation.epoch) for sample, generation, _ in views.generations(store, first.id)]
    assert seen == sorted(places)
    assert [(score.sample_id, score.epoch) for score in views.scores(store, first.id)] == [
        (samples[at].id, epoch) for at, epoch in sorted(places)
    ]


def test_answers_can_be_read_while_more_are_written(store: Store) -> None:
    run, samples = running(store, rows(2 * PAGE))
    store.record(run, [answered(run, sample) for sample in samples[: PAGE + 1]])
    stream = views.generations(store, run.id)
    assert len(list(islice(stream, 5))) == 5
    store.record(run, [answered(run, sample) for sample in samples[PAGE + 1 :]])
    assert len(list(stream)) == 2 * PAGE - 5


def test_ten_thousand_answers_take_the_memory_of_a_few_pages(store: Store) -> None:
    run, samples = running(store, rows(1000))
    for epoch in range(1, 11):
        store.record(run, [answered(run, sample, epoch) for sample in samples])
    page = blocks_held(views.generations(store, run.id), PAGE)
    # Beside a page there may be the one before it, and what waits for the garbage collector. All would be 50 pages.
    assert blocks_held(views.generations(store, run.id), 10_000) < 5 * page


def test_ten_thousand_samples_take_the_memory_of_a_few_pages(store: Store) -> None:
    dataset, _ = data(questions := rows(10_000))
    store.add_dataset(dataset, (sample for sample in data(questions)[1]))
    samples = views.samples_of(store, dataset.id)
    page = blocks_held(iter(samples), PAGE)
    assert blocks_held(iter(samples), 10_000) < 5 * page


def blocks_held(stream: Iterator[object], number: int) -> int:
    """The most blocks of memory that were held while so many were read."""
    before = sys.getallocatedblocks()
    held = [sys.getallocatedblocks() - before for at, _ in enumerate(islice(stream, number)) if at % 10 == 9]
    assert len(held) == number // 10
    return max(held)


def test_figures_fold_to_the_same_digits_from_either_database_as_from_memory(store: Store) -> None:
    run, samples = running(store, rows(50))
    events = [answered(run, sample, value=1 / (1 + at)) for at, sample in enumerate(samples)]
    store.record(run, events)
    remembered = [(sample, each.generation, each.scores) for sample, each in zip(samples, events, strict=True)]
    figures = fold(run, [(sample, found, scores) for sample, found, scores in remembered if found], NOW)
    assert fold(run, views.generations(store, run.id), NOW) == figures
    store.save_metrics(run.id, figures)
    by_key = {(metric.name, metric.score, metric.slice): metric for metric in figures}
    assert views.metrics_of(store, run.id) == [by_key[key] for key in sorted(by_key)]


def test_the_whole_comes_before_its_slices(store: Store) -> None:
    run, _ = running(store, rows(1))
    figures = [
        Metric(
            id=f"{name}{part}", created_at=NOW, run_id=run.id, name=name, score="exact-match", slice=part, value=1, n=1
        )
        for name in ("mean", "pass@1")
        for part in ("", "easy", "hard")
    ]
    store.save_metrics(run.id, figures[::-1])
    assert views.metrics_of(store, run.id) == figures


def test_events_come_after_a_number_page_by_page(store: Store) -> None:
    run, _ = running(store, rows(1))
    store.record(run, [event(run, str(at)) for at in range(5)])
    assert [seq for seq, _ in views.events_after(store, run.id, limit=2)] == [1, 2]
    assert [(seq, heard.subject) for seq, heard in views.events_after(store, run.id, 3)] == [(4, "3"), (5, "4")]
    assert views.events_after(store, run.id, 5) == []


def test_scores_in_short_say_what_the_scores_say_whatever_texts_they_have(store: Store) -> None:
    run, (first, second) = running(store, rows(2))
    events = [answered(run, sample) for sample in (first, second)]
    store.record(run, events)
    ids = [event.generation.id for event in events if event.generation]
    forged = '","confidence":0.1,"trace":{"confidence":0.2}} \\ \\u0000 \ud800 \0'
    verdicts = [
        Verdict(name="", value=1.0, label=forged, explanation=forged, confidence=0.75, trace={"confidence": 0.3}),
        Verdict(name=forged, error=forged, trace={"confidence": 0.3}),
        Verdict(name="exact", value=0.5, label="tie", confidence=1e-7, trace={"ballots": [{"said": forged}]}),
    ]
    given = [
        *(said(run, "model", verdict, ids[0]) for verdict in verdicts),
        *(said(run, "human", verdict, ids[0]) for verdict in verdicts),
        *(said(run, "model", verdict, ids[1], ids[0]) for verdict in verdicts),
    ]
    store.add_scores(given)
    known = {score.id: score for score in (*given, *(score for event in events for score in event.scores))}
    short = {one.id: one for one in views.said_of(store, run.id)}
    assert short.keys() == known.keys()
    for key, one in short.items():
        whole = Said.of(known[key])
        read = known[key].author == "human" or known[key].other_generation_id is not None
        assert one == whole._replace(trace=whole.trace if read else {})
        assert one.withdraws == known[key].withdraws


def said(run: Run, author: Author, verdict: Verdict, first: str, second: str | None = None) -> Score:
    return Score(
        id=derived_id("score", author, verdict.name, verdict.label or "", first, second or ""),
        created_at=NOW,
        run_id=run.id,
        generation_id=first,
        other_generation_id=second,
        author=author,
        author_id="who\\ever",
        author_version="1",
        verdict=verdict,
        rubric="abc",
    )
