"""What of this machine's Python the sandbox needs to see: the program, its standard library, its shared libraries."""

import ast
import functools
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchbook import SandboxUnavailable
from benchbook.plugins.sandboxes.packages import Package

_ZONES = Path("/usr/share/zoneinfo")


ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "PYTHONHASHSEED": "0",
    # More arenas would reserve address space for every thread, against the program's limit.
    "MALLOC_ARENA_MAX": "1",
    # What the dynamic linker looks up late, each child would look up again.
    "LD_BIND_NOW": "1",
    # Linear algebra with threads of its own would count, and could not be forked.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}
"""What a zygote starts with: the same everywhere, so that programs do the same everywhere. It forgets it then."""


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

    packages: tuple[Package, ...] = ()

    def read(self) -> tuple[Path, ...]:
        """All files and folders that it needs to read."""
        places = [place for each in self.packages for place in each.places]
        return (*self.folders, self.executable, *self.libraries, *places, *([_ZONES] if _ZONES.is_dir() else []))


@functools.cache
def interpreter(packages: tuple[Package, ...] = ()) -> Interpreter:
    """The interpreter that runs us, outside of any virtual environment, and packages that it can import."""
    # `sys.executable` may be a virtual environment's, which finds the standard library through a file there.
    executable = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    asked = subprocess.run(
        [executable, "-I", "-S", "-c", _PROBE, repr(_imports(packages))],
        capture_output=True,
        text=True,
        cwd="/",
        timeout=60,
        check=False,
    )
    if asked.returncode != 0:
        raise SandboxUnavailable(f"the interpreter {executable} cannot be inspected: {asked.stderr.strip()[-2000:]}")
    answer = ast.literal_eval(asked.stdout)
    places = [path for path in map(Path, answer["path"]) if path.exists()]
    folders = tuple(path for path in places if not any(path.is_relative_to(other) for other in {*places} - {path}))
    hidden = tuple(folder / name for folder in folders for name in _PACKAGES if (folder / name).is_dir())
    libraries = [Path(os.path.normpath(name)) for name in answer["libraries"] if name.startswith("/")]
    known = (*folders, *(place for each in packages for place in each.places))
    apart = tuple(path for path in libraries if not any(path.is_relative_to(folder) for folder in known))
    return Interpreter(Path(answer["prefix"]), executable, folders, hidden, apart, packages)


def _imports(packages: tuple[Package, ...]) -> tuple[list[str], list[str]]:
    """Where to look for packages, and what to import."""
    sites = dict.fromkeys(str(place.parent) for each in packages for place in each.places)
    return list(sites), [module for each in packages for module in each.modules]


_PACKAGES = ("site-packages", "dist-packages")

# Loads every extension module of the standard library, but those that only make sense with a terminal, a screen, a
# network or CPython's own tests, and asks the dynamic linker what that has brought in. Data pass as literals: `json`
# would take longer to load than all else here.
_PROBE = """
import ctypes, importlib, os, sys

own = list(sys.path)
sites, modules = eval(sys.argv[1])
sys.path += sites
for name in modules:
    importlib.import_module(name)

class Library(ctypes.Structure):
    _fields_ = [("address", ctypes.c_void_p), ("name", ctypes.c_char_p)]

skipped = ("_test", "xx", "_xx", "_tkinter", "_curses", "readline", "nis", "_ssl", "ossaudiodev", "_dbm", "_gdbm")
for folder in filter(os.path.isdir, own):
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
print({"prefix": sys.prefix, "path": own, "libraries": libraries})
"""
