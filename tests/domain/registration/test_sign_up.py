"""Registering: one submission, one to six people, one transaction."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.base.errors import NotFound
from app.domain.directory.models import Organisation
from app.domain.history.models import Entry
from app.domain.history.service import ATTENDEE
from app.domain.meetings.models import MeetingState
from app.domain.outbox.models import Letter
from app.domain.registration import personal, rules
from app.domain.registration.commands import Needs, SignUp
from app.domain.registration.models import Answer, Attendee, Mode, Party, Place
from app.domain.registration.sign_up import sign_up
from tests.domain.registration.cast import (
    NOW,
    START,
    acts,
    assert_sound,
    hybrid,
    later,
    letters_to,
    places,
    small_meeting,
    told,
)
from tests.factories import DOMAIN, person, register, submit

JANA, PETR, OLENA = "Jana Nováková", "Petr Svoboda", "Олена Шевченко"


def send(session, meeting, *people, form_key="key", now=NOW, **values):
    command = SignUp(people=people, language="cs", form_key=form_key, **values)
    return sign_up(session, meeting.id, command, now=now, mail_domain=DOMAIN)


def count(session, table):
    return session.scalar(select(func.count()).select_from(table))


def test_one_person_gets_a_seat_and_an_invite(session):
    meeting = small_meeting(session)
    (jana,) = register(session, meeting, person(JANA, "Jana@Example.org"), now=NOW)
    assert (jana.place, jana.queue_number, jana.mode) == (Place.CONFIRMED, None, Mode.ROOM)
    assert (jana.answer, jana.answer_at, jana.answer_by, jana.answer_revision) == (Answer.YES, NOW, "web", 0)
    assert (jana.email, jana.email_key, jana.name_key) == (
        "Jana@Example.org",
        "jana@example.org",
        "jana novakova",
    )
    assert (jana.registered_at, jana.changed_at, jana.ended_at, jana.revision) == (NOW, NOW, None, 0)
    assert (jana.language, jana.note, jana.sent_sequence) == ("cs", "", None)
    assert told(session, jana) == [("confirmed", "REQUEST", 0)]
    assert acts(session, jana) == ["attendee:register"]
    assert_sound(session)


def test_names_of_the_invite_are_random_and_of_their_shape(session):
    (jana,) = register(session, small_meeting(session), JANA, now=NOW)
    assert re.fullmatch(r"r-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}@example\.org", jana.uid)
    assert re.fullmatch(r"[a-z2-7]{26}", jana.organizer_token)
    assert len({jana.token, jana.checkin_token, jana.organizer_token}) == 3
    assert len(jana.token) == len(jana.checkin_token) == 22


def test_the_first_invite_carries_whatever_the_sum_is(session):
    meeting = small_meeting(session)
    meeting.revision = 3
    (jana,) = register(session, meeting, JANA, now=NOW)
    assert told(session, jana) == [("confirmed", "REQUEST", 3)]
    assert jana.answer_revision == 3


def test_a_party_is_seated_in_the_order_typed(session):
    meeting = small_meeting(session, 2)
    jana, petr, olena = register(session, meeting, JANA, PETR, OLENA, now=NOW)
    assert places(jana, petr, olena) == "CCW"
    assert [one.position for one in (jana, petr, olena)] == [0, 1, 2]
    assert olena.queue_number == 1
    assert told(session, jana) == [("confirmed", "REQUEST", 0), ("party_summary", None, None)]
    assert told(session, petr) == [("confirmed", "REQUEST", 0)]
    assert told(session, olena) == [("waiting", None, None)]
    assert len({one.token for one in (jana, petr, olena)}) == 3
    assert_sound(session)


def test_companions_are_told_who_registered_them(session):
    jana, petr = register(session, small_meeting(session, 2), JANA, PETR, now=NOW)
    assert letters_to(session, jana)[0].facts["registered_by"] == ""
    assert letters_to(session, petr)[0].facts["registered_by"] == JANA


def test_the_summary_says_what_was_typed(session):
    people = (person(JANA, organisation="Město"), person(PETR))
    party = submit(session, small_meeting(session, 1), *people, now=NOW)
    letter = session.scalars(select(Letter).where(Letter.kind == "party_summary")).one()
    assert letter.recipient == people[0].email
    assert letter.facts["reference"] == party.reference
    assert letter.facts["people"] == party.typed["people"]
    assert [(one["name"], one["place"]) for one in party.typed["people"]] == [
        (JANA, "confirmed"),
        (PETR, "waiting"),
    ]


def test_whoever_comes_alone_gets_one_letter(session):
    register(session, small_meeting(session), JANA, now=NOW)
    assert count(session, Letter) == 1


def test_the_same_post_again_is_the_same_submission(session):
    meeting = small_meeting(session, 2)
    first = send(session, meeting, person(JANA), person(PETR))
    session.flush()
    again = send(session, meeting, person(JANA), person(PETR), now=later(5))
    assert again is first
    assert (count(session, Attendee), count(session, Party), count(session, Letter)) == (2, 1, 3)


def test_a_repeated_post_gets_its_answer_even_when_the_form_is_closed(session):
    meeting = small_meeting(session, 2)
    first = send(session, meeting, person(JANA))
    session.flush()
    assert send(session, meeting, person(JANA), now=START + timedelta(days=1)) is first
    meeting.state = MeetingState.CALLED_OFF
    assert send(session, meeting, person(JANA), now=later(1)) is first


def test_the_same_key_with_another_content_is_another_submission(session):
    meeting = small_meeting(session, 3)
    first = send(session, meeting, person(JANA))
    second = send(session, meeting, person(PETR))
    assert first.id != second.id
    assert count(session, Attendee) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Jana Novákova"},
        {"email": "other@example.org"},
        {"organisation": "Město"},
        {"organisation_kind": "city"},
        {"mode": Mode.ONLINE},
        {"needs": Needs(diet="vegan", consent_text="I agree")},
    ],
)
def test_everything_typed_counts_as_content(session, change):
    meeting = hybrid(session, 5, 5)
    first = send(session, meeting, person(JANA))
    session.flush()
    assert send(session, meeting, replace(person(JANA), **change)).id != first.id


def test_the_same_content_at_another_meeting_is_another_submission(session):
    first = send(session, small_meeting(session), person(JANA))
    second = send(session, small_meeting(session), person(JANA))
    assert first.id != second.id


@pytest.mark.parametrize(
    ("name", "email"), [(JANA, "jana@example.org"), ("JANA  NOVÁKOVÁ", "Jana@EXAMPLE.org")]
)
def test_somebody_known_gets_a_letter_and_no_second_row(session, name, email):
    meeting = small_meeting(session, 2)
    (jana,) = register(session, meeting, person(JANA, "jana@example.org"), now=NOW)
    party = submit(session, meeting, person(name, email), now=later(1))
    assert count(session, Attendee) == 1
    assert jana.party_id != party.id
    assert told(session, jana) == [("confirmed", "REQUEST", 0), ("already_registered", None, None)]
    assert letters_to(session, jana)[1].recipient == "jana@example.org"
    assert (jana.name, jana.changed_at) == (JANA, NOW)
    assert_sound(session)


def test_the_done_page_of_somebody_known_is_that_of_a_newcomer(session):
    meeting = small_meeting(session, 2)
    known = person(JANA)
    register(session, meeting, known, now=NOW)
    assert submit(session, meeting, known, now=later(1)).typed["people"][0]["place"] == "confirmed"
    register(session, meeting, PETR, now=later(2))
    shown = submit(session, meeting, known, now=later(3)).typed
    stranger = submit(session, meeting, replace(known, email="stranger@example.org"), now=later(4)).typed
    shown["people"][0]["email"] = stranger["people"][0]["email"]
    assert shown == stranger


@pytest.mark.parametrize("known_first", [True, False])
def test_a_party_at_a_full_meeting_does_not_tell_who_was_known(session, known_first):
    meeting = small_meeting(session, 1)
    register(session, meeting, JANA, now=NOW)
    people = [person(JANA), person(PETR)][:: 1 if known_first else -1]
    shown = submit(session, meeting, *people, now=later(1)).typed["people"]
    assert [one["place"] for one in shown] == ["waiting", "waiting"]
    assert [one["queue"] for one in shown] == [1, 2]


def test_two_who_are_known_do_not_both_get_the_last_seat(session):
    meeting = small_meeting(session, 3)
    register(session, meeting, JANA, PETR, now=NOW)
    shown = submit(session, meeting, JANA, PETR, now=later(1)).typed["people"]
    assert [one["place"] for one in shown] == ["confirmed", "waiting"]


def test_a_colleague_at_the_same_address_is_another_person(session):
    meeting = small_meeting(session, 2)
    (jana,) = register(session, meeting, person(JANA, "info@example.org"), now=NOW)
    (petr,) = register(session, meeting, person(PETR, "info@example.org"), now=NOW)
    assert places(jana, petr) == "CC"
    assert [one.recipient for one in letters_to(session, petr)] == ["info@example.org"]
    assert_sound(session)


def test_people_who_left_may_come_again_as_new_rows(session):
    meeting = small_meeting(session, 1)
    (first,) = register(session, meeting, JANA, now=NOW)
    personal.cancel(session, first.id, now=later(1), actor=ATTENDEE)
    (second,) = register(session, meeting, JANA, now=later(2))
    assert first.id != second.id
    assert first.uid != second.uid
    assert places(first, second) == "DC"
    assert_sound(session)


def test_the_summary_goes_to_a_registrant_who_was_known(session):
    meeting = small_meeting(session, 9)
    (jana,) = register(session, meeting, JANA, now=NOW)
    submit(session, meeting, JANA, PETR, now=later(1))
    assert [kind for kind, *_ in told(session, jana)] == ["confirmed", "already_registered", "party_summary"]


def test_letters_that_strangers_cause_are_held_back(session):
    meeting = small_meeting(session, 9)
    (jana,) = register(session, meeting, person(JANA, "jana@example.org"), now=NOW)
    delays = {"jana@example.org": 2, "petr@example.org": 1}
    send(session, meeting, person(JANA, "jana@example.org"), person(PETR, "petr@example.org"), delays=delays)
    session.flush()
    petr = session.scalars(select(Attendee).where(Attendee.name == PETR)).one()
    assert [kind for kind, *_ in told(session, jana)] == ["confirmed", "party_summary"]
    assert letters_to(session, jana)[1].due_at == NOW + timedelta(hours=2)
    assert letters_to(session, petr)[0].due_at == NOW + timedelta(hours=1)


def test_somebody_known_who_had_enough_letters_gets_none(session):
    meeting = small_meeting(session, 9)
    (jana,) = register(session, meeting, person(JANA, "jana@example.org"), now=NOW)
    send(session, meeting, person(JANA, "jana@example.org"), delays={"jana@example.org": 1})
    assert [kind for kind, *_ in told(session, jana)] == ["confirmed"]


@pytest.mark.parametrize(
    ("state", "now", "reason"),
    [
        (MeetingState.DRAFT, NOW, "draft"),
        (MeetingState.CALLED_OFF, NOW, "called_off"),
        (MeetingState.PUBLISHED, START, "past"),
    ],
)
def test_a_closed_form_stores_nothing(session, state, now, reason):
    meeting = small_meeting(session, state=state)
    with pytest.raises(rules.RegistrationClosed) as no:
        send(session, meeting, person(JANA), now=now)
    assert no.value.reason == reason
    session.flush()
    assert count(session, Attendee) == count(session, Party) == count(session, Letter) == 0


@pytest.mark.parametrize(
    ("people", "refusal"),
    [
        ((), rules.PartyTooLarge),
        (tuple(person(f"Host {number}") for number in range(7)), rules.PartyTooLarge),
        ((person(JANA), person(JANA)), rules.SamePersonTwice),
        ((person(JANA), person(PETR, mode=Mode.ONLINE)), rules.ModeNotOffered),
    ],
)
def test_a_refused_party_stores_nothing(session, people, refusal):
    meeting = small_meeting(session, 9)
    with pytest.raises(refusal):
        send(session, meeting, *people)
    session.flush()
    assert count(session, Attendee) == count(session, Party) == count(session, Letter) == 0


def test_there_must_be_a_meeting(session):
    with pytest.raises(NotFound):
        sign_up(session, 999, SignUp(people=(), language="cs", form_key="k"), now=NOW, mail_domain=DOMAIN)


def test_needs_are_kept_with_the_words_agreed_to(session):
    needs = Needs(interpreter="uk", access="rampa", diet="bez lepku", note="sluch", consent_text="I agree")
    (jana,) = register(session, small_meeting(session), person(JANA, needs=needs), now=NOW)
    assert (jana.needs_interpreter, jana.needs_access) == ("uk", "rampa")
    assert (jana.needs_diet, jana.needs_note) == ("bez lepku", "sluch")
    assert (jana.needs_consent_at, jana.needs_consent_text) == (NOW, "I agree")
    assert jana.has_needs


@pytest.mark.parametrize("needs", [Needs(diet="bez lepku"), Needs(consent_text="I agree")])
def test_without_consent_or_without_needs_nothing_is_kept(session, needs):
    (jana,) = register(session, small_meeting(session), person(JANA, needs=needs), now=NOW)
    assert (jana.needs_diet, jana.needs_consent_at, jana.needs_consent_text) == ("", None, "")
    assert not jana.has_needs


def test_needs_are_in_no_letter_history_or_submission(session):
    needs = Needs(diet="košer-přísně", consent_text="I agree")
    party = submit(session, small_meeting(session, 2), person(JANA, needs=needs), PETR, now=NOW)
    texts = [str(facts) for facts in session.scalars(select(Letter.facts))]
    texts += [str(details) for details in session.scalars(select(Entry.details))]
    assert not any("košer" in text for text in [*texts, str(party.typed)])


def test_a_known_organisation_is_linked_and_lends_its_kind(session):
    session.add(Organisation(name="InBáze, z. s.", name_key="inbaze, z. s.", sort_key="inbaze", kind="ngo"))
    session.flush()
    meeting = small_meeting(session, 9)
    jana, petr, olena = register(
        session,
        meeting,
        person(JANA, organisation="INBÁZE, z. s."),
        person(PETR, organisation="InBáze, z. s.", organisation_kind="other"),
        person(OLENA, organisation="Jiná"),
        now=NOW,
    )
    assert jana.organisation_id == petr.organisation_id is not None
    assert (jana.organisation_kind, petr.organisation_kind) == ("ngo", "other")
    assert jana.organisation_name == "INBÁZE, z. s."
    assert (olena.organisation_id, olena.organisation_kind) == (None, None)


def test_history_holds_ids_and_no_names(session):
    register(session, small_meeting(session), person(JANA, organisation="Sdružení"), now=NOW)
    for entry in session.scalars(select(Entry)):
        assert not {"Jana", "example.org", "Sdružení"} & set(re.findall(r"\w+(?:\.\w+)?", str(entry.details)))


LONGEST = [
    "\ufdfa" * 200,  # one sign that folds into eighteen
    "ch" * 100,
    "ß" * 200,
    "👩‍👩‍👧" * 40,
    "\u202eonáv\u202c",
    "=HYPERLINK(1)",
    "%(name)s {{7*7}} <b>'\"\\",
]


@pytest.mark.parametrize("name", LONGEST)
def test_the_longest_names_fit_both_databases(session, name):
    name = name[:200]
    email = "a" * 64 + "@" + ".".join(["b" * 60] * 3) + ".cz"
    one = person(name, email, organisation=name)
    (jana,) = register(session, small_meeting(session, 2), one, now=NOW)
    session.flush()
    session.expire_all()
    assert (jana.name, jana.organisation_name, jana.email) == (name, name, email)
    party = submit(session, jana_meeting(session, jana), one, now=later(1))
    assert party.typed["people"][0]["name"] == name
    assert count(session, Attendee) == 1


def jana_meeting(session, attendee):
    return session.get_one(Attendee.meeting.property.mapper.class_, attendee.meeting_id)
