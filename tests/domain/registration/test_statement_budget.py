"""How many SQL statements a registration takes in the domain (BEGIN and COMMIT are none)."""

import pytest

from app.base.db import begin_write
from app.domain.directory.models import Organisation
from app.domain.history.service import ATTENDEE
from app.domain.registration import personal
from app.domain.registration.commands import Needs, SignUp
from app.domain.registration.sign_up import sign_up
from tests.domain.registration.cast import NOW, change_to, hybrid, later, small_meeting
from tests.factories import DOMAIN, make_contact, person, register

ONE_PERSON, EACH_FURTHER = 9, 2


@pytest.fixture
def full_form(session):
    """A meeting with a contact, a known organisation and people who wait: nothing is left out."""
    session.add(Organisation(name="InBáze", name_key="inbaze", sort_key="inbaze", kind="ngo"))
    meeting = hybrid(session, 3, 3, contact_id=make_contact(session).id)
    register(session, meeting, *(f"Host {number}" for number in range(5)), now=NOW)
    session.commit()
    return meeting.id


def post(session, meeting_id, size, *, key="key"):
    needs = Needs(diet="vegan", consent_text="I agree")
    people = tuple(person(f"Nový {number}", organisation="InBáze", needs=needs) for number in range(size))
    begin_write(session)
    command = SignUp(people=people, language="cs", form_key=key)
    sign_up(session, meeting_id, command, now=NOW, mail_domain=DOMAIN)
    session.commit()


@pytest.mark.parametrize("size", [1, 2, 3, 6])
def test_a_registration_stays_in_its_budget(session, full_form, statements, size):
    with statements() as seen:
        post(session, full_form, size)
    assert len(seen) <= ONE_PERSON + EACH_FURTHER * (size - 1), seen


def test_more_attendees_cost_no_more(session, statements):
    counts = []
    for number in (1, 40):
        meeting = small_meeting(session, 5)
        for who in range(number):
            register(session, meeting, f"Host {who}", now=NOW)
        session.commit()
        with statements() as seen:
            post(session, meeting.id, 1, key=str(number))
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_repeated_post_only_reads(session, full_form, statements):
    post(session, full_form, 2)
    with statements() as seen:
        post(session, full_form, 2)
    assert len(seen) <= 3
    assert not [one for one in seen if one.startswith(("INSERT", "UPDATE", "DELETE"))]


@pytest.mark.parametrize("people", [2, 30])
def test_a_cancel_that_moves_somebody_up(session, statements, people):
    meeting = small_meeting(session, 1)
    everybody = [register(session, meeting, f"Host {number}", now=NOW)[0] for number in range(people)]
    first = everybody[0].id
    session.commit()
    with statements() as seen:
        begin_write(session)
        personal.cancel(session, first, now=later(1), actor=ATTENDEE)
        session.commit()
    assert len(seen) <= 12, seen


def test_a_change_of_mode(session, statements):
    meeting = hybrid(session, 1, 1)
    (one,) = register(session, meeting, "Host", now=NOW)
    command, one_id = change_to(one, mode="online"), one.id
    session.commit()
    with statements() as seen:
        begin_write(session)
        personal.change(session, one_id, command, now=later(1), actor=ATTENDEE)
        session.commit()
    assert len(seen) <= 12, seen
