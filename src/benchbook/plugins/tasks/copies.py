"""Benchmarks that do not come with Benchbook: where their data is, users say."""

from benchbook import SpecError

__all__ = ["given"]


def given(data: str | None, name: str, files: str) -> str:
    """The path that was given; SpecError says which files it may be."""
    if data is not None:
        return data
    raise SpecError(
        f"{name} does not come with Benchbook; say where your copy is: the path of {files} as `data`, "
        "or as --data on the command line",
        field=["data"],
    )
