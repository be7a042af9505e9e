"""What of this machine's Python the sandbox needs to see: the program, its standard library, its shared libraries."""

import functools
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchbook import SandboxUnavailable


@dataclass(frozen=True)
class Interpreter:
    """A Python without site-packages, as places of this machine."""

    prefix: Path
    executable: Path
    folders: tuple[Path, ...]
    """The standard library."""
    hidden: tuple[Path, ...]
    """Folders below it that are not part of it."""
    libraries: tuple[Path, ...]
    """Shared libraries, under the names by which they are looked up."""


@functools.cache
def interpreter() -> Interpreter:
    """The interpreter that runs us, outside of any virtual environment."""
    # `sys.executable` may be a virtual environment's, which finds the standard library through a file there.
    executable = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    asked = subprocess.run(
        [executable, "-I", "-S", "-c", _PROBE], capture_output=True, text=True, cwd="/", timeout=60, check=False
    )
    if asked.returncode != 0:
        raise SandboxUnavailable(f"the interpreter {executable} cannot be inspected: {asked.stderr.strip()}")
    answer = json.loads(asked.stdout)
    places = [path for path in map(Path, answer["path"]) if path.exists()]
    folders = tuple(path for path in places if not any(path.is_relative_to(other) for other in {*places} - {path}))
    hidden = tuple(folder / name for folder in folders for name in _PACKAGES if (folder / name).is_dir())
    libraries = [Path(os.path.normpath(name)) for name in answer["libraries"] if name.startswith("/")]
    apart = tuple(path for path in libraries if not any(path.is_relative_to(folder) for folder in folders))
    return Interpreter(Path(answer["prefix"]), executable, folders, hidden, apart)


_PACKAGES = ("site-packages", "dist-packages")

# Loads every extension module of the standard library, but those that only make sense with a terminal, a screen, a
# network or CPython's own tests, and asks the dynamic linker what that has brought in.
_PROBE = """
import ctypes, json, os, sys

class Library(ctypes.Structure):
    _fields_ = [("address", ctypes.c_void_p), ("name", ctypes.c_char_p)]

skipped = ("_test", "xx", "_xx", "_tkinter", "_curses", "readline", "nis", "_ssl", "ossaudiodev", "_dbm", "_gdbm")
for folder in filter(os.path.isdir, sys.path):
    for file in os.listdir(folder):
        if file.endswith(".so") and not file.startswith(skipped):
            try:
                ctypes.CDLL(os.path.join(folder, file), mode=os.RTLD_LAZY)
            except OSError:
                pass

libraries = []

@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Library), ctypes.c_size_t, ctypes.c_void_p)
def note(library, size, data):
    libraries.append(os.fsdecode(library.contents.name))
    return 0

ctypes.CDLL(None).dl_iterate_phdr(note, None)
print(json.dumps({"prefix": sys.prefix, "path": sys.path, "libraries": libraries}))
"""
