"""Between records and rows: columns are named after fields, so both ways are the same for every noun."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from importlib import import_module
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Insert, Table
from sqlalchemy.engine import Dialect

from benchbook.records.artifacts import Artifact
from benchbook.records.baselines import Baseline
from benchbook.records.datasets import Dataset, Sample
from benchbook.records.events import RunEvent
from benchbook.records.generations import Generation
from benchbook.records.jobs import Job
from benchbook.records.metrics import Metric
from benchbook.records.record import Record
from benchbook.records.reviews import Assignment, Review, ReviewItem
from benchbook.records.runs import Experiment, Run
from benchbook.records.scores import Score
from benchbook.records.users import ApiKey, Session, User
from benchbook.store import tables
from benchbook.store.columns import UtcTime

AnyRecord = TypeVar("AnyRecord", bound=Record)

_TABLES: dict[type[Record], Table] = {
    ApiKey: tables.api_keys,
    Artifact: tables.artifacts,
    Assignment: tables.assignments,
    Baseline: tables.baselines,
    Dataset: tables.datasets,
    Experiment: tables.experiments,
    Generation: tables.generations,
    Job: tables.jobs,
    Metric: tables.metrics,
    Review: tables.reviews,
    ReviewItem: tables.review_items,
    Run: tables.runs,
    RunEvent: tables.run_events,
    Sample: tables.samples,
    Score: tables.scores,
    Session: tables.sessions,
    User: tables.users,
}


def table_of(kind: type[Record]) -> Table:
    """Where records of a kind are kept."""
    return _TABLES[kind]


def row_of(record: Record, **more: Any) -> dict[str, Any]:
    """The values of the record's columns, with `more` for those that are no field of it."""
    return {name: value(record) for name, value in _values(type(record)) if name not in more} | more


def columns_of(kind: type[Record]) -> list[Column[Any]]:
    """The columns that make a record."""
    return [column for column in table_of(kind).columns if column.name in kind.model_fields]


def record_of(kind: type[AnyRecord], values: Sequence[Any]) -> AnyRecord:
    """The record whose columns have these values."""
    # Not strict: JSON has lists where specs have tuples.
    return kind.model_validate(dict(zip(_names(kind), values, strict=True)), strict=False)


class Insertion:
    """An INSERT of records of one kind, prepared for one kind of database.

    It goes by the driver's own `executemany`. SQLAlchemy looks through every row, which takes three times as long.
    """

    def __init__(self, kind: type[Record], statement: Insert, dialect: str) -> None:
        prepared = statement.compile(dialect=(positional := _dialect(dialect)))
        columns = [table_of(kind).columns[name] for name in prepared.positiontup or ()]
        self._text = str(prepared)
        roots = [_path(column).partition(".")[0] for column in columns]
        own = [root in kind.model_fields or hasattr(kind, root) for root in roots]
        self._values_of = attrgetter(*[_path(column) for column, mine in zip(columns, own, strict=True) if mine])
        self._more = [(at, column.name) for at, column in enumerate(columns) if not own[at]]
        binds = [_bind(column, positional) for column in columns]
        self._binds = [(at, bind) for at, bind in enumerate(binds) if bind is not None]

    def __call__(self, connection: Connection, records: Iterable[tuple[Record, Mapping[str, int]]]) -> int:
        """Insert records, each with the numbers of the columns that are no field of it; how many rows that wrote."""
        rows = [self._row(record, more) for record, more in records]
        return connection.exec_driver_sql(self._text, rows).rowcount if rows else 0

    def _row(self, record: Record, more: Mapping[str, int]) -> tuple[Any, ...]:
        row = [*self._values_of(record)]
        for at, name in self._more:
            row.insert(at, more[name])
        for at, bind in self._binds:
            row[at] = bind(row[at])
        return tuple(row)


def _dialect(name: str) -> Dialect:
    """The dialect whose statements number their parameters."""
    # Only the one that is used is imported.
    driver, style = {"sqlite": ("pysqlite", "qmark"), "postgresql": ("psycopg", "format")}[name]
    dialect: Dialect = import_module(f"sqlalchemy.dialects.{name}.{driver}").dialect(paramstyle=style)
    return dialect


def _bind(column: Column[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    """What makes of a value what the driver keeps, if that is something else."""
    bind = column.type.dialect_impl(dialect).bind_processor(dialect)
    # Rows that are stored together mostly were made together.
    return lru_cache(maxsize=64)(bind) if bind and isinstance(column.type, UtcTime) else bind


def _path(column: Column[Any]) -> str:
    """Where in the record a column's value is."""
    return str(column.info.get("path", column.name))


@cache
def _values(kind: type[Record]) -> list[tuple[str, Callable[[Record], Any]]]:
    return [(column.name, attrgetter(_path(column))) for column in table_of(kind).columns]


@cache
def _names(kind: type[Record]) -> list[str]:
    return [column.name for column in columns_of(kind)]
