from __future__ import annotations

from datetime import timedelta

import pytest

from app.base import clock
from app.domain.accounts.models import Role
from app.domain.history.service import SYSTEM
from app.domain.history.service import organiser as organiser_of
from app.domain.meetings.models import Format, MeetingState
from app.domain.outbox.models import Letter, State
from app.domain.questions.models import QuestionKind
from app.domain.registration import labels, personal
from app.domain.registration.commands import Needs
from app.domain.registration.models import Attendee, Mode, Place
from tests.factories import make_account, make_meeting, make_series, person, register
from tests.questionnaires import ask
from tests.workspace.desk import Desk

CONSENT = "I agree that you keep this."


@pytest.fixture
def desk(app, session):
    return Desk(app, session, make_account(session, Role.ORGANISER))


@pytest.fixture
def viewer(app, session):
    return Desk(app, session, make_account(session, Role.VIEWER))


@pytest.fixture
def meeting(session):
    """Two seats: Novák and Šťastná come, Černá waits; Dvořák cancelled."""
    meeting = make_meeting(session, capacity=3)
    register(
        session,
        meeting,
        person("Petr Novák", organisation="Městská část Praha 5", organisation_kind="district"),
    )
    needs = Needs(interpreter="ukrajinština", diet="bez lepku", consent_text=CONSENT)
    register(
        session,
        meeting,
        person("Mgr. Žofie Šťastná", organisation="Poradna", organisation_kind="ngo", needs=needs),
    )
    (dvorak,) = register(session, meeting, "Jan Dvořák")
    personal.cancel(session, dvorak.id, now=clock.now(), actor=organiser_of(1))
    meeting.capacity = 2
    register(session, meeting, "Eva Černá")
    session.commit()
    return meeting


def address(meeting, query=""):
    return f"/workspace/meetings/{meeting.id}/attendees/{query}"


def names(markup):
    body = markup.partition("<tbody>")[2].partition("</tbody>")[0]
    return [
        part.partition("</bdi>")[0] for part in body.split("<bdi>")[1:] if ", " in part.partition("</bdi>")[0]
    ]


def test_everybody_is_listed_by_surname(desk, meeting):
    markup = desk.read(address(meeting))
    assert names(markup) == ["Černá, Eva", "Dvořák, Jan", "Novák, Petr", "Šťastná, Žofie"]
    assert "1–4 of 4" in markup
    assert "waiting · 1." in markup
    assert "petr.novak@example.org" in markup


@pytest.mark.parametrize(
    ("tab", "count", "who"),
    [
        ("all", 4, ["Černá, Eva", "Dvořák, Jan", "Novák, Petr", "Šťastná, Žofie"]),
        ("confirmed", 2, ["Novák, Petr", "Šťastná, Žofie"]),
        ("waiting", 1, ["Černá, Eva"]),
        ("declined", 0, []),
        ("cancelled", 1, ["Dvořák, Jan"]),
    ],
)
def test_tabs_count_and_choose(desk, meeting, tab, count, who):
    markup = desk.read(address(meeting, f"?tab={tab}"))
    assert names(markup) == who
    assert f"<b>{count}</b></a></li>" in markup
    assert markup.count('aria-current="page"') >= 1


@pytest.mark.parametrize(
    ("query", "who"),
    [
        ("q=stastna", ["Šťastná, Žofie"]),
        ("q=PRAHA+5", ["Novák, Petr"]),
        ("q=eva.cerna@", ["Černá, Eva"]),
        ("q=novak+petr", ["Novák, Petr"]),
        ("q=100%25", []),
        ("kind=ngo", ["Šťastná, Žofie"]),
        ("mode=online", []),
        ("sort=registered", ["Novák, Petr", "Šťastná, Žofie", "Dvořák, Jan", "Černá, Eva"]),
        ("sort=name&order=desc", ["Šťastná, Žofie", "Novák, Petr", "Dvořák, Jan", "Černá, Eva"]),
        ("sort=nonsense&tab=nonsense&kind=nonsense&mode=nonsense&page=nonsense", None),
    ],
)
def test_the_address_says_what_is_shown(desk, meeting, query, who):
    markup = desk.read(address(meeting, f"?{query}"))
    everybody = ["Černá, Eva", "Dvořák, Jan", "Novák, Petr", "Šťastná, Žofie"]
    assert names(markup) == (everybody if who is None else who)


def test_heads_sort_and_say_so(desk, meeting):
    markup = desk.read(address(meeting, "?tab=all&sort=organisation&q=e"))
    assert '<th scope="col" aria-sort="ascending"><a href="' in markup
    assert "sort=organisation&amp;order=desc" in markup
    turned = desk.read(address(meeting, "?sort=organisation&order=desc"))
    assert 'aria-sort="descending"' in turned
    assert "q=e&amp;sort=registered" in markup  # the other heads keep the search


def test_fifty_to_a_page(desk, session):
    meeting = make_meeting(session, capacity=None)
    for number in range(51):
        register(session, meeting, f"Osoba {number:02}")
    session.commit()
    first, second = desk.read(address(meeting)), desk.read(address(meeting, "?page=2"))
    assert ("1–50 of 51" in first, "51–51 of 51" in second) == (True, True)
    assert (
        desk.read(address(meeting, "?page=99")) == second.replace("page=2", "page=99")
        or "51–51 of 51" in second
    )


def test_a_page_takes_at_most_ten_statements(desk, session, meeting, statements):
    for label in ("Workshop", "Lunch"):
        ask(session, meeting, QuestionKind.ONE, label, "A", "B")
    people = [
        register(session, meeting, person(f"Osoba {number:02}", mode=Mode.ROOM))[0] for number in range(60)
    ]
    labels.put_on(session, meeting.id, [people[0].id], "VIP", now=clock.now(), actor=SYSTEM)
    session.commit()
    desk.read(address(meeting))
    with statements() as seen:
        page = desk.read(address(meeting))
    assert "VIP" in page
    assert len(seen) <= 10, seen


def test_letters_are_told_in_words(desk, session, meeting):
    states = [State.SENT, State.FAILED, State.QUEUED, State.SENDING]
    for row, state in zip(session.query(Attendee).order_by(Attendee.id), states, strict=True):
        newest = session.query(Letter).filter_by(attendee_id=row.id).order_by(Letter.id.desc()).first()
        newest.state = state
    session.commit()
    markup = desk.read(address(meeting))
    for word in (">sent<", ">failed<", ">queued<", ">being sent<"):
        assert word in markup


def test_needs_are_for_those_who_may_see_them(desk, viewer, meeting):
    assert "interpreter · diet" in desk.read(address(meeting))
    markup = viewer.read(address(meeting))
    assert "interpreter · diet" not in markup
    assert "Needs" not in markup


def test_a_viewer_sees_who_comes_and_why_nothing_can_be_done(viewer, meeting):
    markup = viewer.read(address(meeting))
    assert "Novák, Petr" in markup
    assert markup.count("Your role may only look.") >= 3
    assert f'action="/workspace/meetings/{meeting.id}' not in markup


def test_strangers_are_sent_to_the_sign_in(client, meeting):
    answer = client.get(address(meeting))
    assert answer.status_code == 302
    assert "sign-in" in answer.headers["Location"]


def test_another_series_is_not_there(app, session, meeting):
    other = make_series(session, "Platforma městských částí")
    bound = Desk(
        app, session, make_account(session, Role.ORGANISER, email="bound@example.org", series=(other,))
    )
    assert bound.get(address(meeting)).status_code == 404
    assert bound.get(address(meeting) + "add/").status_code == 404
    assert bound.post(address(meeting) + "chair", mode="room").status_code == 404


def test_an_empty_list_offers_the_link(desk, session):
    meeting = make_meeting(session)
    session.commit()
    markup = desk.read(address(meeting))
    assert "Nobody has registered yet." in markup
    assert f'value="http://localhost/en/meetings/{meeting.slug}/register' in markup


def test_an_empty_draft_says_publish_first(desk, session):
    meeting = make_meeting(session, state=MeetingState.DRAFT)
    session.commit()
    assert "Publish the meeting" in desk.read(address(meeting))


def test_a_search_that_finds_nobody_is_not_an_empty_list(desk, meeting):
    markup = desk.read(address(meeting, "?q=nikdo"))
    assert "Nobody fits this search." in markup
    assert "Show everybody" in markup


def test_a_chair_is_added_and_whoever_waits_moves_up(desk, session, meeting):
    answer = desk.post(address(meeting) + "chair", follow=True, mode="room")
    assert "A chair was added and 1 person moved up. A letter tells them." in answer.text
    session.rollback()
    assert meeting.capacity == 3
    assert session.query(Attendee).filter_by(name="Eva Černá").one().place == Place.CONFIRMED


@pytest.mark.parametrize("mode", ["online", "balcony", ""])
def test_a_chair_that_cannot_be_is_refused(desk, meeting, mode):
    assert desk.post(address(meeting) + "chair", mode=mode).status_code == 400


def test_a_hybrid_meeting_has_both_ways(desk, session):
    meeting = make_meeting(
        session, format=Format.HYBRID, capacity=5, online_capacity=1, online_url="https://example.org/x"
    )
    register(session, meeting, person("Na Místě"), person("Na Dálku", mode=Mode.ONLINE))
    session.commit()
    markup = desk.read(address(meeting))
    assert "Online: 1 of 1." in markup
    assert "In the room: 1 of 5." in markup
    assert names(desk.read(address(meeting, "?mode=online"))) == ["Dálku, Na"]


def test_a_free_seat_with_people_waiting_is_pointed_out(desk, session, meeting):
    meeting.promote_hours = 24 * 60
    session.commit()
    (row,) = session.query(Attendee).filter_by(name="Petr Novák")
    personal.cancel(session, row.id, now=clock.now(), actor=organiser_of(1))
    session.commit()
    assert "A seat is free" in desk.read(address(meeting))


def test_after_the_start_no_chair_is_offered(desk, session, meeting):
    meeting.starts_at = clock.now() - timedelta(hours=1)
    meeting.ends_at = clock.now() + timedelta(hours=1)
    session.commit()
    assert "Add a chair" not in desk.read(address(meeting))


def test_names_are_text(desk, session, meeting):
    register(session, meeting, person("<script>alert(1)</script> Šípková", email="x@example.org"))
    session.commit()
    assert "<script>alert" not in desk.read(address(meeting))
