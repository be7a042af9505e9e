"""`benchbook serve`: the web application."""

import json
import sys
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from benchbook import settings
from benchbook.cli.output import json_option, note, opened_store, print_json
from benchbook.cli.working import dispatcher, working_options
from benchbook.settings import Settings
from benchbook.store.store import Store


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option("--no-auth", is_flag=True, help="Let everybody on this machine do everything; on loopback alone.")
@click.option("--certificate", type=click.Path(path_type=Path), help="A PEM file, to be asked by https.")
@click.option("--key", "private_key", type=click.Path(path_type=Path), help="The certificate's private key.")
@click.option("--open", "open_page", is_flag=True, help="Open the page in a browser.")
@click.option("--openapi", type=click.Path(path_type=Path), help="Write the description of the API, and do no more.")
@click.option("--runs", type=click.IntRange(min=0), help="Runs at once, as many as cores unless given; 0 starts none.")
@working_options
@json_option
def serve(host: str, port: int, openapi: Path | None, open_page: bool, as_json: bool, **flags: Any) -> None:
    """Serve the web application: dashboards, samples, comparisons, and the API they are made with.

    \b
      benchbook serve                         # prints a link that lets you in, once
      benchbook serve --no-auth --open        # on your own machine
      benchbook serve --host 0.0.0.0 --certificate cert.pem --key key.pem

    Runs that are started here are carried out by processes of their own; those that are under way when it ends are
    stopped in good order, and go on at the next start.

    Further users are let in by `benchbook users add`; programs by keys (`benchbook keys add`). Ctrl-C ends it.
    """
    # Not before: what a server is made of takes a second to import.
    from benchbook.server import app  # noqa: PLC0415
    from benchbook.server.listening import Address, listening  # noqa: PLC0415
    from benchbook.server.web import BUILT  # noqa: PLC0415

    if openapi is not None:
        openapi.write_text(json.dumps(app.description(app.application(None, None)), indent=2) + "\n", encoding="utf-8")
        return
    address = Address(host, port, flags["certificate"], flags["private_key"], open=flags["no_auth"])
    address.check()
    place = settings.load()
    with opened_store() as store, listening(store, place, address) as server, _working(store, place, flags):
        if as_json:
            print_json({"url": server.url, "link": server.link})
        else:
            click.echo(server.link or server.url)
            note("Ctrl-C ends it." + (" The link lets one person in, once, within a day." if server.token else ""))
        sys.stdout.flush()
        if not (BUILT / "index.html").is_file():
            note("The pages are not built, only the API answers: `make web` builds them (it takes Node.js).")
        if open_page:
            webbrowser.open(server.link or server.url)
        server.run()


@contextmanager
def _working(store: Store, place: Settings, flags: dict[str, Any]) -> Iterator[None]:
    """Within, what is queued is carried out."""
    if flags["runs"] == 0:
        yield
        return
    working = dispatcher(store, place, flags["runs"], flags)
    working.start()
    try:
        yield
    finally:
        working.close()
