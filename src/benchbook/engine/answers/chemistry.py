"""Formulas of chemistry, where case counts: CO is no Co."""

import re

__all__ = ["formula", "without_ce"]

_SYMBOLS = (
    "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr "
    "Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir "
    "Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr Rf Db Sg Bh Hs Mt Ds Rg Cn Nh Fl "
    "Mc Lv Ts Og"
)
_ELEMENTS = frozenset(_SYMBOLS.split())
_MOLECULAR = frozenset(("H", "C", "N", "O", "F", "P", "S", "Cl", "Br", "I", "Hg"))
"""Elements of which several atoms have a charge together: `O2-` may be a dioxide or an oxide."""
_LONGEST = 500
_FACES = re.compile(r"\\(?:ce|text|textrm|textbf|mathrm|mathbf|rm)\s?\{([^{}]*)\}")
_NESTED = 3
_CE = re.compile(r"\\ce\s?\{")
_INDEX = re.compile(r"_\s?(?:\{\s?(\d{1,3})\s?\}|(\d))")
_RAISED = re.compile(r"\^\s?\{\s?([\d+-]{1,2})\s?\}")
_CHARGE = re.compile(r"\^(?:(\d?)([+-])|([+-])(\d))$")
_BODY = re.compile(r"(?:[A-Z][a-z]?|[()\[\]]|(?<=[A-Za-z)\]])[1-9]\d{0,2})+")
_SYMBOL = re.compile(r"[A-Z][a-z]?")
_BARE = re.compile(r"(.*[A-Za-z)\]])(\d*)([+-])", re.DOTALL)
_WATER = re.compile(r"\s?(?:\\cdot|\*|\.)\s?(\d{0,2})(?=[A-Z])")


def formula(text: str) -> str | None:
    """One spelling of a formula of at least two letters or digits; None if this is none, or may be read as two."""
    if not 2 <= len(text) <= _LONGEST:
        return None
    text = _RAISED.sub(r"^\1", _INDEX.sub(lambda match: match[1] or match[2], text))
    for _ in range(_NESTED):
        text = _FACES.sub(r"\1", text)
    text = _INDEX.sub(lambda match: match[1] or match[2], text.strip().strip("$"))
    body, charge = _charged(text)
    parts = _WATER.split(body)
    if charge is None or not all(map(_is_body, parts[::2])):
        return None
    spelt = "·".join([parts[0], *(f"{count}{part}" for count, part in zip(parts[1::2], parts[2::2], strict=True))])
    return f"{spelt}^{charge}" if charge else spelt


def without_ce(text: str) -> str:
    r"""The text without `\ce{…}`, which says that chemistry follows."""
    while len(text) <= _LONGEST and (opened := _CE.search(text)):
        depth, at = 1, opened.end()
        while depth and at < len(text):
            depth += (text[at] == "{") - (text[at] == "}")
            at += 1
        text = text[: opened.start()] + text[opened.end() : at - (depth == 0)] + text[at:]
    return text


def _charged(text: str) -> tuple[str, str | None]:
    """What has the charge, and the charge; None if that is not clear."""
    if raised := _CHARGE.search(text):
        digit, sign = raised[1] or raised[4] or "", raised[2] or raised[3]
        return text[: raised.start()].strip(), f"{digit.removeprefix('1')}{sign}"
    if bare := _BARE.fullmatch(text):
        before, digits, sign = bare.groups()
        if not digits:
            return before, sign
        if before in _ELEMENTS:
            return (before, f"{digits}{sign}") if before not in _MOLECULAR and len(digits) == 1 else (text, None)
        return (before + digits, sign) if len(digits) == 1 else (text, None)
    return text, ""


def _is_body(text: str) -> bool:
    if not _BODY.fullmatch(text) or text.count("(") != text.count(")") or text.count("[") != text.count("]"):
        return False
    return all(symbol in _ELEMENTS for symbol in _SYMBOL.findall(text))
