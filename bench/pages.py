"""The web application over a store of a million answers in 50 runs, in Debian's chromium: how long from an address to
what it shows, each time in a browser that has nothing of it ("new"), and in one that was there before ("again"); and
how long a page was busy at a stretch while a run went on before it at 500 samples a second.

The bars: content within 1 s; no task of more than 200 ms. BENCH_ANSWERS makes a smaller store, BENCH_STORE names a
folder in which it is kept for next time. The pages must be built (`make web`).

Not part of `make bench`, for making the store takes minutes: `python -m bench pages`."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from bench.millions import stored
from bench.serving import served
from bench.timing import percentile, table

LOADS = 10
FLAGS = ["--no-sandbox", "--disable-gpu"]
SIZE: ViewportSize = {"width": 1280, "height": 860}
_SHOWN = """
const look = () => document.querySelector(SIGN) ? window.shown = performance.now() : requestAnimationFrame(look);
requestAnimationFrame(look);
"""
SECONDS, RATE, CONCURRENCY = 40, 500, 50
_LONG = """
window.long = [];
new PerformanceObserver((list) => list.getEntries().forEach((task) => window.long.push(task.duration)))
    .observe({ type: "longtask", buffered: true });
"""


def measure() -> str:
    """A table of the pages, and what was seen of a run under way."""
    with (
        stored() as (folder, runs),
        served(f"sqlite:///{folder}/benchbook.db", folder) as address,
        sync_playwright() as playwright,
    ):
        pages = [(name, address + path, sign) for name, path, sign in _pages(runs)]
        executable = shutil.which("chromium")
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        new = [_new(chromium, url, sign) for _, url, sign in pages]
        live = _live(chromium, address, folder)
        chromium.close()
        with TemporaryDirectory() as profile:
            known = playwright.chromium.launch_persistent_context(
                profile, executable_path=executable, args=FLAGS, viewport=SIZE
            )
            again = [_again(known, url, sign) for _, url, sign in pages]
            known.close()
    titles = ["page", "new: p50, ms", "p95, ms", "again: p50, ms", "p95, ms", "n"]
    rows = [[name, *first, *later, LOADS] for (name, _, _), first, later in zip(pages, new, again, strict=True)]
    return f"{table(titles, rows)}\n\n{live}"


def _pages(runs: dict[str, list[str]]) -> Iterator[tuple[str, str, str]]:
    """Name, address, and what is there once it shows something."""
    large, other = runs["large"]
    row = "[role=grid] [role=row][aria-rowindex='2']"
    yield "dashboard", "/", "main li a"
    yield "experiments", "/experiments", row
    yield "runs", "/runs", row
    yield "a run of 100,000", f"/runs/{large}", row
    yield "… its failures of a slice", f"/runs/{large}?slice=law&score=exact-match&label=failed", row
    yield "… words that are in half of them", f"/runs/{large}?q=perhaps", row
    yield "a sample, two answers", f"/runs/{large}/samples/4711/1?with={other}", "article[aria-label]"
    yield "a comparison of two runs of 100,000", f"/compare?runs={large},{other}", row


def _new(chromium: Browser, url: str, sign: str) -> list[str]:
    """Median and 95th percentile in browsers that have nothing."""

    def load() -> float:
        context = chromium.new_context(viewport=SIZE)
        took = _load(context, url, sign)
        context.close()
        return took

    return _summed([load() for _ in range(LOADS + 1)][1:])


def _again(known: BrowserContext, url: str, sign: str) -> list[str]:
    """The same where it is not the first time: files are there, and what the engine made of them."""
    return _summed([_load(known, url, sign) for _ in range(LOADS + 3)][3:])


def _summed(took: list[float]) -> list[str]:
    return [f"{median(took):.0f}", f"{percentile(took, 0.95):.0f}"]


def _load(context: BrowserContext, url: str, sign: str) -> float:
    """Milliseconds from the navigation's beginning until it is there, by the page's own clock."""
    page = context.new_page()
    page.add_init_script(_SHOWN.replace("SIGN", json.dumps(sign)))
    page.goto(url, wait_until="commit")
    page.locator(sign).first.wait_for(state="attached", timeout=60_000)
    page.wait_for_timeout(50)
    took = page.evaluate("window.shown")
    page.close()
    return float(took)


def _live(chromium: Browser, address: str, folder: Path) -> str:
    """A run at the rate, and the long tasks of a page that follows it."""
    run = _started(address, folder)
    page = chromium.new_page(viewport=SIZE)
    page.add_init_script(_LONG)
    page.goto(f"{address}/runs/{run}")
    _wait(page, address, run, 1)
    page.evaluate("window.long.length = 0")
    began, before = time.perf_counter(), _row(address, run)["done"]
    _wait(page, address, run, RATE * SECONDS)
    rate = (_row(address, run)["done"] - before) / (time.perf_counter() - began)
    lasted = time.perf_counter() - began
    tasks = page.evaluate("window.long")
    page.close()
    over = sum(task > 200 for task in tasks)
    return (
        f"A run under way at {rate:.0f} samples/s, followed for {lasted:.0f} s: {len(tasks)} tasks of "
        f"more than 50 ms, the longest {max(tasks, default=0):.0f} ms; {over} of more than 200 ms."
    )


def _started(address: str, folder: Path) -> str:
    """The id of a run of a model that takes its time."""
    data = folder / "live.jsonl"
    rows = ({"key": str(n), "input": f"question {n}", "target": "x"} for n in range(RATE * SECONDS))
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    spec = {
        "name": "live",
        "models": [{"model": "mock/a", "args": {"replies": ["x", "y"], "latency": CONCURRENCY / RATE}}],
        "tasks": [{"name": "t", "dataset": {"jsonl": {"file": str(data)}}, "scorers": ["exact-match"]}],
        "run": {"concurrency": CONCURRENCY, "cache": False},
    }
    with urlopen(f"{address}/api/session") as answer:
        token = json.load(answer)["csrf"]
    headers = {"Content-Type": "application/json", "X-Benchbook-CSRF": token}
    with urlopen(Request(f"{address}/api/experiments", json.dumps({"spec": spec}).encode(), headers)) as answer:
        return str(json.load(answer)["runs"][0]["id"])


def _wait(page: Page, address: str, run: str, done: int) -> None:
    while (row := _row(address, run))["done"] < done and row["status"] in ("queued", "running"):
        page.wait_for_timeout(250)


def _row(address: str, run: str) -> dict[str, Any]:
    with urlopen(f"{address}/api/runs/{run}") as answer:
        found: dict[str, Any] = json.load(answer)["row"]
    return found
