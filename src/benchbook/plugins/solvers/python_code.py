"""Asks for a Python function, by the style that suits the model, and takes the program out of its reply."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from benchbook import Generate, GenerateConfig, Message, Output, Sample, Solver, SpecError, register
from benchbook.plugins.solvers.chats import chat
from benchbook.plugins.solvers.extraction import Stub, extract, stub_of

_INSTRUCTION = "Write the Python function. Answer with the code only."
_BESIDE = ("\ndef ", "\nclass ", "\nif ", "\nprint(", "\nassert ", "\n#", "\n@", "\n```", "\n>>>", "\n\n\n")
"""What a base model writes after the function that it was to write."""
_BEGIN, _DONE = "[BEGIN]", "[DONE]"
"""Around the programs, where tasks are described in words: the recipe published with MBPP."""


@dataclass(frozen=True)
class Example:
    """A task with its solution, in both forms of asking."""

    signature: str
    task: str
    tests: tuple[str, ...]
    body: str

    @property
    def stub(self) -> str:
        """The beginning of the function, up to its docstring."""
        calls = "".join(f">>> {call}\n{value}\n" for call, value in (test.split(" == ") for test in self.tests))
        docstring = textwrap.indent(f'"""{self.task}\n\n{calls}"""\n', "    ", lambda line: line.strip() != "")
        return f"{self.signature}\n{docstring}"

    @property
    def text(self) -> str:
        """The task in words, and the tests."""
        tests = "".join(f"assert {test}\n" for test in self.tests)
        return f"{self.task}\n\nYour code should pass these tests:\n\n{tests}"

    @property
    def program(self) -> str:
        """The function without its docstring."""
        return f"{self.signature}\n{self.body}"


EXAMPLES = (
    Example(
        "def count_zeros(numbers: list[int]) -> int:",
        "Return how many of the numbers are zero.",
        ("count_zeros([0, 3, 0]) == 2", "count_zeros([]) == 0"),
        """\
    count = 0
    for number in numbers:
        if number == 0:
            count += 1
    return count
""",
    ),
    Example(
        "def short_words(words: list[str], limit: int) -> list[str]:",
        "Return the words that have at most `limit` characters, in their order.",
        ("short_words(['sun', 'planet', 'sky'], 3) == ['sun', 'sky']",),
        """\
    result = []
    for word in words:
        if len(word) <= limit:
            result.append(word)
    return result
""",
    ),
    Example(
        "def middle_character(text: str) -> str | None:",
        "Return the character in the middle of text, or None if text is empty.",
        ("middle_character('abc') == 'b'", "middle_character('a') == 'a'"),
        """\
    if not text:
        return None
    return text[len(text) // 2]
""",
    ),
    Example(
        "def initials(name: str) -> str:",
        "Return the first letters of the words in name, as capital letters.",
        ("initials('ada king lovelace') == 'AKL'",),
        """\
    letters = ''
    for word in name.split():
        letters += word[0].upper()
    return letters
""",
    ),
)
"""Written for Benchbook, and in none of its benchmarks."""


@register("solver")
def python_code(shots: int = len(EXAMPLES), instruction: str = _INSTRUCTION) -> Solver:
    """Ask for a function after `shots` examples; the answer is the program that the extraction rules find."""
    if not 0 <= shots <= len(EXAMPLES):
        raise SpecError(f"there are {len(EXAMPLES)} examples: choose 0 to {len(EXAMPLES)}", field=["shots"])
    examples = EXAMPLES[:shots]

    async def solve(sample: Sample, generate: Generate) -> Output:
        task, entry_point = _task(sample)
        stub = stub_of(task, entry_point)
        if generate.prompt_style == "chat":
            turns = _turns(task, stub, examples, instruction)
            output = await generate(turns, shared=len(turns) - 1)
        elif stub is not None:
            before = _written(examples)
            output = await generate(before + stub.text, GenerateConfig(stop=_BESIDE), shared=len(before))
        else:
            before = _described(examples)
            prompt = f"{before}{task.rstrip()}\n{_BEGIN}\n"
            output = await generate(prompt, GenerateConfig(stop=(_DONE,)), shared=len(before))
        found = extract(output.text, task, entry_point)
        return output.model_copy(update={"answer": found and found.program, "answer_rule": found and found.rule})

    return solve


def _task(sample: Sample) -> tuple[str, str]:
    """The text of the task, and the name of the function it asks for."""
    match sample.row.input, sample.target:
        case str(task), {"entry_point": str(entry_point)}:
            return task, entry_point
        case _:
            raise SpecError(f"sample {sample.key!r}: python-code needs a text as input and a target with `entry_point`")


def _turns(task: str, stub: Stub | None, examples: Sequence[Example], instruction: str) -> tuple[Message, ...]:
    """A chat in which the examples were asked and answered before."""
    above = f"{instruction}\n\n"
    solved = [(_fence(one.stub) if stub else one.text, _fence(one.program)) for one in examples]
    question = _fence(stub.text) if stub else task
    return chat([(above + asked, program) for asked, program in solved], above + question)


def _fence(code: str) -> str:
    return f"```python\n{code}```"


def _written(examples: Sequence[Example]) -> str:
    """Functions one after the other."""
    return "".join(f"{example.stub}{example.body}\n\n" for example in examples)


def _described(examples: Sequence[Example]) -> str:
    """Descriptions with their solutions."""
    return "".join(f"{example.text}{_BEGIN}\n{example.program}{_DONE}\n\n" for example in examples)
