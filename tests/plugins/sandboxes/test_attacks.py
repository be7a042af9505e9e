"""Hostile programs, one after the other in the same sandbox: all are contained, and it works as before after each."""

import asyncio
import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from benchbook import Call, Command, ExecResult, Limits, Use, opened
from benchbook.plugins.sandboxes.self_test import descendants
from benchbook.specs.comparison import Comparison
from plugins.sandboxes.attacks.attack import HELD, TIGHT, Attack
from plugins.sandboxes.attacks.canaries import Canaries, canaries
from plugins.sandboxes.attacks.cheats import CHEATS, EXPECTED, Cheat
from plugins.sandboxes.attacks.escape import ESCAPES
from plugins.sandboxes.attacks.frames import FRAMES, OUTPUT
from plugins.sandboxes.attacks.honest import HONEST
from plugins.sandboxes.attacks.resource import RESOURCE
from plugins.sandboxes.running import Run, passes

TIERS = [Use(name="ns", args={"workers": 1}), Use(name="landlock", args={"workers": 1})]
"""The sandboxes that have to withstand it all."""

ATTACKS = RESOURCE | ESCAPES
ZYGOTE = 8
"""Processes of a worker at rest, at the most."""


@dataclass(frozen=True)
class Besieged:
    """A sandbox that is open for all attacks of this file, and what is around it."""

    run: Run
    tier: str
    canaries: Canaries
    processes: Callable[[], set[int]]
    """What it has started and still runs."""
    files: Callable[[], set[str]]
    at_first: tuple[int, set[str]]
    """How many processes and which descriptors there were before the first attack."""

    def is_whole(self) -> bool:
        """Whether a right program passes and a wrong one does not, and nothing outside was touched."""
        # The marker is for later programs to find, should anything of these be left.
        test = f"assert candidate('{self.canaries.marker}') == 2 * '{self.canaries.marker}'"
        right, wrong = (f"def f(x): return x * {times}  # {self.canaries.marker}" for times in (2, 3))
        told = [passes(self.run(Command(text, test_code=test, entry_point="f"))) for text in (right, wrong)]
        return told == [True, False] and self.canaries.disturbed() == []


@pytest.fixture(scope="module", params=TIERS, ids=lambda tier: tier.name)
def besieged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Besieged]:
    with canaries(tmp_path_factory.mktemp("outside")) as around, secret_in_environment(around.marker):
        before = descendants([os.getpid()])

        def processes() -> set[int]:
            # Another sandbox of the tests may still have been forking its stock.
            return descendants([os.getpid()]) - before - descendants(before)

        with asyncio.Runner() as runner:
            context = opened("sandbox", request.param)
            sandbox = runner.run(context.__aenter__())

            async def one(command: Command) -> ExecResult:
                result = await sandbox(command)
                assert isinstance(result, ExecResult)
                return result

            def run(command: Command) -> ExecResult:
                return runner.run(one(command))

            at_first = len(processes()), open_files()
            yield Besieged(run, request.param.name, around, processes, open_files, at_first)
            runner.run(context.__aexit__(None, None, None))
        assert processes() == set()
        assert around.disturbed() == []


@contextmanager
def secret_in_environment(secret: str) -> Iterator[None]:
    os.environ["BENCHBOOK_TEST_SECRET"] = secret
    yield
    del os.environ["BENCHBOOK_TEST_SECRET"]


def open_files() -> set[str]:
    return {file.name for file in Path("/proc/self/fd").iterdir() if file.is_symlink()}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_an_attack_is_contained(besieged: Besieged, attack: Attack) -> None:
    if attack.tiers and besieged.tier not in attack.tiers:
        pytest.skip(f"it means nothing in the sandbox {besieged.tier}")
    if attack is RESOURCE["threads without stacks"] and os.geteuid() == 0:
        pytest.skip("the kernel does not limit how many tasks root has")
    for _ in range(attack.times):
        result = besieged.run(attack.command(besieged.canaries.clues))
        assert attack.contained(result), result
    assert besieged.is_whole()


@pytest.mark.parametrize("cheat", CHEATS.values(), ids=CHEATS)
def test_a_cheat_does_not_pass_calls(besieged: Besieged, cheat: Cheat) -> None:
    result = besieged.run(cheat.called())
    assert not is_right(result), result
    assert result.status != "infra_error", result
    assert besieged.is_whole()


@pytest.mark.parametrize(
    "cheat", [cheat for cheat in CHEATS.values() if cheat.coded], ids=[n for n in CHEATS if CHEATS[n].coded]
)
def test_a_cheat_does_not_pass_tests(besieged: Besieged, cheat: Cheat) -> None:
    result = besieged.run(cheat.examined())
    assert not passes(result), result
    assert result.status != "infra_error", result
    assert besieged.is_whole()


def is_right(result: ExecResult) -> bool:
    values = [call.value for call in result.calls if call.error is None]
    return result.status == "completed" and Comparison().matches(values, list(EXPECTED))


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_no_answer_costs_the_host_much(besieged: Besieged, frame: Callable[[], bytes]) -> None:
    # The answer is not computed inside, where it would count against the program: it is written as it stands.
    program = f"""
import os
ANSWER = {frame()!r}
def f():
  data = memoryview(len(ANSWER).to_bytes(4, 'little') + ANSWER)
  while data: data = data[os.write(4, data):]
  os._exit(0)
"""
    # What other tests have left in memory is not to be gone through each time that many lists are made.
    gc.collect()
    gc.freeze()
    began = time.process_time()
    besieged.run(Command(program, (Call("f"),), limits=Limits(output=OUTPUT)))
    took = time.process_time() - began
    gc.unfreeze()
    # A megabyte of plain numbers takes a tenth of a second.
    assert took < 1.5
    assert besieged.is_whole()


_FORGED = """
import os
def f():
  os.write(4, len(TEXT).to_bytes(4, 'little') + TEXT); os._exit(0)
"""
LOUD = {
    "an error with a lone surrogate": "def f(): raise ValueError('\\ud800')",
    "an error with a lone surrogate while loaded": "raise ValueError('\\ud800')",
    "a class of errors with a lone surrogate": "def f(): raise type('\\udfff', (Exception,), {})",
    "a value of a class with a lone surrogate": "def f(): return type('\\udfff', (), {})()",
    "an endless reason": f"""TEXT = b'["t","end","error","' + b'x' * 50_000 + b'"]'\n{_FORGED}""",
    "an endless error": f"""TEXT = b'["t","error","' + b'x' * 50_000 + b'","x"]'\n{_FORGED}""",
    "an endless kind of value": f"""TEXT = b'["t","opaque","' + b'x' * 50_000 + b'",true]'\n{_FORGED}""",
    "a forged reason with a lone surrogate": f"""TEXT = b'["t","end","error",["s","eda080"]]'\n{_FORGED}""",
}


@pytest.mark.parametrize("program", LOUD.values(), ids=LOUD)
def test_what_is_said_of_a_program_is_short_and_can_be_printed(besieged: Besieged, program: str) -> None:
    result = besieged.run(Command(program, (Call("f"),), limits=TIGHT))
    for text in (result.reason, *(call.error or "" for call in result.calls)):
        assert len(text) < 4096
        text.encode()
    assert besieged.is_whole()


HARMLESS = {
    "file: a file of the user",
    "file: a file by an open folder",
    "file: a file by native calls",
    "file: a folder of the user",
    "file: processes as files",
    "file: our own code",
    "network: a port of the host",
    "network: a datagram to the host",
    "network: a named socket of the host",
    "network: an abstract socket of the host",
    "network: an abstract socket by half of a pair",
    "network: events and a connection",
    "process: a process of the host",
    "process: everybody",
    "process: order of processes",
    "process: environment",
    "right: limits that are not there",
}


@pytest.mark.parametrize("name", sorted(HARMLESS))
def test_without_a_sandbox_the_same_attack_gets_through(name: str, tmp_path: Path) -> None:
    with canaries(tmp_path) as around:
        program = f"import benchbook\n{ESCAPES[name].program}\nprint(f({around.clues!r}))"
        command = [sys.executable, "-c", program]
        said = subprocess.run(command, capture_output=True, text=True, check=False)
        assert said.stdout.strip() != HELD, said
        assert said.returncode == 0, said.stderr
        if name.startswith("network"):
            assert around.disturbed() != []


def test_nothing_is_left_of_all_that(besieged: Besieged) -> None:
    # A worker at rest forks until all its children wait again.
    time.sleep(1)
    processes, files = besieged.at_first
    assert besieged.files() == files
    assert len(besieged.processes()) <= max(processes, ZYGOTE)


@pytest.mark.parametrize("tier", TIERS, ids=lambda tier: tier.name)
def test_honest_programs_beside_attacks_are_not_harmed(tier: Use, tmp_path: Path) -> None:
    with canaries(tmp_path) as around:
        results = asyncio.run(_side_by_side(tier.model_copy(update={"args": {"workers": 2}}), around))
        assert around.disturbed() == []
    assert [(name, result) for name, result in results if not passes(result)] == []
    assert {name for name, _ in results} == {*HONEST}


async def _side_by_side(tier: Use, around: Canaries) -> list[tuple[str, ExecResult]]:
    """What becomes of honest programs while all the attacks are made, each for a short time."""
    hurried = {"cpu": 0.1, "wall": 0.2}
    results = list[tuple[str, ExecResult]]()
    async with opened("sandbox", tier) as sandbox:

        async def attack() -> None:
            for attack in RESOURCE.values():
                command = attack.command(around.clues)
                await sandbox(replace(command, limits=command.limits.model_copy(update=hurried)))

        attacker = asyncio.create_task(attack())
        while not attacker.done() or len(results) < len(HONEST):
            for name, program in HONEST.items():
                results.append((name, await sandbox(program.examined())))
        await attacker
    return results


def test_a_program_does_not_see_what_its_tests_write(besieged: Besieged) -> None:
    program = """
import os
def f():
  for folder, _, names in [*os.walk('.'), *os.walk('..')]:
    if 'notes' in names: return folder
  return 'nothing'
"""
    test = "open('notes', 'w').write('secret'); assert candidate() == 'nothing'"
    assert passes(besieged.run(Command(program, test_code=test, entry_point="f")))
