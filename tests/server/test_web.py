"""The pages, and nothing but the pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchbook.store.store import Store
from server.site import Asker, site


@pytest.fixture
def asker(store: Store, tmp_path: Path) -> Iterator[Asker]:
    """Somebody at a site whose pages are built; beside them lies what is not for everybody."""
    pages = tmp_path / "web"
    (pages / "assets").mkdir(parents=True)
    (pages / "index.html").write_text("<!doctype html><meta nonce='__CSP_NONCE__'>the page")
    (pages / "assets" / "app-1234.js").write_text("let it = 1;")
    (pages / "favicon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("not for you")
    (pages / "link").symlink_to(tmp_path / "secret.txt")
    with site(store, tmp_path, pages=pages) as served:
        yield served.nobody()


@pytest.mark.parametrize("path", ["/", "/runs/run-1/samples/3/1?q=x", "/login", "/index.html", "/anything.else"])
def test_every_address_of_the_application_is_the_page(asker: Asker, path: str) -> None:
    reply = asker.get(path)
    assert (reply.status, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert reply.body.endswith(b"the page")


def test_the_page_knows_the_nonce_of_its_answer(asker: Asker) -> None:
    reply = asker.get("/")
    nonce = reply.body.decode().partition("nonce='")[2].partition("'")[0]
    assert len(nonce) >= 16
    assert f"'nonce-{nonce}'" in reply.headers["content-security-policy"]


def test_assets_are_kept_by_browsers_and_the_page_is_not(asker: Asker) -> None:
    asset = asker.get("/assets/app-1234.js")
    assert asset.body == b"let it = 1;"
    assert asset.headers["content-type"].startswith("text/javascript")
    assert "immutable" in asset.headers["cache-control"]
    assert asker.get("/").headers["cache-control"] == "no-cache"
    assert asker.get("/favicon.svg").headers["content-type"] == "image/svg+xml"


def test_an_asset_that_is_gone_is_not_the_page(asker: Asker) -> None:
    assert asker.get("/assets/old.js").status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/link",
        "/a%00b",
        "/assets/%5c..%5c..%5csecret.txt",
    ],
)
def test_no_path_leads_out_of_the_pages(asker: Asker, path: str) -> None:
    reply = asker.get(path)
    assert b"not for you" not in reply.body
    assert b"root:" not in reply.body
    assert reply.status in (200, 404)


def test_pages_that_are_not_built_say_how_to_build_them(store: Store, tmp_path: Path) -> None:
    with site(store, tmp_path) as served:
        assert b"make ui" in served.nobody().get("/").body
