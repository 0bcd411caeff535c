"""The personal page says in words where somebody stands, and offers what fits."""

from datetime import timedelta

import pytest
import time_machine

from app.base import clock
from app.domain.history.service import ATTENDEE
from app.domain.privacy.erase import erase_attendee
from app.domain.registration import approval, edit_meeting, personal, substitutes
from app.domain.registration.models import Place
from tests.factories import DOMAIN, SLOTS, make_contact, make_meeting, meeting_text, person, register
from tests.public.personal_pages import BOSS, bring_to, page_url, say, send_instead
from tests.public.registration_pages import (
    attendees,
    form_fields,
    heading,
    main_of,
    place_of,
    words,
)

SAYS = {
    "invited": "Will you come?",
    "pending": "Your registration waits for approval.",
    "confirmed": "You are coming. You have a seat.",
    "maybe": "You said maybe. We keep your seat. Please decide by",
    "asked": "You have a seat: will you come?",
    "waiting": "You are on the waiting list, number 1.",
    "declined": "You have cancelled your registration.",
    "declined invitation": "You have said that you cannot come.",
    "substituted": "Your colleague comes instead of you.",
    "released": "You had not decided, so your seat went to somebody else.",
    "not approved": "The organiser did not approve your registration.",
    "cancelled": "The organiser cancelled your registration.",
}
ASKING = ("invited", "maybe", "asked")


@pytest.fixture
def meeting(session):
    deadline = (clock.now() + timedelta(days=9)).date()
    found = make_meeting(session, contact_id=make_contact(session).id, capacity=2, deadline=deadline)
    session.commit()
    return found


@pytest.fixture
def row_in(session, meeting):
    def make(state):
        row = bring_to(session, meeting, state)
        session.commit()
        return row

    return make


def edit(session, meeting, **values):
    kept = {"contact_id": meeting.contact_id, "capacity": 2, "deadline": meeting.deadline}
    new = meeting_text(session, **(kept | {"starts_at": meeting.starts_at} | values))
    edit_meeting.edit(session, meeting.id, new, SLOTS, version=meeting.version, now=clock.now(), actor=BOSS)
    session.commit()


def acts_of(page):
    """Endings of the addresses that the page's own links and forms lead to behind the link."""
    nodes = [*main_of(page).iter("a"), *main_of(page).iter("form")]
    found = [node.get("href") or node.get("action") or "" for node in nodes]
    return {one.split("/my/")[1].partition("/")[2] for one in found if "/my/" in one}


@pytest.mark.parametrize("state", SAYS)
def test_each_state_has_its_words_and_its_place(client, row_in, state):
    row = row_in(state)
    page = client.get(page_url(row))
    assert page.status_code == 200
    assert SAYS[state] in words(page)
    assert place_of(page) == row.place
    assert [one for one in SAYS if SAYS[one] in words(page)] == [state]


@pytest.mark.parametrize("state", SAYS)
def test_each_state_offers_what_fits(client, row_in, state):
    row = row_in(state)
    offered = acts_of(client.get(page_url(row)))
    assert ("answer/" in offered) == (
        state not in ("substituted", "released", "not approved", "cancelled", "declined")
    )
    assert ("substitute/" in offered) == row.is_live
    assert ("change" in offered) == row.is_live
    assert ("invite.ics" in offered) == (row.place in (Place.CONFIRMED, Place.INVITED))
    assert ("undo" in offered) == (state == "declined")
    assert ("cancel" in offered) == (state in ("confirmed", "waiting", "pending"))


def test_an_invitation_says_who_asks_whom_and_until_when(client, meeting, row_in):
    page = client.get(page_url(row_in("invited")))
    assert heading(page) == "You are invited"
    day = meeting.deadline
    for said in (
        f"Please answer by {day.day} {day:%b} {day.year}.",
        "Invited by platform methodologist",
        "we write to olena.sevcenkova@example.org about it",
        "I'll come",
        "If you did not want to be invited",
    ):
        assert said in words(page).replace("\xa0", " "), said
    assert form_fields(page, "answer-form")["note"] == ""


@pytest.mark.parametrize("state", ASKING)
def test_the_three_buttons_are_right_there(client, session, row_in, state):
    row = row_in(state)
    sent = say(client, row, "no", at="", note="Promiňte.")
    assert (sent.status_code, sent.location.partition("?")[0]) == (303, page_url(row))
    now = next(one for one in attendees(session) if one.id == row.id)
    assert (now.place, now.answer_note) == (Place.DECLINED, "Promiňte.")
    assert "Your word to the organiser Promiňte." in words(client.get(sent.location))


@pytest.mark.parametrize("at", ["", "answer/"])
def test_a_moved_date_asks_anew_and_keeps_the_seat(client, session, meeting, row_in, at):
    row = row_in("confirmed")
    edit(session, meeting, starts_at=meeting.starts_at + timedelta(days=7))
    page = client.get(page_url(row))
    assert "The date has changed: will you come? We keep your seat." in words(page)
    assert place_of(page) == "confirmed"
    page = client.get(say(client, row, "yes", at=at).location)
    assert "You are coming. You have a seat." in words(page)
    assert attendees(session)[0].answer_revision == 1


def test_another_place_does_not_speak_of_a_date(client, session, meeting, row_in):
    row = row_in("asked")
    edit(session, meeting, venue={"en": "Elsewhere"})
    assert "You have a seat: will you come?" in words(client.get(page_url(row)))


def test_whoever_came_after_the_move_hears_nothing_of_it(client, session, meeting):
    edit(session, meeting, starts_at=meeting.starts_at + timedelta(days=1))
    row = bring_to(session, meeting, "asked")
    session.commit()
    assert "You have a seat: will you come?" in words(client.get(page_url(row)))


def test_after_the_start_an_unanswered_invitation_has_no_buttons(client, meeting, row_in):
    row = row_in("invited")
    with time_machine.travel(meeting.starts_at + timedelta(minutes=1)):
        page = client.get(page_url(row))
    assert heading(page) == "Your invitation"
    assert "The meeting has begun, so answers are closed." in words(page)
    assert "answer/" not in acts_of(page)


def test_who_was_released_may_register_again(client, row_in):
    page = client.get(page_url(row_in("released")))
    (link,) = [one for one in main_of(page).iter("a") if (one.get("href") or "").endswith("/register")]
    assert client.get(link.get("href")).status_code == 200


def test_who_was_released_after_the_deadline_may_write(client, meeting, row_in):
    row = row_in("released")
    with time_machine.travel(meeting.starts_at - timedelta(days=1)):
        page = client.get(page_url(row))
    assert "Write to the contact below." in words(page)
    assert not [one for one in main_of(page).iter("a") if (one.get("href") or "").endswith("/register")]


def test_a_declined_invitation_can_be_answered_anew(client, session, row_in):
    row = row_in("declined invitation")
    page = client.get(page_url(row))
    assert "Can you come after all? Change my answer" in words(page)
    assert "Your word to the organiser Jsem na cestách." in words(page)
    assert place_of(client.get(say(client, row, "maybe", note="").location)) == "confirmed"
    assert attendees(session)[0].answer_note == ""


def test_who_was_approved_is_no_longer_pending(client, session, row_in):
    row = row_in("pending")
    approval.approve(session, row.id, now=clock.now(), actor=BOSS)
    session.commit()
    assert "You are coming. You have a seat." in words(client.get(page_url(row)))


class TestSubstituted:
    """Whoever named a colleague, the colleague, and whoever had registered them."""

    def test_undo_is_refused_in_words(self, client, session, row_in):
        row = row_in("substituted")
        page = client.get(page_url(row))
        sent = client.post(f"{page_url(row)}undo", data=form_fields(page, "/replace"))
        assert sent.status_code == 422
        assert "Your colleague comes instead of you. To come as well, write to the contact below." in words(
            sent
        )
        assert attendees(session)[0].place == Place.CANCELLED

    def test_an_organiser_brings_them_back(self, client, session, row_in):
        row = row_in("substituted")
        personal.undo_cancel(session, row.id, now=clock.now(), actor=BOSS)
        session.commit()
        assert "You have a seat: will you come?" in words(client.get(page_url(row)))

    def test_the_colleague_sees_instead_of_whom(self, client, session, row_in):
        old = row_in("substituted")
        colleague = attendees(session)[1]
        page = client.get(page_url(colleague))
        assert "Comes instead of Olena Ševčenková" in words(page)
        assert "You have a seat: will you come?" in words(page)
        erase_attendee(session, old.id, now=clock.now(), actor=ATTENDEE)
        session.commit()
        assert "Comes instead of" not in words(client.get(page_url(colleague)))

    def test_the_one_who_registered_them_sees_that_a_colleague_comes(self, client, session, meeting):
        first, second = register(session, meeting, "Olena Ševčenková", "Petr Říha")
        session.commit()
        assert send_instead(client, second, "Jana Nová", "jana@example.org").status_code == 303
        page = words(client.get(page_url(first)))
        assert "Petr Říha a colleague comes" in page
        assert "Jana" not in page

    def test_cancelled_by_an_organiser_later_says_so(self, client, session, row_in):
        row = row_in("substituted")
        personal.undo_cancel(session, row.id, now=clock.now(), actor=BOSS)
        personal.cancel(session, row.id, now=clock.now(), actor=BOSS)
        session.commit()
        assert "The organiser cancelled your registration." in words(client.get(page_url(row)))

    def test_a_colleague_of_a_colleague(self, client, session, row_in):
        row_in("substituted")
        second = attendees(session)[1]
        command = substitutes.Substitution(person=person("Jana Nová"), language="en")
        substitutes.substitute(
            session, second.id, command, now=clock.now(), actor=ATTENDEE, mail_domain=DOMAIN
        )
        session.commit()
        rows = attendees(session)
        assert [row.place for row in rows] == [Place.CANCELLED, Place.CANCELLED, Place.CONFIRMED]
        assert all("Your colleague comes" in words(client.get(page_url(row))) for row in rows[:2])


@pytest.mark.parametrize("done", ["answered", "freed", "substituted", "undone", "x", "<b>"])
@pytest.mark.parametrize("state", SAYS)
def test_an_address_typed_by_hand_claims_nothing_false(client, row_in, state, done):
    row = row_in(state)
    page = client.get(page_url(row), query_string={"done": done})
    notice = main_of(page).find(".//div[@class='note success']")
    said = "" if notice is None else "".join(notice.itertext())
    assert ("Your seat goes to" in said) == (done == "freed" and row.place == Place.DECLINED)
    assert ("Your colleague is named" in said) == (done == "substituted" and state == "substituted")
    assert ("maybe" in said) == (done == "answered" and state == "maybe")


@pytest.mark.parametrize("state", ["confirmed", "invited", "substituted", "asked"])
def test_seeing_costs_few_statements(client, row_in, statements, state):
    row = row_in(state)
    with statements() as seen:
        assert client.get(page_url(row)).status_code == 200
    assert len(seen) <= 7, seen


@pytest.mark.parametrize("state", SAYS)
def test_it_is_there_in_czech(client, meeting, row_in, state):
    row = row_in(state)
    page = client.get(page_url(row, lang="cs"))
    assert (page.status_code, place_of(page)) == (200, row.place)
    assert "Bydlení a přechod do nájmů" in words(page)
    if state in ASKING:
        day = meeting.deadline
        assert f"{day.day}. {day.month}. {day.year}" in words(page).replace("\xa0", " ")
        sent = say(client, row, "maybe", lang="cs")
        assert sent.location.startswith("/cs/my/")


@pytest.mark.parametrize("state", ["asked", "invited", "not approved"])
def test_an_answer_that_was_not_given_is_not_shown(client, row_in, state):
    terms = ["".join(one.itertext()) for one in main_of(client.get(page_url(row_in(state)))).iter("dt")]
    assert "Your answer" not in terms
