"""Worker processes, started and stopped by tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask

from tests.conftest import SECRET

ROOT = Path(__file__).resolve().parents[2]


def environ(app: Flask, folder: Path, smtp_port: int | None) -> dict[str, str]:
    """The environment of a program that works on the database of `app`."""
    mail = {} if smtp_port is None else {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(smtp_port)}
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ},
        "SECRET_KEY": SECRET,
        "INSTANCE_PATH": str(folder),
        "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
        "BASE_URL": "http://localhost",
        "MAIL_SENDER": "akce@example.org",
        "RSVP_ADDRESS": "rsvp@example.org",
        **mail,
    }


def start_worker(environment: dict[str, str], folder: Path, *options: str) -> subprocess.Popen[bytes]:
    """Start `flask worker`; its log goes to a file of `folder`."""
    with (folder / f"worker-{time.monotonic_ns()}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "flask", "worker", *options],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )


def stop(process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
    """Ask a process to end; gives its exit code and how many seconds it took."""
    began = time.monotonic()
    process.send_signal(number)
    return process.wait(timeout=120), time.monotonic() - began


def logs(folder: Path) -> str:
    """What all workers of a folder have logged."""
    return "\n".join(path.read_text() for path in sorted(folder.glob("worker-*.log")))


def wait_until(true: Callable[[], object], *, seconds: float = 120, what: str = "it") -> None:
    """Wait until a condition holds; fails after `seconds`, which are many because the machine may be busy."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.05)
