"""Arguments of plugins, as they are written on the command line."""

from collections.abc import Sequence
from typing import Any

from benchbook import settings
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


def listed_gpus(gpus: str | None) -> tuple[str, ...]:
    """The GPUs that an option names, or all that are seen."""
    if gpus is None:
        return settings.gpus()
    listed = tuple(word.strip() for word in gpus.split(",") if word.strip())
    if len(set(listed)) < len(listed):
        raise SpecError(f"--gpus {gpus}: one is named twice")
    return listed
