"""Taking a mail that came back: look up whose it is, judge it, do what follows, and write it down.

One transaction holds it all: the answer, who moves up, the letters and the log. The caller has begun a write and
commits.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.domain.history import service as history
from app.domain.outbox.models import Calendar, Kind, Letter, State
from app.domain.registration import answers, letters, seating
from app.domain.registration import rules as registration_rules
from app.domain.registration.models import Attendee, Place
from app.domain.replies import queries, rules
from app.domain.replies.models import Decision, Reading, Reply
from app.domain.replies.rules import Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.calendars.reply import CalendarAnswer
    from app.domain.history.service import Actor
    from app.domain.meetings.models import Meeting
    from app.domain.replies.commands import Arrival

LETTERS_A_DAY = 3
REFRESH_PAUSE = timedelta(hours=1)
MOST_STRAYS = 500  # mails of unknown people that are kept whole


def take(session: Session, arrival: Arrival, *, now: datetime) -> Reply | None:
    """Take one mail; gives its line in the log, or None for a mail that was taken before.

    What cannot be used is kept for review, never lost. Raises nothing for whatever the mail holds.
    """
    if queries.seen_before(session, digest=arrival.digest, message_id=arrival.message_id):
        return None
    reply = _log_line(arrival, now=now)
    if arrival.returned is not None:
        _take_bounce(session, arrival, reply, now=now)
    else:
        _take_answer(session, arrival, reply, now=now)
    if reply.decision == Decision.REVIEW and (reply.attendee_id or _has_room(session)):
        reply.raw = arrival.raw
    session.add(reply)
    session.flush()
    if reply.decision in (Decision.REVIEW, Decision.PROPOSED):
        _record(
            session, "reply:review" if reply.decision == Decision.REVIEW else "reply:propose", reply, now=now
        )
    return reply


def keep(session: Session, arrival: Arrival, reason: str, *, now: datetime) -> Reply | None:
    """Keep a mail for review that cannot be read at all, or that a fault of ours stopped."""
    if queries.seen_before(session, digest=arrival.digest, message_id=""):
        return None
    reply = _log_line(arrival, now=now)
    reply.decision, reply.reason, reply.raw = Decision.REVIEW, reason, arrival.raw
    session.add(reply)
    session.flush()
    _record(session, "reply:review", reply, now=now)
    return reply


def handle(session: Session, reply_id: int, *, now: datetime, actor: Actor, handled: bool = True) -> Reply:
    """Note that an organiser has dealt with a line of the log, or take that back. Raises `NotFound`."""
    reply = queries.get_reply(session, reply_id)
    if handled and reply.handled_at is None:
        reply.handled_at, reply.handled_by = now, actor.account_id
    elif not handled:
        reply.handled_at = reply.handled_by = None
    return reply


def note_reading(session: Session, *, now: datetime, trouble: str = "") -> None:
    """Note that the mailbox was read, or why it could not be."""
    found = queries.reading(session)
    if found is None:
        found = Reading(name=queries.MAILBOX, tried_at=now)
        session.add(found)
    found.tried_at, found.trouble = now, trouble[:300]
    if not trouble:
        found.read_at = now


def _has_room(session: Session) -> bool:
    """Strangers may fill a mailbox, but not our database."""
    query = select(func.count()).where(Reply.raw.is_not(None), Reply.attendee_id.is_(None))
    return (session.scalar(query) or 0) < MOST_STRAYS


def _log_line(arrival: Arrival, *, now: datetime) -> Reply:
    answer = arrival.answer
    return Reply(
        received_at=now,
        via=arrival.via,
        digest=arrival.digest,
        message_id=arrival.message_id,
        sender=arrival.sender,
        authenticity=arrival.trust,
        method=answer.method if answer else "",
        partstat=answer.said if answer else "",
        sequence=answer.sequence if answer else None,
        stamp=answer.dtstamp if answer else None,
        words=answer.comment if answer else "",
        guests=answer.guests if answer else 0,
    )


# --- answers ------------------------------------------------------------------------------------------------


def _take_answer(session: Session, arrival: Arrival, reply: Reply, *, now: datetime) -> None:
    verdict = rules.before_look_up(arrival)
    attendee_id = _whose(session, arrival) if verdict is None else None
    if verdict is None:
        verdict = rules.without_answer(arrival)
        if verdict is not None and attendee_id is not None:
            reply.attendee_id = attendee_id
            reply.meeting_id = session.scalar(select(Attendee.meeting_id).where(Attendee.id == attendee_id))
    if verdict is None and attendee_id is None:
        verdict = Verdict(Decision.IGNORED, "unknown")
    if verdict is not None:
        reply.decision, reply.reason = verdict.decision, verdict.reason
        return
    assert attendee_id is not None  # noqa: S101 - said above
    assert arrival.answer is not None  # noqa: S101 - `without_answer` said so
    _answer(session, arrival, arrival.answer, attendee_id, reply, now=now)


def _whose(session: Session, arrival: Arrival) -> int | None:
    """The attendee whom the reply is about: by the token of its address, else by the UID of a sure sender."""
    for token in arrival.tokens:
        found = session.scalar(select(Attendee.id).where(Attendee.organizer_token == token))
        if found is not None:
            return found
    if arrival.answer is None:
        return None
    attendee = session.scalar(select(Attendee).where(Attendee.uid == arrival.answer.uid))
    if attendee is not None and rules.may_be_found_by_uid(arrival, attendee):
        return attendee.id
    return None


def _answer(
    session: Session,
    arrival: Arrival,
    answer: CalendarAnswer,
    attendee_id: int,
    reply: Reply,
    *,
    now: datetime,
) -> None:
    meeting, attendee = seating.lock_attendee(session, attendee_id)
    reply.meeting_id, reply.attendee_id = meeting.id, attendee.id
    verdict = rules.judge(arrival, answer, meeting, attendee, now=now)
    if verdict.applies:
        verdict = _apply(session, arrival, answer, meeting, attendee, now=now)
    elif verdict.decision == Decision.ASKED:
        verdict = _ask(session, answer, meeting, attendee, verdict, now=now)
    elif verdict.decision == Decision.PROPOSED:
        reply.proposed_starts_at, reply.proposed_ends_at = answer.proposed_start, answer.proposed_end
    elif verdict.reason == "refresh":
        verdict = _refresh(session, meeting, attendee, now=now)
    reply.decision, reply.reason = verdict.decision, verdict.reason


def _apply(
    session: Session,
    arrival: Arrival,
    answer: CalendarAnswer,
    meeting: Meeting,
    attendee: Attendee,
    *,
    now: datetime,
) -> Verdict:
    """Give the answer to the attendee. Decided either way, it is the last one that later replies are held against."""
    was = (attendee.place, attendee.answer)
    try:
        answers.answer_invite(
            session, meeting, attendee, rules.ANSWERS[answer.said], note=answer.comment, now=now
        )
    except registration_rules.ChangeRefused as refusal:
        return Verdict(Decision.IGNORED, refusal.reason)
    except registration_rules.AlreadyRegistered:
        return Verdict(Decision.IGNORED, "registered_anew")
    attendee.reply_sequence = answer.sequence
    attendee.reply_stamp = rules.stamp_of(arrival, answer, now=now)
    if arrival.sender == attendee.email_key:
        attendee.bounced_at, attendee.bounce_words = None, ""
    if (attendee.place, attendee.answer) == was:
        return Verdict(Decision.NOTED, "same_answer")
    try:
        registration_rules.check_ahead(meeting, now=now)
    except registration_rules.ChangeRefused as late:
        return Verdict(Decision.NOTED, late.reason)
    return Verdict(Decision.APPLIED, attendee.place)


def _ask(
    session: Session,
    answer: CalendarAnswer,
    meeting: Meeting,
    attendee: Attendee,
    verdict: Verdict,
    *,
    now: datetime,
) -> Verdict:
    """Ask the registered address by a link; a few times a day at most, and only where there is something to decide."""
    if not attendee.is_live or now >= meeting.starts_at:
        return Verdict(Decision.IGNORED, verdict.reason)
    if _asked_lately(session, attendee, now=now) >= LETTERS_A_DAY:
        return Verdict(Decision.IGNORED, "asked_enough")
    said = rules.ANSWERS.get(answer.said)
    letters.write(
        session,
        Kind.CONFIRM_ANSWER,
        meeting,
        attendee,
        now=now,
        once=f"{now.timestamp():.6f}",
        answer=said or "",
        why=verdict.reason,
        auto="replied",
    )
    return verdict


def _asked_lately(session: Session, attendee: Attendee, *, now: datetime) -> int:
    query = select(func.count()).where(
        Letter.attendee_id == attendee.id,
        Letter.kind == Kind.CONFIRM_ANSWER,
        Letter.created_at > now - timedelta(days=1),
    )
    return session.scalar(query) or 0


def _refresh(session: Session, meeting: Meeting, attendee: Attendee, *, now: datetime) -> Verdict:
    """Send the present invite again, at most once an hour."""
    if attendee.place not in (Place.CONFIRMED, Place.INVITED) or now >= meeting.ends_at:
        return Verdict(Decision.IGNORED, "refresh")
    if meeting.called_off_at is not None:
        return Verdict(Decision.IGNORED, "called_off")
    lately = select(Letter.id).where(
        Letter.attendee_id == attendee.id,
        Letter.calendar == Calendar.REQUEST,
        Letter.created_at > now - REFRESH_PAUSE,
    )
    if session.scalar(lately.limit(1)) is not None:
        return Verdict(Decision.IGNORED, "asked_enough")
    letters.write(
        session,
        letters.welcome_kind(attendee),
        meeting,
        attendee,
        now=now,
        calendar=Calendar.REQUEST,
        once=f"{now.timestamp():.6f}",
        registered_by="",
        auto="replied",
    )
    return Verdict(Decision.NOTED, "refresh")


# --- letters that come back -----------------------------------------------------------------------------------


def _take_bounce(session: Session, arrival: Arrival, reply: Reply, *, now: datetime) -> None:
    """Mark letter and address as undeliverable when the report is for good and about a letter of ours."""
    assert arrival.returned is not None  # noqa: S101 - the caller said so
    reply.method, reply.words = "DSN", arrival.returned.words
    letter = _letter_of(session, arrival.bounce_token)
    if letter is None:
        reply.decision, reply.reason = Decision.IGNORED, "unknown"
        return
    reply.letter_id, reply.meeting_id = letter.id, letter.meeting_id
    reply.attendee_id = letter.attendee_id
    if arrival.returned.permanent is False:
        reply.decision, reply.reason = Decision.IGNORED, "delayed"
    elif arrival.returned.permanent is None:
        reply.decision, reply.reason = Decision.REVIEW, "unclear_bounce"
    else:
        reply.decision, reply.reason = Decision.BOUNCED, "undeliverable"
        _mark_undeliverable(session, letter, arrival.returned.words, now=now)


def _letter_of(session: Session, token: str | None) -> Letter | None:
    return session.scalar(select(Letter).where(Letter.bounce_token == token)) if token else None


def _mark_undeliverable(session: Session, letter: Letter, words: str, *, now: datetime) -> None:
    """The attendee's row before the letter's, in the order of locks of the whole house."""
    if letter.attendee_id is not None:
        _meeting, attendee = seating.lock_attendee(session, letter.attendee_id)
        if attendee.erased_at is None and attendee.email == letter.recipient:
            attendee.bounced_at, attendee.bounce_words = now, words[: seating.LONGEST_NOTE]
    if letter.state == State.SENT:
        letter.state = State.BOUNCED
        letter.last_error = words or None
    history.record(
        session,
        "letter:bounce",
        subject_id=letter.id,
        meeting_id=letter.meeting_id,
        actor=history.SYSTEM,
        now=now,
        kind=letter.kind,
    )


def _record(session: Session, act: str, reply: Reply, *, now: datetime) -> None:
    history.record(
        session,
        act,
        subject_id=reply.id,
        meeting_id=reply.meeting_id,
        actor=history.SYSTEM,
        now=now,
        reason=reply.reason,
    )
