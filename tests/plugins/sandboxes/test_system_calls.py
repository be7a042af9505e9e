"""Every call that the filter names is made for real."""

import errno
import platform

import pytest

from benchbook import Call, SandboxUnavailable
from benchbook.plugins.sandboxes.system_calls import FATAL, FORKS, MACHINES, REFUSED, system_call_filter
from plugins.sandboxes.running import Run, calls

COLUMN = MACHINES.index(platform.machine())
CALL = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def f(number, *args): return libc.syscall(number, *args), ctypes.get_errno()
"""


@pytest.mark.parametrize("name", FATAL)
def test_a_call_that_no_honest_program_makes_is_the_end(run: Run, name: str) -> None:
    assert run(calls(CALL, Call("f", (FATAL[name][COLUMN],)))).status == "violation"


def test_other_calls_are_refused_and_the_program_goes_on(run: Run) -> None:
    numbers = [numbers[COLUMN] for numbers in (*REFUSED.values(), *(FORKS.values() if COLUMN == 0 else ()))]
    result = run(calls(CALL, *(Call("f", (number,)) for number in numbers)))
    assert [call.value for call in result.calls] == [(-1, errno.EPERM)] * len(numbers)


def test_newer_calls_and_those_of_other_tables_do_not_exist(run: Run) -> None:
    clone3, first_unknown, x32 = 435, 451, 0x40000000
    result = run(calls(CALL, *(Call("f", (number,)) for number in (clone3, first_unknown, 462, x32, x32 + 57))))
    assert [call.value for call in result.calls] == [(-1, errno.ENOSYS)] * 5


def test_a_clone_that_is_no_thread_is_refused(run: Run) -> None:
    clone, child_signal, new_user = (56, 220)[COLUMN], 17, 0x10000000
    result = run(calls(CALL, *(Call("f", (clone, flags, 0, 0, 0, 0)) for flags in (child_signal, new_user, 0))))
    assert [call.value for call in result.calls] == [(-1, errno.EPERM)] * 3


def test_a_machine_whose_calls_are_not_known_has_no_sandbox() -> None:
    assert len({system_call_filter(machine) for machine in MACHINES}) == len(MACHINES)
    with pytest.raises(SandboxUnavailable, match="this machine is riscv64"):
        system_call_filter("riscv64")
