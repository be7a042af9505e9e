"""`make bench`: run the benchmarks, print their tables, and write them into bench/RESULTS.md."""

import platform
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from benchbook import __version__, settings

PARTS = (
    *("startup", "pipeline", "readers", "engine", "sandbox", "verify", "embedded", "agreement", "judging"),
    *("coverage", "sequential", "similarity"),
)
RESULTS = Path(__file__).with_name("RESULTS.md")


def main(wanted: list[str]) -> None:
    """Measure the parts named, or all; a part that was not measured keeps its figures."""
    sections = _sections()
    for part in wanted or PARTS:
        print(f"{part} …", file=sys.stderr)
        module = import_module(f"bench.{part}")
        sections[part] = f"## {part}\n\n{(module.__doc__ or '').strip()}\n\n{_where()}\n\n{module.measure()}\n"
        print(sections[part])
    RESULTS.write_text(
        "# Results\n\nWritten by `make bench`; read ratios, not single figures.\n\n" + "\n".join(sections.values())
    )


def _sections() -> dict[str, str]:
    """What is written already, by part."""
    if not RESULTS.exists():
        return {}
    parts = RESULTS.read_text().split("\n## ")[1:]
    return {part.partition("\n")[0]: f"## {part.rstrip()}\n" for part in parts}


def _where() -> str:
    day = datetime.now(UTC).date()
    return f"*{day}, benchbook {__version__}, Python {platform.python_version()}, {settings.cores()} cores.*"


main(sys.argv[1:])
