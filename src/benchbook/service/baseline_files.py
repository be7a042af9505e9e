"""Baselines as files: for each run a line with what it is and its figures, and for each sample a line with what every
score says of it; no prompt, no answer. So a file can be committed beside the code.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import FiniteFloat

from benchbook.engine.gates import Snapshot
from benchbook.errors import NotFound, SpecError, under
from benchbook.records.metrics import Metric
from benchbook.records.record import derived_id
from benchbook.specs.spec import Several, Spec, canonical_json, json_of
from benchbook.specs.verdicts import Value

FORMAT = "benchbook-baseline/1"
SUFFIX = ".jsonl"
_MOST = 512 << 20


class Figure(Spec):
    """A metric, as a file of a baseline has it."""

    name: str
    score: str = ""
    slice: str = ""
    value: FiniteFloat | None
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None
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
    smaller_is_better: Several[str] = ()
    metrics: Several[Figure] = ()


class Line(Spec):
    """The line of a sample."""

    key: str
    slices: Several[str] = ()
    cluster: str | None = None
    scores: dict[str, Value] = {}


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
    return parsed(text, str(path))


def lines(found: Snapshot) -> Iterator[str]:
    """The run as a file has it."""
    head = Head(
        format=FORMAT,
        run=found.run,
        model=found.model,
        task=found.task,
        dataset=found.dataset,
        unfinished=found.unfinished,
        stopped=found.stopped,
        smaller_is_better=tuple(found.smaller_is_better),
        metrics=tuple(Figure(**{name: getattr(one, name) for name in Figure.model_fields}) for one in found.metrics),
    )
    yield f"{canonical_json(head.model_dump(mode='json', exclude_defaults=True))}\n"
    for key, parts in found.slices.items():
        said = {score: values[key] for score, values in found.values.items() if key in values}
        beside: dict[str, Any] = {"slices": list(parts)} if parts else {}
        if key in found.clusters:
            beside["cluster"] = found.clusters[key]
        line = {"key": key, **beside, "scores": said}
        yield f"{canonical_json(line)}\n"


def parsed(text: bytes, name: str) -> list[Snapshot]:
    """The runs of a file's text; `name` is what errors call it."""
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
        smaller_is_better=head.smaller_is_better,
        clusters={line.key: line.cluster for line in lines if line.cluster is not None},
    )


def _metric(head: Head, figure: Figure) -> Metric:
    made = derived_id("metric", head.run, figure.name, figure.score, figure.slice)
    return Metric(id=made, created_at=datetime(1970, 1, 1, tzinfo=UTC), run_id=head.run, **figure.model_dump())
