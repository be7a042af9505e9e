"""The only reader of YAML. Every value keeps its line, so that a mistake found later can name it."""

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml

from benchbook.errors import SpecError
from benchbook.specs.spec import Spec

AnySpec = TypeVar("AnySpec", bound=Spec)
Field = tuple[str | int, ...]

MAX_BYTES = 4 << 20
MAX_NODES = 200_000
MAX_DEPTH = 50


@dataclass(frozen=True)
class Source:
    """A config file as plain data, with the line of every field."""

    path: str
    text: str
    data: dict[str, Any]
    lines: dict[Field, int]

    def parse(self, kind: type[AnySpec]) -> AnySpec:
        """The spec that the file describes; SpecError names file, line and field."""
        with self.locating():
            return kind.parse(self.data)

    @contextmanager
    def locating(self) -> Iterator[None]:
        """Within, a SpecError learns the file and line of its field."""
        try:
            yield
        except SpecError as err:
            raise SpecError(err.message, field=err.field, at=err.at or self._place(err.field)) from None

    def changed(self, assignment: str) -> "Source":
        """The same source with `path.to.field=value` laid over it; the value is read as YAML."""
        dotted, equals, written = assignment.partition("=")
        if not equals or not dotted:
            raise SpecError(f"--set {assignment!r}: expected path.to.field=value, e.g. tasks.0.epochs=3")
        field = tuple(int(part) if part.isdigit() else part for part in dotted.split("."))
        value = read_text(f"--set {assignment}", f"value: {written}").data["value"]
        return self.amended(_assigned(self.data, field, value, assignment), f"--set {assignment}")

    def amended(self, data: dict[str, Any], remark: str) -> "Source":
        """The same source with other data; the remark, at the end of its text, says what was changed."""
        return Source(self.path, f"{self.text.rstrip()}\n# {remark}\n", data, self.lines)

    def _place(self, field: Field) -> str:
        """The line of the field, or of the nearest thing around it."""
        for end in range(len(field), -1, -1):
            if field[:end] in self.lines:
                return f"{self.path}:{self.lines[field[:end]]}"
        return self.path


def read(path: Path) -> Source:
    """The file at `path`, parsed; SpecError if it cannot be read or is not YAML."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SpecError(f"{path} is larger than {MAX_BYTES >> 20} MiB, which no config is")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SpecError(f"there is no file {path}{_near(path)}") from None
    except (OSError, UnicodeDecodeError) as err:
        raise SpecError(f"cannot read {path}: {err}") from None
    return read_text(str(path), text)


def read_text(name: str, text: str) -> Source:
    """YAML `text`, parsed; `name` is what errors call it."""
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as err:
        line = err.problem_mark.line + 1 if err.problem_mark else 1
        raise SpecError(f"not valid YAML: {err.problem or err.context}", at=f"{name}:{line}") from None
    except yaml.YAMLError as err:
        raise SpecError(f"not valid YAML: {err}", at=name) from None
    except RecursionError:
        raise SpecError("nested too deeply", at=name) from None
    if not isinstance(root, yaml.MappingNode):
        raise SpecError("expected a mapping of fields, like `name: my-experiment`", at=name)
    reader = _NodeReader(name)
    data = reader.value(root, ())
    return Source(path=name, text=text, data=data, lines=reader.lines)


class _Loader(yaml.SafeLoader):
    """YAML as JSON sees it: `no`, `on` and dates stay text; only true, false, null and numbers are more than that."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", "n~\0"),
    ("int", r"-?(0|[1-9][0-9_]*)", "-0123456789"),
    ("float", r"-?(0|[1-9][0-9_]*)(\.[0-9]+([eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)", "-0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first))
_Loader.yaml_implicit_resolvers[""] = [("tag:yaml.org,2002:null", re.compile("^$"))]


class _NodeReader:
    """Turns nodes into plain data and notes the line of each field."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[Field, int] = {}
        self.nodes = 0

    def value(self, node: yaml.Node, field: Field) -> Any:
        self.nodes += 1
        if len(field) > MAX_DEPTH:
            raise self._mistake(f"nested more than {MAX_DEPTH} levels deep, or an alias of itself", node, ())
        if self.nodes > MAX_NODES:
            raise self._mistake(f"more than {MAX_NODES:,} values, aliases included", node, field)
        self.lines.setdefault(field, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, field)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*field, index)) for index, child in enumerate(node.value)]
        return self._scalar(node, field)

    def _mapping(self, node: yaml.MappingNode, field: Field) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._mistake("a key must be a word", key_node, field)
            if key in result:
                raise self._mistake(f"the key {key!r} is written twice", key_node, (*field, key))
            self.lines[*field, key] = key_node.start_mark.line + 1
            result[key] = self.value(value_node, (*field, key))
        return result

    def _scalar(self, node: yaml.Node, field: Field) -> Any:
        try:
            value = self._plain(node, field)
        except ValueError as err:
            raise self._mistake(f"{node.value[:60]!r} is no number: {err}", node, field) from None
        if isinstance(value, float) and not math.isfinite(value):
            raise self._mistake(f"{node.value!r} is too large a number", node, field)
        return value

    def _plain(self, node: yaml.Node, field: Field) -> Any:
        match node.tag.removeprefix("tag:yaml.org,2002:"):
            case "str":
                return node.value
            case "int":
                return int(node.value.replace("_", ""))
            case "float":
                return float(node.value.replace("_", ""))
            case "bool":
                return node.value == "true"
            case "null":
                return None
            case _:
                raise self._mistake(f"the YAML tag {node.tag!r} is not allowed", node, field)

    def _mistake(self, message: str, node: yaml.Node, field: Field) -> SpecError:
        return SpecError(message, field=field, at=f"{self.name}:{node.start_mark.line + 1}")


def _assigned(data: Any, field: Sequence[str | int], value: Any, assignment: str) -> Any:
    """A copy of `data` with `value` at `field`."""
    if not field:
        return value
    head, *rest = field
    if isinstance(data, list) and isinstance(head, int) and head < len(data):
        return [_assigned(old, rest, value, assignment) if at == head else old for at, old in enumerate(data)]
    if isinstance(data, dict):
        return {**data, str(head): _assigned(data.get(str(head), {}), rest, value, assignment)}
    if isinstance(data, str):
        raise SpecError(f"--set {assignment!r}: {data!r} is written in short; spell it out as a mapping first")
    raise SpecError(f"--set {assignment!r}: there is no {head!r} in {data!r}")


def _near(path: Path) -> str:
    """A hint at files that might have been meant."""
    folder = path.parent
    if not folder.is_dir():
        return f"; there is no folder {folder} either"
    others = sorted(str(other) for other in folder.glob("*.y*ml"))
    return f"; did you mean one of {', '.join(others[:5])}?" if others else ""
