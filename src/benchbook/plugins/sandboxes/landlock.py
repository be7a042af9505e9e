"""Landlock, by its three system calls: runs inside the sandbox, standard library only.

A ruleset is made once; each child that is forked puts it on for itself and for whatever it starts, and can add to it
but never take it off. What was opened before stays usable. Nothing can be executed under any ruleset of ours: to load
a shared library is no execution, and takes reading only.
"""

import ctypes
import errno
import functools
import os
import stat
import struct
from collections.abc import Sequence
from typing import NoReturn

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION, _PATH_BENEATH, _NO_NEW_PRIVS = 1, 1, 38
_LOG_SAME_EXEC_OFF = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE, _MAKE_CHAR, _MAKE_DIR = (
    1 << bit for bit in range(8)
)
_MAKE_REG, _MAKE_SOCK, _MAKE_FIFO, _MAKE_BLOCK, _MAKE_SYM, _REFER, _TRUNCATE, _IOCTL_DEV = (
    1 << bit for bit in range(8, 16)
)
_TCP = 0b11
"""Binding and connecting."""
_SCOPES = 0b11
"""Abstract UNIX sockets and signals, of processes outside."""

_READ = _READ_FILE | _READ_DIR
_CHANGE = _WRITE_FILE | _TRUNCATE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _MAKE_FIFO | _MAKE_SYM | _REFER
_NEVER = _EXECUTE | _MAKE_CHAR | _MAKE_BLOCK | _MAKE_SOCK | _IOCTL_DEV
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
"""What a rule about a single file may speak of."""
_SINCE = ((5, _IOCTL_DEV), (3, _TRUNCATE), (2, _REFER))
_TCP_SINCE, _SCOPES_SINCE, _LOG_SINCE = 4, 6, 7

_libc = ctypes.CDLL(None, use_errno=True)
# Looked up here, and not once more in each child.
_syscall, _prctl = _libc.syscall, _libc.prctl


@functools.cache
def abi() -> int:
    """The version of Landlock that this kernel offers; 0 where there is none."""
    return max(0, int(_syscall(_CREATE_RULESET, None, 0, _VERSION)))


def is_forbidden() -> bool:
    """Whether it is a filter of system calls that refuses it, and not the kernel that has none."""
    refused = int(_syscall(_CREATE_RULESET, None, 0, _VERSION)) < 0
    return refused and ctypes.get_errno() in (errno.EPERM, errno.EACCES)


def ruleset(readable: Sequence[str], writable: Sequence[str] = ()) -> int:
    """A ruleset, as a descriptor: no files but these, and what is below them; no TCP; nothing of processes outside.

    What is writable is readable, too. It takes no device nodes and no sockets, and nothing there can be executed.
    """
    known = abi()
    made = _made(_READ | _CHANGE | _NEVER, known)
    for path in readable:
        _allow(made, path, _READ & _rights(known))
    for path in writable:
        _allow(made, path, (_READ | _CHANGE) & _rights(known))
    return made


def ruleset_within_namespaces() -> int:
    """A ruleset, as a descriptor, for where no files but a program's own exist: reading and changing stay as they are.

    No execution, device nodes, sockets in the file system or requests to devices; no TCP; nothing of processes outside.
    """
    known = abi()
    made = _made(_REFER | _NEVER, known)
    if known >= 2:
        # To move a file to another folder is refused by every ruleset that speaks of files, unless a rule allows it.
        # One for the root holds for what is mounted later, too.
        _allow(made, "/", _REFER)
    return made


def restrict(ruleset: int) -> None:
    """Put the ruleset on, for this thread and whatever it starts from now on; its descriptor is closed."""
    _checked("prctl", _prctl(_NO_NEW_PRIVS, 1, 0, 0, 0))
    # A program shall not fill the machine's audit log.
    flags = _LOG_SAME_EXEC_OFF if abi() >= _LOG_SINCE else 0
    _checked("landlock_restrict_self", _syscall(_RESTRICT_SELF, ruleset, flags))
    os.close(ruleset)


def _rights(known: int) -> int:
    """What that version can speak of, of all that concerns files."""
    rights = _READ | _CHANGE | _NEVER
    for since, right in _SINCE:
        if known < since:
            rights &= ~right
    return rights


def _made(handled: int, known: int) -> int:
    tcp = _TCP if known >= _TCP_SINCE else 0
    scopes = _SCOPES if known >= _SCOPES_SINCE else 0
    attributes = struct.pack("=QQQ", handled & _rights(known), tcp, scopes)
    return _checked("landlock_create_ruleset", _syscall(_CREATE_RULESET, attributes, len(attributes), 0))


def _allow(ruleset: int, path: str, rights: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= _OF_FILES
        rule = struct.pack("=Qi", rights, place)
        _checked("landlock_add_rule", _syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0))
    finally:
        os.close(place)


def _checked(call: str, result: int) -> int:
    if result < 0:
        _fail(call)
    return result


def _fail(call: str) -> NoReturn:
    code = ctypes.get_errno()
    raise OSError(code, f"{call}: {os.strerror(code)}")
