"""Letters keep what was decided, in the language of the attendee, and no secret."""

import pytest
from sqlalchemy import select

from app.domain.directory.models import Contact
from app.domain.history.models import Entry
from app.domain.history.service import ATTENDEE
from app.domain.meetings.models import Format
from app.domain.outbox.models import Kind, Letter
from app.domain.registration import (
    answers,
    approval,
    changes,
    corrections,
    feeds,
    invitations,
    letters,
    news,
    organiser,
    personal,
    seating,
    substitutes,
)
from app.domain.registration.models import Answer, Attendee, Mode, Party
from tests.domain.registration.cast import (
    DESK,
    NOW,
    change_to,
    everything,
    hybrid,
    later,
    letters_to,
    small_meeting,
)
from tests.factories import DOMAIN, make_contact, person, register, submit

A, B, C = "Adam Adamec", "Běla Bílá", "Cyril Cajthaml"
LINK = "https://meet.example.org/secret-room"


@pytest.fixture
def long_story(session):
    """Every letter that registration can write, at one meeting."""
    meeting = hybrid(session, 1, 1, contact_id=make_contact(session).id)
    party = submit(session, meeting, A, person(B, mode=Mode.ONLINE), C, now=NOW)
    a = session.scalars(select(Attendee).where(Attendee.position == 0)).one()
    submit(session, meeting, A, now=later(1))
    personal.change(session, a.id, change_to(a, organisation="Město"), now=later(2), actor=ATTENDEE)
    personal.replace_link(session, a.id, now=later(3), actor=ATTENDEE)
    personal.send_links(session, a.email_key, now=later(4))
    personal.cancel(session, a.id, now=later(5), actor=ATTENDEE)
    personal.undo_cancel(session, a.id, now=later(6), actor=ATTENDEE)
    corrections.correct_typed_address(
        session, party.token, 1, "b@example.com", now=later(7), mail_domain=DOMAIN
    )
    organiser.move_up(session, a.id, add_chair=True, now=later(8), actor=DESK)
    organiser.add_by_hand(
        session,
        meeting.id,
        person("Dana Dvořáková"),
        language="en",
        note="tajná poznámka",
        now=later(9),
        actor=DESK,
        mail_domain=DOMAIN,
    )
    before = news.snapshot(meeting)
    meeting.venue = {"cs": "Jinde"}
    changes.announce(session, meeting, before, now=later(10), actor=DESK)
    changes.call_off(session, meeting.id, reason={"cs": "Nemoc"}, now=later(11), actor=DESK)
    changes.restore(session, meeting.id, now=later(12), actor=DESK)
    tell_more(session, meeting)
    session.flush()
    return meeting


def tell_more(session, meeting):
    """Invitations, answers, a substitute, an approval, a reminder and a feed."""
    jana, petr, eva = invitations.invite(
        session,
        meeting.id,
        invitations.Invitation(
            people=(person("Jana Malá"), person("Petr Bílý"), person("Eva Nová")), language="cs"
        ),
        now=later(13),
        actor=DESK,
        mail_domain=DOMAIN,
    ).attendees
    meeting.capacity = None
    seating.move_up(session, meeting, now=later(13), actor=DESK)
    answers.answer(session, jana.id, Answer.MAYBE, now=later(14), actor=ATTENDEE)
    answers.release(session, meeting.id, [jana.id], now=later(15), actor=DESK)
    colleague = substitutes.Substitution(person=person("Ota Starý"), language="cs")
    substitutes.substitute(session, petr.id, colleague, now=later(16), actor=ATTENDEE, mail_domain=DOMAIN)
    meeting.approval = True
    (pending,) = register(session, meeting, "Ivan Čekal", now=later(17))
    approval.disapprove(session, pending.id, reason="Je plno", now=later(18), actor=DESK)
    invitations.remind_silent(session, meeting.id, now=later(19), actor=DESK)
    assert eva.place == "invited"
    feeds.ask(session, eva.id, now=later(20), actor=ATTENDEE)


def test_every_kind_of_letter_was_written(session, long_story):
    kinds = set(session.scalars(select(Letter.kind)))
    assert kinds == set(Kind) - {
        Kind.SIGN_IN,
        Kind.PASSWORD,
        Kind.TEST,
        Kind.NOTICE,
        Kind.CONFIRM_ANSWER,
        Kind.SECURITY,
        Kind.MESSAGE,
    }


def test_facts_hold_no_secret(session, long_story):
    text = everything(session)
    for attendee in session.scalars(select(Attendee)):
        assert attendee.token not in text
        assert attendee.checkin_token not in text
    for party in session.scalars(select(Party)):
        assert party.token not in text
        assert party.form_key not in text
    assert "tajná poznámka" not in text


def test_history_holds_no_secret_and_no_person(session, long_story):
    text = " ".join(str(details) for details in session.scalars(select(Entry.details)))
    for attendee in session.scalars(select(Attendee)):
        assert attendee.token not in text
        assert attendee.name not in text
        assert attendee.email not in text


def test_nobodys_letter_names_another(session, long_story):
    """Two exceptions: the registrant's summary, and by whom one was registered."""
    people = {one.id: one for one in session.scalars(select(Attendee))}
    for letter in session.scalars(select(Letter).where(Letter.kind != Kind.PARTY_SUMMARY)):
        facts = {key: value for key, value in letter.facts.items() if key != "registered_by"}
        own = people[letter.attendee_id]
        for other in people.values():
            if other.name != own.name:
                assert other.name not in str(facts)
            if other.email != own.email:
                assert other.email not in str(facts)
            if other.id != own.id:
                assert other.uid not in str(facts)
                assert other.organizer_token not in str(facts)


def test_the_online_link_is_for_confirmed_people_online_only(session, long_story):
    seen = 0
    for letter in session.scalars(select(Letter)):
        facts = letter.facts
        allowed = facts["attendee"]["mode"] == "online" and facts["attendee"]["place"] == "confirmed"
        assert (LINK in str(facts)) == allowed, letter.kind
        seen += allowed
    assert seen >= 3


def test_calendar_letters_and_no_others_carry_a_sequence_and_an_invite(session, long_story):
    for letter in session.scalars(select(Letter)):
        assert (letter.calendar is None) == (letter.sequence is None) == (letter.facts["invite"] is None)
        if letter.calendar:
            assert letter.facts["invite"]["sequence"] == letter.sequence
        assert (letter.state, letter.attempts, letter.sent_at) == ("queued", 0, None)


def test_keys_message_ids_and_return_addresses_are_all_different(session, long_story):
    found = session.scalars(select(Letter)).all()
    for names in zip(*((one.key, one.message_id, one.bounce_token) for one in found), strict=True):
        assert len(set(names)) == len(found)
    assert all(len(f"<{one.message_id}@{DOMAIN}>") < 70 for one in found)


@pytest.mark.parametrize(
    ("mode", "kind", "venue", "link"),
    [
        (Mode.ROOM, Format.IN_PERSON, True, False),
        (Mode.ROOM, Format.HYBRID, True, False),
        (Mode.ONLINE, Format.HYBRID, False, True),
        (Mode.ONLINE, Format.ONLINE, False, True),
    ],
)
def test_who_is_told_the_place_and_who_the_link(session, mode, kind, venue, link):
    meeting = small_meeting(session, 5, format=kind, online_url=LINK)
    (a,) = register(session, meeting, person(A, mode=mode), now=NOW)
    facts = letters.meeting_facts(meeting, a)
    assert bool(facts["venue"]) is bool(facts["address"]) is bool(facts["geo"]) is venue
    assert bool(facts["access_notes"]) is venue
    assert (facts["online_url"] == LINK) is link


def test_texts_are_in_the_language_of_the_attendee(session):
    contact = make_contact(session)
    meeting = small_meeting(session, 5, contact_id=contact.id)
    (a,) = register(session, meeting, A, now=NOW)
    assert letters.meeting_facts(meeting, a)["contact"] == "metodička platformy"
    a.language = "en"
    facts = letters.meeting_facts(meeting, a)
    assert (facts["contact"], facts["contact_email"]) == ("platform methodologist", "platforma@example.org")
    assert facts["series"] == "Regional Advisory Platform"
    a.language = "uk"
    assert letters.meeting_facts(meeting, a)["title"]


def test_a_later_edit_changes_no_letter(session):
    contact = make_contact(session)
    meeting = small_meeting(session, 5, contact_id=contact.id)
    (a,) = register(session, meeting, A, now=NOW)
    before = dict(letters_to(session, a)[0].facts)
    meeting.title = {"cs": "Něco jiného"}
    meeting.contact_id = None
    session.flush()
    session.delete(session.get_one(Contact, contact.id))
    a.name = "Jiné Jméno"
    session.flush()
    session.expire_all()
    assert letters_to(session, a)[0].facts == before


def test_nobody_without_an_address_gets_a_letter(session):
    meeting = small_meeting(session, 5)
    a = organiser.add_by_hand(
        session,
        meeting.id,
        person(A, ""),
        language="cs",
        note="",
        now=NOW,
        actor=DESK,
        mail_domain=DOMAIN,
    )
    personal.change(session, a.id, change_to(a, name=B), now=later(1), actor=DESK)
    personal.cancel(session, a.id, now=later(2), actor=DESK)
    personal.undo_cancel(session, a.id, now=later(3), actor=DESK)
    changes.call_off(session, meeting.id, reason={}, now=later(4), actor=DESK)
    assert letters.prepared("changed", meeting, a) is None
    assert letters_to(session, a) == []
