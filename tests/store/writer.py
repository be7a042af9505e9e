"""A process that writes, for the tests that need more than one: `python -m store.writer URL [RUN SIZE]`.

It says `ready`, waits for a line, then opens the store and writes the run in batches, saying how many were new.
"""

import sys
from pathlib import Path

from benchbook.store import views
from benchbook.store.store import Store
from store.planned import answered


def main(url: str, run_id: str = "", size: str = "1") -> None:
    say("ready")
    sys.stdin.readline()
    with Store.open(url, Path("no-blobs")) as store:
        if not run_id:
            return
        run = views.run(store, run_id)
        events = [answered(run, sample) for sample in views.samples_of(store, run.dataset_id)]
        for start in range(0, len(events), int(size)):
            say(str(store.record(run, events[start : start + int(size)])))


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


main(*sys.argv[1:])
