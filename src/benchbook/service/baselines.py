"""Baselines: runs that others are held against, by name, in this store or as files."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchbook.engine.gates import Snapshot
from benchbook.engine.lookout import is_own
from benchbook.errors import NotFound, SpecError, under
from benchbook.records.baselines import Baseline
from benchbook.records.datasets import Dataset
from benchbook.records.metrics import Metric
from benchbook.records.record import new_id
from benchbook.records.runs import Run
from benchbook.service.baseline_files import SUFFIX, lines, parsed, read
from benchbook.service.files import written_whole
from benchbook.service.runs import metrics, named
from benchbook.specs.experiments import RunSpec
from benchbook.specs.spec import unknown
from benchbook.store import baselines, comparisons, views
from benchbook.store.store import Store


@dataclass(frozen=True)
class Candidate:
    """What a run may be held against."""

    id: str
    """Of the run, or of the word that made an imported one a baseline."""
    model: str
    task: str
    branch: str
    load: Callable[[], Snapshot]


def keep(store: Store, name: str, runs: Sequence[Run], branch: str, now: datetime) -> list[Baseline]:
    """Make these runs the baseline of that name, each for its task and model; those before stay in the history."""
    _fit(name)
    for run in runs:
        if run.status != "completed":
            raise SpecError(f"run {run.id} is {run.status}; only a completed run can be a baseline")
    entries = [
        Baseline(
            id=new_id("base", now), created_at=now, name=name, task=run.task, model=run.model, branch=branch,
            run_id=run.id,
        )
        for run in runs
    ]  # fmt: skip
    _alone(entries)
    baselines.add(store, entries)
    return entries


def take_away(store: Store, name: str, branch: str, now: datetime) -> list[Baseline]:
    """Let a name mean nothing any more, on that branch; what it meant stays in the history."""
    standing = [entry for entry in current(store, name) if entry.branch == branch]
    if not standing:
        known = sorted({entry.name for entry in current(store)})
        raise NotFound(unknown("baseline", name, known) + (f" (branch {branch})" if branch else ""))
    gone = {"created_at": now, "removed": True, "run_id": None, "sha256": None}
    entries = [entry.model_copy(update={**gone, "id": new_id("base", now)}) for entry in standing]
    baselines.add(store, entries)
    return entries


def current(store: Store, name: str | None = None) -> list[Baseline]:
    """What holds today: of each name, task, model and branch the last word."""
    last = {(entry.name, entry.task, entry.model, entry.branch): entry for entry in baselines.history(store, name)}
    return [entry for entry in last.values() if not entry.removed]


def all_named(store: Store, names: Iterable[str]) -> list[Run]:
    """The runs of several names, once each, however often they are named."""
    return list({run.id: run for name in names for run in runs_named(store, name)}.values())


def runs_named(store: Store, name: str) -> list[Run]:
    """The runs that are the baseline of that name; or else the run, or those of the experiment, that is called so."""
    entries = current(store, name)
    kept = [entry for entry in entries if not entry.branch] or entries
    if not entries:
        try:
            return named(store, name)
        except NotFound as err:
            known = ", ".join(sorted({entry.name for entry in current(store)}))
            raise NotFound(f"{err}; nor a baseline" + (f" ({known})" if known else "")) from None
    if any(entry.run_id is None for entry in kept):
        raise SpecError(
            f"baseline {name!r} was imported: it has figures, and no answers that could be looked at; "
            f"`benchbook gate RUN --baseline {name}` holds runs to it"
        )
    return list({entry.run_id: views.run(store, str(entry.run_id)) for entry in kept}.values())


def snapshot(store: Store, run: Run, *, samples: bool = True) -> Snapshot:
    """What the run says of each sample, and its figures; without `samples` the figures alone, and of a run that is not
    finished nothing: to fold them anew takes as long as to read all answers."""
    open_ = unfinished(run)
    values, slices = baselines.means(store, run.id) if samples else ({}, {})
    return Snapshot(
        run=run.id,
        model=run.model,
        task=run.task,
        dataset=views.dataset(store, run.dataset_id).version,
        metrics=_holding(run, metrics(store, run)) if samples or not open_ else (),
        values=values,
        slices=slices,
        unfinished=open_,
        stopped=run.stopped is not None,
        smaller_is_better=run.spec.task.smaller_is_better,
        clusters=comparisons.clusters(store, run) if samples else {},
    )


def _holding(run: Run, found: Sequence[Metric]) -> Sequence[Metric]:
    """The figures with the intervals that hold: of a run that ended early that of the score that it stopped by."""
    if run.stopped is None:
        return found
    stopped, without = run.stopped, {"low": None, "high": None}
    return [one if not one.score or is_own(one, stopped) else one.model_copy(update=without) for one in found]


def unfinished(run: Run) -> str:
    """Why the run's figures are not those of the whole; empty if they are."""
    if run.status == "completed" or run.stopped is not None:
        return ""
    return f"it is {run.status}{f' ({run.error})' if run.error else ''}"


def candidates(store: Store | None, name: str, branch: str, folder: Path | None) -> list[Candidate]:
    """What a baseline's name, run or file stands for; NotFound if for nothing. Files are looked for in the folder, and
    not at all without one."""
    if name.endswith(SUFFIX):
        if folder is None:
            raise NotFound(f"a baseline from a file ({name}) is for the command line; import it, and use its name")
        path = folder / name if (folder / name).exists() else Path(name)
        return [_of(found) for found in read(path)]
    if store is None:
        raise NotFound(f"there is no baseline {name!r}: nothing is stored here yet; a file of one ends in {SUFFIX}")
    entries = [entry for entry in current(store, name) if entry.branch in ("", branch)]
    # A run's spec names an imported one by the word that brought it: that stays, whatever its name comes to mean.
    entries = entries or [entry for entry in baselines.history(store) if entry.id == name]
    if entries:
        return [_of_entry(store, entry) for entry in entries]
    try:
        return [_of_run(store, run) for run in named(store, name) if not run.spec.judging]
    except NotFound:
        known = sorted({entry.name for entry in current(store)})
        raise NotFound(f"{unknown('baseline', name, known)}; nor is it a run or an experiment") from None


def chosen(found: Sequence[Candidate], model: str, task: str) -> Candidate | str:
    """The baseline for a run, of several: the one on its task, of its branch before others, of its model if there is
    one; or why there is none."""
    mine = [one for one in found if one.task == task]
    if not mine:
        return f"the baseline has no run on {task}; it has {', '.join(sorted({one.task for one in found}))}"
    mine = [one for one in mine if one.model == model] or mine
    mine = [one for one in mine if one.branch] or mine
    if len(mine) > 1:
        models = ", ".join(sorted(one.model for one in mine))
        return f"the baseline has several runs on {task}, none of {model}: {models}"
    return mine[0]


def export(store: Store, name: str, branch: str, path: Path) -> int:
    """Write what a name stands for as a file, on the branch what it stands for there; how many runs it has."""
    found = candidates(store, name, branch, None)
    own = {(one.task, one.model) for one in found if one.branch}
    kept = [one for one in found if one.branch or (one.task, one.model) not in own]
    with written_whole(path) as out:
        for one in kept:
            out.writelines(lines(one.load()))
    return len(kept)


def take_in(store: Store, name: str, branch: str, path: Path, now: datetime) -> list[Baseline]:
    """Make the runs of a file the baseline of that name; the file is not needed afterwards."""
    _fit(name)
    entries = [
        Baseline(
            id=new_id("base", now), created_at=now, name=name, task=found.task, model=found.model, branch=branch,
            sha256=store.blobs.put("".join(lines(found)).encode()),
        )
        for found in read(path)
    ]  # fmt: skip
    _alone(entries)
    baselines.add(store, entries)
    return entries


def settled(spec: RunSpec, dataset: Dataset, store: Store | None) -> RunSpec:
    """The spec with the run that is meant in place of a baseline's name, which may come to mean another."""
    stop = spec.task.stop
    if stop is None or not stop.against:
        return spec
    with under("tasks", spec.task.name, "stop", "against"):
        try:
            found = candidates(store, stop.against, "", None)
        except NotFound as err:
            raise SpecError(str(err)) from None
        one = chosen(found, spec.model.name, spec.task.name)
        if isinstance(one, str):
            raise SpecError(one)
        if one.load().dataset != dataset.version:
            raise SpecError(f"the data have changed since the baseline ({one.id}): evaluate it anew, and set that")
    named = stop.model_copy(update={"against": one.id})
    return spec.model_copy(update={"task": spec.task.model_copy(update={"stop": named})})


def _fit(name: str) -> None:
    if not name.strip() or name.endswith(SUFFIX) or len(name) > 100 or not name.isprintable():
        raise SpecError(f"{name[:100]!r} is no name for a baseline: up to 100 characters, and no file's name")


def _alone(entries: Iterable[Baseline]) -> None:
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        if (entry.task, entry.model) in seen:
            raise SpecError(f"two of the runs are of {entry.model} on {entry.task}: name one of them")
        seen.add((entry.task, entry.model))


def _of(found: Snapshot) -> Candidate:
    return Candidate(found.run, found.model, found.task, "", lambda: found)


def _of_run(store: Store, run: Run) -> Candidate:
    return Candidate(run.id, run.model, run.task, "", lambda: snapshot(store, run))


def _of_entry(store: Store, entry: Baseline) -> Candidate:
    def load() -> Snapshot:
        if entry.sha256 is not None:
            return parsed(store.blobs.get(entry.sha256), f"baseline {entry.name}")[0]
        return snapshot(store, views.run(store, str(entry.run_id)))

    return Candidate(entry.run_id or entry.id, entry.model, entry.task, entry.branch, load)
