"""History in sentences. One mapping; an act without a sentence is still shown, never an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.domain.history.models import Entry

# By act, or by act and place where the place tells more. Placeholders are details of the entry.
SENTENCES = {
    "attendee:register": _l("Registered."),
    "attendee:register:confirmed": _l("Registered and got a seat."),
    "attendee:register:pending": _l("Registered, to be approved."),
    "attendee:register:waiting": _l("Registered and joined the queue."),
    "attendee:add": _l("Added by hand."),
    "attendee:add:confirmed": _l("Added by hand and got a seat."),
    "attendee:add:waiting": _l("Added by hand and joined the queue."),
    "attendee:move_up": _l("Moved up from the queue to a seat."),
    "attendee:change": _l("Changed the registration."),
    "attendee:change:waiting": _l("Changed the registration and waits for a seat."),
    "attendee:cancel": _l("The place was cancelled."),
    "attendee:cancel:reply": _l("Answered from the calendar: no."),
    "attendee:cancel:release": _l("The seat of somebody undecided was released."),
    "attendee:cancel:approval": _l("The registration was declined."),
    "attendee:cancel:substitute": _l("Named a substitute and gave up the own place."),
    "attendee:cancel:invited": _l("The invitation ended."),
    "attendee:undo_cancel": _l("The cancelling was taken back."),
    "attendee:undo_cancel:invited": _l("The cancelling was taken back: invited again."),
    "attendee:undo_cancel:pending": _l("The cancelling was taken back: to be approved again."),
    "attendee:undo_cancel:confirmed": _l("The cancelling was taken back, with a seat."),
    "attendee:undo_cancel:waiting": _l("The cancelling was taken back, first in the queue."),
    "attendee:correct_address": _l("The e-mail address was corrected."),
    "attendee:note": _l("The organiser's note was changed."),
    "attendee:sort_name": _l("The name for sorting was corrected."),
    "attendee:replace_link": _l("The personal link was replaced."),
    "attendee:answer": _l("Answered the invite."),
    "attendee:answer:yes": _l("Answered: yes."),
    "attendee:answer:yes:given": _l("Answered: yes, and got a seat."),
    "attendee:answer:yes:queued": _l("Answered: yes, and joined the queue."),
    "attendee:answer:maybe": _l("Answered: maybe."),
    "attendee:answer:maybe:given": _l("Answered: maybe, and got a seat."),
    "attendee:answer:maybe:queued": _l("Answered: maybe, and joined the queue."),
    "attendee:answer:no": _l("Answered: no."),
    "attendee:invite": _l("Invited."),
    "attendee:approve": _l("The registration was approved."),
    "attendee:approve:confirmed": _l("The registration was approved, with a seat."),
    "attendee:approve:waiting": _l("The registration was approved. No seat was free, so the person waits."),
    "attendee:substitute": _l("Comes instead of somebody else."),
    "attendee:erase": _l("The personal data were erased."),
    "letter:fail": _l("A letter could not be delivered."),
    "letter:bounce": _l("A letter came back."),
    "letter:send_again": _l("A letter was sent again."),
    "list:export": _l("The list was downloaded: %(number)s people, format %(format)s."),
    "meeting:create": _l("The meeting was created."),
    "meeting:edit": _l("The meeting was edited."),
    "meeting:publish": _l("The meeting was published."),
    "meeting:reschedule": _l("People were told about a change of the meeting."),
    "meeting:hold_change": _l("A change of the meeting was saved, and people were not told yet."),
    "meeting:call_off": _l("The meeting was called off."),
    "meeting:restore": _l("The meeting was restored."),
    "meeting:capacity": _l("The capacity was changed."),
    "meeting:add_chair": _l("A chair was added. The capacity is %(capacity)s now."),
    "meeting:add_chair:room": _l("A chair was added in the room. There are %(capacity)s seats now."),
    "meeting:add_chair:online": _l("A place online was added. There are %(capacity)s now."),
    "meeting:remind": _l("Whoever was silent was reminded. Letters: %(number)s."),
    "meeting:full": _l("All seats are taken."),
    "meeting:full:room": _l("All seats in the room are taken."),
    "meeting:full:online": _l("All places online are taken."),
    "attendee:fill_in": _l("The organiser changed the answers to questions."),
    "question:add": _l("A question was added."),
    "question:change": _l("A question was changed."),
    "question:move": _l("The order of the questions was changed."),
    "question:retire": _l("A question was retired."),
    "question:restore": _l("A retired question was brought back."),
    "question:delete": _l("A question was deleted."),
    "privacy:expire": _l("Personal data whose time was over were erased."),
}
ACTORS = {
    "attendee": _l("the attendee"),
    "public": _l("the registration form"),
    "system": _l("automatically"),
}


class _Details(dict[str, Any]):
    """Details of an entry; what an old entry does not have is a dash."""

    def __missing__(self, key: str) -> str:
        return "–"


def _finer(details: Mapping[str, Any]) -> list[str]:
    """What may tell more than the act: what was answered and what it did, by what a place ended, which place."""
    names = [str(details[name]) for name in ("by", "was", "place", "mode") if details.get(name)]
    if details.get("answer"):
        return [f"{details['answer']}:{details.get('outcome')}", str(details["answer"])]
    return names


def sentence(entry: Entry) -> str:
    """What was done."""
    details = _Details(entry.details)
    finer = [f"{entry.act}:{part}" for part in _finer(details)]
    found = next((SENTENCES[one] for one in finer if one in SENTENCES), SENTENCES.get(entry.act))
    if found is None:
        return str(_("Something was done: %(act)s", act=entry.act))
    return str(found) % details


def actor(entry: Entry, accounts: Mapping[int, str]) -> str:
    """Who did it; `accounts` are names by id."""
    if entry.account_id is not None:
        return accounts.get(entry.account_id) or str(_("an account that is gone"))
    return str(ACTORS.get(entry.actor, entry.actor))
