"""The columns of the attendee list, beside the name, that an organiser may choose or leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _l

from app.workspace.attendee_words import HEADINGS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from app.domain.registration.queries import ListView

NAME = "name"  # is always there; alone in an address it means: nothing but the name
# In the order of the table: a phone shows the name and the first one. Answers to questions stand before the needs.
COLUMNS: Mapping[str, Any] = {
    "state": HEADINGS["state"],
    "email": HEADINGS["email"],
    "organisation": HEADINGS["organisation"],
    "kind": HEADINGS["kind"],
    "answer": HEADINGS["answer"],
    "answered": HEADINGS["answered"],
    "registered_by": HEADINGS["registered_by"],
    "mode": HEADINGS["mode"],
    "language": HEADINGS["language"],
    "labels": HEADINGS["labels"],
    "needs": _l("Needs"),
    "registered": HEADINGS["registered"],
    "invited": HEADINGS["invited"],
    "checked_in": HEADINGS["checked_in"],
    "letter": _l("Letter"),
    "note": HEADINGS["note"],
}
USUAL = frozenset(
    ("email", "organisation", "kind", "state", "answer", "mode", "labels", "needs", "registered", "letter")
)
WHEN_BOUNCED = "registered_by"  # tells whom to ask for another address


def chosen(names: Collection[str]) -> tuple[str, ...]:
    """The columns of an address, the name first; empty where it asks for none of ours, or for the usual ones."""
    known = tuple(name for name in COLUMNS if name in names)
    if not (known or NAME in names) or set(known) == USUAL:
        return ()
    return (NAME, *known)


def ticked(view: ListView) -> frozenset[str]:
    """Which columns are chosen, whether this meeting and this account have them or not."""
    return frozenset(view.shown) or USUAL


def offered(*, modes: bool, needs: bool, note: bool) -> dict[str, Any]:
    """The columns that can be chosen here, with their headings.

    `modes`: people take part in more than one way; `needs` and `note`: this account may read them.
    """
    without = {"mode": not modes, "needs": not needs, "note": not note}
    return {name: text for name, text in COLUMNS.items() if not without.get(name)}


def shown(view: ListView, here: Collection[str], *, labels: bool, needs: bool) -> frozenset[str]:
    """The columns that the table has, of those that are offered `here`.

    Without `labels`, or without `needs`, nobody has any, and the column is left out.
    """
    empty = {name for name, used in (("labels", labels), ("needs", needs)) if not used}
    asked = ticked(view) | ({WHEN_BOUNCED} if view.bounced else set())
    return (asked & frozenset(here)) - empty
