"""A process that reviews, for the tests that need more than one: `python -m store.reviewer URL REVIEW NAME`.

It says `ready`, waits for a line, then takes and hands in whatever it gets, saying the item each time, and at the end
why there was nothing more.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from benchbook.service import reviews
from benchbook.specs.reviews import Filled
from benchbook.store.store import Store


def main(url: str, name: str, reviewer: str) -> None:
    say("ready")
    sys.stdin.readline()
    with Store.open(url, Path("no-blobs")) as store:
        review = reviews.named(store, name)
        while True:
            handed = reviews.claim(store, review, reviewer, datetime.now(UTC))
            if handed.sheet is None:
                say(f"rest {handed.rest}")
                return
            say(handed.sheet.item)
            filled = Filled.parse({"items": {"better": "tie"}})
            reviews.submit(store, review, handed.sheet.item, reviewer, filled, datetime.now(UTC))


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


main(*sys.argv[1:])
