"""History: who did what to which thing."""

from datetime import UTC, datetime, timedelta

from app.domain.history import queries, service
from app.domain.history.service import ATTENDEE, PUBLIC, SYSTEM

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)


def test_an_entry_says_who_when_and_what(session):
    service.record(
        session, "attendee:cancel", subject_id=5, meeting_id=7, actor=service.organiser(3), now=NOW, seat=True
    )
    session.flush()
    (entry,) = queries.of_subject(session, "attendee", 5)
    assert (entry.at, entry.act, entry.subject, entry.subject_id) == (NOW, "attendee:cancel", "attendee", 5)
    assert (entry.actor, entry.account_id, entry.meeting_id) == ("organiser", 3, 7)
    assert entry.details == {"seat": True}


def test_actors():
    assert [actor.kind for actor in (PUBLIC, ATTENDEE, SYSTEM)] == ["public", "attendee", "system"]
    assert all(actor.account_id is None for actor in (PUBLIC, ATTENDEE, SYSTEM))


def test_newest_first_and_only_of_the_thing(session):
    for minute, (act, subject_id, meeting_id) in enumerate(
        [("meeting:edit", 5, 5), ("attendee:add", 5, 5), ("attendee:cancel", 5, 5), ("attendee:add", 6, 9)]
    ):
        now = NOW + timedelta(minutes=minute)
        service.record(session, act, subject_id=subject_id, meeting_id=meeting_id, actor=SYSTEM, now=now)
    session.flush()
    assert [one.act for one in queries.of_subject(session, "attendee", 5)] == [
        "attendee:cancel",
        "attendee:add",
    ]
    assert [one.act for one in queries.of_meeting(session, 5)] == [
        "attendee:cancel",
        "attendee:add",
        "meeting:edit",
    ]
    assert len(queries.of_meeting(session, 5, limit=1)) == 1


def test_entries_of_one_moment_keep_their_order(session):
    for act in ("attendee:add", "attendee:cancel"):
        service.record(session, act, subject_id=5, actor=SYSTEM, now=NOW)
    session.flush()
    assert [one.act for one in queries.of_subject(session, "attendee", 5)] == [
        "attendee:cancel",
        "attendee:add",
    ]
