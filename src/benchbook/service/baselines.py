"""Baselines: runs that others are held against, by name, in this store or as a file to be kept in a repository.

A file has for each run a line with what it is and its figures, and a line for each sample with what every score says of
it; no prompt, no answer. So it can be committed beside the code, and compared with where there is no store.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import fmean
from typing import Any

from benchbook.engine.gates import Snapshot
from benchbook.errors import NotFound, SpecError, under
from benchbook.records.baselines import Baseline
from benchbook.records.metrics import Metric
from benchbook.records.record import derived_id, new_id
from benchbook.records.runs import Run
from benchbook.service.runs import metrics, named
from benchbook.specs.spec import Several, Spec, canonical_json, json_of, unknown
from benchbook.store import baselines, views
from benchbook.store.store import Store

FORMAT = "benchbook-baseline/1"
SUFFIX = ".jsonl"
_MOST = 512 << 20


class Figure(Spec):
    """A metric, as a file of a baseline has it."""

    name: str
    score: str = ""
    slice: str = ""
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int
    excluded: int = 0


class Head(Spec):
    """The line of a run."""

    format: str
    run: str
    model: str
    task: str
    dataset: str
    unfinished: str = ""
    stopped: bool = False
    metrics: Several[Figure] = ()


class Line(Spec):
    """The line of a sample."""

    key: str
    slices: Several[str] = ()
    scores: dict[str, float] = {}


@dataclass(frozen=True)
class Candidate:
    """What a run may be held against."""

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


def snapshot(store: Store, run: Run) -> Snapshot:
    """What the run says of each sample, and its figures."""
    tries: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    slices: dict[str, tuple[str, ...]] = {}
    for one in baselines.values(store, run.id):
        slices[one.key] = one.slices
        if one.score is not None and one.value is not None:
            tries[one.score][one.key].append(one.value)
    whole = run.status == "completed" or run.stopped is not None
    return Snapshot(
        run=run.id,
        model=run.model,
        task=run.task,
        dataset=views.dataset(store, run.dataset_id).version,
        metrics=metrics(store, run),
        values={score: {key: fmean(some) for key, some in each.items()} for score, each in tries.items()},
        slices=slices,
        unfinished="" if whole else f"it is {run.status}{f' ({run.error})' if run.error else ''}",
        stopped=run.stopped is not None,
    )


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
    if entries:
        return [_of_entry(store, entry) for entry in entries]
    try:
        return [_of_run(store, run) for run in named(store, name) if not run.spec.judging]
    except NotFound:
        known = sorted({entry.name for entry in current(store)})
        raise NotFound(f"{unknown('baseline', name, known)}; nor is it a run or an experiment") from None


def chosen(found: Sequence[Candidate], run: Snapshot) -> Snapshot | str:
    """The baseline for a run, of several: the one on its task, of its branch before others, of its model if there is
    one; or why there is none."""
    mine = [one for one in found if one.task == run.task]
    if not mine:
        return f"the baseline has no run on {run.task}; it has {', '.join(sorted({one.task for one in found}))}"
    mine = [one for one in mine if one.model == run.model] or mine
    mine = [one for one in mine if one.branch] or mine
    if len(mine) > 1:
        models = ", ".join(sorted(one.model for one in mine))
        return f"the baseline has several runs on {run.task}, none of {run.model}: {models}"
    return mine[0].load()


def export(store: Store, name: str, branch: str, path: Path) -> int:
    """Write what a name stands for as a file; how many runs it has."""
    found = [one.load() for one in candidates(store, name, branch, None)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(text for one in found for text in _lines(one)), encoding="utf-8")
    return len(found)


def take_in(store: Store, name: str, branch: str, path: Path, now: datetime) -> list[Baseline]:
    """Make the runs of a file the baseline of that name; the file is not needed afterwards."""
    _fit(name)
    entries = [
        Baseline(
            id=new_id("base", now), created_at=now, name=name, task=found.task, model=found.model, branch=branch,
            sha256=store.blobs.put("".join(_lines(found)).encode()),
        )
        for found in read(path)
    ]  # fmt: skip
    _alone(entries)
    baselines.add(store, entries)
    return entries


def read(path: Path) -> list[Snapshot]:
    """The runs of a file; SpecError names the line that is none."""
    try:
        if path.stat().st_size > _MOST:
            raise SpecError(f"{path} is larger than {_MOST >> 20} MiB, which no baseline is")
        text = path.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"there is no file {path}; `benchbook baselines export NAME -o {path}` writes one") from None
    except OSError as err:
        raise SpecError(f"cannot read {path}: {err}") from None
    return _snapshots(text, str(path))


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
    return Candidate(found.model, found.task, "", lambda: found)


def _of_run(store: Store, run: Run) -> Candidate:
    return Candidate(run.model, run.task, "", lambda: snapshot(store, run))


def _of_entry(store: Store, entry: Baseline) -> Candidate:
    def load() -> Snapshot:
        if entry.sha256 is not None:
            return _snapshots(store.blobs.get(entry.sha256), f"baseline {entry.name}")[0]
        return snapshot(store, views.run(store, str(entry.run_id)))

    return Candidate(entry.model, entry.task, entry.branch, load)


def _lines(found: Snapshot) -> Iterator[str]:
    head = Head(
        format=FORMAT,
        run=found.run,
        model=found.model,
        task=found.task,
        dataset=found.dataset,
        unfinished=found.unfinished,
        stopped=found.stopped,
        metrics=tuple(Figure(**{name: getattr(one, name) for name in Figure.model_fields}) for one in found.metrics),
    )
    yield f"{canonical_json(head.model_dump(mode='json', exclude_defaults=True))}\n"
    for key, parts in found.slices.items():
        said = {score: values[key] for score, values in found.values.items() if key in values}
        line = {"key": key, **({"slices": list(parts)} if parts else {}), "scores": said}
        yield f"{canonical_json(line)}\n"


def _snapshots(text: bytes, name: str) -> list[Snapshot]:
    heads: list[tuple[Head, list[Line]]] = []
    for number, written in enumerate(text.splitlines(), 1):
        try:
            data = json_of(written)
            with under(f"line {number}"):
                if isinstance(data, dict) and "format" in data:
                    heads.append((_head(data), []))
                else:
                    heads[-1][1].append(Line.parse(data))
        except SpecError as err:
            raise SpecError(err.message, field=err.field, at=f"{name}:{number}") from None
        except IndexError:
            raise SpecError("a baseline begins with the line of its run", at=f"{name}:{number}") from None
    if not heads:
        raise SpecError("the file is empty: no baseline", at=name)
    return [_snapshot(head, lines) for head, lines in heads]


def _head(data: dict[str, Any]) -> Head:
    if data["format"] != FORMAT:
        raise SpecError(f"written in the format {str(data['format'])[:60]!r}, not {FORMAT}; export it anew")
    return Head.parse(data)


def _snapshot(head: Head, lines: Sequence[Line]) -> Snapshot:
    values: dict[str, dict[str, float]] = defaultdict(dict)
    for line in lines:
        for score, value in line.scores.items():
            values[score][line.key] = value
    return Snapshot(
        run=head.run,
        model=head.model,
        task=head.task,
        dataset=head.dataset,
        metrics=[_metric(head, figure) for figure in head.metrics],
        values=values,
        slices={line.key: line.slices for line in lines},
        unfinished=head.unfinished,
        stopped=head.stopped,
    )


def _metric(head: Head, figure: Figure) -> Metric:
    made = derived_id("metric", head.run, figure.name, figure.score, figure.slice)
    return Metric(id=made, created_at=datetime(1970, 1, 1, tzinfo=UTC), run_id=head.run, **figure.model_dump())
