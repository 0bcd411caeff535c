"""When a letter is tried again."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

GIVE_UP_AFTER = timedelta(days=3)
LONGEST_PAUSE = timedelta(hours=6)


def next_try(attempts: int, *, created_at: datetime, now: datetime) -> datetime | None:
    """The instant of the next try after `attempts` tries: 1, 2, 4 … minutes up to 6 h, with jitter.

    None after 3 days.
    """
    if now - created_at >= GIVE_UP_AFTER:
        return None
    pause = min(timedelta(minutes=2 ** min(attempts - 1, 12)), LONGEST_PAUSE)
    return now + pause * random.uniform(0.8, 1.2)  # noqa: S311 - spreads load, protects nothing
