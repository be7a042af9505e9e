"""Runs that others are held against, under a name."""

from benchbook.records.record import Record


class Baseline(Record):
    """That a run was made the baseline of that name, or is it no longer. Appended, never edited: the last holds."""

    name: str
    task: str
    model: str
    branch: str = ""
    """The branch of a repository that it is for; empty for all that have none of their own."""
    run_id: str | None = None
    """The run; of an imported one, or one that is taken away, None."""
    sha256: str | None = None
    """Its figures as a file among the blobs, where they were imported."""
    removed: bool = False
    """Whether it takes the one before it away."""
