"""What models answered."""

from collections.abc import Iterable, Iterator

from benchbook.records.record import Record, derived_id, derived_ids
from benchbook.specs.models import Prompt
from benchbook.specs.outputs import Output


class Generation(Record):
    """An Output in its place: which run asked which sample, the how-manieth time."""

    run_id: str
    sample_id: str
    epoch: int
    """From 1."""
    prompt: Prompt
    """What was asked, as it was sent."""
    output: Output | None
    """None if the model never answered; then `error` says why."""
    cost: float | None = None
    """In the currency of the price; None without a price."""
    error: str | None = None

    @staticmethod
    def id_for(run_id: str, sample_id: str, epoch: int) -> str:
        """The id follows from the place, so nobody can write one twice."""
        return derived_id("gen", run_id, sample_id, epoch)

    @staticmethod
    def ids_for(run_id: str, sample_ids: Iterable[str], epoch: int) -> Iterator[str]:
        """The same, for many samples."""
        return derived_ids("gen", run_id, sample_ids, epoch)

    @property
    def latency(self) -> float | None:
        """Seconds that the answer took."""
        return self.output.latency if self.output else None

    @property
    def stop_reason(self) -> str | None:
        """Why the model stopped."""
        return self.output.stop_reason if self.output else None

    @property
    def input_tokens(self) -> int | None:
        """Of the prompt."""
        return self.output.usage.input_tokens if self.output else None

    @property
    def output_tokens(self) -> int | None:
        """Of the answer."""
        return self.output.usage.output_tokens if self.output else None

    @property
    def cached(self) -> bool:
        """Whether it is an earlier answer to the same question."""
        return self.output.cached if self.output else False
