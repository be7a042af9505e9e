"""The queue: who gets what, when, and whose word counts."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from benchbook.errors import Conflict, NotFound
from benchbook.records.jobs import Job
from benchbook.records.record import new_id
from benchbook.store import queue, views
from benchbook.store.queue import Claim, Node
from benchbook.store.store import Store
from store.planned import NOW, begun, queued, rows

HERE = Node("here", runs=2, others=1, gpus=("0", "1", "2", "3"))


def job(number: int = 0, **said: Any) -> Job:
    born = NOW + timedelta(milliseconds=number)
    return Job(**{"id": new_id("job", born), "created_at": born, "kind": "evaluate", **said})


def of_runs(store: Store, number: int, experiment: str = "exp-1", **said: Any) -> list[Job]:
    """Jobs of that many runs of an experiment, queued one after the other."""
    runs = queued(store, rows(2), experiment, runs=number)
    return queue.add(store, [job(at, kind="run", subject=run.id, **said) for at, run in enumerate(runs)])


def asked(node: Node = HERE, seconds: float = 0.0, worker: str = "7 (born 1)") -> Claim:
    now = NOW + timedelta(seconds=10 + seconds)
    return Claim(node, worker, now, now + timedelta(seconds=60))


def claimed(store: Store, node: Node = HERE, seconds: float = 0.0) -> list[str]:
    return [one.id for one in queue.claim(store, asked(node, seconds))]


def test_what_is_handed_out_is_held_by_whoever_asked_until_the_lease_ends(store: Store) -> None:
    [waiting] = queue.add(store, [job()])
    [given] = queue.claim(store, asked())
    assert given == queue.job(store, waiting.id)
    assert (given.status, given.attempt, given.node, given.worker) == ("running", 1, "here", "7 (born 1)")
    assert given.lease_until == NOW + timedelta(seconds=70)
    assert claimed(store) == []


def test_more_priority_goes_first_and_then_the_oldest(store: Store) -> None:
    jobs = queue.add(store, [job(at, priority=priority) for at, priority in enumerate([0, 5, 0, 5, -1])])
    order = [claimed(store, Node(f"node {at}", 0, 1))[0] for at in range(5)]
    assert order == [jobs[at].id for at in (1, 3, 0, 2, 4)]


def test_nothing_begins_before_its_time(store: Store) -> None:
    [waiting] = queue.add(store, [job(not_before=NOW + timedelta(seconds=100))])
    assert claimed(store) == []
    assert claimed(store, seconds=200) == [waiting.id]


def test_a_node_gets_no_more_than_it_has_room_for_and_short_jobs_have_room_of_their_own(store: Store) -> None:
    runs = of_runs(store, 3)
    others = queue.add(store, [job(at) for at in range(10, 13)])
    assert claimed(store) == [runs[0].id, runs[1].id, others[0].id]
    assert claimed(store) == []
    queue.finish(store, queue.job(store, runs[0].id), "done", NOW)
    assert claimed(store) == [runs[2].id]
    assert claimed(store, Node("there", 1, 1)) == [others[1].id]


def test_gpus_are_given_once_and_nobody_overtakes_who_waits_for_more_of_them(store: Store) -> None:
    node = Node("here", 9, 9, ("0", "1", "2", "3"))
    jobs = queue.add(store, [job(at, gpus=gpus) for at, gpus in enumerate([3, 2, 1, 0, 5, None])])
    given = queue.claim(store, asked(node))
    # The second waits for two; the third would fit, but then the second might wait for ever. The fifth is for others.
    assert [(one.id, one.slots) for one in given] == [(jobs[0].id, ("0", "1", "2")), (jobs[3].id, ())]
    queue.put_back(store, given[0], NOW + timedelta(days=1))
    again = queue.claim(store, asked(node))
    assert [(one.id, one.slots) for one in again] == [
        (jobs[1].id, ("0", "1")),
        (jobs[2].id, ("2",)),
        (jobs[5].id, ("3",)),
    ]


def test_a_gpu_that_a_process_still_holds_is_not_given(store: Store) -> None:
    [waiting] = queue.add(store, [job(gpus=None)])
    assert claimed(store, Node("here", 1, 1, ("0",), kept=("0",))) == []
    [given] = queue.claim(store, asked(Node("here", 1, 1, ("0",))))
    assert (given.id, given.slots) == (waiting.id, ("0",))


def test_who_would_take_a_gpu_does_without_where_there_is_none(store: Store) -> None:
    queue.add(store, [job(gpus=None), job(1, gpus=1)])
    [given] = queue.claim(store, asked(Node("small", 9, 9)))
    assert (given.gpus, given.slots) == (None, ())


def test_a_judge_waits_until_the_runs_it_reads_are_over(store: Store) -> None:
    [first] = of_runs(store, 1)
    [judge] = of_runs(store, 1, "exp-2", after=(first.subject,))
    [working] = queue.claim(store, asked())
    assert working.id == first.id
    assert claimed(store) == []
    queue.finish(store, working, "cancelled", NOW)
    # It was stopped, and can be resumed: there is nothing to judge yet.
    assert claimed(store) == []
    run = begun(store, views.run(store, first.subject))
    assert claimed(store) == []
    store.step(run, run.model_copy(update={"status": "completed"}))
    assert claimed(store) == [judge.id]


def test_of_those_that_share_a_budget_one_is_worked_on_at_a_time(store: Store) -> None:
    jobs = queue.add(store, [job(at, alone="exp-1") for at in range(2)])
    node = Node("here", 9, 9)
    assert claimed(store, node) == [jobs[0].id]
    assert claimed(store, Node("there", 9, 9)) == []
    queue.finish(store, queue.job(store, jobs[0].id), "done", NOW)
    assert claimed(store, node) == [jobs[1].id]


def test_a_run_waits_once_and_its_attempts_are_counted_through(store: Store) -> None:
    [first] = of_runs(store, 1)
    with pytest.raises(Conflict, match=rf"run {first.subject} is queued already \({first.id}\); stop that first"):
        queue.add(store, [job(1), job(2, kind="run", subject=first.subject)])
    assert len(queue.jobs(store)) == 1
    [given] = queue.claim(store, asked())
    queue.finish(store, given, "cancelled", NOW)
    [second] = queue.add(store, [job(3, kind="run", subject=first.subject)])
    [again] = queue.claim(store, asked())
    assert (again.id, again.attempt) == (second.id, 2)
    assert queue.of_run(store, first.subject) == again


def test_the_word_of_an_attempt_that_was_superseded_does_not_count(store: Store) -> None:
    queue.add(store, [job()])
    [old] = queue.claim(store, asked())
    queue.begin(store, old, "8 (born 2)", NOW)
    queue.put_back(store, old, crashes=1, error="it crashed")
    [new] = queue.claim(store, asked())
    assert (new.attempt, new.crashes, new.error, new.process) == (2, 1, "it crashed", None)
    acts: list[Callable[[], object]] = [
        lambda: queue.begin(store, old, "8 (born 2)", NOW),
        lambda: queue.renew(store, old, NOW),
        lambda: queue.held(store, old),
        lambda: queue.put_back(store, old),
        lambda: queue.finish(store, old, "done", NOW),
    ]
    for act in acts:
        with pytest.raises(Conflict, match="running in attempt 2 by now, with no process: attempt 1 has no say"):
            act()
    assert queue.held(store, new) == new


def test_of_two_processes_that_report_for_one_attempt_the_first_has_it(store: Store) -> None:
    queue.add(store, [job()])
    [given] = queue.claim(store, asked())
    assert queue.begin(store, given, "8 (born 2)", NOW).process == "8 (born 2)"
    with pytest.raises(Conflict, match=r"with 8 \(born 2\)"):
        queue.begin(store, given, "9 (born 3)", NOW)


def test_to_stop_cancels_what_waits_and_asks_who_works(store: Store) -> None:
    waiting, working = queue.add(store, [job(1, priority=-1), job(0)])
    queue.claim(store, asked())
    assert queue.request_stop(store, waiting.id, NOW).status == "cancelled"
    asked_to = queue.request_stop(store, working.id, NOW)
    assert (asked_to.status, asked_to.stop_requested) == ("running", True)
    assert queue.renew(store, asked_to, NOW).stop_requested
    queue.finish(store, asked_to, "done", NOW)
    assert queue.request_stop(store, working.id, NOW).status == "done"
    with pytest.raises(NotFound, match="there is no job 'job-none'"):
        queue.request_stop(store, "job-none", NOW)


def test_jobs_are_listed_newest_first_in_pages_without_their_bodies(store: Store) -> None:
    jobs = queue.add(store, [job(at, kind="ingest" if at % 2 else "evaluate", spec={"a": 1}) for at in range(6)])
    newest = [one.id for one in reversed(jobs)]
    first = queue.jobs(store, limit=4)
    assert [one.id for one in first] == newest[:4]
    assert first[0].spec == {}
    assert [one.id for one in queue.jobs(store, limit=4, before=first[-1].id)] == newest[4:]
    assert {one.kind for one in queue.jobs(store, kind="ingest")} == {"ingest"}
    assert queue.jobs(store, status="done") == queue.jobs(store, subject="other") == []
    assert queue.job(store, jobs[0].id).spec == {"a": 1}
    assert queue.depths(store) == {("evaluate", "queued"): 3, ("ingest", "queued"): 3}


def test_many_who_ask_at_once_never_get_the_same_job_nor_the_same_gpu(store: Store) -> None:
    jobs = queue.add(store, [job(at, gpus=at % 3) for at in range(60)])
    handed, troubles = Counter[str](), list[str]()
    lock = threading.Lock()

    def ask(name: str) -> None:
        chance = Random(name)
        node = Node("here", 9, 9, ("0", "1", "2"))
        while len(handed) < len(jobs) and not troubles:
            given = queue.claim(store, asked(node, worker=name))
            with lock:
                handed.update(one.id for one in given)
            troubles.extend(_shared(queue.working(store)))
            for one in given:
                ended = queue.finish if chance.random() < 0.9 else _cancelled
                ended(store, one, "done", NOW)

    def _cancelled(store: Store, one: Job, *_: object) -> None:
        queue.request_stop(store, one.id, NOW)
        queue.finish(store, one, "cancelled", NOW)

    threads = [threading.Thread(target=ask, args=(f"worker {at}",)) for at in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert troubles == []
    assert handed == Counter(one.id for one in jobs)
    assert {queue.job(store, one.id).attempt for one in jobs} == {1}


def _shared(working: Sequence[Job]) -> list[str]:
    """What two have at once."""
    slots = Counter(slot for one in working for slot in one.slots)
    return [f"{slot} was given {times} times" for slot, times in slots.items() if times > 1]
