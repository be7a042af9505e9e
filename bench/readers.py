"""Large data files: what it takes to freeze one, and to ask ten samples of it.

A CSV file of `BENCH_MB` (2,000 unless set) and one of a tenth, with rows of five kilobytes, through `benchbook eval`
with a scripted model. *Ten of it* is `--limit 10`, which reads the head; *all of it* asks the ten samples of a slice
that comes last, for which every row is read twice, hashed and stored in SQLite. The floor is Python reading the lines.

The bar: memory that does not grow with the file, but for some thirty bytes a row, by which keys that come twice are
found."""

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.timing import table

_FILLER = "What is known of it fills a line or two, and is told again. " * 83
_ROW = 5000
_FLOOR = "import sys\nfor line in open(sys.argv[1], 'rb'): pass"


def measure() -> str:
    """The table."""
    whole = int(os.environ.get("BENCH_MB", "2000"))
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as folder:
        rows = [_row(Path(folder), size) for size in (whole // 10, whole)]
    header = ["file", "rows", "its lines", "ten of it", "peak", "all of it", "peak"]
    return table(header, rows)


def _row(folder: Path, megabytes: int) -> list[str]:
    number = megabytes * 1_000_000 // _ROW
    file = folder / "data.csv"
    _write(file, number)
    floor, _ = _timed([sys.executable, "-c", _FLOOR, str(file)], folder)
    few, least = _timed(_command(file, "--limit", "10"), folder)
    every, most = _timed(_command(file, "--slice", "last"), folder)
    size = file.stat().st_size / 1e6
    file.unlink()
    return [
        f"{size:,.0f} MB",
        f"{number:,}",
        f"{floor:.1f} s",
        f"{few:.1f} s",
        f"{least:.0f} MB",
        f"{every:.0f} s",
        f"{most:.0f} MB",
    ]


def _fields(number: int) -> Iterator[tuple[str, str, str, str]]:
    for at in range(number):
        yield f"q{at}", f"Question {at}? {_FILLER}", str(at), "last" if at >= number - 10 else "first"


def _write(file: Path, number: int) -> None:
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["id", "question", "answer", "part"])
        writer.writerows(_fields(number))


def _command(file: Path, *more: str) -> list[str]:
    config = file.with_name("config.json")
    columns = {"file": str(file), "input": "{question}", "target": "answer", "key": "id", "slice": "part"}
    task = {"name": "large", "dataset": {"csv": columns}, "scorers": "exact-match"}
    config.write_text(json.dumps({"name": "large", "models": ["mock/x"], "tasks": [task]}))
    return [sys.executable, "-m", "benchbook", "eval", str(config), *more]


def _timed(command: list[str], folder: Path) -> tuple[float, float]:
    """Seconds, and the peak of the process in MB."""
    home = folder / "home"
    began = time.perf_counter()
    child = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, env={**os.environ, "BENCHBOOK_HOME": str(home)}, cwd=folder
    )
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    took = time.perf_counter() - began
    shutil.rmtree(home, ignore_errors=True)
    if child.returncode:
        raise RuntimeError(f"{' '.join(command)} failed")
    return took, used.ru_maxrss / 1024
