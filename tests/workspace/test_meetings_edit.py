"""The form of a meeting: what it stores, what it refuses, whom it tells, and two editors at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import func, select

from app.base import clock
from app.base.dates import at
from app.domain.accounts.models import Role
from app.domain.meetings.models import Format, Meeting, MeetingState
from app.domain.outbox.models import Kind, Letter
from app.domain.registration.models import Attendee, Mode
from tests import factories
from tests.workspace.desk import Desk
from tests.workspace.meeting_forms import hidden_form, sent_by, some_day, typed

LIST = "/workspace/meetings/"
NEW = f"{LIST}new/"


@pytest.fixture
def desk(app, session):
    return Desk(app, session, factories.make_account(session, Role.ORGANISER))


@pytest.fixture
def series(session):
    made = factories.make_series(session)
    session.commit()
    return made


def meetings(session):
    session.rollback()
    return list(
        session.scalars(select(Meeting).order_by(Meeting.id).execution_options(populate_existing=True))
    )


def stored(session, meeting_id):
    session.rollback()
    session.expire_all()
    return session.get_one(Meeting, meeting_id)


def told(session):
    session.rollback()
    return session.scalar(select(func.count()).select_from(Letter).where(Letter.kind == Kind.RESCHEDULED))


def edit_page(meeting):
    return f"{LIST}{meeting.id}/edit/"


def test_everything_typed_is_stored(session, desk, series) -> None:
    contact = factories.make_contact(session)
    session.commit()
    day = some_day()
    response = desk.post(
        NEW,
        **typed(
            series=series.id,
            contact=contact.id,
            format="hybrid",
            summary_cs="Stručně.",
            description_en="## More\n\n**Bold**",
            access_notes_cs="Výtah.",
            languages_note_en="In Czech.",
            address="Staroměstské nám. 1/3",
            latitude="50,0870",
            longitude="14.4208",
            online_url="meet.example.org/x",
            online_capacity="1 000",
            opens_day="1. 1. 2026",
            opens_time="9:30",
            deadline=(day - timedelta(days=2)).isoformat(),
            promote_hours="24",
            show_places=None,
            **{
                "programme-0-starts": "13:00",
                "programme-0-ends": "13:25",
                "programme-0-title_cs": "Novinky",
                "programme-0-speakers_en": "City Hall",
                "programme-1-starts": "13:25",
                "programme-1-is_break": "y",
                "programme-2-title_cs": "",
            },
        ),
    )

    assert response.status_code == 303
    (meeting,) = meetings(session)
    assert response.location.endswith(f"{LIST}{meeting.id}/")
    assert meeting.state == MeetingState.DRAFT
    assert meeting.slug == f"skoly-a-jazyk-{day}"
    assert meeting.title == {"cs": "Školy a jazyk", "en": "Schools and language"}
    assert meeting.summary == {"cs": "Stručně."}
    assert meeting.description == {"en": "## More\n\n**Bold**"}
    assert meeting.starts_at == at(day, time(13), "Europe/Prague")
    assert meeting.ends_at == at(day, time(16), "Europe/Prague")
    assert (meeting.latitude, meeting.longitude) == (50.087, 14.4208)
    assert meeting.online_url == "https://meet.example.org/x"
    assert (meeting.capacity, meeting.online_capacity) == (110, 1000)
    assert meeting.opens_at == datetime(2026, 1, 1, 8, 30, tzinfo=UTC)
    assert meeting.deadline == day - timedelta(days=2)
    assert (meeting.promote_hours, meeting.show_places, meeting.number) == (24, False, 66)
    assert (meeting.series_id, meeting.contact_id, meeting.format) == (series.id, contact.id, Format.HYBRID)
    first, second = meeting.programme
    assert (first.offset_minutes, first.duration_minutes, first.title) == (0, 25, {"cs": "Novinky"})
    assert first.speakers == {"en": "City Hall"}
    assert (second.offset_minutes, second.duration_minutes, second.is_break) == (25, 0, True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title_cs": ""}, "Enter the topic (Čeština)."),
        ({"title_cs": "x" * 201}, "is too long"),
        ({"title_en": "nul\0"}, "contains a character that cannot be kept"),
        ({"series": ""}, "Choose the series."),
        ({"series": "77"}, "Choose the series."),
        ({"format": "by mail"}, "Choose how people take part."),
        ({"number": "many"}, "Enter a whole number"),
        ({"day": ""}, "Enter the day of the meeting."),
        ({"day": "31. 2. 2027"}, "Enter a day like"),
        ({"day": "1950-01-01"}, "Check the year"),
        ({"starts": "25:00"}, "Enter a time like 13:00"),
        ({"ends": "13:00"}, "The end must be after the start."),
        ({"ends": "12:00"}, "The end must be after the start."),
        ({"last_day": "2027-12-31"}, "The meeting would take more than a month."),
        (
            {"day": "2027-03-28", "starts": "2:30", "ends": "4:00"},
            "The clocks jump over the time in “Starts at” that night.",
        ),
        ({"zone": "Europe/Praha"}, "Enter a time zone like Europe/Prague."),
        ({"zone": "../../etc/passwd"}, "Enter a time zone like Europe/Prague."),
        ({"latitude": "50"}, "Enter both latitude and longitude, or neither."),
        ({"latitude": "91", "longitude": "1"}, "Enter degrees like 50.0870"),
        ({"latitude": "nan", "longitude": "inf"}, "Enter degrees like 50.0870"),
        ({"online_url": "javascript:alert(1)"}, "Enter a web address"),
        ({"capacity": "-1"}, "Enter a whole number"),
        ({"capacity": "1e9"}, "Enter a whole number"),
        ({"online_capacity": "²"}, "Enter a whole number"),
        ({"deadline": "2190-01-01"}, "The deadline must not be after the day of the meeting."),
        ({"opens_day": "2190-01-01"}, "Registration must open before the meeting begins."),
        ({"opens_time": "9:00"}, "Enter also the day on which registration opens."),
        ({"opens_day": "2190-01-01", "day": "2190-01-05", "deadline": "2189-12-01"}, "before the deadline."),
        ({"promote_hours": ""}, "Enter a number of hours"),
        ({"promote_hours": "9999"}, "Enter a whole number"),
        ({"contact": "999999999999"}, "Choose one answer"),
        ({"programme-0-title_cs": "A"}, "Item 1: Enter when this item begins."),
        ({"programme-0-starts": "13:00"}, "Item 1: Enter what this item is about."),
        (
            {"programme-0-starts": "13:30", "programme-0-ends": "13:00", "programme-0-title_cs": "A"},
            "Item 1: This item must end after it begins.",
        ),
        (
            {"programme-0-starts": "13:30", "programme-0-day": "2031-01-01", "programme-0-title_cs": "A"},
            "Item 1: This item lies outside the meeting.",
        ),
        ({"programme-0-starts": "half past"}, "Item 1: Enter a time like 13:00"),
    ],
)
def test_wrong_input_is_said_and_nothing_typed_is_lost(session, desk, series, changes, words) -> None:
    sent = typed(**{"series": series.id, "summary_en": "Kept <b>as typed</b>", **changes})

    response = desk.post(NEW, **sent)

    text = response.get_data(as_text=True)
    assert response.status_code == 422, text
    assert words in text.replace("&#39;", "'")
    assert "Kept &lt;b&gt;as typed&lt;/b&gt;" in text
    assert not meetings(session)
    kept = sent_by(text)
    for name, value in sent.items():
        if name not in changes and name != "version":
            assert kept.get(name) == value, name


NASTY = [
    "x" * 10_000,
    "\0",
    "\u202e\u200fאבג",
    "😀" * 50,
    "a\r\nBcc: b@example.org",
    "{{7*7}}",
    "<script>alert(1)</script>",
    "'; DROP TABLE meetings; --",
]


@pytest.mark.parametrize("nasty", NASTY, ids=["long", "nul", "rtl", "emoji", "crlf", "braces", "html", "sql"])
def test_no_field_breaks_the_page(session, desk, series, nasty) -> None:
    names = [name for name in sent_by(desk.read(NEW)) if name != "csrf_token"]
    for name in names:
        response = desk.post(NEW, **typed(**{"series": series.id, name: nasty}))
        assert response.status_code in (303, 422), name


def test_lone_surrogates_and_strange_names_break_nothing(desk, series) -> None:
    fields = typed(series=series.id)
    fields["title_cs"] = b"\xed\xa0\x80"
    for name in ("programme-²-starts", "programme-99999999999999999999-starts", "programme-", "programme-0"):
        fields[name] = "13:00"

    assert desk.post(NEW, **fields).status_code in (303, 422)


def test_items_are_added_and_taken_away_without_losing_anything(session, desk, series) -> None:
    sent = typed(series=series.id, **{"programme-0-title_cs": "Nultá", "programme-0-starts": "13:00"})

    page = desk.post(NEW, **sent, act="add").get_data(as_text=True)
    kept = sent_by(page)
    assert kept["programme-0-title_cs"] == "Nultá"
    assert kept["programme-1-title_cs"] == ""
    assert kept["title_cs"] == "Školy a jazyk"

    page = desk.post(NEW, **{**kept, "programme-1-title_cs": "První"}, act="remove-0").get_data(as_text=True)
    kept = sent_by(page)
    assert kept["programme-0-title_cs"] == "První"
    assert "programme-1-title_cs" not in kept
    assert not meetings(session)
    assert desk.post(NEW, **kept, act="remove-7").status_code == 200


def test_language_of_the_page_changes_and_what_was_typed_stays(desk, series) -> None:
    response = desk.post(f"{NEW}?lang=cs", **typed(series=series.id, title_cs=""), switch="1")

    text = response.get_data(as_text=True)
    assert response.status_code == 200
    assert '<html lang="cs"' in text
    assert sent_by(text)["title_en"] == "Schools and language"
    assert "lang=cs" in response.headers["Set-Cookie"]
    assert '<html lang="cs"' in desk.read(NEW)


def test_form_of_an_expired_page_comes_back_filled_in(session, desk, series) -> None:
    response = desk.client.post(NEW, data={**typed(series=series.id), "csrf_token": "old"})

    text = response.get_data(as_text=True)
    assert response.status_code == 422
    assert "This page was open for too long." in text
    assert sent_by(text)["title_cs"] == "Školy a jazyk"
    assert desk.client.post(NEW, data=sent_by(text)).status_code == 303
    assert len(meetings(session)) == 1


def test_series_of_others_are_not_offered_nor_taken(app, session) -> None:
    ours, theirs = factories.make_series(session), factories.make_series(session, "Fórum migrantů")
    meeting = factories.make_meeting(session, series_id=ours.id)
    account = factories.make_account(session, Role.ORGANISER, series=(ours,))
    desk = Desk(app, session, account)

    assert "Fórum migrantů" not in desk.read(NEW)
    assert desk.post(NEW, **typed(series=theirs.id)).status_code == 422
    sent = sent_by(desk.read(edit_page(meeting)))
    assert desk.post(edit_page(meeting), **{**sent, "series": str(theirs.id)}).status_code == 422
    assert stored(session, meeting.id).series_id == ours.id


def test_what_is_loaded_is_saved_unchanged(session, desk) -> None:
    meeting = factories.make_meeting(
        session,
        format=Format.HYBRID,
        opens_at=clock.now().replace(second=0, microsecond=0),
        deadline=some_day(20),
        online_url="https://meet.example.org/x",
    )
    meeting.ends_at = meeting.starts_at + timedelta(days=1)
    meeting.programme[1].offset_minutes = 22 * 60
    factories.register(session, meeting, "Jan Starý")
    session.commit()
    watched = (*factories.meeting_text(session).__slots__,)
    before = {name: getattr(meeting, name) for name in watched}
    slots = [(item.offset_minutes, item.duration_minutes, item.title) for item in meeting.programme]

    response = desk.post(edit_page(meeting), **sent_by(desk.read(edit_page(meeting))))

    assert response.status_code == 303
    after = stored(session, meeting.id)
    assert {name: getattr(after, name) for name in watched} == before
    assert [(item.offset_minutes, item.duration_minutes, item.title) for item in after.programme] == slots
    assert after.version == 3
    assert told(session) == 0


def test_programme_stays_at_its_times_unless_it_moves_along(session, desk) -> None:
    meeting = factories.make_meeting(session, state=MeetingState.DRAFT)
    session.commit()
    sent = {**sent_by(desk.read(edit_page(meeting))), "starts": "12:30"}

    desk.post(edit_page(meeting), **sent)
    assert [item.offset_minutes for item in stored(session, meeting.id).programme] == [30, 55]

    sent = {**sent_by(desk.read(edit_page(meeting))), "starts": "14:00", "shift": "y"}
    desk.post(edit_page(meeting), **sent)
    assert [item.offset_minutes for item in stored(session, meeting.id).programme] == [30, 55]


def test_programme_before_the_start_is_allowed_and_mentioned(session, desk, series) -> None:
    parts = {"programme-0-starts": "12:30", "programme-0-title_cs": "Prezence"}

    response = desk.post(NEW, **typed(series=series.id, **parts), follow=True)

    assert "The programme begins before the meeting or ends after it." in response.get_data(as_text=True)
    assert meetings(session)[0].programme[0].offset_minutes == -30


def test_meeting_past_midnight_keeps_its_programme(session, desk, series) -> None:
    day = some_day()
    parts = {"programme-0-starts": "23:30", "programme-0-ends": "0:30", "programme-0-title_cs": "Noc"}
    times = {"starts": "22:00", "ends": "2:00", "last_day": (day + timedelta(days=1)).isoformat()}

    desk.post(NEW, **typed(series=series.id, **times, **parts))

    (item,) = meetings(session)[0].programme
    assert (item.offset_minutes, item.duration_minutes) == (90, 60)


def test_texts_in_languages_that_are_not_offered_are_kept(session, desk) -> None:
    meeting = factories.make_meeting(session, title={"cs": "Téma", "en": "Topic", "uk": "Тема"})
    session.commit()

    desk.post(edit_page(meeting), **{**sent_by(desk.read(edit_page(meeting))), "summary_cs": "Nově"})

    assert stored(session, meeting.id).title == {"cs": "Téma", "en": "Topic", "uk": "Тема"}


def test_changing_the_date_first_says_how_many_then_tells_them(session, desk) -> None:
    meeting = factories.make_meeting(session)
    factories.register(session, meeting, "Jan Starý", "Eva Nová")
    session.commit()
    later = (meeting.starts_at + timedelta(days=7)).date()
    sent = {
        **sent_by(desk.read(edit_page(meeting))),
        "day": later.isoformat(),
        "venue_en": "Town <b>Hall</b>",
    }

    question = desk.post(edit_page(meeting), **sent).get_data(as_text=True)

    assert "2 people will be told" in question
    assert "Date and time" in question
    assert "Town &lt;b&gt;Hall&lt;/b&gt;" in question
    assert "everybody is asked again" in question
    assert stored(session, meeting.id).starts_at.date() != later
    assert told(session) == 0

    back = desk.post(edit_page(meeting), **hidden_form(question, "back")).get_data(as_text=True)
    assert sent_by(back)["venue_en"] == "Town <b>Hall</b>"

    done = desk.post(edit_page(meeting), **hidden_form(question, "tell"), follow=True)
    assert "2 people are told about them." in done.get_data(as_text=True)
    assert stored(session, meeting.id).starts_at.date() == later
    assert told(session) == 2
    assert stored(session, meeting.id).revision == 1

    again = desk.post(edit_page(meeting), **hidden_form(question, "tell"))
    assert again.status_code == 409
    assert told(session) == 2


@pytest.mark.parametrize("state", [MeetingState.DRAFT, MeetingState.PUBLISHED])
def test_without_people_nobody_is_asked(session, desk, state) -> None:
    meeting = factories.make_meeting(session, state=state)
    session.commit()
    sent = {**sent_by(desk.read(edit_page(meeting))), "starts": "9:00"}

    assert desk.post(edit_page(meeting), **sent).status_code == 303


def test_typing_errors_in_other_texts_are_told_to_nobody(session, desk) -> None:
    meeting = factories.make_meeting(session)
    factories.register(session, meeting, "Jan Starý")
    session.commit()
    sent = {**sent_by(desk.read(edit_page(meeting))), "summary_cs": "Bez překlepu.", "capacity": "120"}

    assert desk.post(edit_page(meeting), **sent).status_code == 303
    assert told(session) == 0


def test_more_seats_let_those_who_wait_move_up(session, desk) -> None:
    meeting = factories.make_meeting(session, capacity=1)
    factories.register(session, meeting, "Jan Starý", "Eva Nová")
    session.commit()
    sent = {**sent_by(desk.read(edit_page(meeting))), "capacity": "2"}

    assert desk.post(edit_page(meeting), **sent).status_code == 303
    session.rollback()
    assert set(session.scalars(select(Attendee.place))) == {"confirmed"}


def test_way_to_take_part_is_kept_while_people_use_it(session, desk) -> None:
    meeting = factories.make_meeting(session, format=Format.HYBRID)
    factories.register(session, meeting, factories.person("Jan Starý", mode=Mode.ONLINE))
    session.commit()
    sent = {**sent_by(desk.read(edit_page(meeting))), "format": "in_person", "act": "tell"}

    response = desk.post(edit_page(meeting), **sent)

    assert response.status_code == 422
    assert "Some people take part in a way that would no longer be offered." in response.get_data(
        as_text=True
    )
    assert stored(session, meeting.id).format == Format.HYBRID


def test_published_meeting_keeps_a_place(session, desk) -> None:
    meeting = factories.make_meeting(session)
    session.commit()
    sent = {**sent_by(desk.read(edit_page(meeting))), "venue_cs": "", "venue_en": ""}

    response = desk.post(edit_page(meeting), **sent)

    assert response.status_code == 422
    assert "Enter the place, or choose that people take part online." in response.get_data(as_text=True)
    assert stored(session, meeting.id).venue


def test_second_editor_sees_both_and_decides(session, desk) -> None:
    meeting = factories.make_meeting(session)
    session.commit()
    mine = {**sent_by(desk.read(edit_page(meeting))), "summary_cs": "Moje", "starts": "10:00"}
    theirs = {**mine, "summary_cs": "Jejich", "starts": "13:00"}
    assert desk.post(edit_page(meeting), **theirs).status_code == 303

    response = desk.post(edit_page(meeting), **mine)

    text = response.get_data(as_text=True)
    assert response.status_code == 409
    assert "Jejich" in text.split("<form id=")[0]
    assert "Moje" in text.split("<form id=")[0]
    assert "Date and time" in text
    assert stored(session, meeting.id).summary["cs"] == "Jejich"

    assert desk.post(edit_page(meeting), **sent_by(text)).status_code == 303
    assert stored(session, meeting.id).summary["cs"] == "Moje"


def test_form_without_a_version_is_a_conflict(session, desk) -> None:
    meeting = factories.make_meeting(session)
    session.commit()
    sent = sent_by(desk.read(edit_page(meeting)))
    for version in ("", "x", "9" * 30):
        assert desk.post(edit_page(meeting), **{**sent, "version": version}).status_code == 409
    del sent["version"]
    assert desk.post(edit_page(meeting), **sent).status_code == 409


def test_series_is_made_and_leads_to_its_first_meeting(session, desk) -> None:
    page = "/workspace/series/"
    assert "There is no series yet." in desk.read(page)
    assert desk.post(f"{page}new/", name_cs="").status_code == 422

    response = desk.post(f"{page}new/", name_cs="Platforma městských částí", about_en="For districts.")

    assert response.status_code == 303
    assert sent_by(desk.read(response.location))["series"] == response.location.rpartition("=")[2]
    assert "Platforma městských částí" in desk.read(page)


def test_bound_organiser_makes_no_series(app, session) -> None:
    account = factories.make_account(session, Role.ORGANISER, series=(factories.make_series(session),))
    desk = Desk(app, session, account)

    assert "You look after certain series only." in desk.read("/workspace/series/")
    assert desk.get("/workspace/series/new/").status_code == 403
    assert desk.post("/workspace/series/new/", name_cs="Nová").status_code == 403


def test_day_type_is_read_in_both_ways(session, desk, series) -> None:
    assert desk.post(NEW, **typed(series=series.id, day="4. 4. 2027")).status_code == 303
    assert meetings(session)[0].starts_at.date() == date(2027, 4, 4)
