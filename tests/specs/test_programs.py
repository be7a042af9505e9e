"""What a line of a program file may say, and how it is read."""

import json
import math
import re
import sys
from array import array
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchbook import Comparison, Limits, ProgramSpec, ProgramTest, SpecError, TextComparison
from benchbook.specs.programs import read_programs

CALL = {"args": [1], "expected": 2}


def one(**fields: Any) -> ProgramSpec:
    return ProgramSpec.parse({"program": "x", **fields})


def read(*lines: str) -> list[ProgramSpec]:
    return list(read_programs([line.encode() for line in lines], "p.jsonl"))


def values(**test: Any) -> ProgramTest:
    [found] = one(entry_point="f", tests=[{"args": [], "expected": None, **test}]).tests
    return found


def test_a_line_is_a_program_with_its_tests() -> None:
    line = {
        "id": "sum",
        "program": "def f(a, *, b): return a + b",
        "entry_point": "f",
        "tests": [{"args": [1], "kwargs": {"b": 2}, "expected": 3}, {"stdin": "1", "stdout": "2"}],
        "test_code": "assert f(1, b=2) == 3",
        "files": {"lib/__init__.py": "", "lib/more.py": "x = 1"},
        "in_process": True,
        "limits": {"cpu": 1, "memory": 64},
        "comparison": {"unordered": True},
        "stdout_comparison": "tokens",
    }
    [spec] = read(json.dumps(line))
    call, script = spec.tests
    assert (call.args, call.kwargs, call.expected, call.is_call) == ((1,), {"b": 2}, 3, True)
    assert (script.stdin, script.stdout, script.is_call) == ("1", "2", False)
    assert (spec.limits, spec.stdout_comparison) == (Limits(cpu=1, memory=64), TextComparison(rule="tokens"))
    assert (spec.comparison.unordered, spec.comparison.json_keys) == (True, True)


def test_null_is_as_good_as_absent() -> None:
    fields = {name: None for name in ProgramSpec.model_fields if name != "program"}
    assert one(**fields, stdin=None, stdout=None) == one()
    nulls = {"args": None, "kwargs": None, "stdin": None, "stdout": None}
    assert values(**nulls, expected=3) == ProgramTest(expected=3)
    assert values(args=[None], expected=None).args == (None,)


def test_values_from_json_compare_as_json_writes_them_unless_told_otherwise() -> None:
    assert one().comparison.matches((1, {2: math.nan}), [1.0, {"2": math.nan}])
    assert not one().comparison.matches(True, 1)
    assert not one(comparison={"tuples_equal_lists": False}).comparison.matches((1,), [1])
    assert ProgramSpec(program="x").comparison == Comparison()


@pytest.mark.parametrize(
    ("literal", "value"),
    [
        ("(1, {2})", (1, {2})),
        (" b'a' ", b"a"),
        ("{1: 'a', (2, 3): None}", {1: "a", (2, 3): None}),
        ("[inf, -inf]", [math.inf, -math.inf]),
        ("frozenset({1})", frozenset({1})),
        ("{frozenset()}", {frozenset()}),
        ("set()", set()),
        ("2 + 3j", 2 + 3j),
        ("'nan'", "nan"),
    ],
)
def test_what_json_has_no_words_for_is_a_python_literal(literal: str, value: Any) -> None:
    spelt = {"$python": literal}
    test = values(args=[spelt, [spelt]], kwargs={"a": {"b": spelt}}, expected=spelt)
    assert (test.args, test.kwargs, test.expected) == ((value, [value]), {"a": {"b": value}}, value)


def test_nan_is_a_literal_and_other_keys_make_it_an_object() -> None:
    assert math.isnan(values(expected={"$python": "nan"}).expected)
    assert values(expected={"$python": "1", "a": 2}).expected == {"$python": "1", "a": 2}
    assert values(expected={"$python": 1}).expected == {"$python": 1}


def test_integers_have_as_many_digits_as_they_like() -> None:
    allowed = sys.get_int_max_str_digits()
    digits = "-" + "1234567890" * 2000
    [spec] = read(
        f'{{"program": "x", "entry_point": "f", "tests": [{{"args": [{digits}], "expected": '
        f'{{"$python": "({digits}, \'{digits}\')"}}}}]}}'
    )
    [test] = spec.tests
    number, text = test.expected
    assert (test.args, text) == ((number,), digits)
    assert number % 10**20 == -int("1234567890" * 2) % 10**20
    assert number == -(int("1234567890" * 100) * sum(10 ** (1000 * at) for at in range(20)))
    assert sys.get_int_max_str_digits() == allowed


@pytest.mark.parametrize("field", ["stdin", "stdout"])
def test_what_a_script_cannot_read_or_write_is_refused(field: str) -> None:
    with pytest.raises(SpecError, match=rf"tests.0..{field}: a half of a surrogate pair .* cannot be written as UTF-8"):
        one(tests=[{"stdin": "", "stdout": "", field: "half \ud83d"}])


def test_files_that_cannot_be_written_are_refused() -> None:
    with pytest.raises(SpecError, match=r"files: 'notes': a half of a surrogate pair .* UTF-8"):
        one(files={"notes": "half \ud83d"})
    with pytest.raises(SpecError, match=r"files: 'a/a/.* is a path of more than 1024 bytes"):
        one(files={"a/" * 3000 + "b": ""})


def test_stdin_and_stdout_at_the_top_are_short_for_tests() -> None:
    pair = ProgramTest(stdin="1", stdout="2")
    assert one(stdin="1", stdout="2").tests == (pair,)
    assert one(stdin=["1", "1"], stdout=["2", "2"]).tests == (pair, pair)
    assert one(stdout="2").tests == (ProgramTest(stdin="", stdout="2"),)
    assert one(stdout=["2", "3"]).tests == (ProgramTest(stdin="", stdout="2"), ProgramTest(stdin="", stdout="3"))
    assert one(stdin=["1"]).tests == (ProgramTest(stdin="1"),)


def test_a_program_without_an_id_has_the_number_of_its_line() -> None:
    lines = ['{"program": "x"}', "", " ", '{"program": "y", "id": "b"}', '{"program": "z", "id": 9}']
    assert [spec.id for spec in read(*lines)] == [1, "b", 9]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (['{"program": "x", "id": "a"}', '{"program": "y", "id": "a"}'], "p.jsonl:2: id: 'a' is the id of line 1, too"),
        (['{"program": "x", "id": "7"}', '{"program": "y", "id": 7}'], "p.jsonl:2: id: 7 is the id of line 1, too"),
        (['{"program": "x", "id": 2}', '{"program": "y"}'], "p.jsonl:2: id: 2 is the id of line 1, too (without"),
        (['{"program": "x"}', '{"program": "y", "id": "1"}'], "p.jsonl:2: id: '1' is the id of line 1, too (without"),
    ],
)
def test_no_two_programs_of_a_file_have_the_same_id(lines: list[str], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        read(*lines)
    assert str(caught.value).startswith(message)
    assert str(caught.value).endswith("; give each an id of its own")


def test_a_byte_order_mark_and_other_line_ends_do_no_harm() -> None:
    assert read('\ufeff{"program": "x"}\r\n') == read('{"program": "x"}')


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"program": None}, "p.jsonl:2: program: this field is required"),
        ({"program": 3}, "p.jsonl:2: program: expected a valid string, got 3"),
        ({"test": []}, "p.jsonl:2: test: unknown key 'test'; did you mean 'tests'?"),
        ({"id": 1.5}, "p.jsonl:2: id: an id is a text or a whole number"),
        ({"id": 10**4000}, "p.jsonl:2: id: an id is a text or a whole number"),
        ({"tests": {}}, "p.jsonl:2: tests: expected a list of tests, got {}"),
        ({"tests": [3]}, "p.jsonl:2: tests[0]: a test is an object with fields, not 3"),
        ({"tests": [CALL]}, "p.jsonl:2: entry_point: tests with `args` need it"),
        ({"entry_point": "f", "tests": [CALL, {"args": [1]}]}, "p.jsonl:2: tests[1].expected: a test needs `args`"),
        ({"entry_point": "f", "tests": [{}]}, "p.jsonl:2: tests[0].expected: a test needs `args`"),
        (
            {"entry_point": "f", "tests": [{"args": 1, "expected": 2}]},
            "p.jsonl:2: tests[0].args: expected a list",
        ),
        ({"tests": [{"stdin": "", "args": [1]}]}, "p.jsonl:2: tests[0].stdin: a test has `args`, `kwargs` and"),
        ({"tests": [{"stdin": 1}]}, "p.jsonl:2: tests[0].stdin: expected a valid string, got 1"),
        ({"tests": [{"stdin": "", "stout": ""}]}, "p.jsonl:2: tests[0].stout: unknown key 'stout'; did you mean"),
        (
            {"entry_point": "f", "tests": [{"args": [{"$python": "f()"}], "expected": 1}]},
            "p.jsonl:2: tests[0].args.$python: 'f()' is no Python literal",
        ),
        (
            {"entry_point": "f", "tests": [{"args": [], "expected": {"$python": "..."}}]},
            "p.jsonl:2: tests[0].expected: holds a value of type ellipsis, which is not plain data",
        ),
        ({"limits": {"cpu": -1}}, "p.jsonl:2: limits.cpu: expected greater than 0, got -1"),
        ({"limits": {"cpus": 1}}, "p.jsonl:2: limits.cpus: unknown key 'cpus'; did you mean 'cpu'?"),
        ({"comparison": {"tolerance": 1}}, "p.jsonl:2: comparison.tolerance: unknown key 'tolerance'"),
        ({"comparison": "strict"}, "p.jsonl:2: comparison: a comparison is an object with fields"),
        ({"stdout_comparison": "word"}, "p.jsonl:2: stdout_comparison.rule: expected 'exact', 'lines'"),
        ({"stdin": ["1", "2"], "stdout": ["1"]}, "p.jsonl:2: stdout: 1 of them, and 2 of `stdin`"),
        ({"stdin": ["1", "2"], "stdout": "1"}, "p.jsonl:2: stdout: 1 of them, and 2 of `stdin`"),
        ({"stdin": 1}, "p.jsonl:2: stdin[0]: expected a text or a list of texts, got 1"),
        ({"in_process": "no"}, "p.jsonl:2: in_process: expected a valid boolean, got 'no'"),
        ({"files": {"a": 1}}, "p.jsonl:2: files.a: expected a valid string"),
        *(
            ({"files": {path: ""}}, "p.jsonl:2: files: ")
            for path in (
                "",
                "/a",
                "../a",
                "a/../b",
                "./a",
                "a//b",
                "a/",
                "a\0b",
                "program.py",
                "program.py/a",
                "x" * 256,
            )
        ),
        ({"files": {"a": "", "a/b": ""}}, "p.jsonl:2: files: 'a/b' lies in another of the files"),
    ],
)
def test_what_is_wrong_is_said_with_its_line_and_field(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError) as caught:
        read('{"program": "x"}', json.dumps({"program": "x", **fields}))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"[1]", "p.jsonl:1: a program is an object with fields, not [1]"),
        (b'{"program": ', "p.jsonl:1: not valid JSON: "),
        (b'{"program": "x", "program": "y"}', "p.jsonl:1: program: this key is written twice"),
        (b'{"program": "\xff"}', "p.jsonl:1: not UTF-8: invalid start byte at byte 13"),
        (b"[" * 100_000, "p.jsonl:1: nested too deeply"),
        (
            b'{"program": "x", "entry_point": "f", "tests": [{"args": ['
            + b"[" * 70
            + b"]" * 70
            + b'], "expected": 1}]}',
            "p.jsonl:1: tests[0].args: nested deeper than 60 levels",
        ),
        (
            b'{"program": "x", "entry_point": "f", "tests": [{"args": [], "expected": '
            + b"[" * 500
            + b"]" * 500
            + b"}]}",
            "p.jsonl:1: tests[0].expected: nested deeper than 60 levels",
        ),
    ],
)
def test_a_line_that_cannot_be_read_is_named(line: bytes, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        list(read_programs([line], "p.jsonl"))
    assert str(caught.value).startswith(message)


def test_the_examples_in_the_documentation_are_programs() -> None:
    text = (Path(__file__).parents[2] / "docs" / "sandbox.md").read_text()
    [examples] = re.findall(r"```json\n(\{\"id\": \"total\", \"program\".*?)```", text, re.DOTALL)
    assert [spec.id for spec in read(*examples.splitlines())] == ["total", "pairs", "half", "double"]


def test_python_values_are_taken_as_they_are() -> None:
    test = ProgramTest(args=((1, 2), {3}), expected=Counter("a"))
    assert test.args == ((1, 2), {3})
    with pytest.raises(ValueError, match="holds a value of type object, which is not plain data"):
        ProgramTest(args=(object(),), expected=1)
    with pytest.raises(ValueError, match=r"of type array, which is not plain data; its `.tolist\(\)` is"):
        ProgramTest(args=(array("i", [1]),), expected=1)
