"""The web application in a real browser: a server with something to show, and pages that must not complain."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from playwright.sync_api import Request as Asked

from benchbook.store.store import Store
from browser.demo import fill

FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
)
WAIT = 30_000
"""Milliseconds that a loaded machine may take for anything."""
expect.set_options(timeout=WAIT)


@dataclass(frozen=True)
class Site:
    """A server that serves the pages."""

    url: str
    link: str | None
    """What lets the first person in."""
    process: "subprocess.Popen[str] | None" = None

    def get(self, path: str) -> Any:
        """What the API says, of a server that asks for no name."""
        with urlopen(self.url + path, timeout=30) as answer:
            return json.load(answer)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """What it answers to something sent."""
        headers = {"Content-Type": "application/json", "X-Benchbook-CSRF": self.get("/api/session")["csrf"]}
        with urlopen(Request(self.url + path, json.dumps(body).encode(), headers), timeout=30) as answer:
            return json.load(answer)


@dataclass
class Watched:
    """A page, and what it should not have done."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    """Errors on the console and in scripts, and requests to elsewhere."""
    expected: tuple[str, ...] = ()
    """Parts of complaints that are meant to be."""

    def heard(self) -> list[str]:
        """What was not expected."""
        return [told for told in self.complaints if not any(part in told for part in self.expected)]


# Of a module: as long as it is there, Playwright's loop runs in this thread, and other tests want one of their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium; without it tests are skipped, but not under CI."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None or not (files("benchbook") / "data" / "web" / "index.html").is_file():
        missing = "there is no chromium on PATH" if chromium is None else "the pages are not built: make web"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server over a store that has something to show on every page; it asks for no name."""
    home = tmp_path_factory.mktemp("home")
    with ThreadPoolExecutor(1) as aside:
        aside.submit(_fill, home, tmp_path_factory.mktemp("files")).result()
    with served(home, "--no-auth") as found:
        yield found


def _fill(home: Path, folder: Path) -> None:
    store = Store.open(f"sqlite:///{home / 'benchbook.db'}", home / "blobs")
    fill(store, folder)
    store.close()


@pytest.fixture
def watched(browser: Browser, site: Site) -> Iterator[Watched]:
    """A page of 1280 pixels; at its end there must have been nothing to complain about."""
    with watching(browser, site) as one:
        yield one


@contextmanager
def served(home: Path, *options: str) -> Iterator[Site]:
    """A server of its own, until the end."""
    command = [sys.executable, "-m", "benchbook", "serve", "--port", "0", "--json", *options]
    environment = {**os.environ, "BENCHBOOK_HOME": str(home)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as server:
        try:
            assert server.stdout is not None
            told = json.loads("".join(iter(server.stdout.readline, "}\n")) + "}")
            yield Site(told["url"], told["link"], server)
        finally:
            server.terminate()
            server.wait(timeout=60)


@contextmanager
def watching(browser: Browser, site: Site, width: int = 1280, scheme: Any = "light") -> Iterator[Watched]:
    """A page of that width; at its end there must have been nothing to complain about."""
    height = 860 if width > 500 else 844
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce", base_url=site.url
    )
    context.set_default_timeout(WAIT)
    one = Watched(context.new_page())

    def on_console(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            one.complaints.append(f"console: {message.text}")

    def on_request(request: Asked) -> None:
        if not request.url.startswith((site.url, "blob:")):
            one.complaints.append(f"request: {request.url}")

    one.page.on("console", on_console)
    one.page.on("request", on_request)
    one.page.on("pageerror", lambda error: one.complaints.append(f"script: {error}"))
    one.page.on("dialog", lambda dialog: one.complaints.append(f"dialog: {dialog.message}"))
    try:
        yield one
        assert one.heard() == []
    finally:
        context.close()
