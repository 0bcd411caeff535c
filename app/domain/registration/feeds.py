"""Personal feeds: one calendar of all meetings of an address, behind a secret that only its mailbox is told.

Whoever holds a personal link of a forwarded letter may ask for the feed, and does not get to see it. The caller
has begun a write and commits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import contains_eager

from app.base.errors import NotFound
from app.base.tokens import new_token
from app.domain.history import service as history
from app.domain.meetings.models import Meeting, MeetingState
from app.domain.meetings.queries import belongs_in_feeds
from app.domain.outbox.models import Kind
from app.domain.registration import letters, seating
from app.domain.registration.models import Attendee, PersonalFeed, Place

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.domain.history.service import Actor

IN_CALENDARS = (Place.INVITED, Place.CONFIRMED)  # whoever gets a REQUEST


def ask(session: Session, attendee_id: int, *, now: datetime, actor: Actor) -> None:
    """Send the address of the feed to the attendee's own; the feed is made when there is none.

    Nothing happens for somebody without an address. Raises `NotFound`.
    """
    meeting, attendee = seating.lock_attendee(session, attendee_id)
    if attendee.email_key is None:
        return
    if active(session, attendee.email_key) is None:
        _make(session, attendee.email_key, attendee.language, now=now)
    _note(session, "attendee:ask_feed", attendee, now=now, actor=actor)
    letters.write(session, Kind.FEED, meeting, attendee, now=now, once=f"{now.timestamp():.6f}")


def renew(session: Session, attendee_id: int, *, now: datetime, actor: Actor, tell: bool = True) -> None:
    """Make the feed's old address useless and send a new one; without `tell` the letter waits until it is asked for.

    Raises `NotFound`.
    """
    meeting, attendee = seating.lock_attendee(session, attendee_id)
    if attendee.email_key is None:
        return
    end(session, attendee.email_key, now=now)
    _make(session, attendee.email_key, attendee.language, now=now)
    _note(session, "attendee:renew_feed", attendee, now=now, actor=actor)
    if tell:
        letters.write(
            session, Kind.FEED, meeting, attendee, now=now, once=f"{now.timestamp():.6f}", replaced=True
        )


def stop(session: Session, attendee_id: int, *, now: datetime, actor: Actor) -> None:
    """Make the feed of an attendee's address useless. Repeating it changes nothing. Raises `NotFound`."""
    _meeting, attendee = seating.lock_attendee(session, attendee_id)
    if attendee.email_key is None or active(session, attendee.email_key) is None:
        return
    end(session, attendee.email_key, now=now)
    _note(session, "attendee:stop_feed", attendee, now=now, actor=actor)


def end(session: Session, email_key: str, *, now: datetime) -> None:
    """Revoke every feed of an address and forget whose it was; the token stays, so that it is "gone" for ever."""
    query = select(PersonalFeed).where(PersonalFeed.email_key == email_key)
    for feed in session.scalars(query).all():
        feed.revoked_at = feed.revoked_at or now
        feed.email_key = None
    session.flush()


def active(session: Session, email_key: str) -> PersonalFeed | None:
    """The feed of an address that can be read now, the newest one."""
    query = select(PersonalFeed).where(PersonalFeed.email_key == email_key, PersonalFeed.revoked_at.is_(None))
    return session.scalar(query.order_by(PersonalFeed.id.desc()).limit(1))


def get(session: Session, token: str) -> PersonalFeed:
    """The feed of a token, also a revoked one; raises `NotFound`.

    The look-up goes through a unique index over 128 random bits.
    """
    feed = session.scalar(select(PersonalFeed).where(PersonalFeed.token == token))
    if feed is None:
        raise NotFound
    return feed


def entries(session: Session, feed: PersonalFeed, *, now: datetime) -> Sequence[Attendee]:
    """Whose meetings a feed tells, soonest first, each with its meeting.

    Those that get invites: seats (maybe included) and open invitations. Whoever waits, or is to be approved, has no
    invite, and gets no entry. What has left a calendar with a CANCEL stays until the meeting is over, unless the
    same person is there again.
    """
    if feed.email_key is None:
        return ()
    was_invited = and_(Attendee.sent_sequence.is_not(None), Meeting.ends_at > now)
    query = (
        select(Attendee)
        .join(Attendee.meeting)
        .options(contains_eager(Attendee.meeting))
        .where(Attendee.email_key == feed.email_key, Attendee.erased_at.is_(None))
        .where(Meeting.state != MeetingState.DRAFT, belongs_in_feeds(now))
        .where(or_(Attendee.place.in_(IN_CALENDARS), was_invited))
        .order_by(Meeting.starts_at, Attendee.id)
    )
    found = session.scalars(query).all()
    there = {_person(one) for one in found if one.place in IN_CALENDARS}
    return [one for one in found if one.place in IN_CALENDARS or _person(one) not in there]


def _person(attendee: Attendee) -> tuple[int, str]:
    return attendee.meeting_id, attendee.name_key


def _make(session: Session, email_key: str, language: str, *, now: datetime) -> None:
    session.add(PersonalFeed(email_key=email_key, token=new_token(), language=language, created_at=now))
    session.flush()


def _note(session: Session, action: str, attendee: Attendee, *, now: datetime, actor: Actor) -> None:
    history.record(
        session, action, subject_id=attendee.id, meeting_id=attendee.meeting_id, actor=actor, now=now
    )
