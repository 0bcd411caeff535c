"""Consent to be on the list that participants get: given by oneself, kept with its time and words, taken back."""

import pytest
from sqlalchemy import select

from app.base import clock
from app.domain.history.service import ATTENDEE, PUBLIC
from app.domain.privacy.erase import erase_attendee
from app.domain.registration import organiser, personal
from app.domain.registration.commands import Change
from app.domain.registration.models import Attendee, Mode
from app.domain.registration.sign_up import needs_of
from app.domain.registration.substitutes import Substitution, substitute
from tests.factories import DOMAIN, make_meeting, person, register

WORDS = "My name may be on the list."


@pytest.fixture
def jana(session):
    (row,) = register(session, make_meeting(session), person("Jana Nováková", handout_consent=WORDS))
    return row


def change(session, row, **values):
    present = {
        "name": row.name,
        "organisation": row.organisation_name,
        "organisation_kind": row.organisation_kind,
        "mode": Mode(row.mode),
        "language": row.language,
        "needs": needs_of(row),
        "handout_consent": row.handout_consent_text,
    }
    return personal.change(session, row.id, Change(**(present | values)), now=clock.now(), actor=ATTENDEE)


def test_it_is_kept_with_its_words_and_its_time(session, jana):
    assert (jana.handout_consent_text, jana.handout_consent_at) == (WORDS, jana.registered_at)


def test_nobody_has_agreed_who_was_not_asked(session):
    (row,) = register(session, make_meeting(session), "Petr Svoboda")
    assert (row.handout_consent_text, row.handout_consent_at) == ("", None)


def test_it_is_taken_back_and_given_again_on_the_personal_page(session, jana):
    change(session, jana, handout_consent="")
    assert (jana.handout_consent_text, jana.handout_consent_at) == ("", None)
    change(session, jana, handout_consent="Souhlasím.")
    assert jana.handout_consent_text == "Souhlasím."
    assert jana.handout_consent_at > jana.registered_at


def test_another_change_leaves_its_time(session, jana):
    before = jana.handout_consent_at
    change(session, jana, organisation="InBáze")
    assert (jana.organisation_name, jana.handout_consent_at) == ("InBáze", before)


def test_a_corrected_address_takes_it_along(session, jana):
    before = jana.handout_consent_at
    new = organiser.correct_address(
        session, jana.id, "nova@example.org", now=clock.now(), actor=PUBLIC, mail_domain=DOMAIN
    )
    assert (new.handout_consent_text, new.handout_consent_at) == (WORDS, before)


def test_a_substitute_has_not_agreed_because_somebody_else_did(session, jana):
    command = Substitution(person=person("Petr Svoboda"), language="cs")
    colleague = substitute(session, jana.id, command, now=clock.now(), actor=ATTENDEE, mail_domain=DOMAIN)
    assert (colleague.handout_consent_text, colleague.handout_consent_at) == ("", None)


def test_it_goes_with_the_person(session, jana):
    erase_attendee(session, jana.id, now=clock.now(), actor=ATTENDEE)
    session.flush()
    row = session.scalar(select(Attendee).where(Attendee.id == jana.id))
    assert (row.handout_consent_text, row.handout_consent_at) == ("", None)
