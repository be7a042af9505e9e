"""The scratch folder of a worker without a file system of its own: runs inside the sandbox, standard library only."""

import math
import os
import stat
import time


def clear(folder: str, until: float = math.inf) -> bool:
    """Remove everything in the folder, however deep it lies and whatever its modes are; False if that moment of
    `time.monotonic` has come before all is gone."""
    if not os.path.isdir(folder):
        # Without isolation, a program can remove it.
        os.mkdir(folder, stat.S_IRWXU)
    # Folders are brought up to the top and emptied there: a path would become too long, and recursion too deep.
    prefix, number = f"{folder}/{os.urandom(8).hex()}", 0
    waiting = [folder]
    while waiting:
        place = waiting.pop()
        os.chmod(place, stat.S_IRWXU)
        with os.scandir(place) as found:
            entries = list(found)
        for entry in entries:
            if time.monotonic() > until:
                return False
            if not entry.is_dir(follow_symlinks=False):
                os.unlink(entry.path)
            elif not _is_removed(entry.path):
                number += 1
                risen = f"{prefix}-{number}"
                os.chmod(entry.path, stat.S_IRWXU)
                os.rename(entry.path, risen)
                waiting.append(risen)
        if place != folder:
            os.rmdir(place)
    return True


def _is_removed(folder: str) -> bool:
    """Whether the folder was empty, as most are where there are hundreds of thousands."""
    try:
        os.rmdir(folder)
    except OSError:
        return False
    return True
