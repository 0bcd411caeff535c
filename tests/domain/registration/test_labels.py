"""Labels stay with the person when an address is corrected, go to nobody else, and go with the person."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.base.db import begin_write
from app.base.errors import NotFound
from app.domain.history.models import Entry
from app.domain.history.service import SYSTEM
from app.domain.meetings.models import Meeting
from app.domain.privacy import erase, service
from app.domain.registration import labels, organiser, substitutes
from app.domain.registration.commands import Person
from app.domain.registration.label_queries import by_attendee
from app.domain.registration.models import AttendeeLabel, Label
from tests.domain.registration.cast import NOW, later, small_meeting
from tests.factories import DOMAIN, register


@pytest.fixture
def people(session):
    meeting = small_meeting(session, 5)
    found = [register(session, meeting, name, now=NOW)[0] for name in ("Jana Nová", "Petr Malý")]
    session.commit()
    return found


def put_on(session, name, *rows, at=0):
    begin_write(session)
    ids = [row.id for row in rows]
    done = labels.put_on(session, rows[0].meeting_id, ids, name, now=later(at), actor=SYSTEM)
    session.commit()
    return done


def test_case_does_not_matter_and_the_first_way_of_writing_stays(session, people):
    put_on(session, "Straße", people[0])
    assert put_on(session, "STRASSE", *people).people == [people[1].id]
    assert session.query(Label).one().name == "Straße"


def test_a_meeting_has_some_labels_at_most(session, people):
    meeting_id = people[0].meeting_id
    session.add_all(
        Label(meeting_id=meeting_id, name=f"L{one}", name_key=f"l{one}")
        for one in range(labels.MOST_PER_MEETING)
    )
    session.commit()
    with pytest.raises(labels.LabelRefused) as refused:
        put_on(session, "VIP", *people)
    assert refused.value.reason == "per_meeting"
    session.rollback()
    assert put_on(session, "L7", *people).people == [one.id for one in people]


def test_a_corrected_address_keeps_them(session, people):
    put_on(session, "VIP", people[0])
    begin_write(session)
    new = organiser.correct_address(
        session, people[0].id, "jina@example.org", now=later(1), actor=SYSTEM, mail_domain=DOMAIN
    )
    session.commit()
    assert by_attendee(session, new.meeting_id) == {new.id: ["VIP"]}


def test_a_substitute_gets_none(session, people):
    put_on(session, "VIP", people[0])
    begin_write(session)
    command = substitutes.Substitution(
        person=Person(name="Eva Kolegyně", email="eva@example.org"), language="cs"
    )
    substitutes.substitute(session, people[0].id, command, now=later(1), actor=SYSTEM, mail_domain=DOMAIN)
    session.commit()
    assert list(by_attendee(session, people[0].meeting_id)) == [people[0].id]


def test_an_erased_person_has_none_and_what_only_they_had_is_gone(session, people):
    put_on(session, "VIP", *people)
    put_on(session, "syn paní ředitelky", people[0], at=1)
    begin_write(session)
    erase.erase_attendee(session, people[0].id, now=later(2), actor=SYSTEM)
    session.commit()
    assert [one.name for one in session.query(Label)] == ["VIP"]
    assert [one.attendee_id for one in session.query(AttendeeLabel)] == [people[1].id]
    assert put_on(session, "VIP", people[0], at=3).people == [], "nobody is there"
    acts = session.query(Entry).filter(Entry.act.in_(("attendee:label", "attendee:unlabel")))
    assert all(set(one.details) == {"label"} for one in acts)


def test_retention_takes_them_with_the_names(session, people):
    put_on(session, "VIP", *people)
    ends_at = session.get(Meeting, people[0].meeting_id).ends_at
    begin_write(session)
    soon = service.expire(session, now=ends_at + timedelta(days=30), retention_months=12)
    assert soon.labels == 0
    much_later = ends_at + timedelta(days=400)
    assert service.expire(session, now=much_later, retention_months=12, dry_run=True).labels == 1
    assert service.expire(session, now=much_later, retention_months=12).labels == 1
    session.commit()
    assert session.query(AttendeeLabel).count() == session.query(Label).count() == 0


def test_taking_off_what_is_not_there(session, people):
    with pytest.raises(NotFound):
        labels.take_off(session, people[0].meeting_id, [people[0].id], 4711, now=NOW, actor=SYSTEM)


def test_an_undo_after_the_label_is_gone_does_nothing(session, people):
    put_on(session, "VIP", people[0])
    label_id = session.query(Label).one().id
    begin_write(session)
    labels.take_off(session, people[0].meeting_id, [people[0].id], label_id, now=later(1), actor=SYSTEM)
    labels.forget(session, people[0].meeting_id, [people[1].id])
    session.commit()
    begin_write(session)
    assert labels.take_back(session, people[0].meeting_id, later(1), now=later(2), actor=SYSTEM) == []
