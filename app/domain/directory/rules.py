"""What may not be on the list twice."""

from __future__ import annotations

from app.base.errors import Refusal


class AlreadyListed(Refusal):
    """There is an organisation whose name differs at most in case, diacritics and spaces."""
