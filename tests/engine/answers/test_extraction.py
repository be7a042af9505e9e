"""The final answer is found, and the rule that found it is told."""

import pytest

from benchbook import extracted


@pytest.mark.parametrize(
    ("reply", "answer", "rule"),
    [
        (r"So $x=\boxed{\frac{1}{2}}$.", r"\frac{1}{2}", "boxed"),
        (r"\boxed{5}, no: \boxed{7}", "7", "boxed"),
        (r"\boxed{2} and \boxed{3}", "2, 3", "all boxed"),
        (r"\boxed{x=\boxed{3}}", "x= {3}", "boxed"),
        (r"\boxed{\{1,2\}}", r"\{1,2\}", "boxed"),
        ("<answer>\n$x+2$\n</answer>", "x+2", "tag"),
        ("9 * 2 = $18 a day.\n#### 18", "18", "####"),
        ("**Final Answer**: 42", "42", "label"),
        ("## Final Answer\n\n$42$\n\nI hope so.", "42", "label"),
        ("**Exact Answer:** $\\sqrt{2}$", "\\sqrt{2}", "label"),
        ("Conclusion: the value is 12", "12", "label"),
        ("Answer:\n\n\\[\n\\begin{pmatrix}1\\\\2\\end{pmatrix}\n\\]", "\\begin{pmatrix}1\\\\2\\end{pmatrix}", "label"),
        ("It is 9.\nA: 9", "9", "label"),
        ("答案是 11", "11", "label"),
        ("The answer is 42 because 6*7=42", "42", "stated"),
        ("The answer is not 42. Answer: 24", "24", "label"),
        ("The answer is 8. Wait, the answer is 7.", "7", "stated"),
        ("We add them all, and find that $m+n = 5+9 = 14$", "14", "last formula"),
        ("The total is 1,234 people.", "1,234 people", "sentence"),
        ("She ate 3 of the 8 pieces of her cake today", "3", "last number"),
        (r"\frac12", r"\frac12", "whole"),
        ("", "", "whole"),
    ],
)
def test_the_answer_and_its_rule(reply: str, answer: str, rule: str) -> None:
    found = extracted(reply)
    assert (" ".join(found.answer.split()), found.rule) == (answer, rule)


def test_what_is_said_not_to_be_the_answer_is_none() -> None:
    assert extracted("The answer is not 8.").answer != "8"


def test_all_boxed_answers_count_together_if_asked_for() -> None:
    assert extracted(r"First \boxed{2}. Then we see that \boxed{3}.", all_boxed=True).answer == "2, 3"
    assert extracted(r"First \boxed{2}. Then we see that \boxed{3}.").answer == "3"
