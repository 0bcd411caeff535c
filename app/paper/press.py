"""The press: a template and its data become a PDF, in a process and a folder of their own.

Few print at once, so that a busy printer never takes the threads that serve pages.
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any, TypeAlias

import structlog

from app.base.errors import Refusal
from app.paper.glyphs import FONTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Watch: TypeAlias = "Callable[[], None]"

HERE = Path(__file__).parent
LOOK = "look.typ"
LONGEST = 20.0  # seconds that one print may take
LONGEST_WATCHED = 600.0  # where nobody waits for it
LOOK_AGAIN = 0.5  # seconds between two looks of whoever watches a long one
PATIENCE = 12.0  # seconds that one waits for those before
AT_ONCE, IN_LINE = 1, 3  # per process of the server, which has more threads than these

_working = BoundedSemaphore(AT_ONCE)
_line = BoundedSemaphore(IN_LINE)
log = structlog.get_logger(__name__)


class PressBusy(Refusal):
    """Too many print at this moment; in half a minute it goes."""


class PressFailed(Refusal):
    """It took too long, or a text cannot be set; the page on the screen can still be printed."""


def press(template: str, data: Mapping[str, Any], *, watch: Watch | None = None) -> bytes:
    """The PDF that `template` (a file beside this one, without its ending) makes of `data`.

    Data go as a file of JSON, never into the source, so that nothing typed is read as markup. Call it with no
    transaction open. With `watch` it may take long: that is called twice a second, and what it raises ends the
    print. Raises `PressBusy`, `PressFailed`.
    """
    with _turn(), TemporaryDirectory(prefix="setkani-paper-") as folder:
        for name in (LOOK, f"{template}.typ"):
            shutil.copyfile(HERE / name, Path(folder, name))
        with Path(folder, "data.json").open("w", encoding="utf-8") as file:
            json.dump(data, file)
        _typeset(folder, template, watch)
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


def _typeset(folder: str, template: str, watch: Watch | None) -> None:
    """What the compiler says may quote names, so it is not logged."""
    longest = LONGEST if watch is None else LONGEST_WATCHED
    order = [sys.executable, "-I", str(HERE / "_typesetter.py"), folder, template, str(FONTS)]
    with subprocess.Popen(  # noqa: S603 - our own file, and no word of a stranger
        [*order, str(math.ceil(longest * 1.5))],
        env={"LC_ALL": "C.UTF-8"},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _wait(process, longest, watch)
        except subprocess.TimeoutExpired as error:
            log.error("paper_too_slow", template=template)  # noqa: TRY400 - the trace tells no more
            raise PressFailed from error
        finally:
            process.kill()  # whatever ended the waiting; one that has ended takes no harm
    if process.returncode:
        log.error("paper_failed", template=template, status=process.returncode)
        raise PressFailed


def _wait(process: subprocess.Popen[bytes], longest: float, watch: Watch | None) -> None:
    """Until it ends; raises `TimeoutExpired`, and what `watch` raises."""
    end = time.monotonic() + longest
    while watch is not None and (left := end - time.monotonic()) > LOOK_AGAIN:
        watch()
        try:
            process.wait(min(LOOK_AGAIN, left))
        except subprocess.TimeoutExpired:
            continue
        return
    process.wait(max(0.0, end - time.monotonic()))
