"""What an attendee does through the personal link, apart from seats."""

import pytest
from sqlalchemy import select

from app.base.errors import NotFound
from app.domain.history.service import ATTENDEE
from app.domain.outbox.models import Letter
from app.domain.registration import organiser, personal, queries, rules
from app.domain.registration.commands import Needs
from app.domain.registration.models import Attendee, Place
from tests.domain.registration.cast import (
    DESK,
    NOW,
    START,
    acts,
    assert_sound,
    change_to,
    later,
    letters_to,
    places,
    small_meeting,
    told,
)
from tests.factories import DOMAIN, person, register, submit

A, B, C = "Adam Adamec", "Běla Bílá", "Cyril Cajthaml"


@pytest.fixture
def adam(session):
    return register(session, small_meeting(session, 3), A, now=NOW)[0]


def change(session, attendee, *, now=None, **values):
    command = change_to(attendee, **values)
    return personal.change(session, attendee.id, command, now=now or later(1), actor=ATTENDEE)


def test_a_change_is_told_to_the_registered_address(session, adam):
    change(session, adam, name="Adam Nový", organisation="Město", organisation_kind="city", language="en")
    assert (adam.name, adam.name_key, adam.organisation_name) == ("Adam Nový", "adam novy", "Město")
    assert "mesto" in adam.search_key
    assert adam.email_key in adam.search_key
    assert (adam.organisation_kind, adam.language, adam.changed_at) == ("city", "en", later(1))
    letter = letters_to(session, adam)[-1]
    assert (letter.kind, letter.language, letter.recipient) == ("changed", "en", adam.email)
    assert letter.facts["meeting"]["title"] == "Housing and the move to renting"
    assert told(session, adam)[-1] == ("changed", "REQUEST", 0)  # no new SEQUENCE for a corrected name
    assert acts(session, adam)[-1] == "attendee:change"


def test_the_same_values_again_write_no_letter(session, adam):
    change(session, adam)
    assert told(session, adam) == [("confirmed", "REQUEST", 0)]
    assert (adam.changed_at, acts(session, adam)) == (NOW, ["attendee:register"])


def test_needs_come_and_go_with_their_consent(session, adam):
    change(session, adam, needs=Needs(diet="vegan", consent_text="I agree"))
    assert (adam.needs_diet, adam.needs_consent_at) == ("vegan", later(1))
    change(session, adam, name="Adam Nový", needs=Needs(diet="vegan", consent_text="I agree"), now=later(2))
    assert adam.needs_consent_at == later(1)  # the consent was given then
    change(session, adam, needs=Needs(diet="vegan, no nuts", consent_text="I agree"), now=later(3))
    assert adam.needs_consent_at == later(3)
    change(session, adam, now=later(4))
    assert (adam.needs_diet, adam.needs_consent_at, adam.needs_consent_text) == ("", None, "")


def test_a_name_is_free_unless_a_colleague_has_it(session, adam):
    meeting = session.get_one(Attendee.meeting.property.mapper.class_, adam.meeting_id)
    register(session, meeting, person(B, adam.email), now=NOW)
    with pytest.raises(rules.AlreadyRegistered):
        change(session, adam, name="BĚLA bílá")
    change(session, adam, name="ADAM Adamec")
    assert adam.name == "ADAM Adamec"


@pytest.mark.parametrize(("now", "reason"), [(START, "past"), (None, "ended")])
def test_too_late_to_change(session, adam, now, reason):
    if reason == "ended":
        personal.cancel(session, adam.id, now=NOW, actor=ATTENDEE)
    with pytest.raises(rules.ChangeRefused, match=reason):
        change(session, adam, name="x", now=now)


def test_a_replaced_link_opens_nothing(session, adam):
    old = adam.token
    personal.replace_link(session, adam.id, now=later(1), actor=ATTENDEE)
    assert adam.token != old
    with pytest.raises(NotFound):
        queries.get_by_token(session, old)
    assert queries.get_by_token(session, adam.token) is adam
    letter = letters_to(session, adam)[-1]
    assert (letter.kind, letter.calendar, letter.facts["replaced"]) == ("link_again", None, True)
    assert acts(session, adam)[-1] == "attendee:replace_link"


def test_the_check_in_token_opens_nothing(session, adam):
    with pytest.raises(NotFound):
        queries.get_by_token(session, adam.checkin_token)


class TestLinksAgain:
    def test_each_live_row_of_the_address_ahead_gets_one(self, session):
        one, other, past, left = (small_meeting(session, 9) for _ in range(4))
        rows = [register(session, meeting, A, now=NOW)[0] for meeting in (one, other, past, left)]
        noise = register(session, one, person(B), now=NOW)[0]
        colleague = register(session, one, person(C, rows[0].email), now=NOW)[0]
        personal.cancel(session, rows[3].id, now=NOW, actor=ATTENDEE)
        past.ends_at = later(5)
        past.starts_at = later(4)
        assert personal.send_links(session, rows[0].email_key, now=later(10)) == 3
        for attendee, number in zip([*rows, noise, colleague], [1, 1, 0, 0, 0, 1], strict=True):
            assert [kind for kind, *_ in told(session, attendee)].count("link_again") == number

    def test_an_unknown_address_gets_nothing_and_nobody_can_tell(self, session):
        assert personal.send_links(session, "nobody@example.org", now=NOW) == 0
        assert session.scalars(select(Letter)).all() == []


class TestParty:
    def test_the_registrant_sees_names_and_places_only(self, session):
        a, b, _ = register(session, small_meeting(session, 2), A, B, C, now=NOW)
        a = queries.get_by_token(session, a.token)
        found = queries.companions(session, a)
        assert [(one.position, one.name, one.place, one.is_live) for one in found] == [
            (1, B, "confirmed", True),
            (2, C, "waiting", True),
        ]
        assert not {"email", "token", "organisation"} & set(type(found[0]).__slots__)
        assert queries.companions(session, queries.get_by_token(session, b.token)) == []
        assert queries.registered_by(queries.get_by_token(session, b.token)) == A
        assert queries.registered_by(a) == ""

    def test_the_registrant_cancels_another(self, session):
        a, b, c = register(session, small_meeting(session, 2), A, B, C, now=NOW)
        personal.cancel_other(session, a.id, 1, now=later(1))
        assert places(a, b, c) == "CDC"
        assert told(session, b)[-1] == ("cancelled", "CANCEL", 1)
        personal.undo_cancel(session, b.id, now=later(2), actor=ATTENDEE)
        assert places(a, b, c) == "CWC"
        assert_sound(session)

    def test_cancelling_somebody_known_looks_the_same_and_does_nothing(self, session):
        meeting = small_meeting(session, 9)
        (b,) = register(session, meeting, B, now=NOW)
        party = submit(session, meeting, A, B, now=later(1))
        a = session.scalars(select(Attendee).where(Attendee.party_id == party.id)).one()
        assert [one.place for one in queries.companions(session, queries.get_attendee(session, a.id))] == [
            "confirmed"
        ]
        personal.cancel_other(session, a.id, 1, now=later(2))
        session.flush()
        assert b.place == Place.CONFIRMED
        assert [one.place for one in queries.companions(session, queries.get_attendee(session, a.id))] == [
            "declined"
        ]

    @pytest.mark.parametrize("position", [-1, 0, 3, 99])
    def test_only_people_of_the_own_party(self, session, position):
        a, b, _ = register(session, small_meeting(session, 9), A, B, C, now=NOW)
        with pytest.raises(NotFound):
            personal.cancel_other(session, a.id, position, now=later(1))
        with pytest.raises(NotFound):
            personal.cancel_other(session, b.id, 1, now=later(1))

    def test_not_after_the_start(self, session):
        a, _ = register(session, small_meeting(session, 9), A, B, now=NOW)
        with pytest.raises(rules.ChangeRefused, match="past"):
            personal.cancel_other(session, a.id, 1, now=START)

    def test_whoever_was_added_by_hand_has_no_party(self, session):
        meeting = small_meeting(session, 9)
        a = organiser.add_by_hand(
            session, meeting.id, person(A), language="cs", note="", now=NOW, actor=DESK, mail_domain=DOMAIN
        )
        with pytest.raises(NotFound):
            personal.cancel_other(session, a.id, 1, now=later(1))
        assert queries.companions(session, queries.get_attendee(session, a.id)) == []
        assert queries.registered_by(queries.get_attendee(session, a.id)) == ""


@pytest.mark.parametrize("verb", [personal.cancel, personal.undo_cancel, personal.replace_link])
def test_there_must_be_an_attendee(session, verb):
    with pytest.raises(NotFound):
        verb(session, 999, now=NOW, actor=ATTENDEE)
