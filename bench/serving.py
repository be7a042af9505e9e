"""`benchbook serve` over a store, in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def served(url: str, folder: Path) -> Iterator[str]:
    """Its address, for as long as it is served."""
    serving = subprocess.Popen(
        [sys.executable, "-m", "benchbook", "serve", "--no-auth", "--port", "0", "--json"],
        env={**os.environ, "BENCHBOOK_HOME": str(folder), "BENCHBOOK_DATABASE_URL": url},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert serving.stdout is not None
        yield str(json.loads(_document(iter(serving.stdout.readline, "")))["url"]).rstrip("/")
    finally:
        serving.terminate()
        serving.wait(30)


def _document(lines: Iterator[str]) -> str:
    """The first JSON document of what is printed."""
    text = ""
    for line in lines:
        text += line
        if line.rstrip() == "}" or (line.startswith("{") and line.rstrip().endswith("}")):
            return text
    raise RuntimeError("`benchbook serve` did not start")
