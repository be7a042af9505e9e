"""Each status, provoked for real."""

import asyncio
import os

import pytest

from benchbook import Call, CallResult, ExecResult, ExecStatus, Limits, Use, opened
from benchbook.plugins.sandboxes.landlock import abi
from plugins.sandboxes.running import SMALL, Run, calls

BREACHES: dict[str, tuple[str, ExecStatus, str]] = {
    "syntax": (
        """
def f(:
    pass
""",
        "error",
        "SyntaxError: invalid syntax (line 2)",
    ),
    "name": (
        """
x = 1
y = z
def f(): pass
""",
        "error",
        "NameError: name 'z' is not defined (line 3)",
    ),
    "no such function": ("def g(): pass", "error", "the program does not define the function `f`"),
    "no function": ("f = 3", "error", "the program does not define the function `f`"),
    "exit": (
        """
import sys
sys.exit(0)
""",
        "error",
        "SystemExit: 0 (line 3)",
    ),
    "quick exit": (
        """
import os
os._exit(0)
""",
        "error",
        "the program ended itself (exit code 0) while it was loaded",
    ),
    "exit in a call": (
        """
import os
def f(): os._exit(3)
""",
        "error",
        "(exit code 3) in call 1 of 1",
    ),
    "loop": ("while True: pass", "timeout", "more than 0.3 s of processor time"),
    "loop that catches": (
        """
def f():
  while True:
    try:
      while True: pass
    except BaseException: pass
""",
        "timeout",
        "",
    ),
    "a limit of its own": (
        """
import resource
resource.setrlimit(resource.RLIMIT_CPU, (0, 0))
while True: pass
""",
        "timeout",
        "more processor time than it allowed itself",
    ),
    "sleep": (
        """
import time
def f(): time.sleep(99)
""",
        "timeout",
        "more than 1.9 s on the clock",
    ),
    "threads at work": (
        """
import threading
def f():
    for _ in iter(int, 1): pass
for _ in range(4): threading.Thread(target=f).start()
""",
        "timeout",
        "",
    ),
    "regular expression": (
        """
import re
def f(): re.match('(a+)+b', 'a' * 40)
""",
        "timeout",
        "",
    ),
    "memory while loaded": ("x = [0] * 10**9", "memory", "out of memory while it was loaded"),
    "memory in a call": (
        """
def f():
  x = []
  while True: x.append(bytearray(1 << 20))
""",
        "memory",
        "in a call of `f`",
    ),
    "memory in small pieces": (
        """
x = None
while True: x = [x]
""",
        "memory",
        "",
    ),
    "memory that is caught": (
        """
def f():
  x = []
  while True:
    try: x.append(bytearray(1 << 20))
    except MemoryError: raise
""",
        "memory",
        "",
    ),
    "flood of output": ("while True: print('x' * 1000)", "output_limit", "more than 64 KiB of stdout"),
    "flood of output in a call": (
        """
def f():
  while True: print('x' * 1000)
""",
        "output_limit",
        "more than 64 KiB of stdout",
    ),
    "flood of errors": (
        """
import os
while True: os.write(2, b'x' * 1000)
""",
        "output_limit",
        "more than 64 KiB of stderr",
    ),
    "large value": ("def f(): return 'x' * 100_000", "output_limit", "`f` returned more than 64 KiB"),
    "doubling value": (
        """
def f():
  x = []
  for _ in range(60): x = [x, x]
  return x
""",
        "output_limit",
        "",
    ),
    "segmentation fault": (
        """
import ctypes
def f(): ctypes.string_at(0)
""",
        "crash",
        "ended by a segmentation fault, or by `abort()`",
    ),
    "abort": (
        """
import os
def f(): os.abort()
""",
        "crash",
        "ended by a segmentation fault, or by `abort()`",
    ),
    "mount": (
        """
import ctypes
ctypes.CDLL(None).mount(b'a', b'/', b'tmpfs', 0, None)
""",
        "violation",
        "system call",
    ),
    "namespaces": (
        """
import ctypes
ctypes.CDLL(None).unshare(0x10000000)
""",
        "violation",
        "",
    ),
    "32-bit call": (
        """
import ctypes
ctypes.CDLL(None).ptrace(0, 0, 0, 0)
""",
        "violation",
        "",
    ),
    "garbage in the report": (
        """
import os
def f(): os.write(4, b'\\x04\\x00\\x00\\x00oops')
""",
        "protocol_error",
        "report",
    ),
    "more results than calls": (
        """
import os
def f():
  r = b'["t","value",1]'
  os.write(4, len(r).to_bytes(4, 'little') + r)
  return 1
""",
        "protocol_error",
        "2 results of 1 calls",
    ),
}


@pytest.mark.parametrize(("program", "status", "reason"), BREACHES.values(), ids=BREACHES)
def test_a_program_ends_with_its_own_status(run: Run, program: str, status: ExecStatus, reason: str) -> None:
    # Time enough on a busy machine for all but those that never end.
    limits = SMALL.model_copy(update={"cpu": 0.3 if status == "timeout" else 10.0, "memory": 96})
    result = run(calls(program, Call("f"), limits=limits))
    assert result.status == status, result
    assert reason in result.reason


def test_a_right_answer_after_the_time_is_a_time_out(run: Run) -> None:
    program = "def f():\n    for _ in range(10**9): pass\n    return 1"
    assert run(calls(program, Call("f"), limits=Limits(cpu=0.1))).status == "timeout"


@pytest.mark.skipif(abi() == 0 and not os.environ.get("CI"), reason="this kernel has no Landlock")
@pytest.mark.parametrize(
    ("program", "status", "reason"),
    [
        ("resource.setrlimit(resource.RLIMIT_CPU, (0, 1))", "timeout", "more processor time than it allowed itself"),
        ("signal.raise_signal(signal.SIGXCPU)", "crash", "ended by SIGXCPU"),
    ],
)
def test_a_soft_limit_of_its_own_is_one_too(program: str, status: ExecStatus, reason: str) -> None:
    # Not in `ns`: the first process of a namespace is not sent what it has no handler for.
    command = calls(f"import resource, signal\n{program}\nwhile True: pass", Call("f"))

    async def result() -> ExecResult:
        async with opened("sandbox", Use(name="landlock", args={"workers": 1})) as run:
            return ExecResult(**vars(await run(command)))

    told = asyncio.run(result())
    assert (told.status, told.reason) == (status, reason)


def test_time_is_measured_and_not_counted_in_ticks(run: Run) -> None:
    # A kernel that counts ticks may find a process over its limit that has had two thirds of it.
    program = "import resource\ndef f(): return resource.getrlimit(resource.RLIMIT_CPU)"
    limits = Limits(cpu=2, wall=3)
    (answer,) = run(calls(program, Call("f"), limits=limits)).calls
    assert min(answer.value) > limits.clock


def test_memory_beyond_the_heap_is_bounded(run: Run) -> None:
    program = """
import mmap, os
def f():
    maps = []
    try:
        while True: maps.append(mmap.mmap(-1, 16 << 20))
    except OSError:
        return len(maps) < 16
def g():
    try: return open('/tmp/a', 'wb').write(bytes(2 << 20))
    except OSError: return True
def h():
    made = 0
    try:
        while True:
            open(f'/tmp/{made}', 'w').close()
            made += 1
    except OSError:
        return made < 2000
def pipes():
    made = []
    try:
        while True: made += os.pipe()
    except OSError:
        return len(made) < 300
"""
    result = run(calls(program, *map(Call, ("f", "g", "h", "pipes"))))
    assert result.calls == (CallResult(value=True),) * 4


def test_after_all_that_the_sandbox_works_as_before(run: Run) -> None:
    assert run(calls("def f(): return 1", Call("f"))).calls == (CallResult(1),)
