"""The floor: a bare aiohttp loop that asks, compares, and writes a line of JSON a sample. It knows no specs, no records
and no database; it does wait as long as a 429 asks, and asks again after what may pass.

Run as a script: `python loop.py URL DATA OUT CONCURRENCY`."""

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import aiohttp


def main(url: str, data: str, out: str, concurrency: str) -> None:
    with Path(data).open() as lines, Path(out).open("w", buffering=1) as log:
        asyncio.run(_all(url, map(json.loads, lines), log, int(concurrency)))


async def _all(url: str, rows: Iterator[dict[str, Any]], log: TextIO, concurrency: int) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(_work(session, url, rows, log) for _ in range(concurrency)))


async def _work(session: aiohttp.ClientSession, url: str, rows: Iterator[dict[str, Any]], log: TextIO) -> None:
    for row in rows:
        answer = await _asked(session, url, {"model": "mock", "messages": [{"role": "user", "content": row["input"]}]})
        text = answer["choices"][0]["message"]["content"]
        log.write(json.dumps({**row, "text": text, "usage": answer["usage"], "score": text == row["target"]}) + "\n")


async def _asked(session: aiohttp.ClientSession, url: str, body: dict[str, Any]) -> dict[str, Any]:
    while True:
        try:
            async with session.post(f"{url}/v1/chat/completions", json=body) as response:
                if response.status == 200:
                    answer: dict[str, Any] = json.loads(await response.read())
                    return answer
                pause = float(response.headers.get("Retry-After", 0.5))
        except aiohttp.ClientError:
            pause = 0.5
        await asyncio.sleep(pause)


if __name__ == "__main__":
    main(*sys.argv[1:])
