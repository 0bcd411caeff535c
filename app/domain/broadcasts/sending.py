"""Turning a letter to many into letters: looked for at each tick of the worker, in portions that hold a write short.

Each portion locks the letter's row and moves `reached_id`, so that any number of workers write each person once;
the key of each letter is the second fence.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import func, select

from app.base.tokens import new_token
from app.domain.broadcasts import news, queries, rules, service
from app.domain.broadcasts.models import Broadcast, BroadcastState, Purpose, Stop
from app.domain.broadcasts.rules import BroadcastRefused
from app.domain.history import service as history
from app.domain.meetings.models import Meeting, MeetingState
from app.domain.outbox import service as outbox
from app.domain.outbox.models import Kind
from app.domain.registration import letters
from app.domain.registration.models import Answer, Attendee, Mode, Place

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from app.domain.accounts.models import Account
    from app.domain.history.service import Actor
    from app.domain.outbox.service import NewLetter
    from app.domain.registration.letters import Recipient

PORTION = 500  # people in one transaction
MOST_AGAIN = 1000  # letters that one press sends again
AT_ONCE = 100  # letters that are due at once; the rest follows at a pace that lets other letters through
PER_SECOND = 20


def advance(session: Session, broadcast_id: int, *, now: datetime) -> int:
    """Do what is due for one letter to many: start it, write a portion of letters, or end it.

    Returns how many letters it wrote. The caller has begun a write.
    """
    broadcast = service.lock(session, broadcast_id)
    if broadcast.state not in rules.RUNNING or broadcast.scheduled_at is None or broadcast.scheduled_at > now:
        return 0
    meeting = session.get_one(Meeting, broadcast.meeting_id)
    if broadcast.state == BroadcastState.SCHEDULED and not _start(session, broadcast, meeting, now=now):
        return 0
    if broadcast.written_at is None:
        return _write(session, broadcast, meeting, now=now)
    if not queries.is_anything_open(session, broadcast.id):
        broadcast.state, broadcast.ended_at = BroadcastState.SENT, now
    return 0


def letter_to(
    broadcast: Broadcast, meeting: Meeting, attendee: Recipient, about: Any = None
) -> NewLetter | None:
    """The letter to one person; None without an address. `about` are the meeting's facts where they are made."""
    new = letters.prepared(Kind.MESSAGE, meeting, attendee, about=about)
    if new is None:
        return None
    return replace(new, key=f"{Kind.MESSAGE}:{broadcast.id}:{attendee.id}", broadcast_id=broadcast.id)


def write_trial(
    session: Session, broadcast_id: int, account: Account, *, language: str, now: datetime
) -> None:
    """A test to the one who writes: their own name for the recipient's, no personal link. Raises `BroadcastRefused`."""
    broadcast = service.lock(session, broadcast_id)
    if rules.problems(broadcast.subject, broadcast.body, queries.absent(session, broadcast, now=now)):
        raise BroadcastRefused("incomplete")
    meeting = session.get_one(Meeting, broadcast.meeting_id)
    reader = stand_in(None, name=account.name, language=language)
    new = outbox.NewLetter(
        kind=Kind.MESSAGE,
        recipient=account.email,
        language=language,
        key=f"{Kind.MESSAGE}:trial:{broadcast.id}:{new_token()}",
        facts={"trial": broadcast.id, **facts_for(meeting, reader)},
        meeting_id=meeting.id,
        account_id=account.id,
    )
    outbox.enqueue(session, new, now=now)


def stand_in(person: Attendee | None, *, name: str, language: str) -> Attendee:
    """A reader for tests and previews, in no session: like `person`, else somebody who comes, with this language."""
    return Attendee(
        name=person.name if person else name,
        organisation_name=person.organisation_name if person else "",
        mode=person.mode if person else Mode.ROOM,
        place=person.place if person else Place.CONFIRMED,
        answer=person.answer if person else Answer.NONE,
        language=language,
    )


def facts_for(meeting: Meeting, reader: Attendee) -> dict[str, Any]:
    """What a letter to this reader knows."""
    return {
        "meeting": letters.meeting_facts(meeting, reader),
        "attendee": letters.attendee_facts(reader),
        "invite": None,
    }


def send_again(
    session: Session,
    broadcast_id: int,
    letter_ids: Collection[int] | None = None,
    *,
    now: datetime,
    actor: Actor,
) -> int:
    """Write once more to these, or to all whose letter failed; returns to how many.

    At most `MOST_AGAIN` at a time. Pressing twice sends once: the key names the letter that failed.
    Raises `BroadcastRefused` for a draft or a stopped one, and where nothing failed.
    """
    broadcast = service.lock(session, broadcast_id)
    if broadcast.state not in (BroadcastState.SENDING, BroadcastState.SENT):
        raise BroadcastRefused("not_running")
    failed = queries.failed_letters(session, broadcast.id, letter_ids, most=MOST_AGAIN)
    if not failed:
        raise BroadcastRefused("none_failed")
    _write_again(session, broadcast, failed, now=now)
    broadcast.state, broadcast.ended_at = BroadcastState.SENDING, None
    history.record(
        session,
        "broadcast:again",
        subject_id=broadcast.id,
        meeting_id=broadcast.meeting_id,
        actor=actor,
        now=now,
        number=len(failed),
    )
    return len(failed)


def _start(session: Session, broadcast: Broadcast, meeting: Meeting, *, now: datetime) -> bool:
    """Begin to send, unless it would mislead by now, or wake people up."""
    if why := _overtaken(broadcast, meeting, now=now):
        broadcast.state, broadcast.stopped_by, broadcast.ended_at = BroadcastState.STOPPED, why, now
        _record(session, "broadcast:stop", broadcast, now=now, by=why)
        return False
    if not broadcast.at_night and rules.is_night(now, meeting.timezone):
        return False
    broadcast.state, broadcast.started_at = BroadcastState.SENDING, now
    query = select(func.max(Attendee.id)).where(Attendee.meeting_id == meeting.id)
    broadcast.last_id = session.scalar(query) or 0
    return True


def _overtaken(broadcast: Broadcast, meeting: Meeting, *, now: datetime) -> Stop | None:
    """Why a letter must not go any more: the meeting was called off after it was let go, or it is far too late."""
    off, released = meeting.called_off_at, broadcast.released_at
    if (
        meeting.state == MeetingState.CALLED_OFF
        and off is not None
        and released is not None
        and off > released
    ):
        return Stop.CALLED_OFF
    if broadcast.scheduled_at is not None and now - broadcast.scheduled_at > rules.LATEST:
        return Stop.LATE
    return None


def _write(session: Session, broadcast: Broadcast, meeting: Meeting, *, now: datetime) -> int:
    query = (
        select(*letters.RECIPIENT, Attendee.email_key)
        .where(
            *queries.recipients(broadcast),
            Attendee.id > broadcast.reached_id,
            Attendee.id <= (broadcast.last_id or 0),
        )
        .order_by(Attendee.id)
        .limit(PORTION)
    )
    people = cast("Sequence[Row[Any]]", session.execute(query).all())
    if broadcast.purpose == Purpose.NEWS:
        news.prepare(session, (one.email_key for one in people), now=now)
    rows = list(_rows(broadcast, meeting, people, now=now))
    if rows:
        outbox.enqueue_rows(session, rows)
        broadcast.number += len(rows)
    if len(people) < PORTION:
        broadcast.written_at = now
        _record(session, "broadcast:start", broadcast, now=now, number=broadcast.number)
    else:
        broadcast.reached_id = people[-1].id
    return len(rows)


def _rows(
    broadcast: Broadcast,
    meeting: Meeting,
    people: Iterable[Recipient],
    *,
    now: datetime,
    after: Mapping[int, int] | None = None,
) -> Iterable[dict[str, Any]]:
    """A row for each letter; `after` are the letters that it is sent again after, by attendee."""
    about: dict[tuple[str, str, str], dict[str, Any]] = {}
    for index, attendee in enumerate(people, start=0 if after else broadcast.number):
        alike = (attendee.language, attendee.mode, attendee.place)
        if alike not in about:
            about[alike] = letters.meeting_facts(meeting, attendee)
        new = letter_to(broadcast, meeting, attendee, about[alike])
        if new is not None:
            pause = timedelta(seconds=max(index - AT_ONCE, 0) / PER_SECOND)
            key = f"{new.key}/{after[attendee.id]}" if after else new.key
            yield outbox.letter_row(replace(new, key=key, due_at=now + pause), now=now)


def _write_again(session: Session, broadcast: Broadcast, failed: Mapping[int, int], *, now: datetime) -> None:
    """As they were, to the present address; whoever left the list meanwhile is passed over at sending."""
    meeting = session.get_one(Meeting, broadcast.meeting_id)
    query = select(*letters.RECIPIENT).where(Attendee.id.in_(failed), Attendee.email.is_not(None))
    people = cast("Sequence[Row[Any]]", session.execute(query.order_by(Attendee.id)).all())
    rows = list(_rows(broadcast, meeting, people, now=now, after=failed))
    if rows:
        outbox.enqueue_rows(session, rows)


def _record(session: Session, act: str, broadcast: Broadcast, *, now: datetime, **details: Any) -> None:
    history.record(
        session,
        act,
        subject_id=broadcast.id,
        meeting_id=broadcast.meeting_id,
        actor=history.SYSTEM,
        now=now,
        **details,
    )
