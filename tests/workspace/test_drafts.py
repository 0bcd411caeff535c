"""Drafts: the next date of a series, and pages that save themselves."""

from __future__ import annotations

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from sqlalchemy import select

from app.base import clock
from app.domain.accounts.models import Role
from app.domain.history.models import Entry
from app.domain.history.service import SYSTEM
from app.domain.meetings.models import Meeting, MeetingState, Series
from app.domain.questions import queries, service
from app.domain.questions.commands import NewQuestion, Owner, QuestionText
from tests import factories
from tests.workspace.desk import Desk
from tests.workspace.meeting_forms import sent_by, typed

LIST = "/workspace/meetings/"


@pytest.fixture
def desk(app, session):
    return Desk(app, session, factories.make_account(session, Role.ORGANISER))


def others(session, *known):
    """Meetings beside those."""
    session.rollback()
    session.expire_all()
    return list(session.scalars(select(Meeting).where(Meeting.id.not_in(known)).order_by(Meeting.id)))


@pytest.fixture
def past(session):
    meeting = factories.make_meeting(session, starts_at=clock.now() - timedelta(days=9))
    text = QuestionText(label={"cs": "Odkud jedete?"})
    service.add(
        session,
        Owner(meeting_id=meeting.id),
        NewQuestion(kind="line", text=text),
        now=clock.now(),
        actor=SYSTEM,
    )
    session.commit()
    return meeting


def test_next_meeting_is_prepared_from_the_series_and_opens_for_editing(session, desk, past) -> None:
    past_id = past.id
    address = f"{LIST}{past_id}/prepare-next/"
    assert f'action="{address}"' in desk.read("/workspace/series/")
    assert f'action="{address}"' in desk.read(f"{LIST}{past_id}/")

    response = desk.post(address)

    assert response.status_code == 303
    (made,) = others(session, past_id)
    assert response.location.endswith(f"{LIST}{made.id}/edit/")
    assert made.state == MeetingState.DRAFT
    assert made.starts_at.astimezone(UTC) > clock.now()
    (question,) = queries.of_owner(session, Owner(meeting_id=made.id))
    assert question.label == {"cs": "Odkud jedete?"}
    made_id = made.id
    page = desk.read(f"{LIST}{made_id}/edit/")
    assert "Check its day, then enter its topic" in page
    shown = desk.read(f"{LIST}{made_id}/")
    assert "Enter what each item of the programme is about" in shown
    assert "prepare-next" not in shown, "a draft is not followed yet"


def test_prepared_draft_is_saved_before_its_items_are_named(session, desk, past) -> None:
    past_id = past.id
    desk.post(f"{LIST}{past_id}/prepare-next/")
    (made,) = others(session, past_id)
    here = f"{LIST}{made.id}/"
    typed = sent_by(desk.read(f"{here}edit/")) | {"title_cs": "Práce"}
    assert desk.post(f"{here}edit/", **typed).status_code == 303

    assert "Enter what each item" in desk.post(f"{here}publish/", follow=True).get_data(as_text=True)
    (made,) = others(session, past_id)
    assert (made.state, made.title) == (MeetingState.DRAFT, {"cs": "Práce"})

    typed = sent_by(desk.read(f"{here}edit/")) | {"programme-0-title_cs": "Úřad práce"}
    assert desk.post(f"{here}edit/", **typed).status_code == 303
    desk.post(f"{here}publish/")
    (made,) = others(session, past_id)
    assert made.state == MeetingState.PUBLISHED


def test_series_without_a_meeting_has_nothing_to_follow(session, desk) -> None:
    factories.make_series(session)
    factories.make_meeting(session, state=MeetingState.DRAFT)
    session.commit()

    assert "prepare-next" not in desk.read("/workspace/series/")


@pytest.fixture
def draft(session):
    meeting = factories.make_meeting(session, state=MeetingState.DRAFT)
    session.commit()
    return meeting


def known(session, meeting_id):
    session.rollback()
    session.expire_all()
    return session.get_one(Meeting, meeting_id)


def edits(session):
    session.rollback()
    return len(list(session.scalars(select(Entry).where(Entry.act == "meeting:edit"))))


def test_draft_saves_itself_and_tells_the_time_and_the_version(session, desk, draft) -> None:
    draft_id = draft.id
    here = f"{LIST}{draft_id}/edit/"
    page = desk.read(here)
    assert 'data-autosave="saved"' in page
    assert 'id="saved" role="status"' in page

    for version in (2, 3):
        with time_machine.travel(clock.now(), tick=False):
            minute = clock.now().astimezone(ZoneInfo("Europe/Prague")).strftime("%H:%M")
            answer = desk.post(
                here, **(sent_by(desk.read(here)) | {"act": "auto", "title_cs": f"Verze {version}"})
            )
        assert answer.status_code == 200
        assert answer.get_json() == {"said": f"Saved at {minute}", "version": str(version)}
        assert known(session, draft_id).title["cs"] == f"Verze {version}"

    assert edits(session) == 1, "history has no line for every few seconds"
    assert [item.offset_minutes for item in known(session, draft_id).programme] == [0, 25]


def test_history_has_a_line_for_each_who_saves_and_each_hour(app, session, desk, draft) -> None:
    here = f"{LIST}{draft.id}/edit/"
    other = Desk(app, session, factories.make_account(session, Role.ORGANISER, email="other@example.org"))
    for one in (desk, other, other):
        assert one.post(here, **(sent_by(one.read(here)) | {"act": "auto"})).status_code == 200
    assert edits(session) == 2
    with time_machine.travel(clock.now() + timedelta(minutes=61)):
        assert other.post(here, **(sent_by(other.read(here)) | {"act": "auto"})).status_code == 200
    assert edits(session) == 3


def test_what_is_wrong_is_said_and_nothing_is_stored(session, desk, draft) -> None:
    draft_id = draft.id
    here = f"{LIST}{draft_id}/edit/"
    wrong = {"act": "auto", "title_cs": "Jiné", "ends": "12:00", "programme-1-starts": "25:00"}

    answer = desk.post(here, **(sent_by(desk.read(here)) | wrong))

    assert answer.status_code == 422
    said = answer.get_json()["said"]
    assert said.startswith("Not saved: The end must be after the start.") or "Item 2: " in said
    meeting = known(session, draft_id)
    assert (meeting.version, meeting.title["cs"]) == (1, "Bydlení a přechod do nájmů")


def test_programme_item_that_is_wrong_is_named(desk, draft) -> None:
    here = f"{LIST}{draft.id}/edit/"
    answer = desk.post(here, **(sent_by(desk.read(here)) | {"act": "auto", "programme-1-starts": "25:00"}))
    assert answer.status_code == 422
    assert "Item 2: Enter a time" in answer.get_json()["said"]


def test_script_never_goes_over_what_somebody_else_saved(app, session, desk, draft) -> None:
    draft_id = draft.id
    here = f"{LIST}{draft_id}/edit/"
    mine = sent_by(desk.read(here))
    other = Desk(app, session, factories.make_account(session, Role.ORGANISER, email="other@example.org"))
    assert other.post(here, **(sent_by(other.read(here)) | {"title_cs": "Jejich"})).status_code == 303

    answer = desk.post(here, **(mine | {"act": "auto", "title_cs": "Moje"}))

    assert answer.status_code == 409
    assert "version" not in answer.get_json()
    assert "somebody else saved" in answer.get_json()["said"]
    assert known(session, draft_id).title["cs"] == "Jejich"
    page = desk.post(here, **(mine | {"title_cs": "Moje"}))
    assert page.status_code == 409
    assert "data-autosave" not in page.get_data(as_text=True), "only a person decides whose words count"


def test_published_meeting_never_saves_itself(session, desk, draft) -> None:
    draft_id = draft.id
    here = f"{LIST}{draft_id}/edit/"
    desk.post(f"{LIST}{draft_id}/publish/")
    page = desk.read(here)
    assert "data-autosave" not in page
    assert "autosave.js" not in page

    answer = desk.post(here, **(sent_by(page) | {"act": "auto", "title_cs": "Potichu"}))

    assert answer.status_code == 409
    assert known(session, draft_id).title["cs"] == "Bydlení a přechod do nájmů"


def test_new_page_saves_nothing_by_itself(session, desk) -> None:
    factories.make_series(session)
    session.commit()
    assert "data-autosave" not in desk.read(f"{LIST}new/")


def test_first_meeting_makes_its_series_from_one_form(session, desk) -> None:
    page = desk.read(f"{LIST}new/")
    fields = sent_by(page)
    assert "series" not in fields
    wrong = desk.post(f"{LIST}new/", **(fields | typed(series=None)))
    assert wrong.status_code == 422
    assert "Enter the name of the series" in wrong.get_data(as_text=True)
    session.rollback()
    assert list(session.scalars(select(Series))) == []

    right = fields | typed(series=None, series_name_cs="Poradní platforma")
    assert desk.post(f"{LIST}new/", **right).status_code == 303

    (meeting,) = others(session)
    assert (meeting.state, meeting.series.name) == (MeetingState.DRAFT, {"cs": "Poradní platforma"})
    assert "series" in sent_by(desk.read(f"{LIST}new/")), "the second time the series is chosen"


def test_who_is_bound_to_a_series_makes_no_other(app, session) -> None:
    series = factories.make_series(session)
    account = factories.make_account(session, Role.ORGANISER, series=(series,))
    bound = Desk(app, session, account)
    fields = sent_by(bound.read(f"{LIST}new/"))
    assert "series" in fields
    assert "series_name_cs" not in fields
