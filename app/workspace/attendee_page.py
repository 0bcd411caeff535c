"""The page of one attendee, also as the answer to an act on it that was refused."""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from flask import abort, make_response, render_template, request, url_for

from app.base import clock
from app.domain.accounts.rules import Permission, may
from app.domain.meetings.models import Meeting, MeetingState
from app.domain.questions.queries import given_by
from app.domain.registration import label_queries, substitutes
from app.domain.registration.merging import MERGE
from app.domain.registration.models import Answer, Attendee, Place
from app.domain.registration.move_traces import other_row
from app.domain.registration.queries import get_attendee
from app.domain.registration.seating import queue_position
from app.domain.replies import queries as replies
from app.domain.reports import queries as reports
from app.domain.reports.names import surname_first
from app.extensions import db
from app.web.access import current_account, meeting_for
from app.web.locale import language_name
from app.web.question_answers import answer_lines
from app.workspace import history_words, letter_words, reply_words
from app.workspace.attendee_list import LABELLED, instant_of
from app.workspace.attendee_words import ANSWERS, KINDS, MODES, WAYS
from app.workspace.forms.attendees import AddressForm, CancelForm, DeclineForm, NoteForm, SortNameForm
from app.workspace.forms.labels import LabelForm
from app.workspace.question_columns import file_href, visible_questions

if TYPE_CHECKING:
    from flask import Response
    from sqlalchemy.orm import Session

    from app.domain.history.models import Entry


def attendee_of(meeting: Meeting, attendee_id: int) -> Attendee:
    """An attendee of this meeting; 404 for somebody of another one, and for whoever was erased."""
    attendee = get_attendee(db.session(), attendee_id)
    if attendee.meeting_id != meeting.id or attendee.erased_at is not None:
        abort(404)
    return attendee


def page(
    meeting_id: int,
    attendee_id: int,
    *,
    status: int = HTTPStatus.OK,
    refused: str = "",
    offer_chair: bool = False,
    **forms: Any,
) -> Response:
    """The whole page.

    `forms` are those that were sent and stay as typed; `refused` says why an act was not done; `offer_chair`
    offers a chair where no seat was free.
    """
    session = db.session()
    meeting = meeting_for(meeting_id, Permission.SEE_LIST)
    attendee = attendee_of(meeting, attendee_id)
    account = current_account()
    markup = render_template(
        "workspace/attendees/show.html",
        meeting=meeting,
        attendee=attendee,
        sort_name=surname_first(attendee.name, attendee.sort_key),
        queue=queue_position(session, attendee),
        kinds=KINDS,
        modes=MODES,
        answers=ANSWERS,
        ways=WAYS,
        language_name=language_name,
        may_edit=may(account, Permission.EDIT, meeting.series_id),
        may_erase=may(account, Permission.ADMINISTER),
        may_see_needs=may(account, Permission.SEE_NEEDS, meeting.series_id),
        may_read_letters=may(account, Permission.READ_LETTERS, meeting.series_id),
        refused=refused,
        offer_chair=offer_chair,
        opened=request.args.get("open", ""),
        **_undo(attendee, request.args.get("undo", "")),
        **_state(meeting, attendee),
        **_forms(attendee, forms),
        **_around(session, attendee),
    )
    return make_response(markup, status)


def _state(meeting: Meeting, attendee: Attendee) -> dict[str, bool]:
    """What may happen to the place now: it is not for ever, and not after the start."""
    ahead = meeting.state == MeetingState.PUBLISHED and clock.now() < meeting.starts_at
    return {
        "can_cancel": ahead and attendee.is_live,
        "can_undo": ahead and not attendee.is_live,
        "can_decide": ahead and attendee.place == Place.PENDING,
        "can_release": ahead and attendee.place == Place.CONFIRMED and attendee.answer == Answer.MAYBE,
        "can_move_up": ahead and attendee.place == Place.WAITING,
        "is_ahead": ahead,
    }


def _forms(attendee: Attendee, sent: dict[str, Any]) -> dict[str, Any]:
    """Each form as it was sent, else with what is stored."""
    shown = surname_first(attendee.name, attendee.sort_key)
    return {
        "note_form": sent.get("note_form") or NoteForm().showing(note=attendee.note),
        "address_form": sent.get("address_form") or AddressForm().showing(),
        "sort_form": sent.get("sort_form") or SortNameForm().showing(sort_name=shown),
        "decline_form": sent.get("decline_form") or DeclineForm().showing(),
        "cancel_form": sent.get("cancel_form") or CancelForm().showing(),
        "label_form": sent.get("label_form") or LabelForm().showing(),
        "sent_form": next((form for form in sent.values() if form is not None), None),
    }


def _around(session: Session, attendee: Attendee) -> dict[str, Any]:
    """What is known about the person: letters, replies, history, the people they came with or instead of."""
    rows = reports.lineage(session, attendee)
    entries = reports.history_of(session, rows)
    names = reports.account_names(session, (entry.account_id for entry in entries))
    now, labels = clock.now(), label_queries.names_in(session, entries)
    return {
        "letters": [
            (letter, letter_words.perhaps_sent(letter, now=now))
            for letter in reports.letters_of(session, rows)
        ],
        "replies": [reply for row in rows for reply in replies.of_attendee(session, row)],
        "reply_words": reply_words,
        **_said(session, attendee),
        **_labels(session, attendee),
        "substitute": substitutes.substitute_of(session, attendee),
        "substituted": _substituted(session, attendee),
        "elsewhere": elsewhere(session, attendee, entries),
        **_joined(attendee, entries),
        "letter_kinds": letter_words.KINDS,
        "entries": [
            (entry.at, history_words.sentence(entry, labels), history_words.actor(entry, names))
            for entry in entries
        ],
        "added_by_hand": any(entry.act == reports.ADDED for entry in entries),
        "party": reports.party_members(session, attendee),
        "successor": reports.successor(session, attendee.id),
    }


def _said(session: Session, attendee: Attendee) -> dict[str, Any]:
    """What the person said to questions, as far as this account may see it."""
    questions = visible_questions(attendee.meeting)
    given = given_by(session, [attendee.id]).get(attendee.id, {}) if questions else {}
    return {
        "said": answer_lines(
            questions,
            given,
            has_seat=attendee.place == Place.CONFIRMED,
            href=file_href(attendee.meeting_id, attendee.id),
        ),
        "asks": any(one.retired_at is None for one in questions),
    }


def _substituted(session: Session, attendee: Attendee) -> Attendee | None:
    """For whom this person comes, while that is known."""
    if attendee.substitute_for_id is None:
        return None
    other = session.get(Attendee, attendee.substitute_for_id)
    return other if other is not None and other.erased_at is None else None


def _joined(attendee: Attendee, entries: list[Entry]) -> dict[str, bool]:
    """Whether the row was joined with another one, and whether another one was with it, as history tells."""
    own = [one for one in entries if one.subject_id == attendee.id]
    acts = Counter(one.act for one in own)
    ended = next((one.details for one in own if one.act == "attendee:cancel"), {})
    return {
        "joined": ended.get("by") == MERGE,
        "has_joined": attendee.is_live and acts["attendee:merge"] > acts["attendee:undo_merge"],
    }


def elsewhere(session: Session, attendee: Attendee, entries: list[Entry]) -> tuple[Meeting, int] | None:
    """The meeting, and the row there, to or from which the person was moved, if this account may see it."""
    other, account = other_row(attendee, entries), current_account()
    meeting = session.get(Meeting, other[0]) if other else None
    if other is None or meeting is None or not may(account, Permission.SEE_LIST, meeting.series_id):
        return None
    return meeting, other[1]


def _undo(attendee: Attendee, undo: str) -> dict[str, Any]:
    """Where the opposite of the last act is sent to, with what; `undo` is 1, or the instant of an act with a label."""
    if undo.startswith(LABELLED) and instant_of(undo):
        action = url_for("workspace.labels.take_back", meeting_id=attendee.meeting_id)
        return {"undo_action": action, "undo_fields": {"ended_at": undo, "attendee": attendee.id}}
    if undo != "1":
        return {"undo_action": "", "undo_fields": {}}
    opposite = "cancel" if attendee.is_live else "undo"
    action = url_for(
        f"workspace.attendees.{opposite}", meeting_id=attendee.meeting_id, attendee_id=attendee.id
    )
    return {"undo_action": action, "undo_fields": {}}


def _labels(session: Session, attendee: Attendee) -> dict[str, Any]:
    """The labels of the person by id, and what else is offered: the others of the meeting."""
    known = label_queries.shown(session, attendee.meeting_id, [attendee.id])
    own = {one: name for one, name in known.names.items() if name in known.by_attendee.get(attendee.id, ())}
    return {
        "labels": own,
        "other_labels": [name for one, name in known.used.items() if one not in own],
    }
