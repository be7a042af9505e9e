"""The filter of system calls, as the classic BPF program that the kernel takes.

This version names what is refused. Some calls no honest program makes, and making one is the end of it (`violation`);
others fail, and the program goes on. Calls that are newer than the tables do not exist for it.
"""

import platform
import struct

from benchbook import SandboxUnavailable

MACHINES = ("x86_64", "aarch64")
_AUDIT = (0xC000003E, 0xC00000B7)

# Name: number on x86-64, number on aarch64.
FATAL = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "open_by_handle_at": (304, 265),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
}
REFUSED = {
    "socket": (41, 198),
    "execve": (59, 221),
    "execveat": (322, 281),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
}
# aarch64 has no such calls: an impossible number stands in.
FORKS = {"fork": (57, 0xFFFF), "vfork": (58, 0xFFFF)}
_CLONE = (56, 220)
_CLONE3 = 435
_NEWEST = 450

_ALLOW, _KILL, _EPERM, _ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
_LOAD, _EQUAL, _GREATER, _ANY_BIT, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_CLONE_THREAD = 0x00010000


def system_call_filter(machine: str = platform.machine()) -> bytes:
    """The filter for processors of this kind."""
    if machine not in MACHINES:
        known = " and ".join(MACHINES)
        raise SandboxUnavailable(f"the sandbox knows the system calls of {known} only, and this machine is {machine}")
    column = MACHINES.index(machine)
    return b"".join(
        [
            _step(_LOAD, _ARCHITECTURE),
            _step(_EQUAL, _AUDIT[column], then=1),
            _step(_RETURN, _KILL),
            _step(_LOAD, _NUMBER),
            *(_rule(numbers[column], _KILL) for numbers in FATAL.values()),
            *(_rule(numbers[column], _EPERM) for numbers in (*REFUSED.values(), *FORKS.values())),
            # The C library falls back to clone, whose flags can be looked at.
            _rule(_CLONE3, _ENOSYS),
            # The x32 calls, too, have greater numbers.
            _step(_GREATER, _NEWEST, otherwise=1),
            _step(_RETURN, _ENOSYS),
            _step(_EQUAL, _CLONE[column], then=1),
            _step(_RETURN, _ALLOW),
            _step(_LOAD, _FIRST_ARGUMENT),
            _step(_ANY_BIT, _CLONE_THREAD, otherwise=1),
            _step(_RETURN, _ALLOW),
            _step(_RETURN, _EPERM),
        ]
    )


def _rule(number: int, verdict: int) -> bytes:
    return _step(_EQUAL, number, otherwise=1) + _step(_RETURN, verdict)


def _step(code: int, operand: int, *, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("=HBBI", code, then, otherwise, operand)
