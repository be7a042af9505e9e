"""Values in, values out."""

import asyncio

import pytest

from benchbook import Call, CallResult, ExecResult, Limits, SpecError, Use, opened
from plugins.sandboxes.running import SMALL, Run, calls


def test_values_come_out_with_their_types(run: Run) -> None:
    program = "def f(x, *, y=2):\n    return {x: (y, 2.5, {x}), 'deep': [[b'b', None, True]]}"
    result = run(calls(program, Call("f", (1,)), Call("f", ("a",), {"y": 10**30})))
    assert result.status == "completed"
    assert result.calls == (
        CallResult({1: (2, 2.5, {1}), "deep": [[b"b", None, True]]}),
        CallResult({"a": (10**30, 2.5, {"a"}), "deep": [[b"b", None, True]]}),
    )


def test_an_exception_ends_one_call_and_not_the_next(run: Run) -> None:
    result = run(calls("def f(x):\n    return 1 / x", Call("f", (0,)), Call("f", (2,))))
    assert result.calls == (CallResult(error="ZeroDivisionError: division by zero"), CallResult(0.5))


def test_an_exit_in_a_call_is_an_exception_like_any_other(run: Run) -> None:
    result = run(calls("import sys\ndef f(x):\n    return x or sys.exit(0)", Call("f", (0,)), Call("f", (2,))))
    assert result.calls == (CallResult(error="SystemExit: 0"), CallResult(2))


def test_calls_before_a_time_out_are_kept(run: Run) -> None:
    program = "def f(x):\n    print(x)\n    while x == 3: pass\n    return x"
    result = run(calls(program, *(Call("f", (x,)) for x in range(1, 6)), limits=Limits(cpu=0.2)))
    assert (result.status, result.calls) == ("timeout", (CallResult(1), CallResult(2)))
    assert result.stdout == "1\n2\n3\n"


def test_what_is_not_plain_data_is_that_calls_error(run: Run) -> None:
    result = run(calls("def f(x):\n    return [(i for i in x)]", Call("f", ("ab",)), Call("f", (1,))))
    assert result.calls == (
        CallResult(error="generator is not plain data", opaque=True),
        CallResult(error="TypeError: 'int' object is not iterable"),
    )


def test_what_is_not_plain_data_is_not_asked_whether_it_is_true(run: Run) -> None:
    program = "class Array:\n    def __bool__(self): raise ValueError\ndef f(): return Array()"
    assert run(calls(program, Call("f"))).calls == (CallResult(error="Array is not plain data", opaque=True),)


def test_the_program_is_not_the_main_module(run: Run) -> None:
    program = "ran = 'no'\nif __name__ == '__main__':\n    ran = 'yes'\ndef f():\n    return ran, __name__"
    assert run(calls(program, Call("f"))).calls == (CallResult(("no", "solution")),)


def test_a_function_finds_its_own_lines(run: Run) -> None:
    program = "import inspect\ndef f():\n    return inspect.getsource(f)"
    assert run(calls(program, Call("f"))).calls == (CallResult("def f():\n    return inspect.getsource(f)\n"),)


def test_functions_keep_what_they_remember_between_calls_but_not_between_programs(run: Run) -> None:
    program = "import math\nseen = []\ndef f(x):\n    seen.append(x)\n    math.pi = 3\n    return len(seen)"
    assert [call.value for call in run(calls(program, Call("f", (1,)), Call("f", (2,)))).calls] == [1, 2]
    assert run(calls("import math\ndef f():\n    return math.pi > 3", Call("f"))).calls == (CallResult(value=True),)


def test_a_program_alone_may_be_run(run: Run) -> None:
    result = run(calls("print('hello')"))
    assert (result.status, result.calls, result.stdout) == ("completed", (), "hello\n")


def test_arguments_that_are_not_plain_data_are_the_callers_mistake(run: Run) -> None:
    with pytest.raises(SpecError, match=r"call 1 \(of `f`\) cannot be handed to a sandbox: object is not plain data"):
        run(calls("def f(x): pass", Call("f", (object(),))))


def test_stdout_and_stderr_are_kept_head_and_tail(run: Run) -> None:
    program = "import sys\nprint('head' + 'x' * 30_000 + 'tail')\nprint('é', file=sys.stderr, end='')"
    result = run(calls(program))
    assert result.stdout.startswith("headxxx")
    assert result.stdout.endswith("xxxtail\n")
    assert "\n… 13625 bytes left out …\n" in result.stdout
    assert len(result.stdout) < 2 * 8192 + 50
    assert result.stderr == "é"


def test_resources_are_recorded(run: Run) -> None:
    program = "import time\nhoard = bytearray(50 << 20)\ntime.sleep(0.1)\nsum(range(10**6))"
    result = run(calls(program))
    assert result.status == "completed"
    assert 0.001 < result.cpu < 0.5
    assert result.wall >= 0.1
    assert 50 << 20 < result.peak_memory < 100 << 20
    assert result.sandbox == "ns"


def test_two_runs_of_a_program_are_the_same(run: Run) -> None:
    program = """
import os, random, socket, sys, time
def f():
    things = random.random(), hash('text'), list({'a', 'b', 'c', 'd'}), time.tzname, os.getcwd(), dict(os.environ)
    return [*things, sys.argv, socket.gethostname(), os.listdir('.'), sys.getdefaultencoding(), os.getuid()]
"""
    command = calls(program, Call("f"))

    async def elsewhere() -> ExecResult:
        async with opened("sandbox", Use(name="ns", args={"workers": 1})) as other:
            result = await other(command)
            assert isinstance(result, ExecResult)
            return result

    first, second, third = run(command).calls, run(command).calls, asyncio.run(elsewhere()).calls
    assert first == second == third
    assert first[0].value[3:] == [("UTC", "UTC"), "/tmp", {}, [""], "sandbox", [], "utf-8", 65534]


HONEST = {
    "threads": """
import threading
def f():
    found = []
    threads = [threading.Thread(target=found.append, args=(i,)) for i in range(10)]
    [t.start() for t in threads]; [t.join() for t in threads]
    return sorted(found) == list(range(10))""",
    "a thread pool": """
from concurrent.futures import ThreadPoolExecutor
def f():
    with ThreadPoolExecutor(4) as pool:
        return sum(pool.map(lambda x: x * x, range(100))) == 328350""",
    "asyncio": """
import asyncio
async def g(x):
    await asyncio.sleep(0.001)
    return x
async def h():
    return await asyncio.gather(*map(g, range(5)))
def f(): return asyncio.run(h()) == [0, 1, 2, 3, 4]""",
    "files": """
import tempfile, os
def f():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'a')
        open(path, 'w').write('x' * 1000)
        return os.path.getsize(path) == 1000""",
    "recursion": """
import sys
sys.setrecursionlimit(20_000)
def depth(n): return 0 if n == 0 else 1 + depth(n - 1)
def f(): return depth(15_000) == 15_000""",
    "big numbers": "def f(): return (3 ** 100_000).bit_length() == 158497",
    "classes": """
import dataclasses, enum, pickle, typing
@dataclasses.dataclass(order=True)
class Point:
    x: int
    y: int = 0
class Pair(typing.NamedTuple):
    a: int
    b: 'Point'
def f(): return pickle.loads(pickle.dumps(Pair(1, Point(2)))) == Pair(1, Point(2))""",
    "the standard library": """
import array, bisect, collections, copy, csv, ctypes, datetime, decimal, difflib, fractions, functools, hashlib, heapq
import io, itertools, json, lzma, math, operator, random, re, sqlite3, statistics, string, struct, textwrap, typing
import unittest, uuid, xml.etree.ElementTree, zlib, zoneinfo, bz2, logging, unicodedata, multiprocessing, subprocess
def f():
    one = sqlite3.connect(':memory:').execute('select 1').fetchone()
    return one == (1,) and str(datetime.datetime(2024, 1, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Berlin')).utcoffset())""",
    "sorted input": "def f():\n    try: return input()\n    except EOFError: return True",
    "warnings": "def f(): return bool('\\d')",
}


@pytest.mark.parametrize("program", HONEST.values(), ids=HONEST)
def test_honest_programs_are_let_be(run: Run, program: str) -> None:
    result = run(calls(program, Call("f"), limits=Limits(cpu=2)))
    assert (result.status, result.reason) == ("completed", "")
    assert [(bool(call.value), call.error) for call in result.calls] == [(True, None)]


def test_the_smallest_memory_still_holds_a_small_program(run: Run) -> None:
    result = run(calls("import re\ndef f(): return re.sub('a', 'b', 'aa')", Call("f"), limits=Limits(memory=32)))
    assert (result.status, result.reason, result.calls) == ("completed", "", (CallResult("bb"),))


def test_text_that_is_no_text_is_an_error_of_the_program(run: Run) -> None:
    for program in ("x = '\ud800'\ndef f(): return 1 +", "\x00", "def f(:", "é" * 10):
        assert run(calls(program, Call("f"), limits=SMALL)).status == "error"
