"""Answers as plain text: one spelling for what Unicode and LaTeX spell in many ways."""

import re
import unicodedata

from benchbook.engine.answers.steps import derived

__all__ = ["normalised", "unwrapped"]

_SYMBOLS = {
    "×": r"\times ", "÷": r"\div ", "·": r"\cdot ", "⋅": r"\cdot ", "∙": r"\cdot ", "−": "-", "‐": "-", "‑": "-",
    "‒": "-", "–": "-", "—": "-", "π": r"\pi ", "∞": r"\infty ", "≤": r"\le ", "⩽": r"\le ", "≥": r"\ge ",
    "⩾": r"\ge ", "≠": r"\ne ", "≈": r"\approx ", "≡": r"\equiv ", "∪": r"\cup ", "∩": r"\cap ", "∈": r"\in ",
    "∉": r"\notin ", "∅": r"\emptyset ", "⌀": r"\emptyset ", "±": r"\pm ", "∓": r"\mp ", "°": r"^{\circ}",
    "º": r"^{\circ}", "∘": r"\circ ", "√": r"\sqrt ", "∛": r"\sqrt[3]", "∜": r"\sqrt[4]", "∑": r"\sum ",
    "∏": r"\prod ", "∫": r"\int ", "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ", "⌉": r"\rceil ",
    "⟨": r"\langle ", "⟩": r"\rangle ", "〈": r"\langle ", "〉": r"\rangle ", "→": r"\to ", "⇒": r"\Rightarrow ",
    "⇔": r"\iff ", "∧": r"\wedge ", "∨": r"\vee ", "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}", "ℚ": r"\mathbb{Q}",
    "ℕ": r"\mathbb{N}", "ℂ": r"\mathbb{C}", "′": "'", "’": "'", "‘": "'", "″": "''", "“": '"', "”": '"',
    "…": r"\ldots ", "⋯": r"\ldots ", "⁄": "/", "∕": "/", "∶": ":", "∣": "|", "∖": r"\setminus ", "∗": "*",
    "∠": r"\angle ", "∴": r"\therefore ",
    "％": "%", "℃": r"^{\circ}C", "µ": r"\mu ", "、": ",", "，": ",", "。": ".", "；": ";",
}  # fmt: skip
_GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ϵ": "epsilon", "ζ": "zeta", "η": "eta",
    "θ": "theta", "ϑ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "ρ": "rho",
    "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "ϕ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
    "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi",
    "Ψ": "Psi", "Ω": "Omega", "∆": "Delta",
}  # fmt: skip
_RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱˣ", "0123456789+-=()nix", strict=True))
_LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₙₓ", "0123456789+-=()nx", strict=True))
_RAISED_RUN = re.compile(f"[{''.join(_RAISED)}]+")
_LOWERED_RUN = re.compile(f"[{''.join(_LOWERED)}]+")
_VULGAR = re.compile("[¼½¾⅐-⅞↉]")
_RADICAL = re.compile(r"√\s*(\d+(?:\.\d+)?)")
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2705\u2714\u2713\u274c\u2728\u2b50\u2611\u270f\u2757]\ufe0f?")
_LAYERS = 12
"""Wrappers that are taken off."""
_BLANKS = re.compile(r"[^\S\n]+")
_TABLE = str.maketrans({**_SYMBOLS, **{char: f"\\{name} " for char, name in _GREEK.items()}})


def normalised(text: str) -> str:
    """The text in one spelling: ASCII digits and signs, LaTeX for mathematical symbols, single blanks."""
    if not text.isascii():
        text = _ascii(text)
    return _BLANKS.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def unwrapped(text: str) -> str:
    """The text without what LaTeX and Markdown put around a formula, and without a full stop at the end."""
    if "\\" in text:
        text = _DRESS.sub("", text)
    for _ in range(_LAYERS):
        inner = _peeled(text)
        if inner == text:
            break
        text = inner
    return text


def _ascii(text: str) -> str:
    text = _EMOJI.sub("", text)
    text = _RADICAL.sub(r"\\sqrt{\1}", text)
    text = _VULGAR.sub(_fraction, text)
    text = _RAISED_RUN.sub(lambda run: "^{" + "".join(map(_RAISED.__getitem__, run[0])) + "}", text)
    text = _LOWERED_RUN.sub(lambda run: "_{" + "".join(map(_LOWERED.__getitem__, run[0])) + "}", text)
    text = text.translate(_TABLE)
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text).translate(_TABLE)
    return text.translate({ord(char): _plain(char) for char in {*text}})


def _fraction(char: re.Match[str]) -> str:
    numerator, _, denominator = unicodedata.normalize("NFKC", char[0]).partition("⁄")
    return rf"\frac{{{numerator}}}{{{denominator}}}"


def _plain(char: str) -> str:
    """A digit of any script as one of ours; what cannot be seen as nothing."""
    if char.isascii():
        return char
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    return " " if category == "Zs" else "" if category == "Cf" else char


_PAIRS = (
    ("$$", "$$"),
    ("$", "$"),
    (r"\(", r"\)"),
    (r"\[", r"\]"),
    ("**", "**"),
    ("__", "__"),
    ("`", "`"),
    ('"', '"'),
    ("*", "*"),
    ("'", "'"),
)
_DRESS = re.compile(
    r"\\(?:Huge|huge|LARGE|Large|large|normalsize)\b ?|\\(?:text)?color(?:box)?\s?\{[^{}]*\}|\\tag\*?\s?\{[^{}]*\}"
)
"""Sizes, colours and numbers of formulas."""
_FACED = re.compile(
    r"\\(?:underline|textbf|mathbf|boldsymbol|bm|emph|textit)\s?\{([^{}]*)\}|<(b|strong|i|em)>([^<>]*)</\2>"
)
_ANNOUNCED = re.compile(
    r"\\(?:text|textbf|mathrm|mbox)\s?\{ ?(?:the )?(?:final |exact |correct )?answer(?: is)? ?:? ?\} ?[:=]? ?(?=.)",
    re.IGNORECASE | re.DOTALL,
)
"""Words of LaTeX's own that say no more than that an answer follows."""
_ENVIRONMENT = re.compile(
    r"\\begin\{(equation|aligned|align|gathered|gather|split|multline|eqnarray|displaymath|math)(\*?)\}(.*)"
    r"\\end\{\1\2\}",
    re.DOTALL,
)
_ROW = re.compile(r"\\\\(?:\[[^\]]{0,20}\])?")
_INNER = re.compile(r"\\begin\{[^{}]*\}(?:(?!\\begin\{).)*?\\end\{[^{}]*\}", re.DOTALL)
_HIDDEN = "\x00"
_MOST_INNER = 40
_GOES_ON = re.compile(r"[=<>+*/]|\\(?:leq?|geq?|approx|equiv|times|cdot|to)(?![a-z])|-(?!.*[=<>])", re.DOTALL)
"""What no row begins with that says something of its own."""
_HENCE = re.compile(r"\s*\\(?:implies|Rightarrow|Longrightarrow|Leftrightarrow|iff|therefore)(?![A-Za-z])\s*")


def _paired(text: str) -> str | None:
    """What stands between two signs; None if none enclose it all."""
    for opening, closing in _PAIRS:
        if text.startswith(opening) and text.endswith(closing) and len(text) >= len(opening) + len(closing):
            inner = text[len(opening) : -len(closing)]
            bare = inner.replace("\\$", "")
            if inner.strip() and opening not in bare and closing not in bare and not inner.endswith("\\"):
                return inner
    return None


def _in_one_row(text: str) -> str:
    """The rows of an environment: what goes on from the row above as one, all else with commas between, without the
    steps to a result. Environments within it stay as they are."""
    inner = list[str]()
    text = text.replace(_HIDDEN, "")
    while len(inner) < _MOST_INNER and (found := _INNER.search(text)):
        text = f"{text[: found.start()]}{_HIDDEN}{len(inner)}{_HIDDEN}{text[found.end() :]}"
        inner.append(found[0])
    rows = list[str]()
    for row in _ROW.split(text.replace("&", "")):
        bare = _HENCE.sub("", row, count=1) if _HENCE.match(row) else row
        if not (bare := bare.strip(" \n,;")):
            continue
        if rows and _GOES_ON.match(bare):
            rows[-1] += f" {bare}"
        else:
            rows.append(bare)
    said = ", ".join(derived(rows))
    for number, whole in reversed([*enumerate(inner)]):
        said = said.replace(f"{_HIDDEN}{number}{_HIDDEN}", whole)
    return said


def _peeled(text: str) -> str:
    text = text.strip().strip("\u200b")
    if text.startswith("```") and text.endswith("```") and len(text) > 6:
        return text[3:-3].removeprefix("latex").removeprefix("math").strip()
    if (inner := _paired(text)) is not None:
        return inner
    if faced := _FACED.fullmatch(text):
        return faced[1] if faced[1] is not None else faced[3]
    if announced := _ANNOUNCED.match(text):
        return text[announced.end() :]
    if whole := _ENVIRONMENT.fullmatch(text):
        return _in_one_row(whole[3])
    for ending in (".", ",", ";", ":", r"\\", r"\,", r"\;", "!."):
        if text.endswith(ending) and text != ending and not text.endswith("..") and not text.endswith(r"\left."):
            return text.removesuffix(ending)
    if text.endswith("\\") and not text.endswith("\\\\"):
        return text[:-1]
    return text
