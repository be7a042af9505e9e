"""Servers on loopback that runtimes are tried on."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import xllamacpp
from aiohttp import web


@contextmanager
def served(app: web.Application) -> Iterator[str]:
    """The address under which `app` answers, from a thread of its own."""
    loop = asyncio.new_event_loop()
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(_start(runner), loop).result()
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.run_until_complete(asyncio.sleep(0.01))  # for connections that were about to come or to go
        loop.close()


@contextmanager
def saying(response: bytes) -> Iterator[str]:
    """The address of a server that answers every request with these bytes, whatever they are."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(response)

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        host, port = listener.getsockname()
        yield f"http://{host}:{port}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        listener.close()


@contextmanager
def llama_server(weights: Path, key: str) -> Iterator[str]:
    """The address of a real llama.cpp server, which wants `key`."""
    wanted = xllamacpp.CommonParams()
    wanted.model.path = str(weights)
    wanted.n_ctx = 2048
    wanted.n_parallel = 1
    wanted.cpuparams.n_threads = wanted.cpuparams_batch.n_threads = 1
    wanted.verbosity = -1
    wanted.api_keys = [key]
    server = xllamacpp.Server(wanted)
    yield server.listening_address
    del server


async def _start(runner: web.AppRunner) -> str:
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    return f"http://{host}:{port}"
