"""The word "no".

A rule that says no raises a `Refusal`. Each concrete one stands beside its rule and carries facts, never text
for a person: the faces translate it.
"""


class Refusal(Exception):  # noqa: N818 - it is an answer, not an error
    """A rule said no. Nothing has changed."""


class NotFound(Refusal):
    """There is no such thing, or the asker may not know of it."""


class Conflict(Refusal):
    """Somebody else changed the thing in the meantime."""
