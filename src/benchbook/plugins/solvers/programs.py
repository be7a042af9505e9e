"""Programs as text with their syntax trees: what parses, what a name needs, what goes before what. Nothing is run."""

import ast
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Function", "Parser", "Source", "bound_names", "does_something", "offered", "supported"]

_BUDGET = 300_000
"""Characters that one parser reads, over all attempts: what bounds the time that a hostile reply can take."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
_DEFINITION = Function | ast.ClassDef


@dataclass(frozen=True)
class Source:
    """A text that parses."""

    text: str
    tree: ast.Module


@dataclass(frozen=True)
class _Parsed:
    tree: ast.Module | None
    line: int = 0
    """The line that does not parse; 0 if nobody knows."""


# A line with which a statement at module level begins.
_STATEMENT = re.compile(r"(?!(?:else|elif|except|finally)\b)[^\s)\]}]")


class Parser:
    """`ast.parse` without exceptions, for so many characters in all."""

    def __init__(self) -> None:
        self.left = _BUDGET

    def parse(self, text: str) -> _Parsed:
        """The tree of `text`, or the line that breaks it."""
        self.left = max(0, self.left - len(text) - 1)
        if not self.left:
            return _Parsed(None)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return _Parsed(ast.parse(text))
        except SyntaxError as err:
            return _Parsed(None, err.lineno or 0)
        except (ValueError, RecursionError, MemoryError):
            return _Parsed(None)

    def prefix(self, text: str, kept: int = 0) -> Source | None:
        """The longest beginning of `text` that parses, of whole statements and more than `kept` lines."""
        lines = text.split("\n")
        end = len(lines)
        while end > kept:
            beginning = "\n".join(lines[:end])
            parsed = self.parse(beginning)
            if parsed.tree:
                return Source(beginning, parsed.tree)
            earlier = range(min(end, parsed.line) - 1, kept, -1)
            end = next((i for i in earlier if _STATEMENT.match(lines[i])), 0)
        return None


def offered(source: Source, entry_point: str) -> str | None:
    """The source without what only shows it off, if it defines the entry point, as a function or as a method."""
    if any(_defines(statement, entry_point) for statement in source.tree.body):
        return _without_show(source, {entry_point})
    classes = [node for node in source.tree.body if isinstance(node, ast.ClassDef)]
    owners = [owner.name for owner in classes if any(_defines(node, entry_point) for node in owner.body)]
    if len(owners) != 1:
        return None
    return f"{_without_show(source, {owners[0]}).rstrip()}\n\n\n{entry_point} = {owners[0]}().{entry_point}\n"


def _defines(statement: ast.stmt, entry_point: str) -> bool:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return name == entry_point and does_something(statement)
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda()):
            return name == entry_point
        case _:
            return False


def does_something(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether the body is more than a docstring, imports, `pass` and `...`."""
    idle = (ast.Pass, ast.Import, ast.ImportFrom)
    return not all(
        isinstance(node, idle) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in function.body
    )


def _without_show(source: Source, names: set[str]) -> str:
    """The source up to the last statement that `names` could need; calls, asserts and main guards below are shows."""
    body = source.tree.body
    needed = names.union(*map(_read_from_outside, body))
    kept = max(at for at, statement in enumerate(body, 1) if _is_needed(statement, needed))
    if kept == len(body):
        return source.text
    return "\n".join(source.text.split("\n")[: body[kept - 1].end_lineno])


def _is_needed(statement: ast.stmt, needed: set[str]) -> bool:
    return isinstance(statement, _DEFINITION) or bool(_bound(statement) & needed)


def _read_from_outside(statement: ast.stmt) -> set[str]:
    """The names that a definition takes from its module."""
    if not isinstance(statement, _DEFINITION) and not any(isinstance(node, ast.Lambda) for node in ast.walk(statement)):
        return set()
    shared = (node.names for node in ast.walk(statement) if isinstance(node, ast.Global))
    return _unbound(statement).union(*shared)


def _unbound(tree: ast.AST) -> set[str]:
    """The names that the tree reads and never binds."""
    nodes = list(ast.walk(tree))
    read = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    return read - {node.arg for node in nodes if isinstance(node, ast.arg)} - set(map(_bound_by, nodes))


def _bound(statement: ast.stmt) -> set[str]:
    """The module's names that the statement binds or changes."""
    if isinstance(statement, _DEFINITION):
        return {statement.name}
    return set(map(_bound_by, ast.walk(statement))) - {""}


def _bound_by(node: ast.AST) -> str:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.alias(name=name, asname=asname):
            return asname or name.partition(".")[0]
        case ast.Attribute(ctx=ast.Store()) | ast.Subscript(ctx=ast.Store()):
            return _owner(node)
        case ast.Name(id=name, ctx=ast.Store()):
            return name
        case _:
            return ""


def _owner(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def bound_names(tree: ast.Module) -> set[str]:
    """The names that a module has once it was run."""
    return set().union(*map(_bound, tree.body))


def supported(program: str, support: Sequence[str], parser: Parser) -> str:
    """The program below those pieces that give it a name it needs and does not have."""
    for piece in reversed(support):
        tree = parser.parse(program).tree
        given = parser.parse(piece).tree
        needed = bound_names(given) & _unbound(tree) if tree and given else set()
        if tree and given and needed:
            program = _put_before(_without_show(Source(piece, given), needed), program, tree)
    return program


def _put_before(piece: str, program: str, tree: ast.Module) -> str:
    lines = program.split("\n")
    # `from __future__` must stay the first statement.
    future = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    first = future[-1].end_lineno if future else 0
    return "\n".join([*lines[:first], piece.rstrip(), "", "", *lines[first:]])
