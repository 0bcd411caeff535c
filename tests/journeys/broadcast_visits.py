"""Letters to many in every state, and people who chose about news, for the visits."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.accounts.models import Account
from app.domain.broadcasts.models import Broadcast, BroadcastFile, BroadcastState, NewsChoice, Stop
from app.domain.broadcasts.rules import Segment
from app.domain.broadcasts.sending import letter_to
from app.domain.meetings.models import Meeting
from app.domain.outbox.models import State
from app.domain.outbox.service import enqueue
from app.domain.registration.models import Attendee

LONG_WORD = "Nejneobhospodařovávatelnějšími" * 3
ENDINGS = (State.SENT, State.FAILED, State.BOUNCED, State.SENT, State.QUEUED)
BODY = "## Co s sebou\n\nDobrá zpráva, **%name%**:\n\n- podklady jsou na [stránce](%meeting_link%)\n- %date%, %place%"


def letters_to_many(session: Session, meeting: Meeting) -> list[str]:
    """Letters to many of this meeting in each state; gives their pages below the meeting's own."""
    now, author = meeting.created_at + timedelta(days=3650), session.scalars(select(Account.id)).first()
    made = [
        Broadcast(
            meeting_id=meeting.id,
            author_id=author,
            segment=Segment().stored(),
            subject={"cs": "Podklady: %meeting%"},
            body={"cs": BODY},
            state=state,
            scheduled_at=now,
            created_at=now,
            changed_at=now,
            stopped_by=Stop.ORGANISER if state == BroadcastState.STOPPED else None,
        )
        for state in BroadcastState
    ]
    session.add_all(made)
    session.flush()
    for broadcast in made[2:]:
        write(session, broadcast, meeting)
    name = f"{LONG_WORD}.pdf"
    file = BroadcastFile(
        broadcast_id=made[0].id, name=name, content_type="application/pdf", size=5, data=b"%PDF-"
    )
    file.created_at = now
    session.add(file)
    session.commit()
    draft, *others = (f"letters/{one.id}/" for one in made)
    return ["letters/", f"{draft}write", f"{draft}preview/", f"{draft}preview/html", f"{draft}send", *others]


def write(session: Session, broadcast: Broadcast, meeting: Meeting) -> None:
    """A letter to a few people, with each ending that there is."""
    people = session.scalars(select(Attendee).where(Attendee.meeting_id == meeting.id).limit(len(ENDINGS)))
    for person, state in zip(people, ENDINGS, strict=False):
        new = letter_to(broadcast, meeting, person)
        assert new
        letter = enqueue(session, new, now=broadcast.created_at)
        letter.state = state
        letter.sent_at = broadcast.created_at if state == State.SENT else None
        letter.last_error = f"550 5.1.1 {LONG_WORD}" if state == State.FAILED else None
        broadcast.number += 1


def choices(session: Session) -> None:
    """Somebody who gets news, and somebody who does not."""
    now = session.scalars(select(Meeting.created_at)).first()
    assert now
    session.add(NewsChoice(email_key="a@example.org", token="news-of-the-visits", created_at=now))
    session.add(
        NewsChoice(email_key="b@example.org", token="no-news-of-the-visits", created_at=now, refused_at=now)
    )
    session.commit()
