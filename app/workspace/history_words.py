"""History in sentences. One mapping; an act without a sentence is still shown, never an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.base.text import in_language
from app.extensions import settings
from app.web.locale import current_language

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.domain.history.models import Entry

# By act, or by act and place where the place tells more. Placeholders are details of the entry.
SENTENCES = {
    "account:ask_link_in_vain": _l("Somebody asked for a sign-in link with an address that has no account."),
    "account:create": _l("The account was created."),
    "account:deactivate": _l("The account was shut out."),
    "account:edit": _l("The account was changed."),
    "account:factor_codes": _l("New recovery codes were made."),
    "account:factor_off": _l("The second factor was turned off."),
    "account:factor_on": _l("The second factor was switched on."),
    "account:factor_reset": _l("The second factor was reset."),
    "account:let_in": _l("The account was let in again on the machine."),
    "account:notices": _l("Notices were chosen."),
    "account:password": _l("The password was set."),
    "account:reactivate": _l("The account was let in again."),
    "account:send_link": _l("A link to choose a password was sent."),
    "account:sign_in": _l("Signed in."),
    "account:sign_in:password": _l("Signed in with the password."),
    "account:sign_in:link": _l("Signed in with a link by mail."),
    "account:sign_in:app": _l("Signed in with a code from the app."),
    "account:sign_in:recovery": _l("Signed in with a recovery code."),
    "account:sign_out": _l("Signed out, or was signed out in one browser."),
    "account:sign_out_everywhere": _l("Signed out everywhere. Browsers: %(sessions)s."),
    "attendee:register": _l("Registered."),
    "attendee:register:confirmed": _l("Registered and got a seat."),
    "attendee:register:pending": _l("Registered, to be approved."),
    "attendee:register:waiting": _l("Registered and joined the queue."),
    "attendee:add": _l("Added by hand."),
    "attendee:add:confirmed": _l("Added by hand and got a seat."),
    "attendee:add:import": _l("Imported from a list."),
    "attendee:add:waiting": _l("Added by hand and joined the queue."),
    "attendee:move_up": _l("Moved up from the queue to a seat."),
    "attendee:undo_move_up": _l("Moving up was taken back: waits again."),
    "attendee:change": _l("Changed the registration."),
    "attendee:change:waiting": _l("Changed the registration and waits for a seat."),
    "attendee:cancel": _l("The place was cancelled."),
    "attendee:cancel:reply": _l("Answered from the calendar: no."),
    "attendee:cancel:release": _l("The seat of somebody undecided was released."),
    "attendee:cancel:approval": _l("The registration was declined."),
    "attendee:cancel:substitute": _l("Named a substitute and gave up the own place."),
    "attendee:cancel:import": _l("The import was taken back, and the place with it."),
    "attendee:cancel:move": _l("Moved to another meeting: %(title)s."),
    "attendee:cancel:merge": _l("Joined with another row of the same person."),
    "attendee:moved_in": _l("Moved here from another meeting: %(title)s."),
    "attendee:moved_in:waiting": _l("Moved here from another meeting: %(title)s. Joined the queue."),
    "attendee:merge": _l("Another row of the same person was joined with this one."),
    "attendee:carry_attendance": _l("What was noted at the door for the earlier row counts for this one."),
    "attendee:undo_merge": _l("Joining two rows was taken back."),
    "attendee:cancel:invited": _l("The invitation ended."),
    "attendee:undo_cancel": _l("The cancelling was taken back."),
    "attendee:undo_cancel:invited": _l("The cancelling was taken back: invited again."),
    "attendee:undo_cancel:pending": _l("The cancelling was taken back: to be approved again."),
    "attendee:undo_cancel:confirmed": _l("The cancelling was taken back, with a seat."),
    "attendee:undo_cancel:waiting": _l("The cancelling was taken back, first in the queue."),
    "attendee:correct_address": _l("The e-mail address was corrected."),
    "attendee:note": _l("The organiser's note was changed."),
    "attendee:label": _l("Got a label: %(label)s."),
    "attendee:unlabel": _l("A label was taken off: %(label)s."),
    "attendee:sort_name": _l("The name for sorting was corrected."),
    "attendee:replace_link": _l("The personal link was replaced."),
    "attendee:ask_feed": _l("The personal calendar was asked for."),
    "attendee:renew_feed": _l("The personal calendar got a new address."),
    "attendee:stop_feed": _l("The personal calendar was stopped."),
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
    "attendee:give_file": _l("Gave a file. Files: %(number)s."),
    "attendee:substitute": _l("Comes instead of somebody else."),
    "attendee:check_in": _l("Checked in at the door."),
    "attendee:check_in:queued": _l(
        "Checked in at the door; it reached us later, as there was no connection."
    ),
    "attendee:undo_check_in": _l("The check-in was taken back."),
    "attendee:mark_present": _l("Marked as present by hand."),
    "attendee:mark_excused": _l("Marked as excused by hand."),
    "attendee:mark_absent": _l("Marked as absent by hand."),
    "attendee:undo_mark": _l("A correction of the attendance list was taken back."),
    "attendee:let_in": _l("Got a seat at the door."),
    "attendee:walk_in": _l("Came without registering and was added at the door."),
    "attendee:erase": _l("The personal data were erased."),
    "contact:add": _l("A contact was added."),
    "contact:delete": _l("A contact was deleted."),
    "contact:edit": _l("A contact was changed."),
    "contact:move": _l("The order of the contacts was changed."),
    "feedback:change": _l("How feedback is asked for was changed."),
    "history:export": _l("History was downloaded: %(number)s entries."),
    "letter:fail": _l("A letter could not be delivered."),
    "letter:bounce": _l("A letter came back."),
    "letter:send_again": _l("A letter was sent again."),
    "broadcast:schedule": _l("A letter to many was let go. It was meant for %(number)s people then."),
    "broadcast:start": _l("A letter to many was written to each. Letters: %(number)s."),
    "broadcast:take_back": _l("A letter to many was taken back before it went out."),
    "broadcast:stop": _l("A letter to many was stopped."),
    "broadcast:stop:called_off": _l("A letter to many did not go out, as the meeting was called off."),
    "broadcast:stop:late": _l("A letter to many did not go out: it was too late for it."),
    "broadcast:go_on": _l("A letter to many goes on after it was stopped."),
    "broadcast:again": _l("Letters that had failed were sent again. Letters: %(number)s."),
    "broadcast:delete": _l("The draft of a letter to many was deleted."),
    "broadcast:restore": _l("The draft of a letter to many was brought back."),
    "list:export": _l("The list was downloaded: %(number)s people, format %(format)s."),
    "list:files": _l("Files that people gave were downloaded. People: %(number)s."),
    "list:attendance": _l("The attendance list was downloaded. People on it: %(number)s."),
    "list:feedback": _l("The results of the feedback were downloaded. People who answered: %(number)s."),
    "list:print": _l("A list was printed. People on it: %(number)s."),
    "list:print:sheet": _l("The sign-in sheet was printed. People on it: %(number)s."),
    "list:print:badges": _l("Badges were printed. People: %(number)s."),
    "list:print:labels": _l("Badges were printed on labels. People: %(number)s."),
    "list:print:handout": _l("The list to hand out was printed. People on it: %(number)s."),
    "meeting:delete": _l("A draft was deleted."),
    "meeting:undelete": _l("A deleted draft was brought back."),
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
    "meeting:import": _l("A list was imported. People added: %(number)s, letters: %(told)s."),
    "meeting:undo_import": _l("An import was taken back. People taken off: %(number)s."),
    "meeting:remind": _l("Whoever was silent was reminded. Letters: %(number)s."),
    "meeting:full": _l("All seats are taken."),
    "meeting:full:room": _l("All seats in the room are taken."),
    "meeting:full:online": _l("All places online are taken."),
    "organisation:add": _l("An organisation was added to the directory."),
    "organisation:edit": _l("An organisation of the directory was changed."),
    "page:edit": _l("A text of the public pages was changed."),
    "reply:propose": _l("Somebody proposed another time from the calendar."),
    "reply:review": _l("A reply came that a person has to read."),
    "series:create": _l("A series was created."),
    "team:factor_required": _l("A second factor is asked of everybody from now on."),
    "team:factor_optional": _l("Everybody decides about their second factor from now on."),
    "attendee:fill_in": _l("The organiser changed the answers to questions."),
    "question:add": _l("A question was added."),
    "question:change": _l("A question was changed."),
    "question:move": _l("The order of the questions was changed."),
    "question:retire": _l("A question was retired."),
    "question:restore": _l("A retired question was brought back."),
    "question:delete": _l("A question was deleted."),
    "view:save": _l("A view of the list was saved."),
    "view:rename": _l("A saved view got another name."),
    "view:delete": _l("A saved view was deleted."),
    "view:restore": _l("A deleted saved view was brought back."),
    "privacy:expire": _l("Personal data whose time was over were erased."),
}
# What an entry is about; also the choice of the filter.
SUBJECTS = {
    "account": _l("Accounts and signing in"),
    "attendee": _l("Attendees"),
    "broadcast": _l("Letters to many"),
    "contact": _l("Contacts"),
    "feedback": _l("Feedback"),
    "history": _l("Downloads of history"),
    "letter": _l("Letters"),
    "list": _l("Downloads of lists"),
    "meeting": _l("Meetings"),
    "organisation": _l("Organisations"),
    "page": _l("Texts of pages"),
    "privacy": _l("Retention"),
    "question": _l("Questions"),
    "reply": _l("Replies from calendars"),
    "series": _l("Series"),
    "team": _l("Rules of the team"),
    "view": _l("Saved views"),
}
ACTORS = {
    "attendee": _l("the attendee"),
    "public": _l("a visitor"),
    "system": _l("automatically"),
}


class _Details(dict[str, Any]):
    """Details of an entry; what an old entry does not have is a dash."""

    def __missing__(self, key: str) -> str:
        return "–"


def _finer(details: Mapping[str, Any]) -> list[str]:
    """What may tell more than the act: what was answered and what it did, by what a place ended, which place."""
    named = ("by", "was", "place", "mode", "second", "way", "paper")
    names = [str(details[name]) for name in named if details.get(name)]
    if details.get("answer"):
        return [f"{details['answer']}:{details.get('outcome')}", str(details["answer"])]
    return names


def sentence(entry: Entry, labels: Mapping[int, str] | None = None) -> str:
    """What was done; `labels` are names by id, and one that is gone is a dash."""
    details = _Details(entry.details)
    if "label" in details:
        details["label"] = (labels or {}).get(details["label"], "–")
    if isinstance(details["title"], dict):
        details["title"] = in_language(details["title"], current_language(), settings().languages)[0]
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


# By the kind of paper, or by the act: what is said of a number of people that somebody took.
TAKEN: dict[str, Callable[[int, str], str]] = {
    "sheet": lambda number, who: ngettext(
        "%(name)s printed the sign-in sheet, %(num)d person.",
        "%(name)s printed the sign-in sheet, %(num)d people.",
        number,
        name=who,
    ),
    "handout": lambda number, who: ngettext(
        "%(name)s printed the list to hand out, %(num)d person.",
        "%(name)s printed the list to hand out, %(num)d people.",
        number,
        name=who,
    ),
    "badges": lambda number, who: ngettext(
        "%(name)s printed badges, %(num)d person.",
        "%(name)s printed badges, %(num)d people.",
        number,
        name=who,
    ),
    "list:feedback": lambda number, who: ngettext(
        "%(name)s downloaded the results of the feedback, %(num)d person.",
        "%(name)s downloaded the results of the feedback, %(num)d people.",
        number,
        name=who,
    ),
    "list:files": lambda number, who: ngettext(
        "%(name)s downloaded the files of %(num)d person.",
        "%(name)s downloaded the files of %(num)d people.",
        number,
        name=who,
    ),
}


def taken(entry: Entry, accounts: Mapping[int, str]) -> str:
    """Who took what out of the house, with how many people."""
    details, who = entry.details, actor(entry, accounts)
    number, paper = int(details.get("number", 0)), details.get("paper")
    what = (paper if paper in TAKEN else "badges") if paper else entry.act
    return str(TAKEN[what](number, who)) if what in TAKEN else _downloaded(entry, who, number)


def _downloaded(entry: Entry, who: str, number: int) -> str:
    with_needs = entry.details.get("needs")
    form = "Excel" if entry.details.get("format") == "xlsx" else "CSV"
    if with_needs:
        return str(
            ngettext(
                "%(name)s downloaded the list with needs as %(format)s, %(num)d person.",
                "%(name)s downloaded the list with needs as %(format)s, %(num)d people.",
                number,
                name=who,
                format=form,
            )
        )
    return str(
        ngettext(
            "%(name)s downloaded the list as %(format)s, %(num)d person.",
            "%(name)s downloaded the list as %(format)s, %(num)d people.",
            number,
            name=who,
            format=form,
        )
    )
