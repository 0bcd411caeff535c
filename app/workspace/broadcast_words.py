"""Letters to many in words: states, reasons, placeholders, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.base.text import in_language
from app.domain.broadcasts.models import BroadcastState, Purpose, Stop
from app.domain.broadcasts.placeholders import Placeholder, fill
from app.domain.broadcasts.rules import CAME, DID_NOT_COME
from app.domain.registration.models import Place
from app.extensions import settings
from app.web.locale import current_language, language_name
from app.workspace.attendee_words import ANSWERS, KINDS, MODES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.base.errors import Refusal
    from app.domain.broadcasts.models import Broadcast
    from app.domain.broadcasts.rules import Problem, Segment
    from app.domain.meetings.models import Meeting

STATES = {
    BroadcastState.DRAFT: ("no", _l("draft")),
    BroadcastState.SCHEDULED: ("wait", _l("scheduled")),
    BroadcastState.SENDING: ("maybe", _l("being sent")),
    BroadcastState.SENT: ("yes", _l("sent")),
    BroadcastState.STOPPED: ("bad", _l("stopped")),
}
PURPOSES = {
    Purpose.ABOUT: _l("About this meeting"),
    Purpose.NEWS: _l("Other news"),
}
PURPOSE_HINTS = {
    Purpose.ABOUT: _l("Papers, practical matters, thanks. Whoever is on the list gets it."),
    Purpose.NEWS: _l(
        "Anything else. Whoever refused news is left out, and each letter has a way to refuse it."
    ),
}
PLACES = {
    Place.CONFIRMED: _l("coming"),
    Place.WAITING: _l("waiting"),
    Place.PENDING: _l("to be approved"),
    Place.INVITED: _l("invited, no answer yet"),
    Place.DECLINED: _l("not coming"),
    Place.CANCELLED: _l("cancelled"),
}
STOPS = {
    Stop.ORGANISER: _l("An organiser stopped it."),
    Stop.CALLED_OFF: _l("It was not sent, as the meeting was called off meanwhile."),
    Stop.LATE: _l("It was not sent, as its time was over by more than twelve hours."),
}
WHEN_HINTS = {"now": _l("It begins after half a minute. Until then you can take it back.")}
LEFT_OUT = {
    "no_address": _l("no address"),
    "undeliverable": _l("letters to their address come back"),
    "refused": _l("they refused news"),
}
PLACEHOLDERS = {
    Placeholder.NAME: _l("name of the person"),
    Placeholder.ORGANISATION: _l("their organisation"),
    Placeholder.MEETING: _l("topic of the meeting"),
    Placeholder.SERIES: _l("series with the number"),
    Placeholder.DATE: _l("day of the meeting"),
    Placeholder.TIME: _l("from when to when"),
    Placeholder.PLACE: _l("where, or online"),
    Placeholder.ADDRESS: _l("street and town"),
    Placeholder.PERSONAL_LINK: _l("personal link, a different one for each person"),
    Placeholder.MEETING_LINK: _l("public page of the meeting"),
    Placeholder.FEEDBACK: _l("page with the questions after the meeting, a different link for each person"),
    Placeholder.DOCUMENTS: _l("names of the files that go with the letter"),
}
ABSENT = {
    Placeholder.FEEDBACK: _l(
        "%(name)s leads nowhere: no feedback is asked for at this meeting now. Add questions, or take it out."
    ),
    Placeholder.DOCUMENTS: _l("%(name)s stands for nothing: add a file to the letter, or take it out."),
}
PRESENCE = {
    CAME: _l("came: checked in, or marked as present"),
    DID_NOT_COME: _l("did not come, or nobody noted it"),
}
REFUSED = {
    "not_draft": _l("This letter was let go meanwhile, so it does not change any more."),
    "deleted": _l("This draft was deleted. Bring it back first."),
    "not_scheduled": _l(
        "It has begun to go out, so it cannot be taken back. You can stop what has not left."
    ),
    "not_running": _l("Nothing of this letter is on its way."),
    "not_stopped": _l("There is nothing to go on with."),
    "nobody": _l("Nobody would get this letter. Choose other people."),
    "meeting_draft": _l("Publish the meeting first: the letter would lead to a page that is not there."),
    "past": _l("This time is over. Choose a later one."),
    "too_far": _l("This is more than a year ahead. Choose an earlier day."),
    "night": _l("People sleep between 21:00 and 7:00. Choose another time, or tick that it may go at night."),
    "incomplete": _l("The letter is not whole yet. Correct what is marked."),
    "too_large": _l("A file may have 5 MB, all together 10 MB. Put large files on the web and link to them."),
    "too_many": _l("More than ten files do not go with a letter."),
    "none_failed": _l("No letter failed."),
}


def refusal_sentence(refusal: Refusal) -> str:
    """Why not, and what to do."""
    reason = getattr(refusal, "reason", "")
    return str(REFUSED.get(reason, _("This cannot be done now. Look at the present state.")))


def problem_sentence(problem: Problem) -> str:
    """What is missing or wrong in a text, and what to do."""
    language = language_name(problem.language) if problem.language else ""
    if problem.what == "nothing":
        return str(_("Write a subject and a text in at least one language."))
    if problem.what == "subject":
        return str(_("Write the subject too (%(language)s), or empty the text.", language=language))
    if problem.what == "body":
        return str(_("Write the text too (%(language)s), or empty the subject.", language=language))
    if problem.what == "absent":
        return str(ABSENT[Placeholder(problem.name)] % {"name": f"%{problem.name}%"})
    if problem.nearest:
        return str(
            _(
                "There is no %(wrong)s. Did you mean %(right)s?",
                wrong=f"%{problem.name}%",
                right=f"%{problem.nearest}%",
            )
        )
    return str(_("There is no %(wrong)s. Choose one of the list below.", wrong=f"%{problem.name}%"))


def subject_line(broadcast: Broadcast, meeting: Meeting) -> str:
    """The subject in the language of the page, with what is the same for everybody; perhaps empty."""
    order = settings().languages
    text, language = in_language(broadcast.subject, current_language(), order)
    return fill(text, {Placeholder.MEETING: in_language(meeting.title, language, order)[0]})


def whom(segment: Segment) -> list[str]:
    """Whom a letter goes to: each row of the segment with its values, as one line."""
    rows: list[tuple[tuple[str, ...], Mapping[str, object]]] = [
        (segment.places, {str(key): text for key, text in PLACES.items()}),
        (segment.answers, {str(key): text for key, text in ANSWERS.items()}),
        (segment.kinds, {"": _l("kind not stated"), **{str(key): text for key, text in KINDS.items()}}),
        (segment.modes, {str(key): text for key, text in MODES.items()}),
        (segment.presence, PRESENCE),
    ]
    lines = [", ".join(str(words.get(one, one)) for one in values) for values, words in rows if values]
    return lines + ([chosen(segment)] if segment.people else [])


def chosen(segment: Segment) -> str:
    """That it goes only to people who were ticked in the list; empty where nobody was."""
    number = len(segment.people)
    if not number:
        return ""
    return str(ngettext("only %(num)d chosen person", "only %(num)d chosen people", number))
