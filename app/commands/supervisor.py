"""Keeps a few programs running together and ends them together. Knows nothing of the application.

Each program is a fork of this process, so that what it needs is loaded once. Each has a session of its own:
Ctrl-C reaches only the supervisor, which asks all of them to end and kills what still runs ten seconds later.
On Linux the kernel asks them too when the supervisor itself is killed, so nothing is left behind.
"""

from __future__ import annotations

import contextlib
import contextvars
import ctypes
import multiprocessing
import os
import signal
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.context import ForkProcess

TICK = 0.05  # seconds between two looks at the programs
PATIENCE_AT_START = 60.0  # seconds until everything must be ready
PATIENCE_AT_STOP = 10.0  # seconds until what still runs is killed
LONGEST_PAUSE = 30.0  # seconds before a program that keeps dying is started again
STEADY = 60.0  # seconds after which earlier deaths are forgotten
PR_SET_PDEATHSIG = 1
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class Program:
    """One program to keep running: `name` is what messages call it, `main` what it does."""

    name: str
    main: Callable[[], None]
    process: ForkProcess | None = None
    deaths: int = 0
    started: float = 0.0
    due: float = 0.0

    def start(self) -> None:
        """Fork. Signals wait until the child is ready to take them."""
        self.started = time.monotonic()
        self.process = multiprocessing.get_context("fork").Process(
            target=_become, args=(self.main, os.getpid()), name=self.name
        )
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
        try:
            self.process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)

    def exit_code(self) -> int | None:
        """The code it ended with, negative for a signal; None while it runs or waits to be started."""
        return self.process.exitcode if self.process else None

    def bury(self, now: float) -> float:
        """Note a death at `now` (monotonic seconds); returns the pause in seconds before the next start."""
        self.deaths = 1 if now - self.started > STEADY else self.deaths + 1
        pause = min(LONGEST_PAUSE, 2.0 ** (self.deaths - 1))
        self.process, self.due = None, now + pause
        return pause

    def kill(self) -> None:
        """Kill the program and everything that it started."""
        if self.process and self.process.pid:
            self.process.kill()
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.join()


@dataclass
class Supervisor:
    """Runs programs until a stop signal, or until its own parent ends where `with_parent` says so."""

    programs: Sequence[Program]
    with_parent: bool = False
    asked_to_stop: bool = False
    parent: int = field(default_factory=os.getppid)

    def run(self, *, is_ready: Callable[[], bool], announce: Callable[[], None]) -> int:
        """Start all, call `announce` once when `is_ready` says yes, keep them running, end them.

        Returns the exit code: 0 after a stop signal, 1 when they did not become ready.
        """
        for number in STOP_SIGNALS:
            signal.signal(number, self._on_signal)
        try:
            for program in self.programs:
                program.start()
            if not self._wait_until_ready(is_ready):
                return 0 if self._should_stop() else 1
            announce()
            while not self._should_stop():
                self._revive()
                time.sleep(TICK)
            return 0
        finally:
            self._stop_all()

    def _on_signal(self, _number: int, _frame: object) -> None:
        self.asked_to_stop = True

    def _should_stop(self) -> bool:
        return self.asked_to_stop or (self.with_parent and os.getppid() != self.parent)

    def _wait_until_ready(self, is_ready: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + PATIENCE_AT_START
        while not self._should_stop():
            for program in self.programs:
                if (code := program.exit_code()) is not None:
                    click.echo(f"The {program.name} ended with code {code} before it was ready.", err=True)
                    return False
            if is_ready():
                return True
            if time.monotonic() > deadline:
                click.echo(f"The web server was not ready after {PATIENCE_AT_START:.0f} seconds.", err=True)
                return False
            time.sleep(TICK)
        return False

    def _revive(self) -> None:
        now = time.monotonic()
        for program in self.programs:
            if program.process is None and now >= program.due:
                program.start()
            elif (code := program.exit_code()) is not None:
                program.kill()
                pause = program.bury(now)
                click.echo(
                    f"The {program.name} ended with code {code}; it starts again in {pause:.0f} s.", err=True
                )

    def _stop_all(self) -> None:
        for program in self.programs:
            if program.process:
                program.process.terminate()
        deadline = time.monotonic() + PATIENCE_AT_STOP
        for program in self.programs:
            if program.process:
                program.process.join(max(0.0, deadline - time.monotonic()))
                program.kill()


def _become(main: Callable[[], None], parent: int) -> None:
    """What the child does first: a session of its own, fresh signals, and the end of `parent` is its end."""
    os.setsid()
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit(1)
    contextvars.Context().run(main)  # without the application context of the command
