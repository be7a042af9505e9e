"""`benchbook gateway`: models behind an OpenAI-compatible address."""

import asyncio
import os
import signal
from collections.abc import Sequence

import click

from benchbook import settings
from benchbook.cli.arguments import pairs
from benchbook.cli.output import json_option, note, print_json
from benchbook.errors import SpecError
from benchbook.service.gateway import Address, Gateway, check, opened
from benchbook.specs.models import ModelSpec


@click.command()
@click.argument("models", nargs=-1)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option("--api-key-env", metavar="NAME", help="The environment variable that holds the key clients must know.")
@click.option("--model-arg", "-M", multiple=True, metavar="KEY=VALUE", help="An argument of every model's runtime.")
@json_option
def gateway(
    models: tuple[str, ...], host: str, port: int, api_key_env: str | None, model_arg: tuple[str, ...], as_json: bool
) -> None:
    """Serve MODELS (runtime/name) to other harnesses and clients, as OpenAI's API.

    \b
      benchbook gateway llamacpp/smollm2-135m
      benchbook gateway hf/smollm2-135m -M max_batch=16 --port 0 --json

    Chat, completions, log-probabilities, streams and the list of models; docs/gateway.md has the details. Ctrl-C ends
    it: what is under way is finished, or cut after ten seconds or by a second Ctrl-C.
    """
    if not models:
        raise SpecError("say which models to serve, e.g. `benchbook gateway llamacpp/smollm2-135m`")
    arguments = pairs("--model-arg", model_arg)
    specs = [ModelSpec.parse({"model": model, "args": arguments}) for model in models]
    address = Address(host, port, settings.secret(api_key_env).strip() if api_key_env else None)
    check(specs, address)
    asyncio.run(_serve(specs, address, as_json=as_json))


async def _serve(specs: Sequence[ModelSpec], address: Address, *, as_json: bool) -> None:
    """Serve until Ctrl-C or SIGTERM; the second cuts what the first lets finish."""
    ready, stop = asyncio.Event(), asyncio.Event()

    async def serve() -> None:
        async with opened(specs, address) as listening:
            _announce(listening, as_json=as_json)
            ready.set()
            await stop.wait()
            note("Stopping: what is under way is finished, or cut after ten seconds.")

    work = asyncio.ensure_future(serve())

    def interrupt() -> None:
        if stop.is_set() or not ready.is_set():
            work.cancel()
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupt)
    await asyncio.wait([work])
    if not ready.is_set() and work.cancelled():
        note("interrupted")
        # A thread that loads a model cannot be stopped, and Python would wait for it; nothing else is left to be done.
        os._exit(130)
    if not work.cancelled():
        work.result()


def _announce(listening: Gateway, *, as_json: bool) -> None:
    for model in listening.models:
        if model.runtime.prompt_style == "completion":
            note(f"{model.spec.name} has no chat template: use /v1/completions, chat answers will be poor.")
    if as_json:
        print_json({"base_url": listening.base_url, "models": [model.spec.name for model in listening.models]})
        return
    click.echo(listening.base_url)
    note(f"serving {', '.join(model.spec.name for model in listening.models)}; Ctrl-C ends it")
