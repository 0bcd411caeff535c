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
    """`with cpu_time() as took:` measures the block.

    After thousands of tests a process holds millions of objects. Who happens to set off the collector then pays a
    second for walking through what others left; so these are set aside for the time of the block.
    """
    took = CpuTime()
    gc.collect()
    gc.freeze()
    try:
        began = time.process_time()
        yield took
        took.seconds = time.process_time() - began
    finally:
        gc.unfreeze()
