"""People of earlier meetings: each once, as they were last, without those who are not to be written to."""

from __future__ import annotations

import pytest

from app.domain.directory.models import OrganisationKind
from app.domain.history.service import ATTENDEE
from app.domain.registration import changes, personal, substitutes
from app.domain.registration.substitutes import Substitution
from app.domain.reports import former
from app.domain.reports.former import chosen_people, former_people
from tests.domain.registration.cast import DESK, NOW, later, small_meeting
from tests.factories import DOMAIN, person, register


@pytest.fixture
def two(session):
    """An older meeting and a newer one."""
    return [small_meeting(session, 20, number=number) for number in (1, 2)]


def names(found):
    return [(one.name, one.organisation) for one in found]


def both(two):
    return [one.id for one in two]


def test_each_person_once_as_they_were_last(session, two):
    older, newer = two
    register(session, older, person("Jana Nováková", organisation="Praha 6"), person("Petr Říha"), now=NOW)
    register(session, newer, person("Jana Novakova", organisation="Praha 7"), now=later(1))
    register(session, newer, person("Karel Nový", "jana.novakova@example.org"), now=later(2))
    assert names(former_people(session, both(two))) == [
        ("Jana Novakova", "Praha 7"),
        ("Karel Nový", ""),
        ("Petr Říha", ""),
    ]
    assert names(former_people(session, [older.id])) == [("Jana Nováková", "Praha 6"), ("Petr Říha", "")]
    assert former_people(session, []) == []


def test_who_is_left_out(session, two):
    meeting = two[0]
    olena, petr, jan, eva, adam = register(
        session,
        meeting,
        *(person(name) for name in ("Olena A", "Petr B", "Jan C", "Eva D", "Adam E")),
        now=NOW,
    )
    personal.cancel(session, petr.id, now=later(1), actor=ATTENDEE)  # said no: may come another time
    personal.cancel(session, jan.id, now=later(1), actor=DESK)  # taken off by an organiser
    eva.erased_at, adam.email, adam.email_key = later(2), None, None
    session.flush()
    assert {one.attendee_id for one in former_people(session, both(two))} == {olena.id, petr.id}


def test_a_substitute_and_the_one_they_stand_in_for_both_stay(session, two):
    (olena,) = register(session, two[0], person("Olena A"), now=NOW)
    command = Substitution(person=person("Jan Čech"), language="cs")
    substitutes.substitute(session, olena.id, command, now=later(1), actor=ATTENDEE, mail_domain=DOMAIN)
    session.flush()
    assert {one.name for one in former_people(session, both(two))} == {"Olena A", "Jan Čech"}


def test_meetings_that_were_called_off_have_people(session, two):
    register(session, two[0], person("Olena A"), now=NOW)
    changes.call_off(session, two[0].id, reason={}, now=later(1), actor=DESK)
    session.flush()
    assert len(former_people(session, both(two))) == 1


def test_by_kind_and_parts_of_names_of_organisations(session, two):
    register(
        session,
        two[0],
        person("Jana A", organisation="Městská část Praha 7", organisation_kind=OrganisationKind.DISTRICT),
        person("Petr B", organisation="Spolek Říčany", organisation_kind=OrganisationKind.NGO),
        person("Eva C"),
        now=NOW,
    )
    ids = both(two)
    assert names(former_people(session, ids, kind="ngo")) == [("Petr B", "Spolek Říčany")]
    assert names(former_people(session, ids, organisations=" ricany , nikde")) == [
        ("Petr B", "Spolek Říčany")
    ]
    assert len(former_people(session, ids, organisations="praha,říčany")) == 2
    assert len(former_people(session, ids, organisations=" , ,")) == 3
    assert former_people(session, ids, kind="ngo", organisations="praha") == []


def test_no_more_than_fit(session, two, monkeypatch):
    monkeypatch.setattr(former, "MOST", 2)
    register(session, two[0], *(person(f"Osoba {letter}") for letter in "CAB"), now=NOW)
    assert names(former_people(session, both(two))) == [("Osoba A", ""), ("Osoba B", "")]


def test_only_people_of_these_meetings_can_be_chosen(session, two):
    older, newer = two
    (jana,) = register(session, older, person("Jana A"), now=NOW)
    (petr,) = register(session, newer, person("Petr B"), now=NOW)
    assert names(chosen_people(session, [older.id], [jana.id, petr.id, 4711])) == [("Jana A", "")]
    assert chosen_people(session, [], [jana.id]) == []
    assert chosen_people(session, [older.id], []) == []
