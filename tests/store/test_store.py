import signal
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Text, delete, insert, select, type_coerce

from benchbook.errors import Conflict, NotFound, StoreError
from benchbook.records.metrics import Metric
from benchbook.records.runs import STEPS, Run, RunStatus
from benchbook.store import tables, views
from benchbook.store.rows import row_of
from benchbook.store.store import Store
from store.planned import NOW, answered, begun, data, event, failed, queued, rows, running
from store.writers import go, said, writers


def test_a_data_set_is_kept_once(store: Store) -> None:
    dataset, samples = data(rows(3))
    assert store.add_dataset(dataset, samples) == dataset
    again, same = data(rows(3), name="the same under another name")
    assert store.add_dataset(again, same) == dataset
    assert list(views.samples_of(store, dataset.id)) == samples


def test_two_samples_cannot_share_a_key(store: Store) -> None:
    dataset, [first, second] = data(rows(2))
    twin = second.model_copy(update={"row": first.row})
    with pytest.raises(Conflict):
        store.add_dataset(dataset, [first, twin])
    with pytest.raises(NotFound):
        views.dataset(store, dataset.id)


def test_an_experiment_is_kept_whole_or_not_at_all(store: Store) -> None:
    [run] = queued(store, rows(1))
    experiment = views.experiment(store, run.experiment_id).model_copy(update={"id": "exp-2"})
    twins = [run.model_copy(update={"id": f"run-{at}", "experiment_id": "exp-2"}) for at in range(2)]
    with pytest.raises(Conflict):
        store.add_experiment(experiment, twins)
    with pytest.raises(NotFound):
        views.experiment(store, "exp-2")


def test_a_run_comes_back_as_it_was_planned(store: Store) -> None:
    [run] = queued(store, rows(1))
    assert views.run(store, run.id) == run
    assert views.run(store, run.id).spec.fingerprint() == run.spec.fingerprint()


def test_a_step_to_running_counts_an_attempt(store: Store) -> None:
    [run] = queued(store, rows(1))
    first = begun(store, run)
    assert (first.attempt, views.run(store, run.id)) == (1, first)
    second = begun(store, store.step(first, first.model_copy(update={"status": "interrupted"})))
    assert second.attempt == 2


@pytest.mark.parametrize("status", STEPS)
def test_only_the_steps_of_the_table_are_taken(store: Store, status: RunStatus) -> None:
    [run] = queued(store, rows(1))
    run = led_to(store, run, status)
    for target in STEPS.keys() - set(STEPS[status]):
        with pytest.raises(Conflict, match=f"is {status} and cannot become {target}"):
            store.step(run, run.model_copy(update={"status": target}))
    assert views.run(store, run.id) == run


def test_of_two_who_take_a_run_up_one_succeeds(store: Store) -> None:
    [run] = queued(store, rows(1))
    outcomes = at_once(4, lambda: begun(store, run).attempt)
    assert sorted(map(str, outcomes)) == ["1", "Conflict", "Conflict", "Conflict"]


def test_of_two_who_take_over_a_dead_run_one_succeeds(store: Store) -> None:
    run, _ = running(store, rows(1))
    outcomes = at_once(4, lambda: begun(store, run).attempt)
    assert sorted(map(str, outcomes)) == ["2", "Conflict", "Conflict", "Conflict"]


def test_an_orphan_cannot_end_the_run_that_was_taken_over(store: Store) -> None:
    orphan, _ = running(store, rows(1))
    begun(store, orphan)
    with pytest.raises(Conflict, match="attempt 2"):
        store.step(orphan, orphan.model_copy(update={"status": "failed"}))
    with pytest.raises(Conflict, match="attempt 2"):
        store.update_run(orphan)


def test_a_step_of_a_run_that_is_not_there_is_not_found(store: Store) -> None:
    [run] = queued(store, rows(1))
    with pytest.raises(NotFound):
        begun(store, run.model_copy(update={"id": "run-none"}))


def test_what_was_asked_never_changes(store: Store) -> None:
    run, _ = running(store, rows(1))
    store.update_run(run.model_copy(update={"fingerprint": "forged", "total": 99, "environment": {"cores": "2"}}))
    assert views.run(store, run.id) == run.model_copy(update={"environment": {"cores": "2"}})


def test_events_are_numbered_from_one_in_their_order(store: Store) -> None:
    run, samples = running(store, rows(3))
    store.record(run, [event(run, "a"), answered(run, samples[0])])
    store.record(run, [answered(run, samples[2]), event(run, "b")])
    heard = [(seq, happened.subject) for seq, happened in views.events_after(store, run.id)]
    assert heard == [(1, "a"), (2, "sum/0"), (3, "sum/2"), (4, "b")]


def test_nothing_to_record_is_nothing(store: Store) -> None:
    run, _ = running(store, rows(1))
    assert store.record(run, []) == 0


def test_an_answer_that_is_there_already_is_dropped_with_its_scores_and_its_event(store: Store) -> None:
    run, samples = running(store, rows(2))
    first = answered(run, samples[0], text="first")
    assert store.record(run, [first]) == 1
    again = answered(run, samples[0], text="second")
    assert store.record(run, [event(run, "a"), again, answered(run, samples[1])]) == 1
    assert [g.output.text for _, g, _ in views.generations(store, run.id) if g.output] == ["first", "42"]
    assert len(views.scores(store, run.id)) == 2
    assert [happened.subject for _, happened in views.events_after(store, run.id)] == ["sum/0", "a", "sum/1"]


def test_an_answer_that_comes_twice_in_a_batch_counts_once(store: Store) -> None:
    run, [sample] = running(store, rows(1))
    twice = [answered(run, sample, text="first"), answered(run, sample, text="second")]
    assert store.record(run, twice) == 1
    [(_, generation, given)] = views.generations(store, run.id)
    assert generation == twice[0].generation
    assert given == twice[0].scores
    assert len(views.events_after(store, run.id)) == 1


def test_each_epoch_has_a_place_of_its_own(store: Store) -> None:
    run, [sample] = running(store, rows(1))
    assert store.record(run, [answered(run, sample, epoch=2), answered(run, sample, epoch=1)]) == 2
    assert [generation.epoch for _, generation, _ in views.generations(store, run.id)] == [1, 2]


def test_a_failure_is_replaced_by_what_a_resumed_run_brings(store: Store) -> None:
    run, [sample] = running(store, rows(1))
    store.record(run, [failed(run, sample)])
    assert views.done_pairs(store, run.id) == set()
    resumed = begun(store, run)
    success = answered(resumed, sample)
    assert store.record(resumed, [success]) == 1
    assert list(views.generations(store, run.id)) == [(sample, success.generation, success.scores)]
    assert views.done_pairs(store, run.id) == {(sample.id, 1)}
    assert [happened.attempt for _, happened in views.events_after(store, run.id)] == [1, 2]


def test_what_a_failure_was_given_goes_with_it(store: Store) -> None:
    run, [sample] = running(store, rows(1))
    failure = failed(run, sample).model_copy(update={"scores": answered(run, sample).scores})
    store.record(run, [failure])
    resumed = begun(store, run)
    success = answered(resumed, sample, value=0.0)
    store.record(resumed, [success])
    assert [score.value for score in views.scores(store, run.id)] == [0.0]


def test_a_failure_is_not_replaced_within_its_attempt(store: Store) -> None:
    run, [sample] = running(store, rows(1))
    assert store.record(run, [failed(run, sample)]) == 1
    assert store.record(run, [failed(run, sample)]) == 0
    assert store.record(run, [answered(run, sample)]) == 0
    assert len(views.events_after(store, run.id)) == 1


def test_an_answer_is_never_replaced(store: Store) -> None:
    run, [sample] = running(store, rows(1))
    store.record(run, [answered(run, sample, text="first")])
    resumed = begun(store, run)
    assert store.record(resumed, [answered(resumed, sample, text="second")]) == 0
    [(_, generation, given)] = views.generations(store, run.id)
    assert generation.output is not None
    assert generation.output.text == "first"
    assert [score.verdict.explanation for score in given] == ["first"]


def test_rows_handed_to_the_driver_are_those_that_sqlalchemy_would_write(store: Store) -> None:
    run, [sample] = running(store, rows(1))
    done = answered(run, sample, text="a \\ and a \0 and a \ud800")
    assert done.generation is not None
    store.record(run, [done])
    expected = {
        tables.generations: row_of(done.generation, attempt=1),
        tables.scores: row_of(done.scores[0]),
        tables.run_events: row_of(done, seq=1),
    }
    for table, values in expected.items():
        plain = [type_coerce(column, Text()) for column in table.columns]
        with store.writing() as connection:
            by_driver = connection.execute(select(*plain)).one()
            for each in (tables.scores, table):
                connection.execute(delete(each))
            connection.execute(insert(table), values)
            assert connection.execute(select(*plain)).one() == by_driver
            connection.rollback()


def test_an_event_of_a_stale_attempt_is_refused(store: Store) -> None:
    orphan, [sample] = running(store, rows(1))
    begun(store, orphan)
    with pytest.raises(Conflict, match="attempt 2; an event of run run-10, attempt 1, is refused"):
        store.record(orphan, [answered(orphan, sample)])
    assert views.events_after(store, orphan.id) == []


def test_an_event_of_another_run_is_refused(store: Store) -> None:
    first, second = (begun(store, run) for run in queued(store, rows(1), runs=2))
    with pytest.raises(Conflict, match="is refused"):
        store.record(first, [event(second)])


@pytest.mark.parametrize("status", [status for status in STEPS if status != "running"])
def test_only_a_running_run_is_written_to(store: Store, status: RunStatus) -> None:
    [run] = queued(store, rows(1))
    run = led_to(store, run, status)
    with pytest.raises(Conflict, match=f"is {status}: it takes no events"):
        store.record(run, [event(run)])


def test_the_same_code_cannot_score_an_answer_twice(store: Store) -> None:
    run, [sample] = running(store, rows(1))
    once = answered(run, sample)
    twin = once.scores[0].model_copy(update={"id": "score-twin"})
    with pytest.raises(Conflict):
        store.record(run, [once.model_copy(update={"scores": (*once.scores, twin)})])
    assert list(views.generations(store, run.id)) == []


def test_people_may_speak_again_and_other_code_too(store: Store) -> None:
    run, [sample] = running(store, rows(1))
    once = answered(run, sample)
    others = [
        {"author_version": "2"},
        {"author_id": "includes"},
        {"author": "human", "author_id": "ada"},
        {"author": "human", "author_id": "ada"},
    ]
    more = [once.scores[0].model_copy(update={"id": f"score-{at}", **who}) for at, who in enumerate(others)]
    store.record(run, [once.model_copy(update={"scores": (*once.scores, *more)})])
    assert len(views.scores(store, run.id)) == 5


def test_what_people_say_later_comes_back_as_they_said_it(store: Store) -> None:
    run, samples = running(store, rows(2))
    first, second = (answered(run, sample) for sample in samples)
    store.record(run, [first, second])
    assert first.generation
    assert second.generation
    said = first.scores[0].model_copy(
        update={
            "id": "score-1",
            "author": "human",
            "author_id": "ada",
            "other_generation_id": second.generation.id,
            "rubric": "preference",
            "supersedes": first.scores[0].id,
        }
    )
    store.add_scores([said])
    [(_, _, scores), _] = views.generations(store, run.id)
    assert sorted(scores, key=lambda score: score.id) == sorted([first.scores[0], said], key=lambda score: score.id)


def test_a_score_of_nothing_is_refused(store: Store) -> None:
    run, [sample] = running(store, rows(1))
    once = answered(run, sample)
    stray = once.scores[0].model_copy(update={"generation_id": "gen-none"})
    with pytest.raises(Conflict, match="contradicts what is stored"):
        store.record(run, [once.model_copy(update={"scores": (stray,)})])
    assert views.progress(store, run.id).done == 0


def test_figures_take_the_place_of_those_before(store: Store) -> None:
    run, _ = running(store, rows(1))
    store.save_metrics(run.id, [figure(run, "mean", 0.5), figure(run, "old", 1.0)])
    store.save_metrics(run.id, [figure(run, "mean", 0.75)])
    assert [(metric.name, metric.value) for metric in views.metrics_of(store, run.id)] == [("mean", 0.75)]
    with pytest.raises(Conflict):
        store.save_metrics(run.id, [figure(run, "mean", 0.1), figure(run, "mean", 0.2)])
    assert [(metric.name, metric.value) for metric in views.metrics_of(store, run.id)] == [("mean", 0.75)]
    with pytest.raises(NotFound):
        store.save_metrics("run-none", [])


def test_threads_that_bring_the_same_answers_write_each_once(store: Store) -> None:
    run, samples = running(store, rows(40))
    outcomes = at_once(4, lambda: sum(store.record(run, [answered(run, sample)]) for sample in samples))
    assert sum(map(int, map(str, outcomes))) == 40
    assert_whole(store, run, 40)


def test_processes_that_bring_the_same_answers_write_each_once(store: Store, database_url: str) -> None:
    run, _ = running(store, rows(160))
    with writers(2, database_url, run.id, "8") as both:
        for writer in both:
            go(writer)
        new = [int(said(writer)) for _ in range(20) for writer in both]
        assert [writer.wait(30) for writer in both] == [0, 0]
    assert sum(new) == 160
    assert_whole(store, run, 160)


def test_a_killed_writer_leaves_whole_batches_and_all_it_spoke_of(store: Store, database_url: str) -> None:
    run, _ = running(store, rows(1600))
    with writers(1, database_url, run.id, "8") as [writer]:
        go(writer)
        spoken = sum(int(said(writer)) for _ in range(5))
        writer.send_signal(signal.SIGKILL)
        assert writer.wait(30) == -signal.SIGKILL
        assert writer.stdout is not None
        spoken += sum(int(line) for line in writer.stdout if line.endswith("\n"))
    stored = views.progress(store, run.id).done
    assert spoken <= stored < 1600
    assert stored % 8 == 0
    assert_whole(store, run, stored)
    assert begun(store, run).attempt == 2


def test_a_full_disk_is_told_and_nothing_is_half_written(tmp_path: Path) -> None:
    with Store.open(f"sqlite:///{tmp_path}/benchbook.db", tmp_path / "blobs") as store:
        run, samples = running(store, rows(200))
        with store.reading() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1").close()
        with pytest.raises(StoreError, match="make room on the disk"):
            store.record(run, [answered(run, sample, text="x" * 10_000) for sample in samples])
        assert_whole(store, run, 0)


def assert_whole(store: Store, run: Run, number: int) -> None:
    """Every answer has its score and its event, and no two events share a number."""
    answers = list(views.generations(store, run.id))
    heard = views.events_after(store, run.id, limit=10_000)
    assert [len(scores) for _, _, scores in answers] == [1] * number
    assert [seq for seq, _ in heard] == list(range(1, number + 1))
    assert {happened.subject for _, happened in heard} == {sample.key for sample, _, _ in answers}


def at_once(number: int, act: Callable[[], object]) -> Sequence[object]:
    """What so many threads get that do the same at the same time: a value, or the name of the conflict."""
    outcomes: list[object] = []
    gate = threading.Barrier(number)

    def attempt() -> None:
        gate.wait()
        try:
            outcomes.append(act())
        except Conflict as err:
            outcomes.append(type(err).__name__)

    threads = [threading.Thread(target=attempt) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def led_to(store: Store, run: Run, status: RunStatus) -> Run:
    """The run, brought to a status by allowed steps."""
    if status == "queued":
        return run
    run = begun(store, run)
    return run if status == "running" else store.step(run, run.model_copy(update={"status": status}))


def figure(run: Run, name: str, value: float) -> Metric:
    return Metric(id=f"metric-{name}", created_at=NOW, run_id=run.id, name=name, value=value, n=1)
