"""How much of the processor's time something takes, whatever ran before it in the same process."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(slots=True)
class CpuTime:
    """`seconds` of processor time, once the block has ended."""

    seconds: float = 0.0


@contextmanager
def cpu_time() -> Iterator[CpuTime]:
    """`with cpu_time() as took:` measures the block."""
    set_leftovers_aside()
    took = CpuTime()
    began = time.process_time()
    yield took
    took.seconds = time.process_time() - began


def set_leftovers_aside() -> None:
    """Let the garbage collector no longer look at anything there is.

    After thousands of tests a process holds millions of objects. Whoever happens to set off the collector then waits
    a second while it walks through what others left.
    """
    gc.collect()
    gc.freeze()
