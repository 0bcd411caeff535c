"""ical.js of npm, kept running, to read calendars with. `make ical-js` installs it; without it fewer readers read."""

from __future__ import annotations

import atexit
import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent


def is_possible() -> bool:
    """Whether node and ical.js are there."""
    return shutil.which("node") is not None and (FOLDER / "node_modules/ical.js/package.json").is_file()


def read(data: bytes) -> list[dict[str, Any]]:
    """The events of a file as ical.js understands them; a file that it cannot read is an AssertionError."""
    process = _process()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(data.decode()) + "\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    assert "error" not in answer, f"ical.js: {answer['error']}"
    events: list[dict[str, Any]] = answer["events"]
    return events


@cache
def _process() -> subprocess.Popen[str]:
    node = shutil.which("node")
    assert node is not None
    process = subprocess.Popen(
        [node, "read.js"],
        cwd=FOLDER,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    atexit.register(_end, process)
    return process


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.communicate()
