"""Everything that can go wrong on purpose.

    BenchbookError
    ├── NotReproduced           carried out again, it came out otherwise   exit code 1, that of gates
    ├── Contaminated            rows of a data set stand in another          1
    ├── GateFailed              figures are not what was demanded          1
    ├── SpecError               the caller wrote something wrong           2
    ├── NotFound                there is no such thing                     3
    ├── Conflict                somebody was there first                   4
    ├── Denied                  not allowed                                5
    ├── PluginError             a plugin, a model or the machine broke     6
    │   ├── RuntimeFailed       a model did not answer
    │   ├── Hopeless            a model will not answer, whatever is asked
    │   └── SandboxUnavailable  untrusted code has nowhere safe to run
    ├── StoreError              the database or the blob folder broke      6
    ├── TooManyErrors           finished, but too many samples failed      7
    └── Interrupted             stopped by the user, state saved           130

Each says what, where, and what to do; the command line prints the message and leaves with the code.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

__all__ = [
    "BenchbookError",
    "Conflict",
    "Contaminated",
    "Denied",
    "FailureCause",
    "GateFailed",
    "Hopeless",
    "Interrupted",
    "NotFound",
    "NotReproduced",
    "PluginError",
    "RuntimeFailed",
    "SandboxUnavailable",
    "SpecError",
    "StoreError",
    "TooManyErrors",
    "under",
]

FailureCause = Literal["fault", "busy", "gone", "late", "denied"]
"""Why a model did not answer: a fault of this request, or of the server with it; a server that has too much to do (429,
503), that is not there (connection refused, 502), that took too long, or that takes nothing from us (key, quota)."""


class BenchbookError(Exception):
    """The root of the tree; `exit_code` is what the command line leaves with."""

    exit_code = 1


class NotReproduced(BenchbookError):
    """A run was carried out once more, or compared with another, and something came out otherwise."""


class Contaminated(BenchbookError):
    """Rows of a data set stand in another one."""


class GateFailed(BenchbookError):
    """The figures of a run are not what a gate demands, or could not be told."""


class SpecError(BenchbookError):
    """What the caller wrote does not make sense.

    `field` is the path of keys and indices that leads to the mistake; `at` is the place in words
    (`configs/eval.yaml:12`), filled in by whoever knows the file.
    """

    exit_code = 2

    def __init__(self, message: str, *, field: Sequence[str | int] = (), at: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = tuple(field)
        self.at = at

    def under(self, *prefix: str | int) -> "SpecError":
        """The same mistake, seen from further out."""
        return SpecError(self.message, field=(*prefix, *self.field), at=self.at)

    def __str__(self) -> str:
        return ": ".join(part for part in (self.at, dotted(self.field), self.message) if part)


class NotFound(BenchbookError):
    """There is no such run, experiment or file of ours."""

    exit_code = 3


class Conflict(BenchbookError):
    """The thing exists already, or its state forbids the step."""

    exit_code = 4


class Denied(BenchbookError):
    """The caller may not do this."""

    exit_code = 5


class PluginError(BenchbookError):
    """A plugin broke or could not start."""

    exit_code = 6


class RuntimeFailed(PluginError):
    """A model did not answer. `transient` failures are worth another try, after `retry_after` seconds if given.

    A server that names a time is `busy` unless another cause is given.
    """

    def __init__(
        self,
        message: str,
        *,
        transient: bool = False,
        retry_after: float | None = None,
        cause: FailureCause | None = None,
    ) -> None:
        super().__init__(message)
        self.transient = transient
        self.retry_after = retry_after
        self.cause: FailureCause = cause or ("fault" if retry_after is None else "busy")


class Hopeless(PluginError):
    """A model will not answer, whatever is asked: the run ends here, and can be taken up again."""


class SandboxUnavailable(PluginError):
    """This machine cannot isolate untrusted code as asked; the message holds the remedy."""


class StoreError(BenchbookError):
    """The database or the blob folder cannot be used. What is `passing` may work again in a while, by itself."""

    exit_code = 6

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing


class TooManyErrors(BenchbookError):
    """The run finished, with more failed samples than its spec allows."""

    exit_code = 7


class Interrupted(BenchbookError):
    """The user stopped the work; everything finished is stored."""

    exit_code = 130


@contextmanager
def under(*prefix: str | int) -> Iterator[None]:
    """Within, a SpecError learns where its field stands."""
    try:
        yield
    except SpecError as err:
        raise err.under(*prefix) from None


def dotted(field: Sequence[str | int]) -> str:
    """A path as people write it: `tasks[0].epochs`."""
    words = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in field)
    return words.removeprefix(".")
