"""Runs as tables, for notebooks: two lines to a frame of pandas or polars."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from benchbook import settings
from benchbook.errors import NotFound, SpecError
from benchbook.records.runs import Run
from benchbook.service.baselines import all_named
from benchbook.service.export_rows import library
from benchbook.service.runs import metrics
from benchbook.settings import Settings
from benchbook.store import frames
from benchbook.store.store import Store

if TYPE_CHECKING:
    import pandas
    import polars

Kind = Literal["text", "number", "count", "flag", "texts"]

_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("epoch", "input_tokens", "output_tokens", "n", "excluded"), "count"),
    **dict.fromkeys(("latency", "cost", "value", "low", "high", "confidence"), "number"),
    **dict.fromkeys(("slices", "tags"), "texts"),
    "cached": "flag",
}
"""What columns hold; all others hold texts."""

_PANDAS: Mapping[Kind, str] = {
    "text": "str",
    "number": "float64",
    "count": "Int64",
    "flag": "boolean",
    "texts": "object",
}
_WHOSE = ("run", "model", "task")
_FIGURE = ("name", "score", "slice", "value", "low", "high", "n", "excluded")


@dataclass(frozen=True)
class Table:
    """Columns of one length, each of one kind: texts, numbers, lists of texts; None where there is no value."""

    columns: Mapping[str, Sequence[Any]]

    def __repr__(self) -> str:
        return f"Table of {len(self):,} rows: {', '.join(self.columns)}"

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def to_dicts(self) -> list[dict[str, Any]]:
        """A dict for each row."""
        return [dict(zip(self.columns, row, strict=True)) for row in zip(*self.columns.values(), strict=True)]

    def to_pandas(self) -> "pandas.DataFrame":
        """A frame of pandas, which must be installed."""
        pandas = library("pandas", "pandas", "to_pandas()")
        return pandas.DataFrame(
            {
                name: pandas.Series(_encodable(values), dtype=_PANDAS[_kind(name)])
                for name, values in self.columns.items()
            }
        )

    def to_polars(self) -> "polars.DataFrame":
        """A frame of polars, which must be installed."""
        polars = library("polars", "polars", "to_polars()")
        kinds: dict[Kind, Any] = {
            "text": polars.String,
            "number": polars.Float64,
            "count": polars.Int64,
            "flag": polars.Boolean,
            "texts": polars.List(polars.String),
        }
        return polars.DataFrame(
            [polars.Series(name, _encodable(values), dtype=kinds[_kind(name)]) for name, values in self.columns.items()]
        )


@dataclass(frozen=True)
class LoadedRuns:
    """Runs that are in the store; their tables are read as they are asked for."""

    runs: tuple[Run, ...]
    place: Settings

    def __repr__(self) -> str:
        # Notebooks print what stands alone, and are handed on: a database's address may hold a password.
        return "\n".join(f"{run.id}: {run.model} on {run.task}, {run.status}" for run in self.runs)

    def samples(self) -> Table:
        """A row for each answer: what was asked, what came back, what it took. A target that is no text is JSON."""
        return self._table(frames.SAMPLES, frames.answers)

    def scores(self) -> Table:
        """A row for each score."""
        return self._table(frames.SCORES, frames.scores)

    def metrics(self) -> Table:
        """A row for each figure, with its interval."""
        return self._table(_FIGURE, _figures)

    def _table(self, names: Sequence[str], pages: Callable[[Store, Run], Iterable[Sequence[Sequence[Any]]]]) -> Table:
        columns: dict[str, list[Any]] = {name: [] for name in (*_WHOSE, *names)}
        with _opened(self.place) as store:
            for run in self.runs:
                for page in pages(store, run):
                    for name, values in zip(names, page, strict=True):
                        columns[name] += map(_plain, values) if name == "target" else values
                    for name in _WHOSE:
                        columns[name] += [run.id if name == "run" else getattr(run, name)] * len(page[0])
        return Table(columns)


def load_run(*names: str) -> LoadedRuns:
    """The runs of these ids; of a baseline's name or an experiment's name or id, all of its runs.

    `load_run("gsm8k").samples().to_pandas()` is a frame with a row for each answer.
    """
    if not names:
        raise SpecError("name a run or an experiment; `benchbook runs` lists what there is")
    place = settings.load()
    if file := Store.missing(place.database_url):
        raise NotFound(
            f"there is no run {names[0]!r}, nor any other: nothing is stored at {file}; BENCHBOOK_HOME or "
            "BENCHBOOK_DATABASE_URL says where runs are"
        )
    with _opened(place) as store:
        return LoadedRuns(tuple(all_named(store, names)), place)


def _opened(place: Settings) -> Store:
    return Store.open(place.database_url, place.blobs)


def _figures(store: Store, run: Run) -> Iterator[Sequence[Sequence[Any]]]:
    found = metrics(store, run)
    if found:
        yield [[getattr(metric, name) for metric in found] for name in _FIGURE]


def _plain(target: Any) -> str | None:
    return target if isinstance(target, str | None) else json.dumps(target)


def _kind(name: str) -> Kind:
    return _KINDS.get(name, "text")


def _encodable(values: Sequence[Any]) -> Sequence[Any]:
    """The values with lone surrogates, which UTF-8 cannot say, written out."""
    return [
        value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) and not value.isascii() else value
        for value in values
    ]
