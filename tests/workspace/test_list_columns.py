"""Columns of the attendee list: chosen in the address, kept by saved views, and what each account may see."""

from __future__ import annotations

import csv
import io
from urllib.parse import parse_qsl, urlencode

import pytest
from werkzeug.datastructures import MultiDict

from app.base import clock
from app.domain.accounts.models import Role
from app.domain.attendance.commands import Door
from app.domain.attendance.models import Way
from app.domain.attendance.service import check_in
from app.domain.history.models import Entry
from app.domain.history.service import SYSTEM, organiser
from app.domain.meetings.models import Format
from app.domain.questions.commands import Given
from app.domain.questions.models import QuestionKind
from app.domain.questions.service import retire
from app.domain.registration import labels
from app.domain.registration.commands import Needs
from app.domain.registration.edit_questions import fill_in
from app.domain.registration.models import Attendee, SavedView
from app.domain.registration.queries import ListView
from app.workspace.attendee_list import parameters, view_of
from app.workspace.list_columns import COLUMNS, USUAL
from tests.factories import make_account, make_meeting, person, register
from tests.pages import check_page
from tests.questionnaires import ask
from tests.workspace.desk import Desk

NEEDS = Needs(diet="bez lepku", consent_text="I agree that you keep this.")
NAME, USUAL_HEADS = "Name", ["State", "E-mail", "Organisation", "Answer", "Registered", "Letter"]


@pytest.fixture
def desk(app, session):
    return Desk(app, session, make_account(session, Role.ORGANISER))


@pytest.fixture
def viewer(app, session):
    return Desk(app, session, make_account(session, Role.VIEWER))


@pytest.fixture
def meeting(session):
    """Eva registered Petr along; Petr has needs, is in, and there is a note about him."""
    meeting = make_meeting(session, number=7)
    petr = person("Petr Novák", organisation="Poradna", organisation_kind="ngo", needs=NEEDS)
    _eva, row = register(session, meeting, person("Eva Malá", organisation="Úřad"), petr)
    row.note = "Přijde dřív"
    at_door = Door(actor=organiser(make_account(session, Role.DOOR, email="door@example.org").id))
    check_in(session, meeting.id, row.id, way=Way.LIST, now=meeting.starts_at, door=at_door)
    session.commit()
    return meeting


def at(meeting, query="", page="attendees/"):
    return f"/workspace/meetings/{meeting.id}/{page}{query}"


def words(node):
    return " ".join("".join(node.itertext()).split())


def heads(page):
    """The headings of the table, without the mark of the order."""
    table = next(node for node in check_page(page).iter("table") if node.get("id") == "attendees")
    return [words(node).rstrip(" ▲▼") for node in table.iter("th") if node.get("scope") == "col"]


def cells(page, name):
    """What the row of somebody says, by heading."""
    table = next(node for node in check_page(page).iter("table") if node.get("id") == "attendees")
    rows = [row for row in table.iter("tr") if words(row.find("th")) == name]
    found = [words(node) for node in rows[0] if not list(node.iter("input"))]
    return dict(zip(heads(page), found, strict=True))


def chooser(page):
    """What the form of the columns would send as it stands."""
    own = [node for node in check_page(page).iter("input") if node.get("form") == "columns"]
    form = next(node for node in check_page(page).iter("form") if node.get("id") == "columns")
    ticked = [node for node in own if node.get("checked") is not None]
    return [(node.get("name"), node.get("value")) for node in [*form.iter("input"), *ticked]]


def test_without_a_choice_it_looks_as_ever(desk, session, meeting):
    page = desk.read(at(meeting))
    assert heads(page) == [NAME, *USUAL_HEADS[:-2], "Needs", *USUAL_HEADS[-2:]]
    assert cells(page, "Novák, Petr")["Organisation"] == "Poradna NGO"
    labels.put_on(session, meeting.id, [1], "VIP", now=clock.now(), actor=SYSTEM)
    meeting.format, meeting.online_url = Format.HYBRID, "https://example.org/x"
    session.commit()
    more = [NAME, *USUAL_HEADS[:-2], "Takes part", "Labels", "Needs", *USUAL_HEADS[-2:]]
    assert heads(desk.read(at(meeting))) == more
    bounced = desk.read(at(meeting, "?bounced=1&tab=all&q="), 200)
    assert "Nobody fits this search." in bounced


def test_only_what_is_chosen_stands_beside_the_name(desk, meeting):
    page = desk.read(at(meeting, "?show=checked_in&show=language&show=note&show=registered_by&show=kind"))
    assert heads(page) == [NAME, "Kind of organisation", "Registered by", "Language", "Checked in at", "Note"]
    petr = cells(page, "Novák, Petr")
    assert (petr["Kind of organisation"], petr["Registered by"]) == ("NGO", "Eva Malá")
    assert (petr["Language"], petr["Note"]) == ("Čeština", "Přijde dřív")
    assert petr["Checked in at"]
    assert cells(page, "Malá, Eva") == {**dict.fromkeys(petr, ""), NAME: "Malá, Eva", "Language": "Čeština"}
    assert "@example.org" not in page.partition("<tbody>")[2].partition("</tbody>")[0]
    alone = desk.read(at(meeting, "?show=organisation"))
    assert cells(alone, "Novák, Petr") == {NAME: "Novák, Petr", "Organisation": "Poradna"}
    assert heads(desk.read(at(meeting, "?show=name"))) == [NAME]


@pytest.mark.parametrize("query", ["?show=", "?show=token", "?show=email_key&show=<b>"])
def test_what_is_not_on_offer_is_not_asked_for(desk, meeting, query):
    assert heads(desk.read(at(meeting, query))) == heads(desk.read(at(meeting)))


def test_the_form_says_what_is_shown_and_keeps_the_rest(desk, session, meeting):
    question = ask(session, meeting, QuestionKind.YES_NO, "Oběd")
    session.commit()
    query = "?q=a&kind=ngo&sort=registered&order=desc"
    fields = chooser(desk.read(at(meeting, query)))
    rest = [pair for pair in fields if pair[0] != "show"]
    assert rest == [("q", "a"), ("kind", "ngo"), ("sort", "registered"), ("order", "desc")]
    assert {value for name, value in fields if name == "show"} == {"name", *USUAL}, "also those not offered"
    fields.remove(("show", "state"))
    page = desk.read(at(meeting, "?" + urlencode([*fields, ("column", question.id)])))
    assert heads(page) == [NAME, *USUAL_HEADS[1:-2], "Oběd", "Needs", *USUAL_HEADS[-2:]]
    assert sorted(chooser(page)) == sorted([*fields, ("column", str(question.id))])
    search = next(node for node in check_page(page).iter("form") if node.get("role") == "search")
    kept = [(node.get("name"), node.get("value")) for node in search.iter("input") if not node.get("form")]
    assert {value for name, value in kept if name == "show"} == {"name", *USUAL - {"state"}}
    assert ("column", str(question.id)) in kept
    for link in ("sort=organisation", "tab=confirmed"):  # every other way through the list keeps them too
        address = page[: page.index(link)].rpartition('href="')[2]
        assert "show=name" in address + page[page.index(link) :].partition('"')[0]
    usual = page[: page.index(">Show the usual columns<")].rpartition('href="')[2].partition('"')[0]
    assert dict(parse_qsl(usual.partition("?")[2].replace("&amp;", "&"))) == dict(parse_qsl(query[1:]))
    assert "Show the usual columns" not in desk.read(at(meeting, query))


def test_the_usual_columns_need_no_word_in_the_address():
    everything = MultiDict([("show", name) for name in ("name", *USUAL, "nonsense")])
    assert view_of(everything) == ListView()
    assert parameters(view_of(everything)) == {}
    some = view_of(MultiDict([("show", "note"), ("show", "email"), ("show", "note")]))
    assert parameters(some) == {"show": ("name", "email", "note")}
    assert parameters(view_of(MultiDict([("show", "name")]))) == {"show": ("name",)}


def test_saved_views_keep_them_and_older_ones_go_on(desk, session, meeting):
    query = "?show=name&show=state&show=note&sort=registered"
    desk.post(at(meeting, query, "attendees/views/"), name="U dveří")
    old = {"tab": "confirmed", "sort": "registered"}
    session.rollback()
    session.add(
        SavedView(series_id=meeting.series_id, name="Dřív", parameters=old, created_at=meeting.created_at)
    )
    session.commit()
    view = session.query(SavedView).filter_by(name="U dveří").one()
    assert view.parameters == {"show": ["name", "state", "note"], "sort": "registered"}
    assert view.meeting_id is None, "for the whole series"
    page = desk.read(at(meeting, query))
    assert 'aria-current="page"><bdi>U dveří</bdi>' in page
    assert heads(page) == [NAME, "State", "Note"]
    earlier = desk.read(at(meeting, "?tab=confirmed&sort=registered"))
    assert 'aria-current="page"><bdi>Dřív</bdi>' in earlier
    assert heads(earlier) == heads(desk.read(at(meeting)))


def test_nobody_sees_more_than_they_may(viewer, meeting):
    page = viewer.read(at(meeting, "?show=needs&show=note&show=email"))
    assert heads(page) == [NAME, "E-mail"]
    assert "bez lepku" not in page
    assert "Přijde dřív" not in page
    assert 'id="show-needs"' not in page
    assert 'id="show-note"' not in page
    assert ("show", "needs") in chooser(page), "so that an address made for others stays what it is"


def test_downloads_keep_all_their_columns(desk, session, meeting):
    path = at(meeting, "?show=name&sort=registered", "export/")
    assert "with all columns" in desk.read(path)
    text = desk.post(path, format="csv").get_data(as_text=True)
    row = next(csv.DictReader(io.StringIO(text)))
    assert row["Name"] == "Eva Malá"
    assert "E-mail" in row
    session.rollback()
    entry = session.query(Entry).filter_by(act="list:export").one()
    assert entry.details["view"] == {"sort": "registered"}


def test_all_columns_take_at_most_ten_statements(desk, session, meeting, statements):
    asked = [ask(session, meeting, QuestionKind.YES_NO, label) for label in ("Dílna", "Oběd", "Už ne")]
    eva = session.query(Attendee).filter_by(name="Eva Malá").one()
    fill_in(session, eva.id, {asked[2].id: Given(text="yes")}, now=clock.now(), actor=SYSTEM)
    retire(session, asked[2].id, now=clock.now(), actor=SYSTEM)
    labels.put_on(session, meeting.id, [eva.id], "VIP", now=clock.now(), actor=SYSTEM)
    meeting.capacity = 2
    register(session, meeting, "Jan Čekal")
    session.commit()
    every = [("show", name) for name in COLUMNS] + [("column", one.id) for one in asked]
    path = at(meeting, "?" + urlencode(every))
    desk.read(path)
    with statements() as seen:
        page = desk.read(path)
    assert cells(page, "Malá, Eva")["Už ne"] == "Yes"
    assert cells(page, "Čekal, Jan")["State"] == "waiting · 1."
    # The kind stands in the cell of the organisation, and everybody takes part in the same way.
    assert len(heads(page)) == 1 + len(COLUMNS) - 2 + len(asked)
    assert len(seen) <= 10, seen
