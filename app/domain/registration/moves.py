"""Moving people to another meeting, and taking that back.

Both meetings are locked, always the one with the lower number first, so that two opposite moves wait for each
other. The number of statements does not grow with the number of people. The caller has begun a write and commits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.base.text import in_language
from app.domain.history import service as history
from app.domain.outbox.models import Calendar, Kind
from app.domain.questions import queries as questions_of
from app.domain.registration import carrying, letters, many, option_places, rules, seating, sign_up
from app.domain.registration.models import LIVE, Attendee, Mode, Place
from app.domain.registration.move_traces import MOVE, MOVED_IN, busy_since, moved_from

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor
    from app.domain.meetings.models import Meeting
    from app.domain.outbox.service import NewLetter

COPIED = (
    *("note", "sort_key", "organisation_id", "organisation_kind", "bounced_at", "bounce_words"),
    *("needs_consent_at", "needs_consent_text", "handout_consent_at", "handout_consent_text"),
)


@dataclass(frozen=True, slots=True)
class Moved:
    """What a move did: the rows at the new meeting, how many of them wait, and who was on the list there already."""

    arrived: list[Attendee]
    waiting: int
    left: list[Attendee]


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a move would do: how many would go, how many of them wait, how many are there already."""

    going: int
    waiting: int
    already: int


def move(
    session: Session,
    meeting_id: int,
    attendee_ids: Collection[int],
    *,
    to_id: int,
    now: datetime,
    actor: Actor,
    mail_domain: str,
) -> Moved:
    """Let those of these people who have, wait for or are invited to a place have it at another meeting instead.

    Their places end, and they get new rows there, with what they had said that is asked there too. Seats are given
    as to newcomers: first to who had one, then by the queue. Then the queue of the old meeting moves up once. Whoever
    is on the list there already stays. Raises `ChangeRefused` (past, called off, same meeting), `NotFound`.
    """
    old, new = _lock_both(session, meeting_id, to_id, now=now)
    going, left = _sorted_out(session, new, _live(session, old, attendee_ids))
    if not going:
        return Moved([], 0, left)
    seats = seating.count_seats(session, new)
    arrived = [_row_there(new, one, now=now, domain=mail_domain) for one in going]
    if old.series_id != new.series_id:
        _keep_from_other_readers(arrived)
    for before, row in zip(going, arrived, strict=True):
        _seat(new, before, row, seats, now=now)
    session.add_all(arrived)
    session.flush()
    _take_answers_along(session, new, going, arrived)
    told: list[NewLetter | None] = []
    for before, row in zip(going, arrived, strict=True):
        told.append(_leave(session, old, before, new, row, now=now, actor=actor))
        told.append(_arrive(session, new, row, old, before, now=now, actor=actor))
    letters.write_all(session, told, now=now)
    seating.record_full(session, new, seats, now=now, actor=actor)
    seating.move_up(session, old, now=now, actor=history.SYSTEM)
    return Moved(arrived, sum(one.place == Place.WAITING for one in arrived), left)


def forecast(
    session: Session, old: Meeting, others: Collection[Meeting], attendee_ids: Collection[int]
) -> dict[int, Forecast]:
    """What `move` would do now, by meeting. Nothing is locked, so that it may be otherwise a moment later."""
    people = _live(session, old, attendee_ids, lock=False)
    return {new.id: _forecast(session, new, people) for new in others}


def take_back(
    session: Session, meeting_id: int, moved_at: datetime, *, now: datetime, actor: Actor
) -> list[Attendee]:
    """Take back a move from this meeting at that instant; returns who is back.

    Each comes back as by `many.bring_back`, and the place at the other meeting ends. Whoever has done something there
    meanwhile, or has registered here anew, stays there. Raises `ChangeRefused` (past, called off), `NotFound`.
    """
    there = moved_from(session, meeting_id, moved_at)
    if not there:
        return []
    other_id = next(meeting for meeting, _row in there.values())
    old, new = _lock_both(session, meeting_id, other_id, now=now)
    rows = {one.id: one for one in _live(session, new, [number for _meeting, number in there.values()])}
    busy = busy_since(session, rows, moved_at)
    can = {one: rows[number] for one, (_m, number) in there.items() if number in rows and number not in busy}
    back = many.bring_back(session, old.id, moved_at, now=now, actor=actor, among=can)
    _take_files_back(session, old, back, can)
    told = [_leave(session, new, can[one.id], old, one, now=now, actor=actor) for one in back]
    letters.write_all(session, told, now=now)
    if back:
        seating.move_up(session, new, now=now, actor=history.SYSTEM)
    return back


def _lock_both(session: Session, one_id: int, other_id: int, *, now: datetime) -> tuple[Meeting, Meeting]:
    if one_id == other_id:
        raise rules.ChangeRefused("same_meeting")
    locked = {number: seating.lock_meeting(session, number) for number in sorted((one_id, other_id))}
    for meeting in locked.values():
        rules.check_ahead(meeting, now=now)
    return locked[one_id], locked[other_id]


def _sorted_out(
    session: Session, new: Meeting, people: Sequence[Attendee]
) -> tuple[list[Attendee], list[Attendee]]:
    """Who would go, in the order in which seats are given, and who is at the new meeting already."""
    keys = select(Attendee.email_key, Attendee.name_key).where(
        Attendee.meeting_id == new.id, Attendee.place.in_(LIVE), Attendee.email_key.is_not(None)
    )
    known = {(email, name) for email, name in session.execute(keys)} if people else set()
    going: list[Attendee] = []
    left: list[Attendee] = []
    for one in sorted(people, key=_turn):
        (left if (one.email_key, one.name_key) in known else going).append(one)
    return going, left


def _forecast(session: Session, new: Meeting, people: Sequence[Attendee]) -> Forecast:
    going, left = _sorted_out(session, new, people)
    seats, waiting = seating.count_seats(session, new), 0
    for one in going:
        takes_no_seat = one.place == Place.INVITED or (one.place == Place.PENDING and new.approval)
        waiting += not takes_no_seat and seats.seat_newcomer(_mode_there(new, one)) == Place.WAITING
    return Forecast(len(going), waiting, len(left))


def _turn(attendee: Attendee) -> tuple[bool, int]:
    return attendee.place != Place.CONFIRMED, attendee.queue_number or 0


def _live(
    session: Session, meeting: Meeting, attendee_ids: Collection[int], *, lock: bool = True
) -> list[Attendee]:
    """Those of these people who have any place at the meeting, in the order in which they registered."""
    query = select(Attendee).where(
        Attendee.meeting_id == meeting.id, Attendee.id.in_(attendee_ids), Attendee.place.in_(LIVE)
    )
    query = query.order_by(Attendee.registered_at, Attendee.id)
    if lock:
        query = query.with_for_update(of=Attendee).execution_options(populate_existing=True)
    return list(session.scalars(query))


def _mode_there(meeting: Meeting, attendee: Attendee) -> Mode:
    """The same way to take part, if there is one; else the first that there is: in person."""
    offered = rules.offered_modes(meeting)
    return Mode(attendee.mode) if attendee.mode in offered else offered[0]


def _row_there(meeting: Meeting, before: Attendee, *, now: datetime, domain: str) -> Attendee:
    """A row at the new meeting, without a place yet. Consent keeps its words and its time; nothing is answered."""
    person = sign_up.as_person(before, before.email or "")
    row = sign_up.new_attendee(meeting, person, {}, language=before.language, now=now, domain=domain)
    for column in COPIED:
        setattr(row, column, getattr(before, column))
    row.mode = _mode_there(meeting, before)
    return row


def _keep_from_other_readers(arrived: Sequence[Attendee]) -> None:
    """The organisers' note and the consent to be on the participants' list stay within their series."""
    for row in arrived:
        row.note = ""
        row.handout_consent_at, row.handout_consent_text = None, ""


def _seat(meeting: Meeting, before: Attendee, row: Attendee, seats: rules.Seats, *, now: datetime) -> None:
    """An organiser's move stands for an approval that was given, never for another person's yes."""
    if before.place == Place.INVITED:
        row.place, row.queue_number, row.invited_at = Place.INVITED, None, now
    elif before.place == Place.PENDING:
        seating.seat_newcomer(meeting, row, seats)
    else:
        seating.seat_or_queue(row, seats)


def _take_answers_along(
    session: Session, meeting: Meeting, going: Sequence[Attendee], arrived: Sequence[Attendee]
) -> None:
    """What was said to questions that both meetings ask: those of their series. Options as far as places last.

    A file exists once, and is where the person is.
    """
    given = questions_of.given_by(session, [one.id for one in going])
    if not given:
        return
    asked = questions_of.asked_at(session, meeting)
    files = carrying.files_among(asked)
    gone = option_places.taken(session, meeting.id, option_places.limits_of(asked))
    pairs = [(before.id, row, given.get(before.id, {})) for before, row in zip(going, arrived, strict=True)]
    said = [(row, carrying.without_files(answers, files)) for _old_id, row, answers in pairs]
    option_places.store(session, said, asked, gone)
    for old_id, row, answers in pairs:
        carrying.hand_files_over(session, old_id, row.id, answers, files)


def _take_files_back(
    session: Session, meeting: Meeting, back: Sequence[Attendee], there: dict[int, Attendee]
) -> None:
    """Files are where the person is."""
    files = carrying.files_among(questions_of.every_of(session, meeting))
    for one in back if files else ():
        carrying.hand_files_over(session, there[one.id].id, one.id, files, files)


def _leave(
    session: Session,
    meeting: Meeting,
    attendee: Attendee,
    other: Meeting,
    row: Attendee,
    *,
    now: datetime,
    actor: Actor,
) -> NewLetter | None:
    """End the place here; the letter, with its CANCEL, says where the person is registered instead."""
    was = attendee.place
    about = {"other_meeting": other.id, "other": row.id, "title": dict(other.title)}
    seating.end_place(session, meeting, attendee, Place.CANCELLED, now=now, actor=actor, by=MOVE, **about)
    attendee.revision += 1
    return letters.prepared(
        Kind.CANCELLED,
        meeting,
        attendee,
        calendar=Calendar.CANCEL,
        by=MOVE,
        was=was,
        reason="",
        moved_to=_named(other, attendee),
    )


def _arrive(
    session: Session,
    meeting: Meeting,
    row: Attendee,
    other: Meeting,
    before: Attendee,
    *,
    now: datetime,
    actor: Actor,
) -> NewLetter | None:
    """Note where the person comes from; the letter is that of a newcomer, with a sentence of why."""
    about = {"other_meeting": other.id, "other": before.id, "title": dict(other.title)}
    history.record(
        session,
        MOVED_IN,
        subject_id=row.id,
        meeting_id=meeting.id,
        actor=actor,
        now=now,
        place=row.place,
        **about,
    )
    return letters.prepared(
        letters.welcome_kind(row),
        meeting,
        row,
        calendar=letters.request_if_due(row),
        registered_by="",
        moved_from=_named(other, row),
    )


def _named(meeting: Meeting, attendee: Attendee) -> dict[str, Any]:
    """The other meeting as a letter names it: title and day."""
    return {
        "title": in_language(meeting.title, attendee.language)[0],
        "starts_at": meeting.starts_at.isoformat(),
        "timezone": meeting.timezone,
    }
