"""Verbs on drafts and texts. What concerns attendees of a published meeting is in `registration/changes.py`."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.base.errors import Conflict, NotFound
from app.base.text import fold, slugify
from app.domain.history import service as history
from app.domain.history.queries import of_meeting
from app.domain.meetings import rules
from app.domain.meetings.models import Meeting, MeetingState, ProgrammeItem, Series
from app.domain.meetings.queries import get_meeting

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor

Texts = dict[str, str]
REMINDER_DAYS = (7, 1)
ONE_ENTRY = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A programme item: minutes from the meeting's start, and how many minutes it takes."""

    offset_minutes: int
    duration_minutes: int
    title: Texts
    speakers: Texts
    is_break: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingText:
    """Everything that an organiser edits on a meeting. Instants are aware; texts are clean and per language."""

    series_id: int
    contact_id: int | None
    number: int | None
    format: str
    title: Texts
    summary: Texts
    description: Texts
    starts_at: datetime
    ends_at: datetime
    timezone: str
    venue: Texts
    address: str
    access_notes: Texts
    latitude: float | None
    longitude: float | None
    online_url: str
    languages_note: Texts
    capacity: int | None
    online_capacity: int | None
    opens_at: datetime | None
    deadline: date | None
    promote_hours: int
    show_places: bool
    invitation_only: bool
    approval: bool
    reminder_days: list[int]


def create(
    session: Session,
    text: MeetingText,
    slots: list[Slot],
    *,
    now: datetime,
    actor: Actor,
    mail_domain: str,
    address: str = "",
) -> Meeting:
    """A new draft. Its part of the address never changes: `address`, or one made from the title and the date."""
    meeting = Meeting(
        state=MeetingState.DRAFT,
        slug=_free(session, Meeting.slug, address) if address else _free_slug(session, text),
        uid=f"e-{uuid.uuid4()}@{mail_domain}",
        called_off_reason={},
        version=1,
        revision=0,
        created_at=now,
        changed_at=now,
    )
    apply_text(meeting, text)
    meeting.programme = [_item(slot) for slot in slots]
    session.add(meeting)
    session.flush()
    history.record(
        session, "meeting:create", subject_id=meeting.id, meeting_id=meeting.id, actor=actor, now=now
    )
    return meeting


def create_first(
    session: Session,
    series_name: Texts,
    text: MeetingText,
    slots: list[Slot],
    *,
    now: datetime,
    actor: Actor,
    mail_domain: str,
) -> Meeting:
    """A new draft together with its series, of which only the name is known."""
    series = create_series(session, series_name, {}, now=now, actor=actor)
    text = replace(text, series_id=series.id)
    return create(session, text, slots, now=now, actor=actor, mail_domain=mail_domain)


def edit(meeting: Meeting, text: MeetingText, slots: list[Slot], *, version: int, now: datetime) -> None:
    """Put new texts on a meeting that the caller has locked; raises `Conflict` when `version` is old."""
    if meeting.version != version:
        raise Conflict
    apply_text(meeting, text)
    meeting.programme = [_item(slot) for slot in slots]
    meeting.version += 1
    meeting.changed_at = now


def save_draft(
    session: Session,
    meeting_id: int,
    text: MeetingText,
    slots: list[Slot],
    *,
    version: int,
    now: datetime,
    actor: Actor,
) -> int:
    """Store what a page sends by itself every few seconds; gives the new version.

    History gets one entry an hour for it. Raises `Conflict` when `version` is old or the draft was published,
    `NotFound`.
    """
    meeting = _locked(session, meeting_id)
    if meeting.state != MeetingState.DRAFT:
        raise Conflict
    edit(meeting, text, slots, version=version, now=now)
    last = next(iter(of_meeting(session, meeting.id, limit=1)), None)
    same = last is not None and (last.act, last.account_id) == ("meeting:edit", actor.account_id)
    if last is None or not same or last.at < now - ONE_ENTRY:
        history.record(
            session, "meeting:edit", subject_id=meeting.id, meeting_id=meeting.id, actor=actor, now=now
        )
    return meeting.version


def apply_text(meeting: Meeting, text: MeetingText) -> None:
    """Copy every field and renew the search key."""
    for field in fields(text):
        setattr(meeting, field.name, getattr(text, field.name))
    parts = (text.title, text.summary, text.venue)
    meeting.search_key = fold(
        " ".join(value for part in parts for value in part.values()) + f" {text.number or ''}"
    )


def publish(session: Session, meeting_id: int, *, now: datetime, actor: Actor) -> Meeting:
    """Show a draft to everybody; repeating it changes nothing. Raises `NotPublishable`, `NotFound`."""
    meeting = _locked(session, meeting_id)
    if meeting.state != MeetingState.DRAFT:
        return meeting
    rules.check_publishable(meeting)
    meeting.state = MeetingState.PUBLISHED
    meeting.published_at = meeting.changed_at = now
    meeting.version += 1
    history.record(
        session, "meeting:publish", subject_id=meeting.id, meeting_id=meeting.id, actor=actor, now=now
    )
    return meeting


def delete_draft(session: Session, meeting_id: int, *, now: datetime, actor: Actor) -> None:
    """Throw a draft away that was never published; repeating it changes nothing. Raises `NotDeletable`, `NotFound`.

    It can be brought back until the retention run erases it (`privacy/register.py::DRAFTS_KEPT`).
    """
    meeting = _locked(session, meeting_id, deleted=True)
    if meeting.published_at is not None or meeting.state != MeetingState.DRAFT:
        raise rules.NotDeletable
    if meeting.deleted_at is not None:
        return
    meeting.deleted_at = now
    history.record(
        session, "meeting:delete", subject_id=meeting.id, meeting_id=meeting.id, actor=actor, now=now
    )


def restore_draft(session: Session, meeting_id: int, *, now: datetime, actor: Actor) -> Meeting:
    """Bring a deleted draft back as it was; repeating it changes nothing. Raises `NotFound`."""
    meeting = _locked(session, meeting_id, deleted=True)
    if meeting.deleted_at is None:
        return meeting
    meeting.deleted_at = None
    history.record(
        session, "meeting:undelete", subject_id=meeting.id, meeting_id=meeting.id, actor=actor, now=now
    )
    return meeting


def duplicate(session: Session, meeting_id: int, *, now: datetime, actor: Actor, mail_domain: str) -> Meeting:
    """A new draft with the same texts, programme, capacities; without number, deadline and opening time."""
    source = get_meeting(session, meeting_id, programme=True)
    values = {field.name: getattr(source, field.name) for field in fields(MeetingText)}
    values |= {"number": None, "deadline": None, "opens_at": None}
    slots = [
        Slot(
            offset_minutes=item.offset_minutes,
            duration_minutes=item.duration_minutes,
            title=item.title,
            speakers=item.speakers,
            is_break=item.is_break,
        )
        for item in source.programme
    ]
    return create(session, MeetingText(**values), slots, now=now, actor=actor, mail_domain=mail_domain)


def create_series(session: Session, name: Texts, about: Texts, *, now: datetime, actor: Actor) -> Series:
    """A new line of meetings."""
    base = slugify(next((value for value in name.values() if value), "")) or "series"
    series = Series(slug=_free(session, Series.slug, base), name=name, about=about, position=0)
    session.add(series)
    session.flush()
    history.record(session, "series:create", subject_id=series.id, actor=actor, now=now)
    return series


def _locked(session: Session, meeting_id: int, *, deleted: bool = False) -> Meeting:
    """The meeting, fresh; one that is deleted only where it is asked for."""
    query = select(Meeting).where(Meeting.id == meeting_id).with_for_update(of=Meeting)
    meeting = session.scalar(query.execution_options(populate_existing=True))
    if meeting is None or (meeting.deleted_at is not None and not deleted):
        raise NotFound
    return meeting


def _item(slot: Slot) -> ProgrammeItem:
    return ProgrammeItem(
        offset_minutes=slot.offset_minutes,
        duration_minutes=slot.duration_minutes,
        title=slot.title,
        speakers=slot.speakers,
        is_break=slot.is_break,
    )


def _free_slug(session: Session, text: MeetingText) -> str:
    title = next((value for value in text.title.values() if value), "")
    head = slugify(title, max_length=50) or "meeting"
    return _free(session, Meeting.slug, f"{head}-{text.starts_at:%Y-%m-%d}")


def _free(session: Session, column: object, base: str) -> str:
    """`base`, or `base-2`, `base-3` … whichever nobody has yet."""
    taken = set(session.scalars(select(column).where(column.like(f"{base}%"))))  # type: ignore[call-overload, attr-defined]
    return next(name for name in (base, *(f"{base}-{n}" for n in range(2, 10_000))) if name not in taken)
