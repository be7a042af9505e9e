"""A script runs as `python program.py` would run it."""

import subprocess
import sys
from pathlib import Path

import pytest

from plugins.sandboxes.inside import Ran, scripted

# Each is run by an ordinary interpreter, too, and must come to the same end.
ENDS = {
    "nothing": "",
    "the main guard": "if __name__ == '__main__': print(__name__, __file__)",
    "its own file": "print(open(__file__).read())",
    "its own file by its arguments": "import sys; print(open(sys.argv[0], 'rb').read()) # é",
    "its own source": "import inspect\ndef f():\n    return 'é'\nprint(inspect.getsource(f))",
    "lines of its own traceback": "import traceback\ntry: [][1]\nexcept IndexError: traceback.print_exc()",
    "arguments": "import sys; print(sys.argv)",
    "input": "n = int(input('how many? '))\nprint(sum(int(input()) for _ in range(n)))",
    "no input left": "while True: print(input())",
    "lines": "import sys\nfor line in sys.stdin: print(repr(line))",
    "all at once": "import sys; print(sys.stdin.read().split())",
    "bytes": "import sys; print(sys.stdin.buffer.readline(), sys.stdin.read())",
    "open(0)": "print(open(0).read())",
    "open(0, 'rb')": "print(*open(0, 'rb'))",
    "os.read": "import os; print(os.read(0, os.fstat(0).st_size))",
    "fast input": "import io, os\ninput = io.BytesIO(os.read(0, os.fstat(0).st_size)).readline\nprint(int(input()))",
    "fileinput": "import fileinput\nfor line in fileinput.input(): print(line)",
    "universal newlines": "print(list(open(0)))",
    "an exit": "import sys; print('a'); sys.exit(0)",
    "an exit without a code": "raise SystemExit",
    "an exit code": "import sys; sys.exit(3)",
    "a large exit code": "import sys; sys.exit(-1)",
    "an exit with a text": "import sys; sys.exit('text')",
    "exit()": "import os, sys; sys.stdout.write('lost'); os._exit(4)",
    "an exception": "print('a')\ndef f(): return 1 / 0\nf()",
    "an exception from another": "try: [][1]\nexcept IndexError as err: raise ValueError('é') from err",
    "an exception of its own": "class E(Exception): pass\nraise E('a\\nb')",
    "no syntax": "print(1)\nx = = 2",
    "no text": "x = '\\0'",
    "its own hook": "import sys\nsys.excepthook = lambda kind, err, step: print('hook', kind, err)\n1 / 0",
    "a broken hook": "import sys\nsys.excepthook = lambda *_: sys.exit(5)\nprint(2)",
    "threads": "import threading, time\nthreading.Thread(target=lambda: (time.sleep(.2), print('late'))).start()",
    "a daemon": "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
    "a pool": "from concurrent.futures import ThreadPoolExecutor as P\nP(2).submit(print, 'pooled')",
    "exit functions": "import atexit\natexit.register(print, 'bye')\n@atexit.register\ndef f(): print('b')\n1 / 0",
    "an exit in a thread": "import sys, threading\nthreading.Thread(target=sys.exit, args=(5,)).start()",
    "a destructor": "class A:\n    def __del__(self): print('gone', __name__)\na = A(); a.self = a",
    "an unclosed file": "import sys\nout = open(1, 'w', closefd=False)\nout.write('kept')",
    "another stdout": "import sys\nsys.stdout = open(1, 'w', closefd=False)\nprint('kept')",
    "a closed stdout": "import sys\nprint('kept')\nsys.stdout.close()",
    "order": "import os, sys\nprint('first', flush=True); os.write(1, b'second\\n'); print('third')",
    "main": "import __main__\nx = 1\nprint(__main__.x, __main__.__name__)",
    "pickles": "import pickle\nclass A: x = 1\nprint(pickle.loads(pickle.dumps(A())).x)",
    "data classes": "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: 'int' = 1\nprint(A())",
    "annotations": "x: int = 1\nprint(__annotations__)",
    "no future of ours": "def f(x: undefined): pass",
    "deep recursion": "import sys\nsys.setrecursionlimit(10_000)\ndef f(n): return n and f(n - 1)\nprint(f(9_000))",
    "endless recursion": "def f(): f()\ntry: f()\nexcept RecursionError: print('deep')",
}
INPUT = b"2\r\n1\n2\n\xc3\xa9 no newline"


@pytest.mark.parametrize("program", ENDS.values(), ids=ENDS)
def test_a_script_ends_as_under_an_ordinary_interpreter(program: str, tmp_path: Path) -> None:
    ran, ordinary = scripted(program, INPUT, tmp_path), _ordinary(program, tmp_path)
    assert (ran.code, ran.stdout, ran.stderr) == (ordinary.code, ordinary.stdout, ordinary.stderr)


def _ordinary(program: str, folder: Path) -> Ran:
    (folder / "program.py").write_text(program)
    command, environment = [sys.executable, "program.py"], {"LC_ALL": "C.UTF-8"}
    with (folder / "stdin").open("rb") as stdin:
        done = subprocess.run(command, stdin=stdin, capture_output=True, cwd=folder, env=environment, check=False)
    out, err = (said.decode().replace(f"{folder}/", "") for said in (done.stdout, done.stderr))
    return Ran(done.returncode, out, err, [])


HOARD = """
import resource
resource.setrlimit(resource.RLIMIT_AS, (200 << 20, 200 << 20))
hoard = []
while True: hoard.append([])
"""


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("print(1)\nint('x')", ("error", "ValueError: invalid literal for int() with base 10: 'x' (line 2)")),
        ("x = = 2", ("error", "SyntaxError: invalid syntax (line 1)")),
        ("raise KeyboardInterrupt", ("error", "KeyboardInterrupt (line 1)")),
        (HOARD, ("memory", "the program ran out of memory")),
        ("x = '\ud800'", ("error", "UnicodeEncodeError: ")),
    ],
)
def test_what_ended_it_is_reported(program: str, said: tuple[str, str], tmp_path: Path) -> None:
    ran = scripted(program, b"", tmp_path)
    [(end, status, reason)] = ran.report
    assert (ran.code, end, status) == (1, "end", said[0])
    assert reason.startswith(said[1])
    assert ran.stderr.splitlines()[-1].startswith(("MemoryError", reason.partition(" (line")[0]))
    assert "script.py" not in ran.stderr


@pytest.mark.parametrize("program", ["", "import sys; sys.exit(3)", "import sys; sys.exit('text')"])
def test_an_end_that_it_asked_for_is_not_reported(program: str, tmp_path: Path) -> None:
    assert scripted(program, b"", tmp_path).report == []


def test_a_traceback_shows_the_programs_lines_and_none_of_ours(tmp_path: Path) -> None:
    stderr = scripted("def f():\n    return 1 / 0\nf()", b"", tmp_path).stderr
    assert stderr.splitlines()[:5] == [
        "Traceback (most recent call last):",
        '  File "program.py", line 3, in <module>',
        "    f()",
        '  File "program.py", line 2, in f',
        "    return 1 / 0",
    ]


def test_much_goes_in_and_out(tmp_path: Path) -> None:
    numbers = "".join(f"{number}\n" for number in range(200_000))
    copy = "import sys\nfor line in sys.stdin: print(int(line))"
    assert scripted(copy, numbers.encode(), tmp_path).stdout == numbers


def test_a_script_finds_the_files_of_its_solution(tmp_path: Path) -> None:
    files = {"helper.py": "def f(): return 'é\\r\\n'", "package/deep/part.py": "x = 1", "data/a.txt": "é\r\nb"}
    program = "import helper, package.deep.part as part\nprint([helper.f(), part.x, open('data/a.txt', 'rb').read()])"
    assert scripted(program, b"", tmp_path, files).stdout == "['é\\r\\n', 1, b'\\xc3\\xa9\\r\\nb']\n"


def test_without_files_it_imports_nothing_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("")
    assert "ModuleNotFoundError" in scripted("import helper", b"", tmp_path).stderr


@pytest.mark.parametrize("path", ["/etc/x", "../x", "a/../../x"])
def test_no_file_is_written_outside(path: str, tmp_path: Path) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    ran = scripted("print('ran')", b"", folder, {path: "text"})
    assert (ran.stdout, ran.code) == ("", 1)
    assert f"`{path}` is not a path inside the working folder" in ran.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["inner"]
