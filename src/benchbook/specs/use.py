"""How a spec names a plugin."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, JsonValue, model_validator

from benchbook.specs.spec import Spec


class Use(Spec):
    """A plugin by name, with arguments. Three spellings: `name`, `{name: first argument}`, `{name: {key: value}}`."""

    name: str = Field(min_length=1)
    args: dict[str, JsonValue] = {}
    first: JsonValue = None
    """The value of the second spelling: it becomes the plugin's first parameter."""

    @model_validator(mode="before")
    @classmethod
    def _spelt(cls, data: Any) -> Any:
        if isinstance(data, str):
            return {"name": data}
        if not isinstance(data, Mapping) or "name" in data or len(data) != 1:
            return data
        [(name, given)] = data.items()
        return {"name": name, "args": given} if isinstance(given, Mapping) else {"name": name, "first": given}
