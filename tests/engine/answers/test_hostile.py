"""What is made to take for ever does not, takes little memory, and leaves the pool as it was."""

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from benchbook import Verifier, verifier

SECONDS = 1.5
BAR = 2.5
MATRIX = r"\\".join("&".join("1" for _ in range(300)) for _ in range(300))
ROOTS = r"\\".join("&".join(rf"\sqrt{{{row * column + 2}}}" for row in range(12)) for column in range(12))
QUICK = {
    "a tower": r"9^{9^{9^{9}}}",
    "a long number": r"10^{10^8}",
    "a factorial": "1000000000!",
    "factorials": "((10!)!)!",
    "a binomial": r"\binom{1000000000}{500000000}",
    "a gamma": r"\Gamma(10^7)",
    "a power of a sum": "(x+y+z)^{5000}",
    "digits": "9" * 100_000,
    "an exponent": r"1\times10^{999999999}",
    "an exponent as text": "1e999999999",
    "markers": "answer is " * 5_000,
    "labels": "Answer: " * 50_000,
    "tags": "<answer>" * 50_000,
    "dollars": "$" * 1_000_000,
    "stars": "**" * 200_000,
    "brackets": "(" * 100_000,
    "braces": "{" * 100_000 + "}" * 100_000,
    "boxes": r"\boxed{" * 100_000,
    "roots": r"\sqrt{" * 5_000 + "2" + "}" * 5_000,
    "fractions": r"\frac{1}{" * 3_000 + "2" + "}" * 3_000,
    "terms": "1+" * 200_000 + "1",
    "letters": "x" * 1_000_000,
    "backslashes": "\\" * 1_000_000,
    "blanks": " " * 1_000_000,
    "signs": "-" * 10_000 + "1",
    "powers": "2" + "^2" * 2_000,
    "marks": "2" + "!" * 3_000,
    "bars": "|" * 10_000,
    "lists": "[[[" * 3_000,
    "a matrix": rf"\begin{{pmatrix}}{MATRIX}\end{{pmatrix}}",
    "a determinant": rf"\begin{{vmatrix}}{ROOTS}\end{{vmatrix}}",
    "a set": r"\{" + ",".join(map(str, range(5_000))) + r"\}",
    "plus-minus": "+".join(rf"\pm\sqrt{{{number}}}" for number in range(500)),
    "intervals": r"\cup".join(f"[{low},{low + 1}]" for low in range(0, 2_000, 2)),
    "zeros": "\0" * 1_000,
    "a period": r"0.\overline{" + "123" * 3_000 + "}",
    "long letters": "\ufdfa" * 30_000,
    "denials": "not " * 100_000 + "17",
    "thoughts": "<think>" * 100_000 + "1",
    "roots of an equation": "x = 1, " * 30_000 + "x = 2.",
    "formulas": "so we get " + "$x$, " * 50_000,
    "choices": "(A) " + "or (B) " * 30_000,
    "boxes one by one": r"Then \boxed{3}. " * 10_000,
    "remarks": "We count.\n\n" + "This number is already known.\n\n" * 5_000,
    "yes in bold": "We count.\n\n**Yes**, " + "a. " * 50_000,
    "dashes": "-".join(["999999999"] * 100),
    "indices": "H2" * 1_200,
    "units": "5 x" + "perx" * 40 + "9 is not so many",
    "corrections": "!\n" * 20_000 + "it is so and so",
    "taken back": "that is wrong " * 200 + "a " * 100_000,
    "conclusions": r", so \[" * 5_000 + " is the whole of it",
    "open formulas": r"\[" * 20_000 + " it is the word",
    "tags that are cut": "<answer>5</answe" * 20_000,
    "rows": r"\begin{aligned}" + r"\\[" * 20_000 + r"\end{aligned}",
    "questions": "(a) 5, " * 20_000 + "(b) 6",
    "questions that end": "(a) " + ", ." * 30_000 + "(b) 6",
    "labels on lines": "Answer:\n" + "(a) \n" * 30_000,
    "denied questions": "Is it 5? No. " * 20_000 + "It is so and so.",
    "numbers in words": "it has " + "one hundred and " * 20_000 + "left of it",
    "moduli": r"\equiv 3 (mod " * 10_000,
    "steps": r"\begin{aligned}" + r"x &= y \\ " * 20_000 + r"x &= 1\end{aligned}",
    "letters below": "1/" + "ab" * 5_000,
    "listed answers": "- they are:\n" * 10_000 + "end",
    "given up": "it cannot be solved " * 6_000,
    "bold words": "it is **so** and " * 10_000,
    "environments": r"it is \begin{align}" * 6_000,
    "conditions": "x for all " * 10_000,
    "several forms": r"\boxed{\approx\approx}",
    "code": '__import__("os").system("touch pwned")',
}
SLOW = {
    "a sum": r"\sum_{k=1}^{1000000000} k^k",
    "sums": r"\sum_{a=1}^{2000}\sum_{b=1}^{2000}\sum_{c=1}^{2000} abc",
    "a product": r"\prod_{k=1}^{100000000}(1+\frac{x}{k})",
    "an integral": r"\int_0^\infty \frac{\sin(x^2) e^{x^{7}}}{\ln(x)+x^x} dx",
    "a cosine": r"\cos(10^{10^6})",
}


async def is_well(pool: Verifier) -> bool:
    return (await pool.verify(r"\sqrt{2}", "2^{1/2}")).verdict == "equal"


@pytest.mark.parametrize("text", [*QUICK.values(), *SLOW.values()], ids=[*QUICK, *SLOW])
def test_it_ends_in_time_and_equals_itself(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    async def measured() -> None:
        async with verifier(1, seconds=SECONDS) as pool:
            assert await is_well(pool)
            before = time.process_time()
            for gold, reply in (("1", text), (text, "1")):
                found = await pool.verify(gold, reply)
                assert found.verdict != "equal"
                assert found.verdict == "different" or found.reason
            # What others do on this machine does not count here; a worker has an alarm of its own.
            assert time.process_time() - before < BAR
            if text.strip():
                assert (await pool.verify(text, text)).verdict == "equal"
            assert await is_well(pool)

    asyncio.run(measured())
    assert list(tmp_path.iterdir()) == []


def test_what_takes_too_long_is_undecided_and_says_so() -> None:
    async def asked() -> None:
        async with verifier(1, seconds=0.3) as pool:
            assert await is_well(pool)
            found = await pool.verify("1", SLOW["a product"])
            assert (found.verdict, found.reason) == ("undecided", "it takes longer than 0.3 s")
            assert await is_well(pool)

    asyncio.run(asked())


def test_what_takes_too_much_memory_is_undecided_and_says_so() -> None:
    # A number of millions of digits, where the limit leaves no room for one.
    async def asked() -> None:
        async with verifier(1, seconds=10, megabytes=64) as pool:
            found = await pool.verify("1", r"\sin(10^{10^8})")
            assert found.verdict == "undecided"
            assert found.reason == "it takes more than 64 MB"

    asyncio.run(asked())


def test_a_worker_that_is_killed_is_replaced() -> None:
    async def asked() -> None:
        async with verifier(1) as pool:
            assert await is_well(pool)
            [worker] = pool._all
            os.kill(worker.process.pid, signal.SIGKILL)
            assert (await pool.verify(r"\sqrt2", "x+1")).verdict == "undecided"
            assert await is_well(pool)

    asyncio.run(asked())


def test_nobody_gets_the_verdict_of_one_who_left() -> None:
    async def asked() -> None:
        async with verifier(1, seconds=5) as pool:
            assert await is_well(pool)
            waiting = asyncio.create_task(pool.verify("1", SLOW["a product"]))
            await asyncio.sleep(0.1)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            assert (await pool.verify(r"\sqrt{2}", r"\sqrt{3}")).verdict == "different"
            assert await is_well(pool)

    asyncio.run(asked())


def test_nothing_is_left_when_the_pool_closes() -> None:
    async def pid() -> int:
        async with verifier(1) as pool:
            assert await is_well(pool)
            [worker] = pool._all
            return worker.process.pid

    left = asyncio.run(pid())
    with pytest.raises(ProcessLookupError):
        os.kill(left, 0)
