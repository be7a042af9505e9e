"""Files that belong to an experiment or run."""

from benchbook.records.record import Record


class Artifact(Record):
    """A body in the blob store, by content hash: a config as written, a report."""

    experiment_id: str
    name: str
    media_type: str
    sha256: str
    size: int
