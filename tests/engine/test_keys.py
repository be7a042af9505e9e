"""Keys that come twice are found, and no others."""

from benchbook import Keys


def test_what_comes_twice_is_known_at_the_end() -> None:
    keys = Keys()
    for number in range(100_000):
        keys.add(f"row-{number}")
    assert keys.twice() == frozenset()
    for key in ("row-7", "row-7", "row-99999", "new"):
        keys.add(key)
    assert keys.twice() == {hash("row-7"), hash("row-99999")}
