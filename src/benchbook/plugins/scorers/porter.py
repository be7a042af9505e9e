"""The stems of English words (Porter 1980), with the changes that NLTK made: those that Google's ROUGE goes by."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise

_Fits = Callable[[str], bool]
_IRREGULAR = {
    **dict.fromkeys(("sky", "skies"), "sky"),
    "dying": "die",
    "lying": "lie",
    "tying": "tie",
    "news": "news",
    "howe": "howe",
    **dict.fromkeys(("inning", "innings"), "inning"),
    **dict.fromkeys(("outing", "outings"), "outing"),
    **dict.fromkeys(("canning", "cannings"), "canning"),
    **{word: word for word in ("proceed", "exceed", "succeed")},
}


@lru_cache(maxsize=2**16)
def stem(word: str) -> str:
    """The stem of a word in small letters."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 2:
        return word
    word = _y_to_i(_past_and_ing(_plural(word)))
    word = _replaced(_double(word), _THIRD, _some)
    return _tidy(_shorn(word))


_SECOND = {
    "ational": "ate", "tional": "tion", "enci": "ence", "anci": "ance", "izer": "ize", "bli": "ble", "alli": "al",
    "entli": "ent", "eli": "e", "ousli": "ous", "ization": "ize", "ation": "ate", "ator": "ate", "alism": "al",
    "iveness": "ive", "fulness": "ful", "ousness": "ous", "aliti": "al", "iviti": "ive", "biliti": "ble",
    "fulli": "ful",
}  # fmt: skip
_THIRD = {"icate": "ic", "ative": "", "alize": "al", "iciti": "ic", "ical": "ic", "ful": "", "ness": ""}
_FOURTH = (
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti",
    "ous", "ive", "ize",
)  # fmt: skip


def _consonants(word: str) -> Sequence[bool]:
    flags: list[bool] = []
    for letter in word:
        after_consonant = bool(flags) and flags[-1]
        flags.append(letter not in "aeiou" and not (letter == "y" and after_consonant))
    return flags


def _measure(word: str) -> int:
    """How often a vowel is followed by a consonant."""
    flags = _consonants(word)
    return sum(not one and other for one, other in pairwise(flags))


def _some(word: str) -> bool:
    return _measure(word) > 0


def _doubled(word: str) -> bool:
    return len(word) >= 2 and word[-1] == word[-2] and _consonants(word)[-1]


def _short(word: str) -> bool:
    """Whether it ends in consonant, vowel and consonant (but w, x, y), or is no more than the last two."""
    flags = _consonants(word)
    if len(word) == 2:
        return not flags[0] and flags[1]
    return len(word) > 2 and flags[-3] and not flags[-2] and flags[-1] and word[-1] not in "wxy"


def _replaced(word: str, endings: dict[str, str], fits: _Fits) -> str:
    """The word with its ending replaced: the first that it has decides, also where the rest does not fit."""
    for ending, other in endings.items():
        if word.endswith(ending):
            rest = word[: -len(ending)]
            return rest + other if fits(rest) else word
    return word


def _plural(word: str) -> str:
    if word.endswith("ies"):
        return word[:-1] if len(word) == 4 else word[:-2]
    if word.endswith("sses"):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _past_and_ing(word: str) -> str:
    if word.endswith("ied"):
        return word[:-1] if len(word) == 4 else word[:-2]
    if word.endswith("eed"):
        return word[:-1] if _some(word[:-3]) else word
    for ending in ("ed", "ing"):
        rest = word[: -len(ending)]
        if word.endswith(ending) and not all(_consonants(rest)):
            return _mended(rest)
    return word


def _mended(rest: str) -> str:
    """What is left of a word without -ed or -ing, as it is written alone."""
    if rest.endswith(("at", "bl", "iz")):
        return f"{rest}e"
    if _doubled(rest):
        return rest if rest[-1] in "lsz" else rest[:-1]
    return f"{rest}e" if _measure(rest) == 1 and _short(rest) else rest


def _y_to_i(word: str) -> str:
    rest = word[:-1]
    return f"{rest}i" if word.endswith("y") and len(rest) > 1 and _consonants(rest)[-1] else word


def _double(word: str) -> str:
    """Without one of two suffixes."""
    if word.endswith("alli") and _some(word[:-4]):
        return _double(word[:-2])
    if word.endswith("logi") and not word.endswith(tuple(_SECOND)):
        return word[:-1] if _some(word[:-3]) else word
    return _replaced(word, _SECOND, _some)


def _shorn(word: str) -> str:
    for ending in _FOURTH:
        if word.endswith(ending):
            rest = word[: -len(ending)]
            fits = _measure(rest) > 1 and (ending != "ion" or rest[-1] in "st")
            return rest if fits else word
    return word


def _tidy(word: str) -> str:
    rest = word[:-1]
    if word.endswith("e") and (_measure(rest) > 1 or (_measure(rest) == 1 and not _short(rest))):
        word = rest
    return word[:-1] if word.endswith("ll") and _measure(word[:-1]) > 1 else word
