"""Meetings as strangers see them: the list, the page in each state, and what machines read of it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from app.base import clock
from app.domain.meetings.models import Format, MeetingState
from app.domain.meetings.service import Slot
from tests import factories
from tests.pages import check_page

LIMIT = 60_000  # bytes of a public page


def page_of(client, meeting, lang="cs"):
    response = client.get(f"/{lang}/meetings/{meeting.slug}/")
    assert response.status_code == 200
    return response.get_data(as_text=True)


def test_page_shows_what_one_needs_to_know(session, client) -> None:
    meeting = factories.make_meeting(
        session, contact_id=factories.make_contact(session).id, deadline=(clock.now() + timedelta(9)).date()
    )
    session.commit()

    text = page_of(client, meeting, "en")

    for part in (
        "Housing and the move to renting",
        "Architects&#39; Hall, Old Town Hall",
        "Staroměstské nám. 1/3",
        "https://mapy.cz/zakladni?q=Starom",
        "Step-free entrance",
        "Held in Czech.",
        "platforma@example.org",
        "Programme",
        "Register by",
        '<b class="n">110</b>',
        f"/en/meetings/{meeting.slug}/register",
    ):
        assert part in text, part
    assert len(text.encode()) < LIMIT


def test_page_asks_at_most_four_statements(session, client, statements) -> None:
    meeting = factories.make_meeting(session, contact_id=factories.make_contact(session).id)
    called_off = factories.make_meeting(session, state=MeetingState.CALLED_OFF)
    factories.register(session, meeting, "Olena Ševčenková")
    session.commit()

    for path in [f"/cs/meetings/{one.slug}/" for one in (meeting, called_off)]:
        with statements() as seen:
            assert client.get(path).status_code == 200
        assert len(seen) <= 4, seen


def test_draft_is_not_there_for_strangers(session, client) -> None:
    draft = factories.make_meeting(session, state=MeetingState.DRAFT)
    session.commit()

    assert client.get(f"/cs/meetings/{draft.slug}/").status_code == 404
    assert client.get(f"/meetings/{draft.slug}.ics").status_code == 404
    assert draft.slug not in client.get("/cs/meetings/").get_data(as_text=True)
    assert client.get("/cs/meetings/nothing-of-the-kind/").status_code == 404


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"opens_at": timedelta(days=3)}, "Registration opens on"),
        ({"deadline": timedelta(days=-1)}, "Registration has closed."),
        ({"starts_at": timedelta(days=-2)}, "This meeting is over."),
    ],
)
def test_page_says_why_one_cannot_register(session, client, changes, words) -> None:
    values = {name: clock.now() + delta for name, delta in changes.items()}
    if "deadline" in values:
        values["deadline"] = values["deadline"].date()
    meeting = factories.make_meeting(session, **values)
    following = factories.make_meeting(session, title={"cs": "Další téma", "en": "Another topic"})
    session.commit()

    text = page_of(client, meeting, "en")

    assert words in text
    assert f"/meetings/{meeting.slug}/register" not in text
    if words != "Registration opens on":
        assert f"/en/meetings/{following.slug}/" in text


def test_page_of_a_called_off_meeting_says_so_and_why(session, client) -> None:
    meeting = factories.make_meeting(session, state=MeetingState.CALLED_OFF)
    meeting.called_off_reason = {"en": "The hall is being repaired."}
    session.commit()

    text = page_of(client, meeting, "en")

    assert "This meeting has been called off." in text
    assert "The hall is being repaired." in text
    assert "https://schema.org/EventCancelled" in text
    assert "/register" not in text


def test_full_meeting_offers_the_waiting_list(session, client) -> None:
    meeting = factories.make_meeting(session, capacity=1)
    factories.register(session, meeting, "Olena Ševčenková", "Jan Novák")
    session.commit()

    text = page_of(client, meeting, "en")

    assert "Join the waiting list" in text
    assert "1 person is waiting" in text
    assert "https://schema.org/SoldOut" in text


def test_places_left_are_exact_below_ten_and_hidden_on_wish(session, client) -> None:
    few = factories.make_meeting(session, capacity=9)
    many = factories.make_meeting(session, capacity=37)
    hidden = factories.make_meeting(session, capacity=37, show_places=False)
    session.commit()

    assert '<b class="n">9</b>' in page_of(client, few)
    assert '<b class="n">30+</b>' in page_of(client, many)
    assert 'class="seats' not in page_of(client, hidden)


def test_hybrid_meeting_shows_both_rooms_and_never_the_link(session, client) -> None:
    meeting = factories.make_meeting(
        session,
        format=Format.HYBRID,
        capacity=5,
        online_capacity=50,
        online_url="https://meet.example.org/secret",
    )
    session.commit()

    text = page_of(client, meeting, "en")
    calendar = client.get(f"/meetings/{meeting.slug}.ics").get_data(as_text=True)

    assert "In the room" in text
    assert "Online" in text
    assert "Europe/Prague" in text
    assert "https://schema.org/MixedEventAttendanceMode" in text
    assert "meet.example.org" not in text
    assert "meet.example.org" not in calendar


def test_break_without_a_title_is_called_a_break(session, client) -> None:
    meeting = factories.make_meeting(session)
    meeting.programme[1].title = {}
    session.commit()

    assert "Break" in page_of(client, meeting, "en")


def test_typed_html_is_text_everywhere(session, client) -> None:
    nasty = "</script><script>alert(1)</script>\"'{{7*7}}"
    meeting = factories.make_meeting(
        session,
        title={"cs": nasty},
        summary={"cs": nasty},
        venue={"cs": nasty},
        description={"cs": f"{nasty}\n\n[x](javascript:alert(1))"},
        address=nasty,
    )
    session.commit()

    text = page_of(client, meeting)

    assert "<script>alert" not in text
    assert 'href="javascript:' not in text
    assert "{{7*7}}" in text
    data = json.loads(text.split('<script type="application/ld+json">')[1].split("</script>")[0])
    assert data["name"] == nasty
    assert data["eventAttendanceMode"] == "https://schema.org/OfflineEventAttendanceMode"
    assert data["offers"]["url"].endswith(f"/cs/meetings/{meeting.slug}/register")


def test_texts_in_another_language_say_so(session, client) -> None:
    meeting = factories.make_meeting(session, title={"cs": "Jen česky"}, summary={}, venue={"cs": "Sál"})
    session.commit()

    tree = check_page(page_of(client, meeting, "en"))

    heading = tree.find(".//h1")
    assert heading.text == "Jen česky"
    assert heading.get("lang") == "cs"


def test_head_names_both_languages_and_the_graph(session, client) -> None:
    meeting = factories.make_meeting(session)
    session.commit()

    tree = check_page(page_of(client, meeting, "en"))

    links = {(link.get("rel"), link.get("hreflang")): link.get("href") for link in tree.iter("link")}
    here = f"http://localhost/en/meetings/{meeting.slug}/"
    assert links["canonical", None] == here
    assert links["alternate", "en"] == here
    assert links["alternate", "cs"] == here.replace("/en/", "/cs/")
    graph = {meta.get("property"): meta.get("content") for meta in tree.iter("meta") if meta.get("property")}
    assert graph["og:title"] == "Housing and the move to renting"
    assert graph["og:url"] == here
    assert "Architects' Hall" in graph["og:description"]


def test_titles_tell_pages_apart(session, client) -> None:
    first = factories.make_meeting(session)
    second = factories.make_meeting(session, starts_at=first.starts_at + timedelta(days=30))
    session.commit()
    pages = [
        page_of(client, first),
        page_of(client, second),
        *(client.get(path).get_data(as_text=True) for path in ("/cs/", "/cs/meetings/", "/cs/contacts/")),
    ]

    titles = [check_page(text).find(".//title").text for text in pages]

    assert len(set(titles)) == len(titles), titles


def test_list_is_searched_without_diacritics(session, client) -> None:
    factories.make_meeting(session, title={"cs": "Žižkovské čtení", "en": "Reading"})
    factories.make_meeting(session, title={"cs": "Něco jiného", "en": "Something else"})
    session.commit()

    text = client.get("/cs/meetings/?q=ZIZKOVSKE cteni").get_data(as_text=True)

    assert "Žižkovské čtení" in text
    assert "Něco jiného" not in text


def test_list_is_narrowed_to_a_series_and_called_off_ones_stay(session, client) -> None:
    other = factories.make_series(session, "Fórum migrantů")
    factories.make_meeting(session, title={"cs": "Jednání rady"}, state=MeetingState.CALLED_OFF)
    factories.make_meeting(session, title={"cs": "Hlas cizinců"}, series_id=other.id)
    session.commit()

    everything = client.get("/en/meetings/").get_data(as_text=True)
    narrowed = client.get(f"/en/meetings/?series={other.slug}").get_data(as_text=True)

    assert "Jednání rady" in everything
    assert "called off" in everything
    assert "Hlas cizinců" in narrowed
    assert "Jednání rady" not in narrowed


def test_past_meetings_come_in_pages(session, client) -> None:
    for number in range(23):
        factories.make_meeting(
            session, starts_at=clock.now() - timedelta(days=number + 2), title={"cs": f"Starší {number:02}"}
        )
    session.commit()

    first = client.get("/cs/meetings/").get_data(as_text=True)
    second = client.get("/cs/meetings/?page=2").get_data(as_text=True)

    assert "Starší 00" in first
    assert "Starší 22" not in first
    assert "Starší 22" in second


@pytest.mark.parametrize(
    "query", ["q=%00", "q=" + "x" * 10_000, "q=%25_%5C", "page=0", "page=9e99", "series=%F0"]
)
def test_strange_questions_are_answered(session, client, query) -> None:
    factories.make_meeting(session)
    session.commit()

    assert client.get(f"/cs/meetings/?{query}").status_code in (200, 400)


def test_meeting_of_several_days_says_both(session, client) -> None:
    meeting = factories.make_meeting(session)
    meeting.ends_at = meeting.starts_at + timedelta(days=1, hours=3)
    session.commit()

    assert "–" in page_of(client, meeting, "en").split("<h1")[1].split("</p>")[0]


def test_long_programme_stays_light(session, client) -> None:
    slots = [
        Slot(offset_minutes=5 * n, duration_minutes=5, title={"cs": f"Bod {n}"}, speakers={"cs": "někdo"})
        for n in range(30)
    ]
    meeting = factories.make_meeting(session)
    meeting.programme = [type(meeting.programme[0])(**{f: getattr(s, f) for f in s.__slots__}) for s in slots]
    session.commit()

    assert len(page_of(client, meeting).encode()) < LIMIT
