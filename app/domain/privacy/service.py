"""The retention run: idempotent, can be shown first (`dry_run`), recorded."""

from __future__ import annotations

import calendar
from dataclasses import asdict, astuple, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import CursorResult, and_, delete, func, or_, select, update

from app.domain.accounts.models import AccountSession, OneTimeLink, SecondFactor, SignInStep
from app.domain.attendance.models import AttendanceMark, DoorEvent
from app.domain.broadcasts.models import Broadcast, BroadcastFile, NewsChoice
from app.domain.broadcasts.rules import RUNNING
from app.domain.feedback.rules import without_texts
from app.domain.history import service as history
from app.domain.jobs import service as jobs
from app.domain.meetings.models import Meeting
from app.domain.outbox.models import Letter, State
from app.domain.privacy.erase import NEEDS_EMPTY, PERSON_EMPTY, REPLY_EMPTY
from app.domain.privacy.register import (
    DRAFTS_KEPT,
    FACTS_KEPT,
    NEEDS_KEPT,
    RAW_KEPT,
    REPLIES_KEPT,
    SUBMISSION_KEPT,
    UPLOADS_KEPT,
)
from app.domain.questions.models import AnswerFile, FeedbackForm, FeedbackGiven, Question, QuestionAnswer
from app.domain.registration.models import Attendee, Label, Party, PersonalFeed, SavedView
from app.domain.replies.models import Reply

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import InstrumentedAttribute, Session

SESSION_KEPT = timedelta(days=7)
DOOR_EMPTY: dict[str, object] = {"code": "", "door": "", "account_id": None}
WAITING = ("sign_in", "files")  # that were waiting for somebody to go on: not worth a line of history
ENDED_LETTERS = (State.SENT, State.FAILED, State.SUPERSEDED, State.BOUNCED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """How many rows a run emptied (or would empty)."""

    needs: int
    names: int
    answers: int
    labels: int
    feedback: int
    files: int
    letters: int
    submissions: int
    replies: int
    broadcasts: int
    drafts: int
    feeds: int
    doors: int
    sign_in: int

    @property
    def total(self) -> int:
        """All rows together."""
        return sum(astuple(self))


def expire(session: Session, *, now: datetime, retention_months: int, dry_run: bool = False) -> Expired:
    """Empty what is due at `now`; with `dry_run` only count it. The caller has begun a write and commits."""
    if not dry_run:
        _drop_files(session, now=now, months=retention_months)
    answers = _drop_answers(session, now=now, months=retention_months, dry_run=dry_run)  # while names are due
    feedback = _drop_feedback(session, now=now, months=retention_months, dry_run=dry_run)
    found = Expired(
        needs=_empty(session, Attendee, _needs_due(now), NEEDS_EMPTY, dry_run=dry_run),
        names=_empty_people(session, now=now, months=retention_months, dry_run=dry_run),
        answers=answers,
        labels=_drop(session, Label, _labels_due(now, retention_months), dry_run=dry_run),
        feedback=feedback,
        files=_drop(session, AnswerFile, _waited_too_long(now), dry_run=dry_run),
        letters=_empty(
            session,
            Letter,
            _facts_due(now, retention_months),
            {"recipient": None, "facts": {}, "last_error": None},
            dry_run=dry_run,
        ),
        submissions=_empty(
            session,
            Party,
            _submissions_due(now),
            {"typed": {}, "reference": "", "content_hash": Party.token},  # any unique text that tells nothing
            dry_run=dry_run,
        ),
        replies=_empty_replies(session, now=now, dry_run=dry_run),
        broadcasts=_empty_broadcasts(session, now=now, months=retention_months, dry_run=dry_run),
        drafts=_drop_drafts(session, now=now, dry_run=dry_run),
        feeds=_forget_addresses(session, now=now, dry_run=dry_run),
        doors=_empty_doors(session, now=now, months=retention_months, dry_run=dry_run),
        sign_in=_drop_sign_in(session, now=now, dry_run=dry_run),
    )
    if found.total and not dry_run:
        history.record(
            session,
            "privacy:expire",
            subject_id=0,
            actor=history.SYSTEM,
            now=now,
            **{name: number for name, number in asdict(found).items() if name not in WAITING},
        )
    return found


def months_before(instant: datetime, months: int) -> datetime:
    """The same day and time `months` months earlier; the last day of a shorter month."""
    index = instant.year * 12 + instant.month - 1 - months
    return _on_month(instant, index)


def names_expire_on(meeting: Meeting, retention_months: int) -> datetime:
    """The instant (UTC) after which names of this meeting's attendees are erased.

    When the month has no such day, it is the beginning of the next one.
    """
    ends_at = meeting.ends_at
    index = ends_at.year * 12 + ends_at.month - 1 + retention_months
    day = _on_month(ends_at, index)
    if day.day == ends_at.day:
        return day
    return _on_month(ends_at.replace(day=1, hour=0, minute=0, second=0, microsecond=0), index + 1)


def _on_month(instant: datetime, index: int) -> datetime:
    year, month = divmod(index, 12)
    return instant.replace(
        year=year, month=month + 1, day=min(instant.day, calendar.monthrange(year, month + 1)[1])
    )


def _ended_before(limit: datetime) -> ColumnElement[bool]:
    return Attendee.meeting_id.in_(select(Meeting.id).where(Meeting.ends_at < limit))


def _needs_due(now: datetime) -> ColumnElement[bool]:
    noted = or_(
        Attendee.needs_interpreter != "",
        Attendee.needs_access != "",
        Attendee.needs_diet != "",
        Attendee.needs_note != "",
        Attendee.needs_consent_at.is_not(None),
    )
    return and_(noted, _ended_before(now - NEEDS_KEPT))


def _names_due(now: datetime, months: int) -> ColumnElement[bool]:
    return and_(Attendee.erased_at.is_(None), _ended_before(months_before(now, months)))


def _facts_due(now: datetime, months: int) -> ColumnElement[bool]:
    """Letters that ended 90 days ago, and letters of people who are erased, or are to be in this run."""
    ended = and_(
        Letter.state.in_(ENDED_LETTERS), func.coalesce(Letter.sent_at, Letter.created_at) < now - FACTS_KEPT
    )
    erased = or_(Attendee.erased_at.is_not(None), _names_due(now, months))
    gone = Letter.attendee_id.in_(select(Attendee.id).where(erased))
    orphaned = and_(gone, Letter.state.in_(ENDED_LETTERS))
    return and_(Letter.recipient.is_not(None), or_(ended, orphaned))


def _labels_due(now: datetime, months: int) -> ColumnElement[bool]:
    """Who had a label goes with it."""
    return Label.meeting_id.in_(select(Meeting.id).where(Meeting.ends_at < months_before(now, months)))


def _submissions_due(now: datetime) -> ColumnElement[bool]:
    return and_(Party.created_at < now - SUBMISSION_KEPT, Party.reference != "")


def _empty_people(session: Session, *, now: datetime, months: int, dry_run: bool) -> int:
    values = {**PERSON_EMPTY, "erased_at": now}
    return _empty(session, Attendee, _names_due(now, months), values, dry_run=dry_run)


def _drop_files(session: Session, *, now: datetime, months: int) -> None:
    """Files that workers made of lists on which something is emptied in this run."""
    due = or_(_needs_due(now), _names_due(now, months), Attendee.id.in_(_sensitive_due(now)))
    meetings = session.scalars(select(Attendee.meeting_id).where(due).distinct()).all()
    jobs.forget_meetings(session, meetings, now=now)


def _sensitive_due(now: datetime) -> Select[int]:
    """Who still has an answer that goes as early as needs."""
    return select(QuestionAnswer.attendee_id).where(
        QuestionAnswer.question_id.in_(select(Question.id).where(Question.sensitive)),
        QuestionAnswer.attendee_id.in_(select(Attendee.id).where(_ended_before(now - NEEDS_KEPT))),
    )


def _drop_answers(session: Session, *, now: datetime, months: int, dry_run: bool) -> int:
    """What was said to questions goes with the name, and to sensitive ones as early as needs."""
    sensitive = and_(
        QuestionAnswer.question_id.in_(select(Question.id).where(Question.sensitive)),
        QuestionAnswer.attendee_id.in_(select(Attendee.id).where(_ended_before(now - NEEDS_KEPT))),
    )
    named = or_(Attendee.erased_at.is_not(None), _names_due(now, months))
    due = or_(sensitive, QuestionAnswer.attendee_id.in_(select(Attendee.id).where(named)))
    if dry_run:
        return session.scalar(select(func.count()).select_from(QuestionAnswer).where(due)) or 0
    return _changed(session, delete(QuestionAnswer).where(due))


def _drop_feedback(session: Session, *, now: datetime, months: int, dry_run: bool) -> int:
    """Who gave feedback, and the texts that came without a name, go with the names; numbers stay."""
    named = or_(Attendee.erased_at.is_not(None), _names_due(now, months))
    given = FeedbackGiven.attendee_id.in_(select(Attendee.id).where(named))
    past = FeedbackForm.meeting_id.in_(select(Meeting.id).where(Meeting.ends_at < months_before(now, months)))
    texts = and_(past, FeedbackForm.emptied_at.is_(None))
    if not dry_run:
        for form in session.scalars(select(FeedbackForm).where(texts)):
            form.tally = without_texts(form.tally)
    return _drop(session, FeedbackGiven, given, dry_run=dry_run) + _empty(
        session, FeedbackForm, texts, {"emptied_at": now}, dry_run=dry_run
    )


def _waited_too_long(now: datetime) -> ColumnElement[bool]:
    """Files whose form never came right. Those that answer a question go with the answer."""
    return and_(AnswerFile.answer_id.is_(None), AnswerFile.created_at < now - UPLOADS_KEPT)


def _empty_replies(session: Session, *, now: datetime, dry_run: bool) -> int:
    """Mails kept for review go first, then what tells who answered. The words of a dead address stay beside it."""
    raw = and_(Reply.raw.is_not(None), Reply.received_at < now - RAW_KEPT)
    told = and_(Reply.sender.is_not(None), Reply.received_at < now - REPLIES_KEPT)
    emptied = _empty(session, Reply, raw, {"raw": None}, dry_run=dry_run)
    return emptied + _empty(session, Reply, told, REPLY_EMPTY, dry_run=dry_run)


def _empty_doors(session: Session, *, now: datetime, months: int, dry_run: bool) -> int:
    """What is noted beside who came and when: codes of nobody, phones, who stood there and who corrected it."""
    ended = select(Meeting.id).where(Meeting.ends_at < months_before(now, months))
    noted = or_(DoorEvent.code != "", DoorEvent.door != "", DoorEvent.account_id.is_not(None))
    doors = and_(noted, DoorEvent.meeting_id.in_(ended))
    by_hand = and_(AttendanceMark.account_id.is_not(None), AttendanceMark.meeting_id.in_(ended))
    return _empty(session, DoorEvent, doors, DOOR_EMPTY, dry_run=dry_run) + _empty(
        session, AttendanceMark, by_hand, {"account_id": None}, dry_run=dry_run
    )


def _forget_addresses(session: Session, *, now: datetime, dry_run: bool) -> int:
    """Feeds of addresses of which nothing is stored any more, and what they chose about news."""
    feeds = _is_forgotten(PersonalFeed.email_key)
    choices = _is_forgotten(NewsChoice.email_key)
    ended: dict[str, object] = {"email_key": None, "revoked_at": now}
    return _empty(session, PersonalFeed, feeds, ended, dry_run=dry_run) + _empty(
        session, NewsChoice, choices, {"email_key": None}, dry_run=dry_run
    )


def _is_forgotten(email_key: InstrumentedAttribute[str | None]) -> ColumnElement[bool]:
    """Whether nothing is stored any more of the address that a feed or a choice belongs to."""
    known = select(Attendee.email_key).where(Attendee.email_key.is_not(None))
    return and_(email_key.is_not(None), email_key.not_in(known))


def _empty_broadcasts(session: Session, *, now: datetime, months: int, dry_run: bool) -> int:
    """Letters to many: files 90 days after the last letter, deleted drafts after 30, texts with the names."""
    over = Broadcast.state.not_in(RUNNING)
    ended = func.coalesce(Broadcast.ended_at, Broadcast.changed_at) < now - FACTS_KEPT
    deleted = Broadcast.deleted_at < now - DRAFTS_KEPT
    past = Broadcast.meeting_id.in_(select(Meeting.id).where(Meeting.ends_at < months_before(now, months)))
    files = BroadcastFile.broadcast_id.in_(
        select(Broadcast.id).where(over, or_(and_(ended, Broadcast.released_at.is_not(None)), deleted, past))
    )
    texts = and_(over, past, Broadcast.emptied_at.is_(None))
    empty = {"subject": {}, "body": {}, "emptied_at": now}
    return (
        _drop(session, BroadcastFile, files, dry_run=dry_run)
        + _drop(session, Broadcast, deleted, dry_run=dry_run)
        + _empty(session, Broadcast, texts, empty, dry_run=dry_run)
    )


def _drop_drafts(session: Session, *, now: datetime, dry_run: bool) -> int:
    """Drafts of meetings and saved views that were deleted a while ago."""
    limit = now - DRAFTS_KEPT
    return _drop(session, Meeting, Meeting.deleted_at < limit, dry_run=dry_run) + _drop(
        session, SavedView, SavedView.deleted_at < limit, dry_run=dry_run
    )


def _drop(
    session: Session,
    table: type[AnswerFile | Broadcast | BroadcastFile | FeedbackGiven | Label | Meeting | SavedView],
    due: ColumnElement[bool],
    *,
    dry_run: bool,
) -> int:
    if dry_run:
        return session.scalar(select(func.count()).select_from(table).where(due)) or 0
    return _changed(session, delete(table).where(due))


def _empty(
    session: Session,
    table: type[
        Attendee
        | AttendanceMark
        | Broadcast
        | DoorEvent
        | FeedbackForm
        | Letter
        | NewsChoice
        | Party
        | PersonalFeed
        | Reply
        | SecondFactor
    ],
    due: ColumnElement[bool],
    values: dict[str, object],
    *,
    dry_run: bool,
) -> int:
    if dry_run:
        return session.scalar(select(func.count()).select_from(table).where(due)) or 0
    return _changed(session, update(table).where(due).values(**values))


def _drop_sign_in(session: Session, *, now: datetime, dry_run: bool) -> int:
    """Used and expired links, unfinished sign-ins, sessions past their absolute end, recovery codes still shown."""
    due = (
        (OneTimeLink, OneTimeLink.expires_at < now),
        (SignInStep, SignInStep.expires_at < now),
        (AccountSession, AccountSession.created_at < now - SESSION_KEPT),
    )
    shown = _empty(
        session,
        SecondFactor,
        SecondFactor.fresh_until < now,
        {"fresh_codes": None, "fresh_until": None},
        dry_run=dry_run,
    )
    if dry_run:
        counts = [
            session.scalar(select(func.count()).select_from(table).where(old)) or 0 for table, old in due
        ]
    else:
        counts = [_changed(session, delete(table).where(old)) for table, old in due]
    return shown + sum(counts)


def _changed(session: Session, statement: object) -> int:
    result = session.execute(statement.execution_options(synchronize_session=False))  # type: ignore[attr-defined]
    assert isinstance(result, CursorResult)  # noqa: S101 - what execute() gives for UPDATE and DELETE
    return result.rowcount
