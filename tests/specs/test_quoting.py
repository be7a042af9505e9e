import pytest

from benchbook.specs.quoting import with_article


@pytest.mark.parametrize(("noun", "said"), [("list", "a list"), ("interval", "an interval"), ("engine", "an engine")])
def test_nouns_have_their_article(noun: str, said: str) -> None:
    assert with_article(noun) == said
