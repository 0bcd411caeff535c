"""Which of several letters about one calendar entry goes, and as what."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.base import clock
from app.base.db import begin_write
from app.delivery.postman import Postman
from app.domain.history.service import ATTENDEE
from app.domain.outbox import service as outbox
from app.domain.outbox.models import Kind, Letter, State
from app.domain.registration import organiser, personal
from app.domain.registration.models import Attendee
from app.extensions import db
from tests.calendar_checks import read_the_same
from tests.delivery.cast import ORGANISER, a_meeting, edit, sign_in_language
from tests.delivery.conftest import deliver_all, make_due
from tests.delivery.mail_server import MailServer
from tests.factories import DOMAIN, person

ADDRESS = "olena@example.com"


@pytest.fixture
def attendee(session: Session, both_languages: None) -> Attendee:
    """Somebody confirmed, whose letter waits."""
    (one,) = sign_in_language(session, a_meeting(session), "en", person(email=ADDRESS))
    session.commit()
    return one


def calendar_of(mail: EmailMessage) -> bytes | None:
    for part in mail.walk():
        if part.get_content_type() == "text/calendar":
            data = part.get_payload(decode=True)
            assert isinstance(data, bytes)
            return data
    return None


def states(session: Session) -> list[tuple[str, str]]:
    session.rollback()
    session.expire_all()
    return [(one.kind, one.state) for one in session.query(Letter).order_by(Letter.id)]


def cancel(session: Session, attendee: Attendee) -> None:
    personal.cancel(session, attendee.id, now=clock.now(), actor=ATTENDEE)
    session.commit()


def test_a_cancel_before_the_confirmation_left_is_the_only_letter_and_plain(
    session: Session, postman: Postman, server: MailServer, attendee: Attendee
) -> None:
    cancel(session, attendee)

    deliver_all(postman)

    assert states(session) == [(Kind.CONFIRMED, State.SUPERSEDED), (Kind.CANCELLED, State.SENT)]
    (taken,) = server.faults.to(ADDRESS)
    assert calendar_of(taken.mail) is None
    session.refresh(attendee)
    assert attendee.sent_sequence is None


def test_a_cancel_after_the_confirmation_ends_the_entry_with_the_next_sequence(
    session: Session, postman: Postman, server: MailServer, attendee: Attendee
) -> None:
    deliver_all(postman)
    cancel(session, attendee)

    deliver_all(postman)

    first, second = (calendar_of(one.mail) for one in server.faults.to(ADDRESS))
    assert first is not None
    assert second is not None
    request, end = read_the_same(first), read_the_same(second)
    assert (request.method, end.method) == ("REQUEST", "CANCEL")
    assert (end.uid, end.organizer, end.attendee) == (request.uid, request.organizer, request.attendee)
    assert end.sequence == request.sequence + 1
    session.refresh(attendee)
    assert attendee.sent_sequence == end.sequence


def test_a_cancel_after_a_confirmation_that_perhaps_left_ends_the_entry(
    session: Session, postman: Postman, server: MailServer, both_languages: None
) -> None:
    address = "drop@example.com"
    (one,) = sign_in_language(session, a_meeting(session), "en", person(email=address))
    deliver_all(postman)
    cancel(session, one)

    deliver_all(postman)

    assert states(session) == [(Kind.CONFIRMED, State.SUPERSEDED), (Kind.CANCELLED, State.SENT)]
    data = calendar_of(server.faults.to(address)[-1].mail)
    assert data is not None
    assert read_the_same(data).method == "CANCEL"


def test_an_update_overtakes_the_confirmation_that_waits(
    session: Session, postman: Postman, server: MailServer, attendee: Attendee
) -> None:
    meeting = a_meeting(session)
    (one,) = sign_in_language(session, meeting, "en", person(email="late@example.com"))
    edit(session, meeting, starts_at=meeting.starts_at - timedelta(hours=1))
    session.commit()

    deliver_all(postman)

    (taken,) = server.faults.to("late@example.com")
    assert "New time" in taken.mail["Subject"]
    data = calendar_of(taken.mail)
    assert data is not None
    assert read_the_same(data).sequence == 1
    assert len(server.faults.to(ADDRESS)) == 1
    assert one.id != attendee.id


def test_undo_brings_the_same_entry_back(
    session: Session, postman: Postman, server: MailServer, attendee: Attendee
) -> None:
    deliver_all(postman)
    cancel(session, attendee)
    deliver_all(postman)
    personal.undo_cancel(session, attendee.id, now=clock.now(), actor=ATTENDEE)

    deliver_all(postman)

    found = [calendar_of(one.mail) for one in server.faults.to(ADDRESS)]
    readings = [read_the_same(data) for data in found if data is not None]
    assert [one.method for one in readings] == ["REQUEST", "CANCEL", "REQUEST"]
    assert [one.sequence for one in readings] == [0, 1, 2]
    assert len({one.uid for one in readings}) == 1


def test_an_old_cancel_sent_again_cannot_undo_a_newer_invite(
    session: Session, postman: Postman, server: MailServer, attendee: Attendee
) -> None:
    deliver_all(postman)
    cancel(session, attendee)
    deliver_all(postman)
    personal.undo_cancel(session, attendee.id, now=clock.now(), actor=ATTENDEE)
    deliver_all(postman)
    old = session.query(Letter).filter_by(kind=Kind.CANCELLED).one()
    outbox.enqueue_again(session, old, now=clock.now())

    deliver_all(postman)

    assert calendar_of(server.faults.to(ADDRESS)[-1].mail) is None
    session.refresh(attendee)
    assert attendee.sent_sequence == 2


def test_plain_letters_are_never_superseded(
    session: Session, postman: Postman, server: MailServer, attendee: Attendee
) -> None:
    personal.send_links(session, ADDRESS, now=clock.now())
    cancel(session, attendee)

    deliver_all(postman)

    assert (Kind.LINK_AGAIN, State.SENT) in states(session)


def test_a_corrected_address_gets_a_new_entry_and_the_old_one_ends(
    session: Session, postman: Postman, server: MailServer, attendee: Attendee
) -> None:
    deliver_all(postman)
    organiser.correct_address(
        session, attendee.id, "right@example.com", now=clock.now(), actor=ORGANISER, mail_domain=DOMAIN
    )

    deliver_all(postman)

    old, new = server.faults.to(ADDRESS)[-1].mail, server.faults.to("right@example.com")[0].mail
    end, begin = calendar_of(old), calendar_of(new)
    assert end is not None
    assert begin is not None
    assert read_the_same(end).method == "CANCEL"
    assert read_the_same(end).uid != read_the_same(begin).uid
    assert "/my/" not in old.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "right@example.com" not in old.as_string()


def test_one_calendar_letter_of_a_person_is_under_way_at_a_time(session: Session, attendee: Attendee) -> None:
    begin_write(session)
    first = outbox.claim_next(session, worker="a", now=clock.now())
    session.commit()
    assert first is not None
    cancel(session, attendee)

    begin_write(session)
    assert outbox.claim_next(session, worker="b", now=clock.now()) is None
    session.commit()

    begin_write(session)
    outbox.mark_sent(session, first, now=clock.now())
    session.commit()
    begin_write(session)
    assert outbox.claim_next(session, worker="b", now=clock.now()) is not None
    session.commit()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)  # SQLite lets one writer in at a time
def test_two_workers_that_claim_at_the_same_moment_do_not_both_get_one_persons_letters(
    app: Flask, session: Session, attendee: Attendee
) -> None:
    """Both look before either commits; the second has to step back."""
    with Session(db.engine) as first:
        begin_write(first)
        held = outbox.claim_next(first, worker="a", now=clock.now())  # not committed yet
        cancel(session, attendee)

        def claim_second() -> object:
            with app.app_context(), Session(db.engine) as second:
                begin_write(second)
                claim = outbox.claim_next(second, worker="b", now=clock.now())
                second.commit()
                return claim

        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(claim_second)
            _wait_until_blocked(session)
            first.commit()
            assert answer.result(timeout=10) is None
    assert held is not None
    make_due(session)
    assert states(session)[0][1] == State.SENDING


def _wait_until_blocked(session: Session) -> None:
    for _ in range(100):
        waiting = session.scalar(text("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"))
        session.rollback()
        if waiting:
            return
        time.sleep(0.05)
    raise AssertionError("the second worker did not have to wait")


def test_a_dead_workers_letter_is_taken_over_when_its_lease_ends(
    session: Session, postman: Postman, server: MailServer, attendee: Attendee
) -> None:
    begin_write(session)
    assert outbox.claim_next(session, worker="dead", now=clock.now()) is not None
    session.commit()

    deliver_all(postman)
    assert server.faults.taken == []

    make_due(session, State.SENDING)
    deliver_all(postman)
    letter = session.query(Letter).one()
    assert (letter.state, letter.attempts, letter.perhaps_sent) == (State.SENT, 2, True)


def test_the_same_bytes_of_the_calendar_go_at_each_try(
    session: Session,
    postman: Postman,
    server: MailServer,
    both_languages: None,
    mails_to: Callable[..., None],
) -> None:
    address = "drop@example.com"
    sign_in_language(session, a_meeting(session), "en", person(email=address))
    deliver_all(postman)
    make_due(session)
    deliver_all(postman)

    first, second = server.faults.to(address)
    assert calendar_of(first.mail) == calendar_of(second.mail)
    assert first.mail["Message-ID"] == second.mail["Message-ID"]
