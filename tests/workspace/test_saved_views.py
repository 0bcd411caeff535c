"""Saved views of the attendee list: what they keep, whose they are, and changing them."""

from __future__ import annotations

import re

import pytest

from app.domain.accounts.models import Role
from app.domain.history.models import Entry
from app.domain.meetings.models import MeetingState
from app.domain.privacy import service
from app.domain.privacy.register import DRAFTS_KEPT
from app.domain.questions.commands import Owner
from app.domain.questions.models import QuestionKind
from app.domain.registration.models import Label, SavedView
from app.domain.registration.saved_views import MOST_VIEWS
from tests.factories import make_account, make_meeting, make_series, register
from tests.questionnaires import ask, ids
from tests.workspace.desk import Desk


@pytest.fixture
def desk(app, session):
    return Desk(app, session, make_account(session, Role.ORGANISER))


@pytest.fixture
def viewer(app, session):
    return Desk(app, session, make_account(session, Role.VIEWER))


@pytest.fixture
def meetings(session):
    """Two of one series and one of another."""
    found = [make_meeting(session, number=number) for number in (1, 2)]
    found.append(make_meeting(session, number=3, series_id=make_series(session, "Jiná řada").id))
    for meeting in found:
        register(session, meeting, "Adam Adamec", "Běla Bílá")
    session.commit()
    return found


def at(meeting, page="", query=""):
    return f"/workspace/meetings/{meeting.id}/attendees/{page}{query}"


def save(desk, meeting, query, name, **more):
    return desk.post(at(meeting, "views/", query), name=name, **more)


def offered(page):
    """The saved views of a list: address by name."""
    nav = re.search(r'<nav class="acts views" aria-label="Saved views">(.*?)</nav>', page, re.DOTALL)
    links = re.findall(r'<a href="([^"]+)"[^>]*><bdi>([^<]+)</bdi></a>', nav[1]) if nav else []
    return {name: address.replace("&amp;", "&") for address, name in links}


def stored(session):
    session.rollback()
    return session.query(SavedView).order_by(SavedView.id).all()


class TestSaving:
    def test_filters_order_and_columns_for_the_series(self, desk, session, meetings):
        query = "?tab=waiting&kind=ngo&sort=registered&order=desc&page=3"
        answer = save(desk, meetings[0], query, " Kdo  čeká ", follow=True)
        assert "The view is saved: Kdo čeká" in answer.text
        (view,) = stored(session)
        assert view.parameters == {"tab": "waiting", "kind": "ngo", "sort": "registered", "order": "desc"}
        assert (view.series_id, view.meeting_id) == (meetings[0].series_id, None)
        there = offered(desk.read(at(meetings[1])))
        assert there == {"Kdo čeká": at(meetings[1], query="?" + query[1:].removesuffix("&page=3"))}
        page = desk.read(there["Kdo čeká"])
        assert 'aria-current="page"><bdi>Kdo čeká</bdi>' in page
        assert 'aria-current="page"><bdi>' not in desk.read(at(meetings[1]))
        assert offered(desk.read(at(meetings[2]))) == {}, "another series"

    def test_never_what_was_searched_for(self, desk, session, meetings):
        query = "?q=adamec&tab=confirmed"
        assert "What you searched for is not saved" in desk.read(at(meetings[0], query=query))
        save(desk, meetings[0], query, "Přijdou")
        (view,) = stored(session)
        assert view.parameters == {"tab": "confirmed"}
        assert "Save this view" not in desk.read(at(meetings[0], query="?q=adamec"))
        answer = save(desk, meetings[0], "?q=adamec", "Adamec", follow=True)
        assert "There is nothing to save." in answer.text
        assert len(stored(session)) == 1

    def test_what_only_one_meeting_has_stays_with_it(self, desk, session, meetings):
        own = ask(session, meetings[0], QuestionKind.ONE, "Oběd", "ano", "ne")
        common = ask(session, Owner(series_id=meetings[0].series_id), QuestionKind.YES_NO, "Tlumočení")
        session.commit()
        save(desk, meetings[0], f"?said={own.id}:{ids(own)[0]}&column={common.id}", "Oběd")
        save(desk, meetings[0], f"?said={common.id}:yes&column={common.id}", "Tlumočení")
        desk.post(at(meetings[0], "many/label"), all="9", label="VIP")
        session.rollback()
        label = session.query(Label).one().id
        save(desk, meetings[0], f"?label={label}", "VIP")
        save(desk, meetings[0], "?label=none", "Bez štítku")
        assert [one.meeting_id for one in stored(session)] == [meetings[0].id, None, meetings[0].id, None]
        assert list(offered(desk.read(at(meetings[0])))) == ["Bez štítku", "Oběd", "Tlumočení", "VIP"]
        assert list(offered(desk.read(at(meetings[1])))) == ["Bez štítku", "Tlumočení"]
        vip = offered(desk.read(at(meetings[0])))["VIP"]
        assert "1–2 of 2" in desk.read(vip)
        session.rollback()
        session.delete(session.get(Label, label))
        session.commit()
        page = desk.read(vip)
        assert "This view asks for a label or a question that is gone" in page
        assert "1–2 of 2" in page

    @pytest.mark.parametrize("name", ["", "  ", "n" * 61, "a\x00"])
    def test_a_name_that_is_none(self, desk, session, meetings, name):
        answer = save(desk, meetings[0], "?tab=waiting", name)
        assert answer.status_code == 422
        assert "name-error" in answer.text
        assert stored(session) == []

    def test_a_name_is_given_once(self, desk, session, meetings):
        save(desk, meetings[0], "?tab=waiting", "Čekají")
        answer = save(desk, meetings[1], "?tab=maybe", "ČEKAJÍ")
        assert answer.status_code == 422
        assert "There is a saved view with this name already." in answer.text
        assert 'value="ČEKAJÍ"' in answer.text
        assert len(stored(session)) == 1
        assert save(desk, meetings[2], "?tab=maybe", "čekají").status_code == 303, "of another series"

    def test_no_more_than_some(self, desk, session, meetings):
        session.add_all(
            SavedView(
                series_id=meetings[0].series_id,
                name=f"V{one}",
                parameters={"tab": "maybe"},
                created_at=meetings[0].created_at,
            )
            for one in range(MOST_VIEWS)
        )
        session.commit()
        answer = save(desk, meetings[0], "?tab=waiting", "Čekají")
        assert answer.status_code == 422
        assert "There are 30 saved views already. Delete one first." in answer.text


class TestChanging:
    @pytest.fixture
    def view(self, desk, session, meetings):
        save(desk, meetings[0], "?tab=waiting", "Čekají")
        save(desk, meetings[0], "?tab=maybe", "Možná")
        return stored(session)[0]

    def test_a_new_name(self, desk, session, meetings, view):
        path, field = at(meetings[1], f"views/{view.id}/rename"), f"view-{view.id}-name"
        page = desk.post(path, follow=True, **{field: "Kdo čeká"}).text
        assert "The view is called so now: Kdo čeká" in page
        assert list(offered(desk.read(at(meetings[0])))) == ["Kdo čeká", "Možná"]
        assert desk.post(path, **{field: "KDO ČEKÁ"}).status_code == 303, "its own name is no other's"
        answer = desk.post(path, **{field: "možná"})
        assert answer.status_code == 422
        assert f'id="{field}-error"' in answer.text
        assert 'value="možná"' in answer.text
        assert 'value="Možná"' in answer.text, "the other keeps its name"
        assert desk.post(path, **{field: ""}).status_code == 422

    def test_deleted_and_back(self, desk, session, meetings, view):
        page = desk.post(at(meetings[0], f"views/{view.id}/delete"), follow=True).text
        assert "The view is deleted: Čekají" in page
        assert list(offered(desk.read(at(meetings[1])))) == ["Možná"]
        undo = re.search(r'action="([^"]+/restore)"', page)[1]
        assert "The view is back: Čekají" in desk.post(undo, follow=True).text
        assert list(offered(desk.read(at(meetings[1])))) == ["Čekají", "Možná"]
        session.rollback()
        acts = [one.act for one in session.query(Entry).filter(Entry.subject == "view").order_by(Entry.id)]
        assert acts == ["view:save", "view:save", "view:delete", "view:restore"]
        assert "A saved view was deleted." in desk.read(f"/workspace/meetings/{meetings[0].id}/history/")

    def test_back_under_a_name_that_is_taken_now(self, desk, session, meetings, view):
        desk.post(at(meetings[0], f"views/{view.id}/delete"))
        save(desk, meetings[0], "?tab=confirmed", "čekají")
        page = desk.post(at(meetings[0], f"views/{view.id}/restore"), follow=True).text
        assert "There is a saved view with this name already." in page

    def test_deleted_for_good_after_a_while(self, desk, session, meetings, view):
        desk.post(at(meetings[0], f"views/{view.id}/delete"))
        (deleted, _other) = stored(session)
        due = deleted.deleted_at + DRAFTS_KEPT
        service.expire(session, now=due, retention_months=1200)
        assert session.query(SavedView).count() == 2
        assert service.expire(session, now=due.replace(year=due.year + 1), retention_months=1200).drafts == 1
        assert session.query(SavedView).count() == 1

    def test_none_are_left(self, desk, session, meetings, view):
        for one in stored(session):
            desk.post(at(meetings[0], f"views/{one.id}/delete"))
        assert "There are no saved views." in desk.read(at(meetings[0], "views/"))

    @pytest.mark.parametrize("act", ["rename", "delete", "restore"])
    def test_those_of_others_are_not_there(self, desk, session, meetings, view, act):
        fields = {f"view-{view.id}-name": "x"}
        assert desk.post(at(meetings[2], f"views/{view.id}/{act}"), **fields).status_code == 404
        assert stored(session)[0].deleted_at is None


def test_a_viewer_uses_them_and_changes_none(desk, viewer, session, meetings):
    save(desk, meetings[0], "?tab=waiting", "Čekají")
    (view,) = stored(session)
    page = viewer.read(at(meetings[0], query="?tab=maybe"))
    assert offered(page) == {"Čekají": at(meetings[0], query="?tab=waiting")}
    assert "Change saved views" not in page
    assert "Save this view</button>" in page, "switched off, with the reason"
    for path in ("views/", f"views/{view.id}/rename", f"views/{view.id}/delete", f"views/{view.id}/restore"):
        assert viewer.post(at(meetings[0], path), name="x").status_code == 403
    assert viewer.get(at(meetings[0], "views/")).status_code == 403


def test_a_draft_takes_its_own_views_along(session, desk):
    meeting = make_meeting(session, number=8, state=MeetingState.DRAFT)
    question = ask(session, meeting, QuestionKind.YES_NO, "Oběd")
    session.commit()
    save(desk, meeting, f"?column={question.id}", "Oběd")
    session.rollback()
    session.delete(meeting)
    session.commit()
    assert stored(session) == []
