"""Data that does not come with Benchbook: where it is, users say."""

from benchbook import SpecError

__all__ = ["copy_of", "given"]


def copy_of(data: str | None, name: str, files: str) -> str:
    """The path of one's own copy of a benchmark; SpecError says which files it may be."""
    return given(data, f"{name} does not come with Benchbook; say where your copy is: the path of {files}")


def given(data: str | None, wanted: str) -> str:
    """The path that was given; SpecError says what is wanted."""
    if data is not None:
        return data
    raise SpecError(f"{wanted} as `data`, or as --data on the command line", field=["data"])
