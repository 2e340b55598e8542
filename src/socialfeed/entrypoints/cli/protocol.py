"""HTTP/1.1 as uvicorn speaks it, with an end to how much of a request's head it waits for."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_MAX = 64 * 1024
"""Bytes of request line and headers that may arrive before the head must be complete."""


class HeadLimitedProtocol(HttpToolsProtocol):
    """The parser below keeps an unfinished head for as long as it grows, and uvicorn's own limit serves h11 only."""

    _in_head = False
    _pending = 0

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._pending = True, 0

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        # What arrived together with the beginning may end the request before: only what follows is this head's alone.
        was_in_head = self._in_head
        super().data_received(data)
        if was_in_head and self._in_head:
            self._pending += len(data)
            if self._pending > HEAD_MAX:
                self._in_head = False
                self.send_400_response("The head of the request is too large.")
