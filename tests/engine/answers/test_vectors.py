"""A sum of unit vectors is a vector."""

from engine.answers.verified import verified


def test_a_sum_of_unit_vectors_is_the_vector_of_its_factors() -> None:
    pairs = [
        (r"\langle 5, 0, -2\rangle", r"5\mathbf{i} - 2\mathbf{k}"),
        (r"\begin{pmatrix}1\\6\end{pmatrix}", r"\hat{\imath} + 6\hat{\jmath}"),
        ("(2, 4)", r"2(\vec{i} + 2\vec{j})"),
        (r"\frac{3\hat{i} + \hat{j}}{2}", r"(1.5, 0.5)"),
        (r"8\hat{x} - \hat{z}", r"8\hat{i} - \hat{k}"),
        ("j - 2k + 7i", r"\langle 7, 1, -2\rangle"),
    ]
    assert {pair: one.reason for pair, one in zip(pairs, verified(pairs), strict=True) if one.verdict != "equal"} == {}


def test_another_vector_or_a_complex_number_is_different() -> None:
    pairs = [
        (r"\langle 5, 0, -2\rangle", r"5\mathbf{i} - 2\mathbf{j}"),
        ("(1, 6)", r"6\hat{i} + \hat{j}"),
        (r"2\hat{i} + 3\hat{j}", r"3\hat{i} + 2\hat{j}"),
        ("(5, 2)", "5 + 2i"),
        ("(1, 6, 2)", r"\hat{i} + 6\hat{j}"),
    ]
    found = verified(pairs)
    assert {pair: one.verdict for pair, one in zip(pairs, found, strict=True) if one.verdict != "different"} == {}
