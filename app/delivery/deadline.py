"""An end to network calls: a server that answers one octet at a time must not hold a worker for ever."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


RING_AGAIN = 1.0  # seconds: what catches the first interruption and tries again is interrupted again


class TimeIsUp(OSError):  # noqa: N818 - says what is the matter
    """The time allowed for a network call is over."""


class Deadline:
    """Interrupts the code inside `limit`. Until `install` was called in the main thread it limits nothing."""

    def __init__(self) -> None:
        self._installed = False
        self._running = False

    def install(self) -> None:
        """Take the process's alarm for this; only the main thread can."""
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGALRM, self._ring)
            self._installed = True

    @contextmanager
    def limit(self, seconds: float) -> Iterator[None]:
        """Raise `TimeIsUp` in what runs inside when it lasts longer than `seconds`."""
        if not self._installed:
            yield
            return
        self._running = True
        signal.setitimer(signal.ITIMER_REAL, seconds, RING_AGAIN)
        try:
            yield
        finally:
            self._running = False  # first: a ring between two statements must find it so
            signal.setitimer(signal.ITIMER_REAL, 0)

    def shorten(self, seconds: float) -> None:
        """Leave what runs now at most `seconds` more. Safe in a signal handler."""
        if self._running and signal.getitimer(signal.ITIMER_REAL)[0] > seconds:
            signal.setitimer(signal.ITIMER_REAL, seconds, RING_AGAIN)

    def _ring(self, _number: int, _frame: object) -> None:
        if self._running:
            raise TimeIsUp("the time for this is over")
