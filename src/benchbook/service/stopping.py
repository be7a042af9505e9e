"""Runs that may end before all samples are asked: in which order they are, and what is known beforehand."""

import hashlib
from collections.abc import Mapping, Sequence

from benchbook.protocols import Outlook
from benchbook.records.runs import Run
from benchbook.service.baseline_files import parsed
from benchbook.service.report_text import interval, percent
from benchbook.store import baselines, draws
from benchbook.store.store import Store


def order(store: Store, run: Run) -> list[str]:
    """The ids of the run's samples in an order that only the seed decides: the same at each attempt, on any machine."""
    task, seed = run.spec.task, run.spec.settings.seed
    chosen = draws.ids(store, run.dataset_id, task.slices, task.limit)
    return sorted(chosen, key=lambda one: hashlib.sha256(f"{seed} {one}".encode()).digest())


def outlook(store: Store, run: Run, order: Sequence[str]) -> Outlook:
    """What the engine must know of these samples."""
    stop = run.spec.task.stop
    assert stop is not None, "asked for runs that may end early"  # noqa: S101 - for the type checker
    base: dict[str, dict[str, float]] = {}
    if stop.against:
        keys = draws.ids(store, run.dataset_id, run.spec.task.slices, run.spec.task.limit)
        for score, values in _values(store, stop.against).items():
            base[score] = {one: values[keys[one]] for one in order if keys[one] in values}
    return Outlook(len(order), draws.answered(store, run.id), base, free=run.reproduces is None)


def said(run: Run) -> str | None:
    """That the run ended early, why, and what is known; None if it did not."""
    stopped = run.stopped
    if stopped is None:
        return None
    why = stopped.why if stopped.clear else f"{run.error or stopped.why}"
    known = f"{stopped.score} {percent(stopped.value)} of all, {interval(stopped.low, stopped.high)} whenever one looks"
    if stopped.difference is not None:
        ends = interval(stopped.difference_low, stopped.difference_high)
        known += f"; {100 * stopped.difference:+.1f} points beside {stopped.against}, {ends}"
    return f"{stopped.told} in random order: {why} ({known})"


def _values(store: Store, against: str) -> Mapping[str, Mapping[str, float]]:
    """Of the run of that id, or of what was imported by that word: by score and key of the sample."""
    imported = next((entry.sha256 for entry in baselines.history(store) if entry.id == against), None)
    if imported is not None:
        return parsed(store.blobs.get(imported), f"baseline {against}")[0].values
    return baselines.means(store, against)[0]
