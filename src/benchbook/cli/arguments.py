"""Arguments of plugins, as they are written on the command line."""

from collections.abc import Sequence
from typing import Any

from benchbook.errors import SpecError
from benchbook.specs.files import read_text


def pairs(option: str, given: Sequence[str]) -> dict[str, Any]:
    """What KEY=VALUE says, several times; values are YAML."""
    found = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise SpecError(f"{option} {text!r}: expected KEY=VALUE")
        found[key] = read_text(f"{option} {key}", f"value: {value}").data["value"]
    return found
