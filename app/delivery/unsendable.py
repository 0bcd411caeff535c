"""Why a letter is not sent."""


class CannotCompose(Exception):  # noqa: N818 - says what is the matter
    """A letter that can never be sent; the text says why, for the organiser."""


class Overtaken(CannotCompose):
    """A letter that has waited for too long: what it says is no longer so, or not wanted any more."""
