"""Arguments of plugins, as they are written on the command line."""

import re
from collections.abc import Sequence
from typing import Any

from benchbook import settings
from benchbook.errors import SpecError
from benchbook.specs.budgets import seconds_of
from benchbook.specs.files import read_text

_BYTES = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


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


def seconds_in(option: str, text: str) -> float:
    """The seconds of a time that an option gives."""
    try:
        return float(seconds_of(text))
    except ValueError:
        raise SpecError(f"{option} {text!r}: expected a number and a unit: 90m, 12h, 30d, 8w") from None


def bytes_in(option: str, text: str) -> int:
    """The bytes of a size that an option gives."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)", text)
    if found is None or found[2].upper() not in _BYTES:
        raise SpecError(f"{option} {text!r}: expected a number of bytes, or 500KB, 200MB, 1GB, 2GiB")
    return int(float(found[1]) * _BYTES[found[2].upper()])
