"""Drafts: the next date of a series."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from sqlalchemy import select

from app.base import clock
from app.domain.accounts.models import Role
from app.domain.history.service import SYSTEM
from app.domain.meetings.models import Meeting, MeetingState
from app.domain.questions import queries, service
from app.domain.questions.commands import NewQuestion, Owner, QuestionText
from tests import factories
from tests.workspace.desk import Desk
from tests.workspace.meeting_forms import sent_by

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
