"""A server in a process of its own that speaks OpenAI's completions: `small_server.py PORT MODEL [MANNER]`."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from aiohttp import web

PORT, MODEL, *MANNERS = sys.argv[1:]


async def models(request: web.Request) -> web.Response:
    return web.json_response({"data": [{"id": f"served {MODEL}"}]})


async def chat(request: web.Request) -> web.Response:
    asked = await request.json()
    said = {
        "model": asked["model"],
        "gpus": os.environ.get("CUDA_VISIBLE_DEVICES"),
        "greeting": os.environ.get("GREETING"),
    }
    choice = {"message": {"role": "assistant", "content": json.dumps(said)}, "finish_reason": "stop"}
    return web.json_response({"choices": [choice], "usage": {"prompt_tokens": 1, "completion_tokens": 1}})


def prepare() -> None:
    sys.stdout.write(f"starting {MODEL}\n")
    sys.stdout.flush()
    if "dies" in MANNERS:
        sys.exit("there is no such model\nand that is all")
    if "deaf" in MANNERS:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "children" in MANNERS:
        # One in our group, and one that has left it.
        sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
        children = [subprocess.Popen(sleep, start_new_session=apart) for apart in (False, True)]
        Path(MODEL).write_text(" ".join(str(pid) for pid in (os.getpid(), *(child.pid for child in children))))
    if "mute" in MANNERS:
        time.sleep(600)


async def serve() -> None:
    app = web.Application()
    app.router.add_get("/v1/models", models)
    app.router.add_post("/v1/chat/completions", chat)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(PORT)).start()
    await asyncio.sleep(600)


prepare()
asyncio.run(serve())
