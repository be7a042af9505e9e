"""How the tests of readers read."""

import json
from pathlib import Path
from typing import Any

import pytest

from benchbook import Row, SpecError, Use, build


def read(name: str, **args: Any) -> list[Row]:
    return list(build("reader", Use(name=name, args=args))())


def mistake(name: str, **args: Any) -> SpecError:
    """What is wrong with these arguments, or with the file that they name."""
    with pytest.raises(SpecError) as caught:
        read(name, **args)
    return caught.value


def written(path: Path, *lines: Any) -> str:
    """A file of these lines; what is no text is written as JSON."""
    path.write_text("".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines))
    return str(path)
