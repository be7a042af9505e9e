"""List prices of hosted models, from the table that comes with Benchbook; a config's own `prices` come before them."""

import json
import re
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

from benchbook.specs.models import ModelSpec, Price

_DATED = re.compile(r"-(\d{8}|\d{4}-\d{2}-\d{2}|latest)$")


def listed(model: ModelSpec, on: date) -> Price | None:
    """The list price of the model on a day; None if it is not in the table, or is served by somebody else.

    A snapshot (`…-20250929`) costs what its model costs, unless it is listed itself.
    """
    provider = _provider(model)
    if provider is None:
        return None
    name = model.model.partition("/")[2].removeprefix("models/")
    rows = provider["models"].get(name) or provider["models"].get(_DATED.sub("", name)) or []
    valid = [row for row in rows if row.get("from", "") <= on.isoformat()]
    if not valid:
        return None
    newest = max(valid, key=lambda row: str(row.get("from", "")))
    table = _table()
    return Price.parse(
        {
            **{name: value for name, value in newest.items() if name != "from"},
            "currency": table["currency"],
            "as_of": table["as_of"],
            "source": provider["source"],
        }
    )


def _provider(model: ModelSpec) -> dict[str, Any] | None:
    """Who asks money for it: the runtime of that name at its own address, or any runtime sent there."""
    host = urlsplit(str(model.args.get("base_url", ""))).hostname
    for name, provider in _table()["providers"].items():
        if host in provider["hosts"] or (host is None and model.runtime.name == name):
            found: dict[str, Any] = provider
            return found
    return None


@cache
def _table() -> dict[str, Any]:
    table: dict[str, Any] = json.loads((files("benchbook") / "data" / "prices.json").read_text(encoding="utf-8"))
    return table
