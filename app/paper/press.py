"""The press: a template and its data become a PDF, in a process and a folder of their own.

Few print at once, so that a busy printer never takes the threads that serve pages.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

import structlog

from app.base.errors import Refusal
from app.paper.glyphs import FONTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HERE = Path(__file__).parent
LOOK = "look.typ"
LONGEST = 20.0  # seconds that one print may take
PATIENCE = 12.0  # seconds that one waits for those before
AT_ONCE, IN_LINE = 1, 3  # per process of the server, which has more threads than these

_working = BoundedSemaphore(AT_ONCE)
_line = BoundedSemaphore(IN_LINE)
log = structlog.get_logger(__name__)


class PressBusy(Refusal):
    """Too many print at this moment; in half a minute it goes."""


class PressFailed(Refusal):
    """It took too long, or a text cannot be set; the page on the screen can still be printed."""


def press(template: str, data: Mapping[str, Any]) -> bytes:
    """The PDF that `template` (a file beside this one, without its ending) makes of `data`.

    Data go as a file of JSON, never into the source, so that nothing typed is read as markup. Call it with no
    transaction open. Raises `PressBusy`, `PressFailed`.
    """
    with _turn(), TemporaryDirectory(prefix="setkani-paper-") as folder:
        for name in (LOOK, f"{template}.typ"):
            shutil.copyfile(HERE / name, Path(folder, name))
        Path(folder, "data.json").write_text(json.dumps(data), encoding="utf-8")
        _typeset(folder, template)
        return Path(folder, "out.pdf").read_bytes()


@contextmanager
def _turn() -> Iterator[None]:
    if not _line.acquire(blocking=False):
        raise PressBusy
    try:
        if not _working.acquire(timeout=PATIENCE):
            raise PressBusy
        try:
            yield
        finally:
            _working.release()
    finally:
        _line.release()


def _typeset(folder: str, template: str) -> None:
    """What the compiler says may quote names, so it is not logged."""
    order = [sys.executable, "-I", str(HERE / "_typesetter.py"), folder, template, str(FONTS)]
    try:
        done = subprocess.run(  # noqa: S603 - our own file, and no word of a stranger
            order, env={"LC_ALL": "C.UTF-8"}, cwd=folder, capture_output=True, timeout=LONGEST, check=False
        )
    except subprocess.TimeoutExpired as error:
        log.error("paper_too_slow", template=template)  # noqa: TRY400 - the trace tells no more
        raise PressFailed from error
    if done.returncode:
        log.error("paper_failed", template=template, status=done.returncode)
        raise PressFailed
