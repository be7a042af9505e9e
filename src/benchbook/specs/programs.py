"""One program and how it is tested, from JSON or from Python, and what became of it."""

import ast
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from io import StringIO
from pathlib import PurePosixPath
from typing import Any, Self

from pydantic import field_validator, model_validator

from benchbook.errors import SpecError, under
from benchbook.specs.commands import Limits, TestStatus
from benchbook.specs.comparison import Comparison, TextComparison
from benchbook.specs.quoting import quoted
from benchbook.specs.spec import Several, Spec, assembled, json_of, mistake_in, unknown

AS_JSON = Comparison(int_equals_float=True, nan_equals_nan=True, tuples_equal_lists=True, json_keys=True)
"""How values compare that were written in JSON: what JSON would write the same is the same. True is still not 1."""

_DEPTH = 60
"""Levels that a value may be nested, so that it can be handed to a sandbox."""
_TOO_DEEP = f"nested deeper than {_DEPTH} levels"
_LONG = 4000
"""Digits that Python reads as an integer without being asked twice."""
_LONGEST_PATH = 1024
"""Bytes: with the folder that it lies in, it must be a path that the system takes."""
_HALF = "a half of a surrogate pair (\\ud800 to \\udfff) cannot be written as UTF-8"
_PYTHON = "$python"
_PROGRAM = "program.py"


class ProgramTest(Spec):
    """A call with the value it must give, or what goes in by standard input with what must come out."""

    args: Several[Any] = ()
    kwargs: dict[str, Any] = {}
    expected: Any = None
    stdin: str | None = None
    stdout: str | None = None

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        given = self.model_fields_set
        if self.is_call and "expected" not in given:
            raise mistake_in(
                "expected", "a test needs `args` and `expected` (null if nothing is returned), or `stdin` and `stdout`"
            )
        if not self.is_call and (self.args or self.kwargs or self.expected is not None):
            raise mistake_in("stdin", "a test has `args`, `kwargs` and `expected`, or `stdin` and `stdout`, not both")
        for field in ("args", "kwargs", "expected"):
            _check_plain(getattr(self, field), field)
        for field, text in (("stdin", self.stdin), ("stdout", self.stdout)):
            if text is not None and not _is_utf8(text):
                raise mistake_in(field, _HALF)
        return self

    @property
    def is_call(self) -> bool:
        """Whether a function is called; else the program is run as a script."""
        return self.stdin is None and self.stdout is None

    @classmethod
    def parse(cls, data: object) -> Self:
        """The test that `data` (values of JSON) describes."""
        fields = _fields(data, cls, "a test")
        if isinstance(data, Mapping) and "expected" in data:
            fields["expected"] = data["expected"]
        for name in ("args", "kwargs", "expected"):
            if name in fields:
                with under(name):
                    fields[name] = _python_values(fields[name])
        return assembled(cls, fields)


class ProgramSpec(Spec):
    """A program, and how it is tested: by calls, by test code, by what it writes, or by several of these."""

    id: str | int | None = None
    """A text or a whole number; its own in a file of programs, elsewhere not necessarily."""
    program: str
    entry_point: str | None = None
    """The function that is called. In test code it is `candidate` as well."""
    tests: Several[ProgramTest] = ()
    test_code: str | None = None
    files: dict[str, str] = {}
    """More files of the solution, by path in its working folder."""
    in_process: bool = False
    """Run test code in the program's own process, where it can use the program's classes and the program can cheat."""
    limits: Limits = Limits()
    comparison: Comparison = Comparison()
    stdout_comparison: TextComparison = TextComparison()

    @field_validator("id", mode="before")
    @classmethod
    def _short_id(cls, given: object) -> object:
        whole = isinstance(given, int) and not isinstance(given, bool) and abs(given) < 1 << 63
        if whole or given is None or isinstance(given, str):
            return given
        raise ValueError("an id is a text or a whole number of at most 64 bits")

    @model_validator(mode="after")
    def _can_be_tested(self) -> Self:
        if any(test.is_call for test in self.tests) and not self.entry_point:
            raise mistake_in("entry_point", "tests with `args` need it: the name of the function to call")
        _check_files(self.files)
        return self

    @classmethod
    def parse(cls, data: object) -> Self:
        """The program that `data` (values of JSON) describes: one line of a file; SpecError names the bad field.

        An object `{"$python": "(1, {2})"}` in a test stands for the value that JSON has no words for, and values
        compare as JSON would write them. Null is as good as absent.
        """
        fields = _fields(data, cls, "a program", also=("stdin", "stdout"))
        pairs = script_tests(fields.pop("stdin", None), fields.pop("stdout", None))
        tests = fields.pop("tests", [])
        if not isinstance(tests, list):
            raise SpecError(f"expected a list of tests, got {quoted(tests, 60)}", field=["tests"])
        for name, kind in (("limits", Limits), ("stdout_comparison", TextComparison)):
            if name in fields:
                with under(name):
                    fields[name] = kind.parse(fields[name])
        with under("comparison"):
            laid_over = _fields(fields.get("comparison", {}), Comparison, "a comparison")
            fields["comparison"] = Comparison.parse({**AS_JSON.model_dump(), **laid_over})
        return assembled(cls, {**fields, "tests": [*_parsed(tests), *pairs]})


@dataclass(frozen=True)
class Outcome:
    """How one test went."""

    status: TestStatus
    got: str = ""
    """The value that was not the expected one, or where the output differs: the beginning of it."""
    expected: str = ""
    error: str = ""
    """What the call raised, or how the program ended before it answered."""
    stdout: str = ""
    """What a script wrote: the beginning of it."""
    cpu: float | None = None
    wall: float | None = None
    """Seconds; only where the test was a run of its own."""


@dataclass(frozen=True)
class ProgramResult:
    """What became of a program. Only `passed` scores; `infra_error` is ours, and says nothing about the program."""

    id: str | int | None
    status: TestStatus
    """That of the first test that did not pass; `skipped` if nothing was tested."""
    reason: str
    """Why it did not pass, in a sentence."""
    tests: tuple[Outcome, ...]
    """In order; test code is one test, after all others."""
    stdout: str
    stderr: str
    """Of the run that decided; head and tail."""
    cpu: float
    wall: float
    """Seconds, of all runs together."""
    peak_memory: int
    """Bytes, resident."""
    sandbox: str
    cheatable: bool
    """Whether the program could have decided itself how its tests end."""
    comparison: str
    """The rules that were used, with their versions."""
    limits: Limits

    def as_json(self) -> dict[str, Any]:
        """The result as plain values, as JSON has them."""
        fields = {name: value for name, value in vars(self).items() if name not in ("tests", "limits")}
        tests = [asdict(test) for test in self.tests]
        return {**fields, "tests": tests, "limits": self.limits.model_dump(mode="json")}


def read_programs(lines: Iterable[bytes], name: str) -> Iterator[ProgramSpec]:
    """The programs of a JSON Lines file, one after the other; SpecError names file, line and field.

    A program without an `id` has the number of its line. No two have the same; `1` and `"1"` are the same.
    """
    places: dict[str, tuple[int, bool]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            program = ProgramSpec.parse(_read(line))
            numbered = program.id is None
            if numbered:
                program = program.model_copy(update={"id": number})
            first, first_numbered = places.setdefault(str(program.id), (number, numbered))
            if first != number:
                raise _same_id(program.id, first, numbered=numbered or first_numbered)
        except SpecError as err:
            raise SpecError(err.message, field=err.field, at=f"{name}:{number}") from None
        yield program


def _same_id(given: str | int | None, first: int, *, numbered: bool) -> SpecError:
    """What is wrong with an id that has been seen in an earlier line, where it may have been the line's number."""
    why = " (without an id, a program has the number of its line)" if numbered else ""
    what = f"{quoted(given, 60)} is the id of line {first}, too{why}; give each an id of its own"
    return SpecError(what, field=["id"])


def script_tests(stdin: object, stdout: object) -> list[ProgramTest]:
    """The tests that `stdin` and `stdout` at the top are short for: one of each, or lists."""
    if stdin is None and stdout is None:
        return []
    given, wanted = (value if isinstance(value, list) else [value] for value in (stdin, stdout))
    if not isinstance(stdin, list) and isinstance(stdout, list):
        given *= len(wanted) if stdin is None else 1
    if not isinstance(stdout, list) and isinstance(stdin, list):
        wanted *= len(given) if stdout is None else 1
    if len(given) != len(wanted):
        raise SpecError(f"{len(wanted)} of them, and {len(given)} of `stdin`: give as many", field=["stdout"])
    return [_pair(at, *pair) for at, pair in enumerate(zip(given, wanted, strict=True))]


def _fields(data: object, kind: type[Spec], what: str, also: Sequence[str] = ()) -> dict[str, Any]:
    """The fields that are given, by name; null is none."""
    if not isinstance(data, Mapping):
        raise SpecError(f"{what} is an object with fields, not {quoted(data, 60)}")
    known = [*kind.model_fields, *also]
    for key in data:
        if key not in known:
            raise SpecError(unknown("key", str(key), known), field=[str(key)])
    return {key: value for key, value in data.items() if value is not None}


def _parsed(tests: Sequence[object]) -> Iterator[ProgramTest]:
    for at, test in enumerate(tests):
        with under("tests", at):
            yield ProgramTest.parse(test)


def _pair(at: int, stdin: object, stdout: object) -> ProgramTest:
    for name, value in (("stdin", stdin), ("stdout", stdout)):
        if not isinstance(value, str | None):
            raise SpecError(f"expected a text or a list of texts, got {quoted(value, 60)}", field=[name, at])
    return assembled(ProgramTest, {"stdin": stdin if stdin is not None else "", "stdout": stdout})


def _check_files(files: Mapping[str, str]) -> None:
    for path, text in files.items():
        parts = path.split("/")
        if len(path.encode("utf-8", "replace")) > _LONGEST_PATH:
            raise mistake_in("files", f"{quoted(path, 80)} is a path of more than {_LONGEST_PATH} bytes")
        if not _is_utf8(text):
            raise mistake_in("files", f"{quoted(path, 80)}: {_HALF}")
        if not path.isprintable() or any(part in ("", ".", "..") or len(part.encode()) > 255 for part in parts):
            what = "is no path in the program's folder: write it like `shapes/circle.py`"
            raise mistake_in("files", f"{quoted(path, 80)} {what}")
        if parts[0] == _PROGRAM:
            raise mistake_in("files", f"{quoted(path, 80)} is the place of the program itself")
        if any(str(folder) in files for folder in PurePosixPath(path).parents):
            raise mistake_in("files", f"{quoted(path, 80)} lies in another of the files, which is therefore a folder")


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_plain(value: Any, field: str, depth: int = _DEPTH) -> None:
    """A mistake in the field if something in the value cannot cross into a sandbox."""
    if depth == 0:
        raise mistake_in(field, _TOO_DEEP)
    match value:
        case None | bool() | int() | float() | complex() | str() | bytes():
            return
        case list() | tuple() | set() | frozenset():
            inner: Iterable[Any] = value
        case dict():
            inner = (part for pair in value.items() for part in pair)
        case _:
            way_out = "; its `.tolist()` is" if hasattr(type(value), "tolist") else ""
            raise mistake_in(field, f"holds a value of type {type(value).__name__}, which is not plain data{way_out}")
    for item in inner:
        _check_plain(item, field, depth - 1)


def _python_values(value: Any, depth: int = _DEPTH) -> Any:
    """The value, with Python's own in place of `{"$python": "…"}`."""
    if depth < 0:
        raise SpecError(_TOO_DEEP)
    match value:
        case {"$python": str(text), **rest} if not rest:
            return _literal(text)
        case dict():
            return {key: _python_values(item, depth - 1) for key, item in value.items()}
        case list():
            return [_python_values(item, depth - 1) for item in value]
    return value


def _literal(text: str) -> Any:
    """The value of a Python literal; nan, inf and frozenset({…}) are among them."""
    try:
        tree = _Names().visit(ast.parse(_short_integers(text.strip()), mode="eval"))
        return ast.literal_eval(tree)
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError, tokenize.TokenError):
        raise SpecError(f"{quoted(text, 60)} is no Python literal, like (1, {{2}})", field=[_PYTHON]) from None


class _Names(ast.NodeTransformer):
    """Writes values in place of the names that no literal has."""

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Constant(float(node.id)) if node.id in ("nan", "inf") else node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.Call(func=ast.Name("frozenset"), args=[], keywords=[]):
                return _Names.constant(frozenset())
            case ast.Call(func=ast.Name("frozenset"), args=[items], keywords=[]):
                return _Names.constant(frozenset(ast.literal_eval(items)))
        return node

    @staticmethod
    def constant(value: Any) -> ast.Constant:
        """Any value as a constant: nobody but literal_eval will see it."""
        return ast.Constant(value)


def _short_integers(text: str) -> str:
    """The text with very long integers written as hexadecimals, which Python reads without limit."""
    if not re.search(rf"[0-9_]{{{_LONG}}}", text):
        return text
    tokens = (token for token in tokenize.generate_tokens(StringIO(text).readline))
    return " ".join(
        hex(_integer(token.string.replace("_", ""))) if _is_long_integer(token) else token.string
        for token in tokens
        if token.type not in (tokenize.NL, tokenize.NEWLINE, tokenize.ENDMARKER)
    )


def _is_long_integer(token: tokenize.TokenInfo) -> bool:
    return token.type == tokenize.NUMBER and len(token.string) > _LONG and not re.search(r"[^0-9_]", token.string)


def _read(line: bytes) -> Any:
    """A line of JSON. A key that is given twice is a mistake; integers have as many digits as they like."""
    return json_of(line, parse_int=_integer, object_pairs_hook=_object)


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        twice, _ = Counter(key for key, _ in pairs).most_common(1)[0]
        raise SpecError("this key is written twice", field=[twice])
    return fields


def _integer(digits: str) -> int:
    """Decimal digits as a number. Python alone refuses more than 4300 of them, unless the whole process allows it."""
    if digits.startswith("-"):
        return -_integer(digits[1:])
    if len(digits) <= _LONG:
        return int(digits)
    half = len(digits) // 2
    shift: int = 10**half
    return _integer(digits[:-half]) * shift + _integer(digits[-half:])
