"""Labels of attendees: on one person's page, on many of the list, as a filter, in files, and taken back."""

from __future__ import annotations

import re
from datetime import timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook

from app.base import clock
from app.domain.accounts.models import Role
from app.domain.broadcasts.models import Broadcast
from app.domain.broadcasts.rules import segment_of
from app.domain.meetings.models import Meeting
from app.domain.registration.label_queries import by_attendee
from app.domain.registration.labels import MOST_PER_PERSON
from app.domain.registration.models import Label
from app.domain.reports.invariants import broken
from tests.factories import make_account, make_meeting, register
from tests.workspace.desk import Desk

NAMES = ("Adam Adamec", "Běla Bílá", "Cyril Cajthaml", "Dana Dvořáková")
OFFICE = "čeká na potvrzení úřadu"


@pytest.fixture
def desk(app, session):
    return Desk(app, session, make_account(session, Role.ORGANISER))


@pytest.fixture
def viewer(app, session):
    return Desk(app, session, make_account(session, Role.VIEWER))


@pytest.fixture
def rows(session):
    """Two have a seat, two wait."""
    meeting = make_meeting(session, capacity=2)
    found = [register(session, meeting, name)[0] for name in NAMES]
    session.commit()
    return found


def at(row, act="", query=""):
    return f"/workspace/meetings/{row.meeting_id}/attendees/{act}{query}"


def ids(*rows):
    return [str(row.id) for row in rows]


def labels_of(session, *rows):
    session.rollback()
    found = by_attendee(session, rows[0].meeting_id)
    return [found.get(row.id, []) for row in rows]


def label_id(session, name="VIP"):
    session.rollback()
    return session.query(Label).filter_by(name=name).one().id


def label_of(session, meeting):
    session.rollback()
    return session.query(Label).filter_by(meeting_id=meeting.id).one().id


def shown(page):
    return re.findall(r'<th scope="row"><a [^>]*><bdi>([^,<]*)', page)


def press_undo(desk, page):
    found = re.search(r'action="([^"]+label-back[^"]*)".*?</form>', page, re.DOTALL)
    fields = dict(re.findall(r'name="(ended_at|attendee)" value="([^"]+)"', found[0]))
    return desk.post(found[1].replace("&amp;", "&"), follow=True, **fields).text


class TestOnePerson:
    def test_put_on_taken_off_and_both_back(self, desk, session, rows):
        page = desk.post(at(rows[0], f"{rows[0].id}/label"), follow=True, label="  VIP ").text
        assert "Adam Adamec has the label now." in page
        assert '<span class="tag label"><bdi>VIP</bdi></span>' in page
        assert "Got a label: VIP." in page
        back = press_undo(desk, page)
        assert labels_of(session, rows[0]) == [[]]
        assert "The labels of 1 person are as before." in back
        assert "A label was taken off: VIP." in back
        desk.post(at(rows[0], f"{rows[0].id}/label"), label="vip")
        page = desk.post(at(rows[0], f"{rows[0].id}/unlabel"), follow=True, label=label_id(session)).text
        assert "Adam Adamec does not have the label any more." in page
        assert labels_of(session, rows[0]) == [[]]
        press_undo(desk, page)
        assert labels_of(session, rows[0]) == [["VIP"]]

    @pytest.mark.parametrize("label", ["", "   ", "a" * 41, "a\x00b", "a\nb"])
    def test_what_is_no_label(self, desk, session, rows, label):
        desk.post(at(rows[0], f"{rows[0].id}/note"), note="A note that stays")
        answer = desk.post(at(rows[0], f"{rows[0].id}/label"), label=label)
        assert answer.status_code == 422
        assert "label-error" in answer.text
        assert "A note that stays" in answer.text, "what is in other fields is not lost"
        assert session.query(Label).count() == 0

    def test_no_more_than_some(self, desk, session, rows):
        for number in range(MOST_PER_PERSON):
            desk.post(at(rows[0], f"{rows[0].id}/label"), label=f"L{number}")
        answer = desk.post(at(rows[0], f"{rows[0].id}/label"), label="one more")
        assert answer.status_code == 409
        assert "One person has 10 labels at most. Take one off first." in answer.text
        assert session.query(Label).filter_by(name="one more").count() == 0
        page = desk.post(at(rows[0], "many/label"), follow=True, all="4", label="VIP").text
        assert (
            "1 person was left out, with too many labels already. 3 people have this label now: VIP" in page
        )

    def test_others_are_offered(self, desk, session, rows):
        desk.post(at(rows[0], f"{rows[1].id}/label"), label=OFFICE)
        page = desk.read(at(rows[0], f"{rows[0].id}/"))
        assert f'<datalist id="other-labels"><option value="{OFFICE}">' in page

    def test_a_label_of_another_meeting_is_none(self, desk, session, rows):
        (other,) = register(session, make_meeting(session, number=66), "Eva Erbenová")
        session.commit()
        desk.post(at(other, f"{other.id}/label"), label="VIP")
        path = at(rows[0], f"{rows[0].id}/unlabel")
        assert desk.post(path, label=label_id(session)).status_code == 404
        assert desk.post(path, label="x").status_code == 400
        assert desk.post(at(rows[0], f"{other.id}/label"), label="VIP").status_code == 404


class TestMany:
    def test_whoever_is_ticked_and_back(self, desk, session, rows):
        desk.post(at(rows[0], f"{rows[1].id}/label"), label="VIP")
        page = desk.post(at(rows[0], "many/label"), follow=True, person=ids(*rows[:3]), label="vip").text
        assert "2 people have this label now: VIP" in page
        assert page.count('<span class="tag label"><bdi>VIP</bdi></span>') == 3
        assert "The labels of 2 people are as before." in press_undo(desk, page)
        assert labels_of(session, *rows) == [[], ["VIP"], [], []], "who had it before keeps it"
        assert "There is nothing to take back." in press_undo(desk, page)

    def test_taken_off_all_whom_the_view_holds_and_back(self, desk, session, rows):
        desk.post(at(rows[0], "many/label"), all="4", label="VIP")
        desk.post(at(rows[0], "many/label"), all="4", label=OFFICE)
        query = f"?tab=waiting&label={label_id(session)}"
        page = desk.post(at(rows[0], "many/unlabel", query), follow=True, all="2", label="VIP").text
        assert "2 people do not have this label any more: VIP" in page
        assert "Nobody fits this search." in page, "the view is still that of the label"
        assert labels_of(session, *rows[1:3]) == [[OFFICE, "VIP"], [OFFICE]]
        press_undo(desk, page)
        assert labels_of(session, *rows) == [[OFFICE, "VIP"]] * 4
        assert broken(session, now=clock.now()) == []

    def test_what_changed_since_is_left(self, desk, session, rows):
        page = desk.post(at(rows[0], "many/label"), follow=True, person=ids(*rows[:2]), label="VIP").text
        path = at(rows[0], f"{rows[0].id}/")
        desk.post(f"{path}unlabel", label=label_id(session))
        desk.post(f"{path}label", label="VIP")
        assert "The labels of 1 person are as before." in press_undo(desk, page)
        assert labels_of(session, *rows[:2]) == [["VIP"], []]

    @pytest.mark.parametrize("act", ["label", "unlabel"])
    def test_nobody_ticked_and_no_label(self, desk, session, rows, act):
        answer = desk.post(at(rows[0], f"many/{act}"), label="VIP")
        assert answer.status_code == 422
        assert "Select at least one person." in answer.text
        assert 'value="VIP"' in answer.text
        answer = desk.post(at(rows[0], f"many/{act}"), person=ids(rows[0]))
        assert answer.status_code == 422
        assert "Write the label" in answer.text
        assert re.search(rf'value="{rows[0].id}"[^>]* checked', answer.text)
        assert session.query(Label).count() == 0

    def test_a_label_that_is_not_there_cannot_be_taken_off(self, desk, rows):
        answer = desk.post(at(rows[0], "many/unlabel"), all="4", label="VIP")
        assert answer.status_code == 422
        assert "No label of this meeting is called so." in answer.text

    def test_more_than_the_button_said_is_nothing(self, desk, session, rows):
        page = desk.post(at(rows[0], "many/label"), follow=True, all="3", label="VIP").text
        assert "more people fit now than the button said" in page
        assert labels_of(session, *rows) == [[]] * 4

    def test_people_of_another_meeting_are_left_alone(self, desk, session, rows):
        (other,) = register(session, make_meeting(session, number=66), "Eva Erbenová")
        session.commit()
        page = desk.post(at(rows[0], "many/label"), follow=True, person=ids(other), label="VIP").text
        assert "Nobody got the label" in page
        assert session.query(Label).count() == 0

    def test_after_the_meeting_and_to_be_approved(self, desk, session, rows):
        meeting = session.get(Meeting, rows[0].meeting_id)
        meeting.starts_at = clock.now() - timedelta(hours=3)
        meeting.ends_at = clock.now() - timedelta(hours=1)
        session.commit()
        page = desk.post(at(rows[0], "many/label"), follow=True, all="4", label="VIP").text
        assert "4 people have this label now" in page
        assert "Cancel places of selected" not in page
        press_undo(desk, page)
        assert labels_of(session, *rows) == [[]] * 4

    def test_enter_in_the_field_puts_the_label_on(self, desk, rows):
        form = desk.read(at(rows[0])).partition('<form id="selection"')[2]
        first = re.search(r"<button[^>]*>", form)[0]
        assert 'formaction="/workspace/meetings/1/attendees/many/label"' in first

    def test_a_hundred_people_cost_no_more_statements(self, desk, session, statements):
        seen = []
        for number, size in enumerate((2, 40), start=1):
            session.rollback()
            meeting = make_meeting(session, capacity=1, number=number)
            found = [register(session, meeting, f"Osoba {one:02}")[0] for one in range(size)]
            session.commit()
            token = desk.token()
            with statements() as one:
                answer = desk.post(at(found[0], "many/label"), csrf_token=token, all=str(size), label="VIP")
            assert answer.status_code == 303
            seen.append(len(one))
            with statements() as listed:
                desk.read(at(found[0]))
            assert len(listed) <= 10
            path = f"/workspace/meetings/{meeting.id}/attendees/?label={label_of(session, meeting)}"
            with statements() as listed:
                desk.read(path)
            assert len(listed) <= 10
        assert seen[0] == seen[1]


class TestFilter:
    def test_with_a_label_and_without(self, desk, session, rows):
        assert "with-label" not in desk.read(at(rows[0])), "nothing to choose from yet"
        desk.post(at(rows[0], "many/label"), person=ids(rows[1], rows[3]), label="VIP")
        one = desk.read(at(rows[0], query=f"?label={label_id(session)}"))
        assert shown(one) == ["Bílá", "Dvořáková"]
        assert f'<option value="{label_id(session)}" selected>VIP</option>' in one
        assert shown(desk.read(at(rows[0], query="?label=none"))) == ["Adamec", "Cajthaml"]

    @pytest.mark.parametrize("label", ["4711", "x", "-1", "²", "9" * 30])
    def test_one_that_is_not_there_is_not_asked_for(self, desk, rows, label):
        page = desk.read(at(rows[0], query=f"?label={label}"))
        assert len(shown(page)) == 4
        assert ("This view asks for a label or a question that is gone" in page) == (label == "4711")

    def test_a_letter_goes_to_who_has_it_now(self, desk, session, rows):
        desk.post(at(rows[0], "many/label"), person=ids(rows[1]), label="VIP")
        desk.post(at(rows[0], "many/write", f"?label={label_id(session)}"), all="1")
        session.rollback()
        assert segment_of(session.query(Broadcast).one().segment).people == tuple(ids(rows[1]))


class TestFiles:
    def test_a_column_where_somebody_has_one(self, desk, session, rows):
        path = f"/workspace/meetings/{rows[0].meeting_id}/export/"
        assert "Labels" not in desk.post(path, format="csv").get_data(as_text=True)
        for label in ("VIP", OFFICE):
            desk.post(at(rows[0], "many/label"), person=ids(rows[1]), label=label)
        plain = desk.post(path, format="csv").get_data(as_text=True)
        assert f"{OFFICE}; VIP" in plain
        sheet = load_workbook(BytesIO(desk.post(path, format="xlsx").data)).active
        head = [cell.value for cell in sheet[1]]
        assert head[-1] == "Labels"
        assert [row[-1].value for row in sheet.iter_rows(min_row=2)] == [None, f"{OFFICE}; VIP", None, None]
        with_needs = load_workbook(BytesIO(desk.post(path, format="xlsx", needs="y").data)).active
        assert with_needs.cell(3, head.index("Labels") + 1).value == f"{OFFICE}; VIP"

    def test_the_page_says_which(self, desk, session, rows):
        desk.post(at(rows[0], "many/label"), person=ids(rows[1]), label="VIP")
        path = f"/workspace/meetings/{rows[0].meeting_id}/export/"
        assert "<dd><bdi>VIP</bdi></dd>" in desk.read(f"{path}?label={label_id(session)}")
        assert "<dd><bdi>without a label</bdi></dd>" in desk.read(f"{path}?label=none")


def test_history_holds_no_name_of_a_label(desk, session, rows):
    desk.post(at(rows[0], f"{rows[0].id}/label"), label="VIP")
    history = f"/workspace/meetings/{rows[0].meeting_id}/history/"
    assert "Got a label: VIP." in desk.read(history)
    assert "Got a label: VIP." in desk.read(f"/workspace/meetings/{rows[0].meeting_id}/")
    session.rollback()
    session.delete(session.query(Label).one())
    session.commit()
    assert "Got a label: –." in desk.read(history)


def test_a_viewer_sees_labels_and_changes_none(desk, viewer, session, rows):
    desk.post(at(rows[0], "many/label"), all="4", label="VIP")
    page = viewer.read(at(rows[0]))
    assert page.count('<span class="tag label"><bdi>VIP</bdi></span>') == 4
    assert 'name="person"' not in page
    assert len(shown(viewer.read(at(rows[0], query=f"?label={label_id(session)}")))) == 4
    assert "Take off" not in viewer.read(at(rows[0], f"{rows[0].id}/"))
    for act in (
        "many/label",
        "many/unlabel",
        "many/label-back",
        f"{rows[0].id}/label",
        f"{rows[0].id}/unlabel",
    ):
        fields = {"all": "4", "label": "VIP", "ended_at": f"label:{clock.now().isoformat()}"}
        assert viewer.post(at(rows[0], act), **fields).status_code == 403
    assert labels_of(session, *rows) == [["VIP"]] * 4
