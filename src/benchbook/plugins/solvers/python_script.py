"""Asks for a whole Python program, and takes it out of the reply."""

from collections.abc import Iterator

from benchbook import Generate, GenerateConfig, Output, Sample, Solver, SpecError, register
from benchbook.plugins.solvers.chats import chat
from benchbook.plugins.solvers.extraction import Extraction
from benchbook.plugins.solvers.programs import Parser
from benchbook.plugins.solvers.replies import LONGEST, clean, fenced, forms, spoken, unfenced

__all__ = ["python_script", "script_in"]

_INSTRUCTION = (
    "Write a Python program that reads from standard input and writes to standard output. Answer with the code only."
)
_BEGIN, _DONE = "[BEGIN]", "[DONE]"
_EXAMPLES = (
    (
        "Read a line of whole numbers and print the largest of them.\n\nInput:\n3 9 4\n\nOutput:\n9\n",
        "numbers = [int(word) for word in input().split()]\nprint(max(numbers))\n",
    ),
    (
        "The first line is a number n, and n lines with a word each follow. Print the words in reverse order, a line "
        "each.\n\nInput:\n2\nsun\nmoon\n\nOutput:\nmoon\nsun\n",
        "n = int(input())\nwords = [input() for _ in range(n)]\nfor word in reversed(words):\n    print(word)\n",
    ),
)
"""Written for Benchbook, and in none of its benchmarks."""


@register("solver")
def python_script(shots: int = len(_EXAMPLES), instruction: str = _INSTRUCTION) -> Solver:
    """Ask for a program after `shots` examples; the answer is the whole program that the reply holds."""
    if not 0 <= shots <= len(_EXAMPLES):
        raise SpecError(f"there are {len(_EXAMPLES)} examples: choose 0 to {len(_EXAMPLES)}", field=["shots"])
    examples = _EXAMPLES[:shots]

    async def solve(sample: Sample, generate: Generate) -> Output:
        task = sample.row.input
        if not isinstance(task, str):
            output = await generate(task)
        elif generate.prompt_style == "chat":
            above = f"{instruction}\n\n"
            turns = chat([(above + asked, f"```python\n{program}```") for asked, program in examples], above + task)
            output = await generate(turns, shared=len(turns) - 1)
        else:
            before = "".join(f"{question}{_BEGIN}\n{program}{_DONE}\n\n" for question, program in examples)
            prompt = f"{before}{task.rstrip()}\n{_BEGIN}\n"
            output = await generate(prompt, GenerateConfig(stop=(_DONE,)), shared=len(before))
        found = script_in(output.text)
        return output.model_copy(update={"answer": found and found.program, "answer_rule": found and found.rule})

    return solve


def script_in(reply: str) -> Extraction | None:
    """The whole program in the reply; None if it holds no code.

    What is wholly Python, then the last fenced block that parses, then the longest stretch that does; else the last
    block as it is, to fail on its own.
    """
    parser = Parser()
    for rule, text in _candidates(reply, parser):
        if text.strip() and _does_something(text, parser):
            return Extraction(text.rstrip() + "\n", rule)
    blocks = [block for block in fenced(spoken(reply)) if block.strip()]
    return Extraction(blocks[-1].rstrip() + "\n", "as-is") if blocks else None


def _candidates(reply: str, parser: Parser) -> Iterator[tuple[str, str]]:
    text = spoken(reply)
    blocks = fenced(text)
    if not blocks:
        yield from ((f"whole{repair}", form) for repair, form in forms(clean(text)[:LONGEST]))
    # The last one first: models correct themselves.
    for block in reversed(blocks):
        yield from ((f"fence{repair}", form) for repair, form in forms(block))
    for repair, form in forms(text):
        stretches = unfenced(form, parser)
        yield from ((f"unfenced{repair}", stretch) for stretch in sorted(stretches, key=len, reverse=True))


def _does_something(text: str, parser: Parser) -> bool:
    """Whether it is a program, and not a word that happens to parse or the output of one."""
    tree = parser.parse(text).tree
    return tree is not None and any(mark in text for mark in ("print", "write", "input", "stdin"))
