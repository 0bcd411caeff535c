"""Joining two rows of one person; `parting.py` takes it back.

The row that is dropped stays behind the kept one, as a corrected address does: with its letters and history it belongs
to the same person from then on, also when that person is erased. The caller has begun a write and commits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.base.errors import NotFound
from app.domain.history import service as history
from app.domain.meetings.models import MeetingState
from app.domain.outbox import queries as outbox_queries
from app.domain.outbox.models import Calendar, Kind
from app.domain.questions import queries as questions_of
from app.domain.registration import carrying, letters, option_places, rules, seating, sign_up
from app.domain.registration.models import Answer, Attendee, Place

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor
    from app.domain.meetings.models import Meeting

MERGE = "merge"  # by what the dropped row ended, in history
# What the kept row takes from the other where it has nothing itself: by the first column, all of them.
FILLED: dict[str, tuple[str, ...]] = {
    "organisation": ("organisation_name", "organisation_sort_key", "organisation_id", "organisation_kind"),
    "needs": (
        "needs_consent_at",
        "needs_consent_text",
        "needs_interpreter",
        "needs_access",
        "needs_diet",
        "needs_note",
    ),
    "handout": ("handout_consent_at", "handout_consent_text"),
    "note": ("note",),
}
ANSWER = ("answer", "answer_at", "answer_by", "answer_revision", "answer_note")


def merge(
    session: Session, meeting_id: int, kept_id: int, dropped_id: int, *, now: datetime, actor: Actor
) -> Attendee:
    """Join two rows of one person; returns the kept one.

    It gets the better place of the two, and what it lacks: organisation, needs, note, answers. A row without an
    address never outlives one with an address. The other row ends; only a calendar entry that it may have made is
    taken out by a letter. Raises `ChangeRefused` (ended), `NotFound`.
    """
    meeting = seating.lock_meeting(session, meeting_id)
    kept, dropped = _both(session, meeting, kept_id, dropped_id)
    took, had = _takes_seat(kept, dropped), {"kept_was": kept.place, "kept_mode": kept.mode}
    number, was = dropped.queue_number, dropped.place
    seating.end_place(session, meeting, dropped, Place.CANCELLED, now=now, actor=actor, by=MERGE)
    if took:
        kept.place, kept.mode, kept.queue_number = Place.CONFIRMED, dropped.mode, None
        kept.revision += 1
    elif number is not None and kept.queue_number is not None and kept.mode == dropped.mode:
        kept.queue_number = min(number, kept.queue_number)
    filled = _fill(kept, dropped)
    kept.changed_at = now
    _oldest(session, kept).previous_id = dropped.id
    session.flush()
    said, files = _take_answers(session, meeting, kept, dropped)
    if took:
        option_places.settle(session, meeting.id, [kept])
    record(
        session,
        "attendee:merge",
        kept,
        now=now,
        actor=actor,
        other=dropped.id,
        filled=filled,
        said=said,
        files=files,
        labels=carrying.add_labels(session, dropped.id, kept.id),
        took=took,
        **had,
    )
    _tell_merged(session, meeting, kept, dropped, was=was, took=took, now=now)
    seating.move_up(session, meeting, now=now, actor=history.SYSTEM)
    return kept


def _both(session: Session, meeting: Meeting, kept_id: int, dropped_id: int) -> tuple[Attendee, Attendee]:
    kept, dropped = locked_row(session, meeting, kept_id), locked_row(session, meeting, dropped_id)
    if kept is dropped or not (kept.is_live and dropped.is_live):
        raise rules.ChangeRefused("ended")
    return (dropped, kept) if kept.email is None and dropped.email else (kept, dropped)


def locked_row(session: Session, meeting: Meeting, attendee_id: int) -> Attendee:
    """A row of this meeting as the database has it now; raises `NotFound`."""
    query = select(Attendee).where(Attendee.id == attendee_id, Attendee.meeting_id == meeting.id)
    row = session.scalar(query.with_for_update(of=Attendee).execution_options(populate_existing=True))
    if row is None:
        raise NotFound
    return row


def _takes_seat(kept: Attendee, dropped: Attendee) -> bool:
    return dropped.place == Place.CONFIRMED and kept.place != Place.CONFIRMED


def _oldest(session: Session, attendee: Attendee) -> Attendee:
    """The end of the rows that earlier addresses of this person left behind."""
    while attendee.previous_id is not None:
        attendee = session.get_one(Attendee, attendee.previous_id)
    return attendee


def _fill(kept: Attendee, dropped: Attendee) -> list[str]:
    """Give the kept row what it lacks; returns the names of what it got."""
    groups = dict(FILLED)
    if kept.place in (Place.CONFIRMED, Place.WAITING) and kept.answer == Answer.NONE != dropped.answer:
        groups["answer"] = ANSWER
    filled = []
    for name, columns in groups.items():
        if name == "answer" or (getattr(dropped, columns[0]) and not getattr(kept, columns[0])):
            _copy(kept, dropped, columns)
            filled.append(name)
    kept.search_key = sign_up.search_key(kept.name, kept.email, kept.organisation_name)
    return filled


def _copy(kept: Attendee, dropped: Attendee, columns: Sequence[str]) -> None:
    for one in columns:
        setattr(kept, one, getattr(dropped, one))


def _take_answers(
    session: Session, meeting: Meeting, kept: Attendee, dropped: Attendee
) -> tuple[list[int], list[int]]:
    """Answers to questions that the kept row has not answered; returns the questions, and the files by id."""
    given = questions_of.given_by(session, [kept.id, dropped.id])
    own = given.get(kept.id, {})
    missing = {number: one for number, one in given.get(dropped.id, {}).items() if number not in own}
    if not missing:
        return [], []
    asked = questions_of.every_of(session, meeting)
    files = carrying.files_among(asked)
    said = carrying.without_files(missing, files)
    gone = option_places.taken(session, meeting.id, option_places.limits_of(asked))
    option_places.store(session, [(kept, said)], asked, gone)
    handed = carrying.hand_files_over(session, dropped.id, kept.id, missing, files)
    return list(said), carrying.files_given(session, kept.id, handed)


def _tell_merged(
    session: Session,
    meeting: Meeting,
    kept: Attendee,
    dropped: Attendee,
    *,
    was: str,
    took: bool,
    now: datetime,
) -> None:
    """A letter takes out the entry that the dropped row made; another one tells of a seat that is new."""
    if not is_ahead(meeting, now=now):
        return
    if outbox_queries.last_calendar(session, dropped.id) == Calendar.REQUEST:
        dropped.revision += 1
        calendar = Calendar.CANCEL
        letters.write(
            session,
            Kind.CANCELLED,
            meeting,
            dropped,
            now=now,
            calendar=calendar,
            by=MERGE,
            was=was,
            reason="",
        )
    if took:
        letters.write(session, Kind.MOVED_UP, meeting, kept, now=now, calendar=Calendar.REQUEST)


def is_ahead(meeting: Meeting, *, now: datetime) -> bool:
    """Whether a letter about a place still helps."""
    return meeting.state == MeetingState.PUBLISHED and now < meeting.starts_at


def record(
    session: Session, act: str, attendee: Attendee, *, now: datetime, actor: Actor, **details: Any
) -> None:
    """Note in history what became of a row."""
    history.record(
        session,
        act,
        subject_id=attendee.id,
        meeting_id=attendee.meeting_id,
        actor=actor,
        now=now,
        **details,
    )
