"""Every rule of the table in docs/python-coding.md, on replies as models write them."""

import ast
import warnings
from textwrap import dedent

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchbook.plugins.solvers.extraction import Extraction, extract, stub_of

STUB = dedent('''\
    from typing import List


    def double(n: int) -> int:
        return 2 * n


    def total(numbers: List[int]) -> int:
        """Return the sum of the numbers.

        >>> total([1, 2])
        3
        """
    ''')
WORDS = "Write a function to add numbers.\n\nYour code should pass these tests:\n\nassert total([1, 2]) == 3\n"
DEFINITION = "def total(numbers):\n    return sum(numbers)\n"
OTHER = "def total(numbers):\n    result = 0\n    for number in numbers:\n        result += number\n    return result\n"


def found(reply: str, prompt: str = WORDS) -> Extraction:
    extraction = extract(reply, prompt, "total")
    assert extraction is not None
    return extraction


MESSY: dict[str, tuple[str, str, str]] = {
    # what it is: (reply, rule, program)
    "nothing but code": (DEFINITION, "whole", DEFINITION),
    "code that shows itself off": (
        DEFINITION + "\nnumbers = [1, 2]\nprint(total(numbers))\nassert total([]) == 0\n",
        "whole",
        DEFINITION,
    ),
    "a main guard that asks the user": (
        DEFINITION + '\nif __name__ == "__main__":\n    print(total([int(input())]))\n',
        "whole",
        DEFINITION,
    ),
    "an example that asks the user": (
        DEFINITION + "n = int(input('How many? '))\nprint(total([n]))",
        "whole",
        DEFINITION,
    ),
    "a constant below the function stays": (
        "def total(numbers):\n    return sum(numbers, START)\n\nSTART = 0\nprint(total([1]))\n",
        "whole",
        "def total(numbers):\n    return sum(numbers, START)\n\nSTART = 0\n",
    ),
    "a cache hung on the function stays": (
        "def total(numbers):\n    return total.start + sum(numbers)\n\ntotal.start = 0\n",
        "whole",
        "def total(numbers):\n    return total.start + sum(numbers)\n\ntotal.start = 0\n",
    ),
    "a setting before the function stays": (
        "import sys\nsys.setrecursionlimit(9999)\n" + DEFINITION,
        "whole",
        "import sys\nsys.setrecursionlimit(9999)\n" + DEFINITION,
    ),
    "a lambda": ("total = lambda numbers: sum(numbers)\n", "whole", "total = lambda numbers: sum(numbers)\n"),
    "CRLF": (DEFINITION.replace("\n", "\r\n"), "whole", DEFINITION),
    "all of it indented": ("    " + DEFINITION.replace("\n    ", "\n        "), "whole+dedent", DEFINITION),
    "a byte order mark": ("\ufeff" + DEFINITION, "whole+unicode", DEFINITION),
    "spaces that do not break": (DEFINITION.replace(" ", "\u00a0"), "whole+unicode", DEFINITION),
    "a space of no width": (DEFINITION.replace("(", "\u200b("), "whole+unicode", DEFINITION),
    "curly quotes and a long dash": (
        "def total(numbers):\n    return len(\u201cab\u201d) \u2212 len(\u2018c\u2019)\n",
        "whole+unicode",
        "def total(numbers):\n    return len(\"ab\") - len('c')\n",
    ),
    "curly quotes in a text are left alone": (
        "def total(numbers):\n    return '\u201cab\u201d'\n",
        "whole",
        "def total(numbers):\n    return '\u201cab\u201d'\n",
    ),
    "a console session": (
        ">>> def total(numbers):\n...     return sum(numbers)\n...\n>>> total([1, 2])\n3\n",
        "console",
        DEFINITION,
    ),
    "one fence": (f"```python\n{DEFINITION}```", "fence", DEFINITION),
    "prose around a fence": (
        f"Sure! Here's the function:\n\n```python\n{DEFINITION}```\n\nIt doesn't need a loop.",
        "fence",
        DEFINITION,
    ),
    "a fence called py": (f"```py\n{DEFINITION}```", "fence", DEFINITION),
    "a fence called Python3": (f"```Python3\n{DEFINITION}```", "fence", DEFINITION),
    "a fence of four": (f"````python\n{DEFINITION}````", "fence", DEFINITION),
    "a fence of tildes": (f"~~~\n{DEFINITION}~~~", "fence", DEFINITION),
    "a fence without a name": (f"Answer:\n```\n{DEFINITION}```", "fence", DEFINITION),
    "a fence with attributes": (f'```python title="total.py"\n{DEFINITION}```', "fence", DEFINITION),
    "code beside the opening fence": (f"```python {DEFINITION}```", "fence", DEFINITION),
    "a closing fence beside the code": (f"```python\n{DEFINITION.rstrip()}```\nDone.", "fence", DEFINITION),
    "a fence on one line": ("```python def total(n): return sum(n)```", "fence", "def total(n): return sum(n)\n"),
    "a fence in a list": (
        "1. The function:\n   ```python\n   " + DEFINITION.replace("\n    ", "\n       ") + "   ```",
        "fence",
        DEFINITION,
    ),
    "the last fence of several": (
        f"A first try:\n```python\n{DEFINITION}```\nThat is too short. Better:\n```python\n{OTHER}```\n",
        "fence",
        OTHER,
    ),
    "the fence that defines the function": (
        f"```bash\npip install nothing\n```\n```python\n{DEFINITION}```\nUse it:\n```python\nprint(total([1]))\n```\n",
        "fence",
        DEFINITION,
    ),
    "a fence that repeats the empty function": (
        f"```python\n{DEFINITION}```\nIt completes\n```python\n{STUB}```",
        "fence",
        DEFINITION,
    ),
    "a fence that is never closed": (f"Here:\n```python\n{DEFINITION}", "fence", DEFINITION),
    "a fence opened in an open fence": (f"```python\nimport math\n```python\n{DEFINITION}```", "fence", DEFINITION),
    "cut off in the example after the code": (
        f'```python\n{DEFINITION}\nif __name__ == "__main__":\n    print(total([1,',
        "fence+cut",
        DEFINITION,
    ),
    "a helper in an earlier fence": (
        "First:\n```python\ndef plus(a, b):\n    return a + b\nprint(plus(1, 2))\n```\nThen:\n"
        "```python\ndef total(numbers):\n    return plus(*numbers)\n```",
        "fence",
        "def plus(a, b):\n    return a + b\n\n\ndef total(numbers):\n    return plus(*numbers)\n",
    ),
    "fences in a docstring": (
        '```python\ndef total(numbers):\n    """Add.\n\n    ```\n    total([1])\n    ```\n    """\n    return 6\n```',
        "fence",
        'def total(numbers):\n    """Add.\n\n    ```\n    total([1])\n    ```\n    """\n    return 6\n',
    ),
    "a console session in a fence": (
        "```\n>>> def total(numbers):\n...     return sum(numbers)\n>>> total([1])\n1\n```",
        "console",
        DEFINITION,
    ),
    "a method": (
        "```python\nclass Solution:\n    def total(self, ns):\n        return sum(ns)\n\nSolution().total([1])\n```",
        "fence",
        "class Solution:\n    def total(self, ns):\n        return sum(ns)\n\n\ntotal = Solution().total\n",
    ),
    "reasoning before the answer": (
        f"<think>\nMaybe ```python\ndef total(numbers):\n    return 0\n```?\n</think>\n```python\n{DEFINITION}```",
        "fence",
        DEFINITION,
    ),
    "reasoning whose beginning is missing": (f"so I add them.\n</think>\n\n{DEFINITION}", "unfenced", DEFINITION),
    "the end of the turn": (f"{DEFINITION}<|im_end|>\n<|im_start|>user\nThanks!", "unfenced", DEFINITION),
    "prose around bare code": (
        f"Here's how I'd do it:\n\n{DEFINITION}\nExplanation: it's the sum.",
        "unfenced",
        DEFINITION,
    ),
    "bare code pushed in by prose": (
        "The function is\n\n    def total(numbers):\n        return sum(numbers)\n\nand that is all.",
        "unfenced",
        DEFINITION,
    ),
    "bare code with its constants": (
        "Code:\nSTART = 0\n\ndef total(numbers):\n    return sum(numbers, START)\n\nDone.",
        "unfenced",
        "START = 0\n\ndef total(numbers):\n    return sum(numbers, START)\n",
    ),
    "a lonely closing fence": (f"{DEFINITION}```\nThis adds the numbers.", "unfenced", DEFINITION),
    "a console session in prose": (
        "In the console:\n\n>>> def total(numbers):\n...     return sum(numbers)\n...\n>>> total([1])\n1\n\nIt works.",
        "console",
        DEFINITION,
    ),
}


@pytest.mark.parametrize("what", MESSY)
def test_a_messy_reply_gives_its_program(what: str) -> None:
    reply, rule, program = MESSY[what]
    assert found(reply) == Extraction(program, rule)


BODY = "    return sum(numbers)\n"
BEGUN: dict[str, tuple[str, str, str]] = {
    # what it is: (reply, rule, what comes after the prompt)
    "a continuation": (BODY, "continuation", BODY),
    "a continuation and what a base model writes next": (
        BODY + "\n\ndef main():\n    print(total([1]))\n\nmain()\n\n# End\nAnd so on",
        "continuation+cut",
        BODY + "\n\ndef main():\n    print(total([1]))\n",
    ),
    "a continuation that was cut off after the function": (
        BODY + "\n\nassert total([1,",
        "continuation+cut",
        BODY,
    ),
    "a continuation with a curly quote": (
        "    return sum(numbers) or len(\u2018\u2019)\n",
        "continuation+unicode",
        "    return sum(numbers) or len('')\n",
    ),
    "a continuation whose first indent was stripped": (
        "result = 0\n    for number in numbers:\n        result += number\n    return result",
        "body+indent",
        "    result = 0\n    for number in numbers:\n        result += number\n    return result\n",
    ),
    "a body at the margin": (
        "if not numbers:\n    return 0\nreturn sum(numbers)",
        "body+indent",
        "    if not numbers:\n        return 0\n    return sum(numbers)\n",
    ),
    "a body and prose": ("return sum(numbers)\n\nThis adds them.", "body+indent+cut", BODY),
    "a body in a fence": (f"The body:\n```python\n{BODY}```", "body", BODY),
    "a body at the margin of a fence": ("```\nreturn sum(numbers)\n```", "body+indent", BODY),
}


@pytest.mark.parametrize("what", BEGUN)
def test_a_body_is_put_below_its_prompt(what: str) -> None:
    reply, rule, body = BEGUN[what]
    assert found(reply, STUB) == Extraction(STUB + body, rule)


def test_a_prompt_without_a_docstring_is_continued_too() -> None:
    for body in ("    return 1", "  return 1", "\treturn 1"):
        assert extract(body, "def return1():\n", "return1") == Extraction(f"def return1():\n{body}\n", "continuation")


def test_what_the_prompt_defines_is_put_before_a_program_that_needs_it() -> None:
    reply = "def total(numbers: List[int]):\n    return sum(numbers)\n"
    preamble = "from typing import List\n\n\ndef double(n: int) -> int:\n    return 2 * n"
    assert found(reply, STUB).program == f"{preamble}\n\n\n{reply}"
    assert found(STUB + BODY, STUB).program == STUB + BODY
    assert found(DEFINITION, STUB).program == DEFINITION


def test_imports_from_the_future_stay_first() -> None:
    future = "from __future__ import annotations\n"
    reply = future + "\ndef total(numbers: List[int]):\n    return double(sum(numbers))\n"
    program = found(reply, STUB).program
    assert program.startswith(future + "from typing import List\n")
    compile(program, "program", "exec")


def test_a_function_of_another_name_is_not_renamed() -> None:
    other = "def sum_list(numbers):\n    return sum(numbers)\n"
    for reply in (other, f"```python\n{other}```", f"Here:\n\n{other}\nDone."):
        assert found(reply, STUB) == Extraction(other, "as-is")


def test_two_classes_with_the_method_are_not_guessed_between() -> None:
    two = "".join(f"class {name}:\n    def total(self, numbers):\n        return sum(numbers)\n" for name in "AB")
    assert found(two) == Extraction(two, "as-is")


def test_code_that_does_not_parse_is_kept_to_fail_on_its_own() -> None:
    broken = "def total(numbers):\n    result = sum(numbers)\n    retrun result\n"
    assert found(f"```python\n{broken}```", STUB) == Extraction(broken, "as-is")
    assert found(f"Here:\n{broken}", STUB) == Extraction(broken, "as-is")
    body = "    if numbers:\n        result = 0\n    retrun result\n"
    assert found(body, STUB) == Extraction(STUB + body, "as-is")


def test_a_function_is_never_cut_in_the_middle() -> None:
    half = "def total(numbers):\n    result = 0\n    for number in numbers:\n        result += (number"
    assert found(f"```python\n{half}", STUB) == Extraction(half + "\n", "as-is")


@pytest.mark.parametrize(
    "reply",
    ["", "  \n\n", "I cannot help with that.", "Sorry", "The function adds the numbers.", "```\n```", "<think>x = 1"],
)
def test_a_reply_without_code_gives_nothing(reply: str) -> None:
    assert extract(reply, STUB, "total") is None
    assert extract(reply, WORDS, "total") is None


def test_a_prompt_in_words_is_no_beginning_of_a_program() -> None:
    assert stub_of(WORDS, "total") is None
    assert stub_of(STUB, "double") is None
    assert stub_of(DEFINITION, "total") is None


HOSTILE = {
    "backticks": "`" * 5_000_000,
    "fences": "```\n" * 1_000_000,
    "unclosed brackets": "(" * 5_000_000,
    "nested brackets": "def total(n):\n    return " + "[" * 40_000 + "]" * 40_000,
    "minus signs": "```python\n" + "-" * 90_000 + "1",
    "attributes": "a" + ".b" * 45_000,
    "definitions": "def total(\n" * 100_000,
    "decorators": "@a\n" * 3_000,
    "assignments": "a = (\n" * 100_000,
    "apostrophes": "def total(n):\n    return 1\nit's\n" * 10_000,
    "thoughts": "<think>" * 500_000 + "</think>" * 500_000,
    "turns": "</s>" * 500_000,
    "spaces in a fence line": "``` " + " " * 500_000 + "x",
    "blank lines": "\n" * 5_000_000,
    "NUL": "\0" * 1000 + DEFINITION,
    "lone surrogates": DEFINITION + "\ud800",
    "deep blocks": "".join(" " * depth + "if 1:\n" for depth in range(300)),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_reply_ends_in_a_program_or_in_none(what: str) -> None:
    extraction = extract(HOSTILE[what], STUB, "total")
    assert extraction is None or len(extraction.program) <= 50_001 + len(STUB)
    assert extraction == extract(HOSTILE[what], STUB, "total")


PIECES = [
    *(
        "```",
        "```python\n",
        "~~~\n",
        "\n",
        "    ",
        "\t",
        ">>> ",
        "... ",
        "<think>",
        "</think>",
        "def total(numbers):\n",
    ),
    *(
        "    return sum(numbers)\n",
        "class Solution:\n",
        "import math\n",
        "It's ",
        "\u201c",
        "\ufeff",
        "\r\n",
        "\0",
        '"""',
    ),
    *("total", " = ", "lambda x: x", "(", ")", "print(total([1]))\n", "x = 1\n", "@", "\ud800", "</s>"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_no_reply_breaks_it_and_the_same_reply_gives_the_same(reply: str) -> None:
    for prompt in (STUB, WORDS):
        extraction = extract(reply, prompt, "total")
        assert extraction == extract(reply, prompt, "total")
        assert extraction is None or (extraction.program.strip() and extraction.rule)


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
@example("def total(numbers):\n    return sum(numbers)\nprint(total([1]))\n")
@settings(max_examples=300, deadline=None)
def test_a_program_that_was_extracted_is_extracted_again_unchanged(reply: str) -> None:
    first = extract(reply + DEFINITION, WORDS, "total")
    if first is not None and first.rule != "as-is":
        assert extract(first.program, WORDS, "total") == Extraction(first.program, "whole")


def test_escapes_that_python_warns_about_are_no_error() -> None:
    program = "import re\n\n\ndef total(numbers):\n    return re.sub('\\d', '', numbers)\n"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert found(program) == Extraction(program, "whole")


def test_there_are_forty_messy_replies_and_their_programs_parse() -> None:
    assert len(MESSY) + len(BEGUN) >= 40
    for _, _, program in MESSY.values():
        ast.parse(program)
