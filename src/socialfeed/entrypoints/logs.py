"""Lines for the log that nobody but the log can begin."""

import logging
from types import TracebackType


class Line(logging.Formatter):
    """One line an event, and no line of an event looks like another event.

    What is not printable (line feeds, escape sequences of terminals, characters that reorder others) is written as
    Python would escape it; tracebacks, whose last words may be a client's, are indented.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:
        return _printable(super().formatMessage(record))

    def formatException(
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:
        return _indented(super().formatStack(stack_info))


def _indented(text: str) -> str:
    return "\n".join(f"    {_printable(line)}" for line in text.split("\n"))


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
