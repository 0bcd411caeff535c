"""The list of meetings, one meeting, and publishing, duplicating, calling off and restoring it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.base import clock
from app.domain.accounts.models import Role
from app.domain.meetings.models import Format, Meeting, MeetingState
from app.domain.outbox.models import Kind, Letter
from app.domain.registration import changes
from app.domain.registration.models import Attendee, Place
from tests import factories
from tests.pages import check_page
from tests.workspace.desk import Desk
from tests.workspace.meeting_forms import hidden_form

LIST = "/workspace/meetings/"


@pytest.fixture
def desk(app, session):
    return Desk(app, session, factories.make_account(session, Role.ORGANISER))


@pytest.fixture
def viewer(app, session):
    return Desk(app, session, factories.make_account(session, Role.VIEWER))


def stored(session, meeting_id):
    session.rollback()
    session.expire_all()
    return session.get(Meeting, meeting_id)


def letters(session, kind):
    session.rollback()
    return session.scalar(select(func.count()).select_from(Letter).where(Letter.kind == kind))


def test_list_tells_ahead_drafts_and_past_with_counts(session, desk) -> None:
    full = factories.make_meeting(session, capacity=1, title={"cs": "Plné", "en": "Full one"})
    factories.register(session, full, "Jan Starý", "Eva Nová", "Petr Malý")
    factories.make_meeting(session, state=MeetingState.DRAFT, title={"cs": "Návrh", "en": "Drafted one"})
    factories.make_meeting(
        session, starts_at=clock.now() - timedelta(days=9), title={"cs": "Minulé", "en": "Past one"}
    )
    factories.make_meeting(session, state=MeetingState.CALLED_OFF, title={"cs": "Zrušené", "en": "Off one"})
    session.commit()

    text = desk.read(LIST)

    ahead, rest = text.split("<h2>Drafts</h2>")
    drafts, past = rest.split("<h2>Past</h2>")
    assert "Full one" in ahead
    assert "1 / 1" in ahead
    assert '<td role="cell" class="number" data-label="Waiting">2</td>' in ahead
    assert "called off" in ahead
    assert "Drafted one" in drafts
    assert "Past one" in past


def test_list_takes_few_statements(session, desk, statements) -> None:
    for _number in range(5):
        factories.make_meeting(session)
    session.commit()
    desk.read(LIST)

    with statements() as seen:
        desk.read(LIST)

    assert len(seen) <= 6, seen


def test_empty_list_begins_with_the_first_act(desk) -> None:
    text = desk.read(LIST)

    assert "There is no meeting yet." in text
    assert "Make the first meeting" in text


def test_viewer_sees_why_nothing_can_be_changed(session, viewer) -> None:
    meeting = factories.make_meeting(session)
    session.commit()

    assert "Your role may only look." in viewer.read(LIST)
    page = viewer.read(f"{LIST}{meeting.id}/")
    assert "Your role may only look." in page
    for act in ("edit/", "call-off/", "restore/"):
        assert viewer.get(f"{LIST}{meeting.id}/{act}").status_code == 403
    for act in ("publish/", "duplicate/", "call-off/", "restore/", "delete/", "edit/"):
        assert viewer.post(f"{LIST}{meeting.id}/{act}").status_code == 403
    assert viewer.get(f"{LIST}new/").status_code == 403
    assert stored(session, meeting.id).state == MeetingState.PUBLISHED


def test_other_series_are_not_there(app, session) -> None:
    ours = factories.make_series(session)
    theirs = factories.make_series(session, "Fórum migrantů")
    other = factories.make_meeting(session, series_id=theirs.id, title={"cs": "Cizí", "en": "Foreign one"})
    own = factories.make_meeting(session, series_id=ours.id)
    account = factories.make_account(session, Role.ORGANISER, series=(ours,))
    desk = Desk(app, session, account)

    assert "Foreign one" not in desk.read(LIST)
    for act in ("", "edit/", "preview/cs/", "call-off/", "restore/"):
        assert desk.get(f"{LIST}{other.id}/{act}").status_code == 404
    for act in ("publish/", "duplicate/", "call-off/", "restore/", "delete/", "edit/"):
        assert desk.post(f"{LIST}{other.id}/{act}").status_code == 404
    assert desk.get(f"{LIST}{own.id}/").status_code == 200


def test_stranger_is_asked_to_sign_in(session, client) -> None:
    meeting = factories.make_meeting(session)
    session.commit()

    response = client.get(f"{LIST}{meeting.id}/")

    assert response.status_code == 302
    assert "/sign-in/" in response.location


def test_page_of_a_meeting_has_the_way_to_everything(session, desk) -> None:
    meeting = factories.make_meeting(session, format=Format.HYBRID, capacity=2, online_capacity=5)
    factories.register(session, meeting, "Jan Starý", "Eva Nová", "Petr Malý")
    session.commit()

    text = desk.read(f"{LIST}{meeting.id}/")

    base = f"/workspace/meetings/{meeting.id}"
    for address in (
        "/attendees/",
        "/edit/",
        "/preview/cs/",
        "/preview/en/",
        "/call-off/",
        "/attendees/chair",
    ):
        assert f'"{base}{address}"' in text, address
    assert f"http://localhost/cs/meetings/{meeting.slug}/" in text
    assert "2 / 2" in text
    assert "0 / 5" in text
    assert "The meeting was published." in text


def test_page_says_when_a_seat_is_free_and_somebody_waits(session, desk) -> None:
    meeting = factories.make_meeting(session, capacity=1)
    factories.register(session, meeting, "Jan Starý", "Eva Nová")
    meeting.capacity = 2
    session.commit()

    assert "A seat is free and 1 person is waiting." in desk.read(f"{LIST}{meeting.id}/")


def test_draft_is_published_as_a_step_of_its_own(session, desk, client) -> None:
    draft = factories.make_meeting(session, state=MeetingState.DRAFT)
    session.commit()
    page = f"{LIST}{draft.id}/"
    assert "Only organisers see it." in desk.read(page)

    response = desk.post(f"{page}publish/")

    assert response.status_code == 303
    assert stored(session, draft.id).state == MeetingState.PUBLISHED
    assert client.get(f"/en/meetings/{draft.slug}/").status_code == 200
    assert desk.post(f"{page}publish/", follow=True).status_code == 200


def test_draft_says_what_it_lacks(session, desk) -> None:
    draft = factories.make_meeting(session, state=MeetingState.DRAFT, venue={})
    session.commit()

    assert "Enter the place, or choose that people take part online." in desk.read(f"{LIST}{draft.id}/")
    answer = desk.post(f"{LIST}{draft.id}/publish/", follow=True).get_data(as_text=True)
    assert "Enter the place" in answer
    assert stored(session, draft.id).state == MeetingState.DRAFT


@pytest.mark.parametrize("lang", ["cs", "en"])
def test_preview_shows_a_half_filled_draft(session, desk, lang) -> None:
    draft = factories.make_meeting(
        session,
        state=MeetingState.DRAFT,
        title={},
        summary={},
        venue={},
        address="",
        access_notes={},
        languages_note={},
        latitude=50.0,
        longitude=None,
        capacity=None,
        format=Format.HYBRID,
    )
    draft.programme = []
    session.commit()

    response = desk.get(f"{LIST}{draft.id}/preview/{lang}/")

    assert response.status_code == 200
    heading = check_page(response.get_data(as_text=True)).find(".//h1")
    assert heading.text


def test_preview_is_in_the_language_of_its_address(session, desk) -> None:
    meeting = factories.make_meeting(session)
    session.commit()

    czech = desk.read(f"{LIST}{meeting.id}/preview/cs/")
    english = desk.read(f"{LIST}{meeting.id}/preview/en/")

    assert "Bydlení a přechod do nájmů" in czech
    assert "Housing and the move to renting" in english
    assert "This is a preview of the page that people see." in english
    assert desk.get(f"{LIST}{meeting.id}/preview/xx/").status_code == 404


def test_copy_is_a_draft_that_opens_for_editing(session, desk) -> None:
    meeting = factories.make_meeting(session, deadline=clock.now().date())
    session.commit()

    response = desk.post(f"{LIST}{meeting.id}/duplicate/")

    assert response.status_code == 303
    session.rollback()
    copy = session.scalar(select(Meeting).where(Meeting.id != meeting.id))
    assert response.location.endswith(f"{LIST}{copy.id}/edit/")
    assert (copy.state, copy.title, copy.number) == (MeetingState.DRAFT, meeting.title, None)
    assert len(copy.programme) == 2


def test_draft_is_deleted_and_brought_back(session, desk) -> None:
    draft_id = factories.make_meeting(session, state=MeetingState.DRAFT).id
    session.commit()
    here, back = f"{LIST}{draft_id}/", f"{LIST}{draft_id}/bring-back/"

    page = desk.post(f"{here}delete/", follow=True).get_data(as_text=True)

    assert "The draft is deleted." in page
    assert page.count(f'action="{back}"') == 2, "in the notice and in the list"
    for act in ("", "edit/", "preview/cs/", "questions/"):
        assert desk.get(here + act).status_code == 404
    for act in ("edit/", "publish/", "duplicate/", "prepare-next/", "delete/"):
        assert desk.post(here + act).status_code == 404
    assert "The draft is deleted." not in desk.read(LIST)
    assert "Deleted drafts" in desk.read(LIST)

    assert "The draft is back as it was." in desk.post(back, follow=True).get_data(as_text=True)
    assert stored(session, draft_id).deleted_at is None
    assert desk.post(back).status_code == 303, "twice is once"
    assert "Deleted drafts" not in desk.read(LIST)
    assert desk.read(here)


def test_deleted_draft_is_brought_back_by_whom_it_concerns(app, session, desk, viewer) -> None:
    theirs = factories.make_series(session, "Fórum migrantů")
    draft = factories.make_meeting(
        session, state=MeetingState.DRAFT, title={"cs": "Tajný", "en": "Secret one"}
    )
    draft_id = draft.id
    account = factories.make_account(session, Role.ORGANISER, email="other@example.org", series=(theirs,))
    other = Desk(app, session, account)
    desk.post(f"{LIST}{draft_id}/delete/")

    assert "Secret one" not in viewer.read(LIST)
    assert viewer.post(f"{LIST}{draft_id}/bring-back/").status_code == 403
    assert "Secret one" not in other.read(f"{LIST}?deleted={draft_id}")
    assert other.post(f"{LIST}{draft_id}/bring-back/").status_code == 404
    assert stored(session, draft_id).deleted_at is not None
    assert desk.post(f"{LIST}999999/bring-back/").status_code == 404


def test_published_meeting_is_never_deleted(session, desk) -> None:
    meeting = factories.make_meeting(session)
    session.commit()

    assert desk.post(f"{LIST}{meeting.id}/delete/").status_code == 303
    assert stored(session, meeting.id) is not None


def test_calling_off_says_how_many_then_tells_them(session, desk) -> None:
    meeting = factories.make_meeting(session, capacity=1)
    factories.register(session, meeting, "Jan Starý", "Eva Nová")
    session.commit()
    here = f"{LIST}{meeting.id}/call-off/"
    assert "2 people will be told by letter" in desk.read(here)
    page = desk.post(here, reason_cs="Oprava sálu.", reason_en="Repairs.").get_data(as_text=True)
    assert "Call off and tell 2 people" in page
    assert "Oprava sálu." in page.split("<pre")[1]
    assert "marked as cancelled" in page
    assert stored(session, meeting.id).state == MeetingState.PUBLISHED

    back = desk.post(here, **hidden_form(page, "back")).get_data(as_text=True)
    assert "Repairs." in back
    response = desk.post(here, follow=True, **hidden_form(page, "tell"))

    text = response.get_data(as_text=True)
    assert "The meeting is called off. 2 people are told." in text
    assert "0 of 2 letters sent" in text
    assert "Repairs." in desk.read(f"{LIST}{meeting.id}/")
    found = stored(session, meeting.id)
    assert found.state == MeetingState.CALLED_OFF
    assert found.called_off_reason == {"cs": "Oprava sálu.", "en": "Repairs."}
    assert letters(session, Kind.CALLED_OFF) == 2
    desk.post(f"{LIST}{meeting.id}/call-off/")
    assert letters(session, Kind.CALLED_OFF) == 2


@pytest.mark.parametrize("reason", ["x" * 1001, "nul\0", "lone \ud800"])
def test_reason_that_cannot_be_kept_is_said(session, desk, reason) -> None:
    meeting = factories.make_meeting(session)
    session.commit()

    sent = reason.encode("utf-8", "surrogatepass")
    assert desk.post(f"{LIST}{meeting.id}/call-off/", reason_cs=sent).status_code in (422, 200)
    if "lone" not in reason:
        assert stored(session, meeting.id).state == MeetingState.PUBLISHED


def test_restoring_gives_everybody_the_invite_again(session, desk) -> None:
    meeting = factories.make_meeting(session)
    factories.register(session, meeting, "Jan Starý")
    session.commit()
    off, back = f"{LIST}{meeting.id}/call-off/", f"{LIST}{meeting.id}/restore/"
    desk.post(off, **hidden_form(desk.post(off).get_data(as_text=True), "tell"))
    page = desk.read(back)
    assert "Restore and tell 1 person" in page
    assert "comes back" in page

    text = desk.post(back, follow=True, **hidden_form(page, "tell")).get_data(as_text=True)

    assert "The meeting takes place after all. 1 person is told." in text
    assert stored(session, meeting.id).state == MeetingState.PUBLISHED
    assert letters(session, Kind.RESTORED) == 1
    assert session.scalar(select(Attendee.place)) == Place.CONFIRMED
    assert desk.post(back, **hidden_form(page, "tell")).status_code == 303
    assert letters(session, Kind.RESTORED) == 1


def test_meeting_that_would_have_begun_is_not_restored(session, desk) -> None:
    meeting = factories.make_meeting(session, state=MeetingState.CALLED_OFF)
    meeting.starts_at = clock.now() - timedelta(hours=1)
    session.commit()

    text = desk.post(f"{LIST}{meeting.id}/restore/", follow=True).get_data(as_text=True)

    assert "The meeting would have begun already." in text


def test_two_who_restore_at_once_restore_it_once(session, desk, monkeypatch) -> None:
    """The second has passed the first look when the first is done: the lock tells, and no error page comes."""
    meeting = factories.make_meeting(session)
    factories.register(session, meeting, "Jan Starý")
    session.commit()
    off, back = f"{LIST}{meeting.id}/call-off/", f"{LIST}{meeting.id}/restore/"
    desk.post(off, **hidden_form(desk.post(off).get_data(as_text=True), "tell"))
    fields = hidden_form(desk.read(back), "tell")
    look = changes.why_not_restored

    def quicker(meeting, *, now):
        monkeypatch.setattr(changes, "why_not_restored", look)
        assert desk.post(back, **fields).status_code == 303
        return look(meeting, now=now)

    monkeypatch.setattr(changes, "why_not_restored", quicker)
    assert "This meeting is not called off." in desk.post(back, follow=True, **fields).get_data(as_text=True)
    assert letters(session, Kind.RESTORED) == 1


@pytest.mark.parametrize("address", ["999999/", "2147483648/", "999999/edit/", "999999/preview/cs/"])
def test_meeting_that_is_not_there_is_a_404(desk, address) -> None:
    assert desk.get(f"{LIST}{address}").status_code == 404
