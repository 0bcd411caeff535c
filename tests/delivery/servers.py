"""Server programs with settings, ports and a folder of their own; no service of the machine is touched."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from tests.delivery.mail_server import free_port

PATIENCE = 20.0  # seconds for a server to start
LAST_WORDS = 3.0  # seconds for a server to end by itself
TRIES = 3  # a port that was free a moment ago may be taken


class DidNotStart(Exception):  # noqa: N818 - says what happened
    """The program ended, or answers on none of its ports."""


class Program:
    """A running server. Its session is its own, so that all its children end with it."""

    def __init__(self, command: list[str], log: Path, *, ports: list[int]) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        end = time.monotonic() + PATIENCE
        while not all(map(answers, ports)):
            if self._process.poll() is not None or time.monotonic() > end:
                self.kill()
                raise DidNotStart(log.read_text(errors="replace")[-2000:])
            time.sleep(0.02)

    def end(self) -> None:
        """Ask it to end, and see to it that it does with all its children."""
        self._process.send_signal(signal.SIGTERM)
        end = time.monotonic() + LAST_WORDS
        wait_for = os.WEXITED | os.WNOWAIT | os.WNOHANG  # what is not yet waited for keeps its number
        with suppress(ChildProcessError):
            while time.monotonic() < end and os.waitid(os.P_PID, self._process.pid, wait_for) is None:
                time.sleep(0.02)
        self.kill()

    def kill(self) -> None:
        """End it and its children in the middle of what they do. Safe to repeat."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(timeout=LAST_WORDS)


def answers(port: int) -> bool:
    """Whether somebody listens on a port of the loopback interface."""
    with closing(socket.socket()) as line:
        line.settimeout(1)
        return line.connect_ex(("127.0.0.1", port)) == 0


def start_on_free_ports(number: int, start: Callable[[list[int]], Program]) -> tuple[Program, list[int]]:
    """Start a program on ports that nobody uses; gives it and them."""
    for attempt in range(1, TRIES + 1):
        ports = [free_port() for _ in range(number)]
        try:
            return start(ports), ports
        except DidNotStart:
            if attempt == TRIES:
                raise
    raise AssertionError("not reached")
