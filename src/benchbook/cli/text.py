"""Text that others wrote, made fit for a terminal."""


def printable(text: str) -> str:
    """Control characters, bidi marks and lone surrogates shown as escapes, never obeyed."""
    return "".join(char if char.isprintable() or char in "\n\t" else _escape(char) for char in text)


def in_line(text: str) -> str:
    """The same in one line, with single blanks."""
    return " ".join(printable(text).split())


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
