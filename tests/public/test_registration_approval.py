"""Meetings whose organiser approves registrations, and meetings by invitation only."""

import json
from datetime import timedelta

import pytest

from app.base import clock
from app.domain.outbox.models import Kind
from app.domain.registration import approval
from app.domain.registration.models import Answer, Place
from app.web.form_key import new_form_key
from tests.factories import make_contact, make_meeting, register
from tests.public.personal_pages import BOSS, invite, page_url
from tests.public.registration_pages import (
    attendees,
    fill,
    form_fields,
    heading,
    letters,
    main_of,
    masked,
    place_of,
    register_url,
    sign_up,
    tree_of,
    words,
)

OLENA = ("Olena Ševčenková", "olena@example.org")
PETR = ("Petr Říha", "petr@example.org")


def submit_button(page):
    return [
        " ".join("".join(one.itertext()).split())
        for one in main_of(page).iter("button")
        if one.get("data-busy") and not one.get("name")
    ]


def page_of(client, meeting, lang="en"):
    return client.get(f"/{lang}/meetings/{meeting.slug}/")


class TestApproval:
    """Registered is not yet confirmed, and everything says so."""

    @pytest.fixture
    def meeting(self, session):
        found = make_meeting(session, approval=True, capacity=2, contact_id=make_contact(session).id)
        session.commit()
        return found

    def test_the_form_says_so_before_it_is_sent(self, client, meeting):
        page = client.get(register_url(meeting))
        assert "The organiser approves each registration." in words(page)
        assert submit_button(page) == ["Send for approval"]

    def test_the_meeting_s_page_says_so(self, client, meeting):
        assert "Register The organiser approves each registration." in words(page_of(client, meeting))

    def test_the_done_page_waits_with_the_person(self, client, session, meeting):
        page = client.get(sign_up(client, meeting, OLENA).location)
        assert place_of(page) == "pending"
        assert heading(page) == "We have your registration"
        for said in (
            "The organiser will approve it, or write to you why not.",
            "olena@example.org: waits for approval",
            "the calendar invite comes in another letter",
        ):
            assert said in words(page), said
        assert "waiting list" not in words(page)
        assert "has a seat" not in words(page)
        (row,) = attendees(session)
        assert (row.place, row.answer) == (Place.PENDING, Answer.YES)
        assert [(one.kind, one.calendar) for one in letters(session)] == [(Kind.PENDING, None)]

    def test_a_party_waits_together(self, client, session, meeting):
        page = client.get(sign_up(client, meeting, OLENA, PETR, ("A B", "a@example.org")).location)
        assert heading(page) == "We have the registration of all 3 people"
        assert words(page).count("waits for approval") == 3
        first = attendees(session)[0]
        assert "Petr Říha to be approved" in words(client.get(page_url(first)))

    def test_a_full_room_promises_no_number(self, client, session, meeting):
        for name in ("A B", "C D"):
            (row,) = register(session, meeting, name)
            approval.approve(session, row.id, now=clock.now(), actor=BOSS)
        session.commit()
        for page in (client.get(register_url(meeting)), page_of(client, meeting)):
            assert "number" not in words(page)
            assert "Join the waiting list" not in words(page)
        assert place_of(client.get(sign_up(client, meeting, OLENA).location)) == "pending"

    def test_errors_say_it_again(self, client, meeting):
        page = sign_up(client, meeting, ("", ""))
        assert page.status_code == 422
        assert submit_button(page) == ["Send for approval"]

    def test_somebody_known_sees_the_same(self, client, session, meeting):
        urls = [sign_up(client, meeting, OLENA).location for _try in range(2)]
        assert urls[0] != urls[1]
        first, second = (masked(client.get(url)) for url in urls)
        assert first == second
        assert len(attendees(session)) == 1

    def test_from_pending_to_a_seat(self, client, session, meeting):
        sign_up(client, meeting, OLENA)
        (row,) = attendees(session)
        assert place_of(client.get(page_url(row))) == "pending"
        approval.approve(session, row.id, now=clock.now(), actor=BOSS)
        session.commit()
        assert place_of(client.get(page_url(row))) == "confirmed"

    def test_from_pending_to_a_no(self, client, session, meeting):
        sign_up(client, meeting, OLENA)
        (row,) = attendees(session)
        approval.disapprove(session, row.id, reason="Plno.", now=clock.now(), actor=BOSS)
        session.commit()
        assert "The organiser did not approve your registration." in words(client.get(page_url(row)))

    def test_in_czech(self, client, meeting):
        page = client.get(sign_up(client, meeting, OLENA, lang="cs").location)
        assert place_of(page) == "pending"
        assert tree_of(page).get("lang") == "cs"


class TestInvitationOnly:
    """No form for strangers, the way back in for those who were invited."""

    @pytest.fixture
    def meeting(self, session):
        found = make_meeting(
            session,
            invitation_only=True,
            deadline=(clock.now() + timedelta(days=5)).date(),
            contact_id=make_contact(session).id,
        )
        session.commit()
        return found

    @pytest.mark.parametrize("page", ["meeting", "form", "home"])
    def test_strangers_are_told_and_those_invited_find_their_link(self, client, meeting, page):
        url = {"meeting": f"/en/meetings/{meeting.slug}/", "form": register_url(meeting), "home": "/en/"}[
            page
        ]
        seen = client.get(url)
        assert "Only people who are invited take part." in words(seen)
        assert not [one for one in main_of(seen).iter("form") if one.get("id") == "registration"]
        links = [one.get("href") for one in main_of(seen).iter("a")]
        assert ("/en/my/" in links) == (page != "home")
        assert register_url(meeting) not in links
        if page == "form":
            assert main_of(seen).get("data-closed") == "invitation"

    def test_the_list_says_by_invitation(self, client, meeting):
        assert "by invitation" in words(client.get("/en/meetings/"))

    def test_machines_are_offered_nothing(self, client, meeting):
        (script,) = [one for one in tree_of(page_of(client, meeting)).iter("script") if one.text]
        assert "offers" not in json.loads(script.text)

    def test_a_posted_form_is_refused_and_kept(self, client, session, meeting):
        typed = {"form_key": new_form_key()} | fill(OLENA)
        page = client.post(register_url(meeting), data=typed)
        assert page.status_code == 422
        assert "Only people who are invited take part." in words(page)
        assert form_fields(page)["people-0-name"] == OLENA[0]
        assert attendees(session) == []

    def test_the_next_open_meeting_is_shown_and_none_by_invitation(self, client, session, meeting):
        later = timedelta(days=40)
        other = make_meeting(session, number=66, starts_at=meeting.starts_at + later, invitation_only=True)
        session.commit()
        for url in (f"/en/meetings/{meeting.slug}/", register_url(meeting)):
            assert other.slug not in client.get(url).get_data(as_text=True)
        open_one = make_meeting(session, number=67, starts_at=meeting.starts_at + 2 * later)
        session.commit()
        for url in (f"/en/meetings/{meeting.slug}/", register_url(meeting)):
            page = client.get(url).get_data(as_text=True)
            assert open_one.slug in page
            assert other.slug not in page

    def test_who_is_invited_gets_the_link_again_and_answers(self, client, session, meeting):
        (row,) = invite(session, meeting, OLENA[0])
        session.commit()
        fields = form_fields(client.get("/en/my/"), "ask-link")
        assert client.post("/en/my/", data=fields | {"email": row.email}).status_code == 303
        assert letters(session)[-1].kind == Kind.LINK_AGAIN
        answer = form_fields(client.get(page_url(row)), "answer-form") | {"answer": "yes"}
        assert client.post(page_url(row, "answer/"), data=answer).status_code == 303
        assert attendees(session)[0].place == Place.CONFIRMED

    def test_the_words_speak_of_invitations(self, client, session):
        found = make_meeting(
            session, invitation_only=True, format="hybrid", online_url="https://x.example.org"
        )
        session.commit()
        page = words(page_of(client, found))
        assert "People who are invited get the link." in page
        assert "register" not in page.lower().replace("registration", "")

    @pytest.mark.parametrize("lang", ["cs", "en"])
    def test_in_both_languages(self, client, meeting, lang):
        assert client.get(register_url(meeting, lang)).status_code == 200
        assert page_of(client, meeting, lang).status_code == 200


def test_an_invited_person_who_uses_the_open_form_looks_like_a_newcomer(client, session):
    meeting = make_meeting(session)
    (row,) = invite(session, meeting, OLENA[0])
    row.email = row.email_key = OLENA[1]
    session.commit()
    known = client.get(sign_up(client, meeting, OLENA).location)
    (now,) = attendees(session)
    assert (now.place, now.answer) == (Place.CONFIRMED, Answer.YES)
    assert place_of(known) == "confirmed"
    newcomer = client.get(sign_up(client, meeting, ("Olena Jiná", OLENA[1])).location)
    assert masked(known).replace(OLENA[0], "X") == masked(newcomer).replace("Olena Jiná", "X")
