"""Whole programs are found in replies as models write them."""

import pytest

from benchbook.plugins.solvers.python_script import script_in

PROGRAM = "n = int(input())\nprint(n + 1)\n"
FENCED = f"```python\n{PROGRAM}```"


@pytest.mark.parametrize(
    ("reply", "rule"),
    [
        (PROGRAM, "whole"),
        (FENCED, "fence"),
        (f"Sure! Here it is:\n\n{FENCED}\n\nIt reads a number.", "fence"),
        (f"First try:\n\n```python\nprint(0)\n```\n\nBetter:\n\n{FENCED}", "fence"),
        (f"<think>\n```python\nprint(0)\n```\n</think>\n{FENCED}", "fence"),
        (f"{FENCED}\n\nFor 2 it prints:\n\n```\n3\n```", "fence"),
        (f"Here is the program:\n\n{PROGRAM}\nIt adds one, and that is all.", "unfenced"),
        (f"```python\n{PROGRAM}", "fence"),
        ("n = int(input())\nprint(“x”, n + 1)\n", "whole+unicode"),
    ],
)
def test_the_program_is_found(reply: str, rule: str) -> None:
    found = script_in(reply)
    assert found is not None
    assert found.rule == rule
    assert "input()" in found.program


def test_a_program_with_functions_and_a_main_guard_stays_whole() -> None:
    program = 'def main():\n    print(input())\n\n\nif __name__ == "__main__":\n    main()\n'
    found = script_in(f"```python\n{program}```")
    assert found is not None
    assert found.program == program


def test_code_that_does_not_parse_is_left_to_fail() -> None:
    found = script_in("```python\nprint(input(\n```")
    assert found is not None
    assert (found.rule, found.program) == ("as-is", "print(input(\n")


@pytest.mark.parametrize("reply", ["", "I cannot do that.", "42", "the answer is print"])
def test_where_there_is_no_program_there_is_none(reply: str) -> None:
    assert script_in(reply) is None
