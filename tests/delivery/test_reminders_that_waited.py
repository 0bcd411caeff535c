"""A reminder that stayed in the outbox goes only while it is true."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.base import clock
from app.delivery.letters import Overtaken, compose
from app.delivery.postman import Postman, Round
from app.domain.meetings.models import Meeting
from app.domain.outbox.models import Letter, State
from app.domain.registration import changes
from app.domain.registration.models import Answer, Attendee
from tests.delivery.cast import ORGANISER, edit
from tests.delivery.conftest import deliver_all
from tests.delivery.mail_server import MailServer
from tests.delivery.scenes import Story, letter_of

pytestmark = pytest.mark.usefixtures("both_languages")


def call_off(session: Session, letter: Letter) -> None:
    changes.call_off(session, letter.meeting_id or 0, reason={}, now=clock.now(), actor=ORGANISER)


def say_no(session: Session, letter: Letter) -> None:
    Story(session, "en").says(session.get_one(Attendee, letter.attendee_id), Answer.NO)


def say_maybe(session: Session, letter: Letter) -> None:
    Story(session, "en").says(session.get_one(Attendee, letter.attendee_id), Answer.MAYBE)


def gone(session: Session, letter: Letter) -> None:
    letter.attendee_id = None


def move(session: Session, letter: Letter) -> None:
    meeting = session.get_one(Meeting, letter.meeting_id)
    edit(session, meeting, starts_at=meeting.starts_at + timedelta(minutes=30))


@pytest.mark.parametrize("then", [call_off, move, say_no, say_maybe, gone])
def test_a_reminder_that_is_no_longer_true_is_not_written(
    session: Session, then: Callable[[Session, Letter], None]
) -> None:
    letter = letter_of(session, "reminded_yes")
    then(session, letter)
    session.commit()

    with pytest.raises(Overtaken):
        compose(session, letter, now=clock.now())


def test_a_reminder_ends_with_the_start(session: Session) -> None:
    letter = letter_of(session, "reminded_yes")
    start = session.get_one(Meeting, letter.meeting_id).starts_at

    compose(session, letter, now=start - timedelta(seconds=1))
    with pytest.raises(Overtaken):
        compose(session, letter, now=start)


@pytest.mark.parametrize("is_true", [True, False])
def test_an_overtaken_reminder_is_not_sent(
    session: Session, postman: Postman, server: MailServer, *, is_true: bool
) -> None:
    letter = letter_of(session, "reminded_yes")
    letter.due_at = clock.now()
    if not is_true:
        say_no(session, letter)
    number = letter.id

    assert deliver_all(postman) == Round.IDLE

    subjects = [str(one.mail["Subject"]) for one in server.faults.to(letter.recipient)]
    assert any(subject.startswith("Reminder") for subject in subjects) == is_true
    assert session.get_one(Letter, number).state == (State.SENT if is_true else State.SUPERSEDED)
