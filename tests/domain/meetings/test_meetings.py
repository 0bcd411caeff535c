"""Series and meetings: drafts, publishing, addresses, and what strangers see."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.base.errors import Conflict, NotFound
from app.domain.history.models import Entry
from app.domain.history.service import SYSTEM
from app.domain.meetings import queries, rules, service
from app.domain.meetings.models import Format, MeetingState, ProgrammeItem
from app.domain.meetings.service import Slot
from app.domain.registration.seating import lock_meeting
from tests.factories import DOMAIN, SLOTS, make_meeting, make_series, meeting_text

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
START = datetime(2027, 4, 6, 11, tzinfo=UTC)


def create(session, **values):
    text = meeting_text(session, starts_at=START, **values)
    return service.create(session, text, SLOTS, now=NOW, actor=SYSTEM, mail_domain=DOMAIN)


def at(session, days, **values):
    """A meeting so many days from now."""
    return make_meeting(session, starts_at=NOW + timedelta(days=days), **values)


class TestDrafts:
    def test_a_new_meeting_is_a_draft(self, session):
        meeting = create(session)
        assert (meeting.state, meeting.version, meeting.revision) == ("draft", 1, 0)
        assert (meeting.created_at, meeting.published_at) == (NOW, None)
        assert meeting.slug == "bydleni-a-prechod-do-najmu-2027-04-06"
        assert meeting.uid.startswith("e-")
        assert meeting.uid.endswith("@example.org")
        assert [item.offset_minutes for item in meeting.programme] == [0, 25]

    def test_addresses_are_never_taken_twice(self, session):
        slugs = [create(session).slug for _ in range(3)]
        base = "bydleni-a-prechod-do-najmu-2027-04-06"
        assert slugs == [base, f"{base}-2", f"{base}-3"]

    @pytest.mark.parametrize(
        ("title", "slug"),
        [
            ({"cs": "", "en": "Only English"}, "only-english-2027-04-06"),
            ({"uk": "Зустріч"}, "meeting-2027-04-06"),
            ({}, "meeting-2027-04-06"),
            ({"cs": "100 % __init__"}, "100-init-2027-04-06"),
            ({"cs": "x" * 200}, "x" * 50 + "-2027-04-06"),
        ],
    )
    def test_addresses_of_odd_titles(self, session, title, slug):
        assert create(session, title=title).slug == slug

    def test_an_edit_keeps_the_address(self, session):
        meeting = create(session)
        slug, uid = meeting.slug, meeting.uid
        text = meeting_text(session, title={"cs": "Jiné"}, starts_at=START + timedelta(days=1))
        service.edit(meeting, text, SLOTS[:1], version=1, now=NOW)
        session.flush()
        assert (meeting.slug, meeting.uid, meeting.version) == (slug, uid, 2)
        assert "jine" in meeting.search_key
        assert session.query(ProgrammeItem).count() == 1
        with pytest.raises(Conflict):
            service.edit(meeting, text, [], version=1, now=NOW)

    def test_the_end_comes_after_the_start(self, session):
        with pytest.raises(IntegrityError):
            create(session, ends_at=START)
        session.rollback()

    @pytest.mark.parametrize("field", ["capacity", "online_capacity"])
    def test_no_negative_seats(self, session, field):
        with pytest.raises(IntegrityError):
            create(session, **{field: -1})
        session.rollback()

    def test_a_copy_has_the_texts_and_not_the_dates_of_registration(self, session):
        meeting = create(session, deadline=NOW.date(), opens_at=NOW, capacity=7)
        service.publish(session, meeting.id, now=NOW, actor=SYSTEM)
        copy = service.duplicate(session, meeting.id, now=NOW, actor=SYSTEM, mail_domain=DOMAIN)
        session.flush()
        assert (copy.state, copy.number, copy.deadline, copy.opens_at) == ("draft", None, None, None)
        assert (copy.title, copy.capacity, copy.venue) == (meeting.title, 7, meeting.venue)
        assert copy.slug != meeting.slug
        assert copy.uid != meeting.uid
        assert [item.title for item in copy.programme] == [item.title for item in meeting.programme]
        copy.programme[0].title = {"cs": "x"}
        session.flush()
        session.expire_all()
        assert meeting.programme[0].title == SLOTS[0].title

    def test_only_a_draft_that_was_never_public_is_thrown_away(self, session):
        meeting = create(session)
        service.delete_draft(session, meeting.id, now=NOW, actor=SYSTEM)
        service.delete_draft(session, meeting.id, now=NOW + timedelta(days=3), actor=SYSTEM)
        session.flush()
        assert meeting.deleted_at == NOW, "twice is once"
        assert queries.for_organisers(session) == []
        assert queries.at_doors(session, ends_after=NOW, also=[meeting.id]) == []
        assert queries.deleted_drafts(session) == [meeting]
        assert queries.deleted_drafts(session, series_ids=[meeting.series_id + 1]) == []
        for act in (queries.get_meeting, lock_meeting):
            with pytest.raises(NotFound):
                act(session, meeting.id)
        with pytest.raises(NotFound):
            service.publish(session, meeting.id, now=NOW, actor=SYSTEM)
        published = create(session)
        service.publish(session, published.id, now=NOW, actor=SYSTEM)
        with pytest.raises(rules.NotDeletable):
            service.delete_draft(session, published.id, now=NOW, actor=SYSTEM)
        with pytest.raises(NotFound):
            service.delete_draft(session, 999, now=NOW, actor=SYSTEM)

    def test_a_deleted_draft_comes_back_as_it_was(self, session):
        meeting = create(session)
        service.delete_draft(session, meeting.id, now=NOW, actor=SYSTEM)
        for _twice in range(2):
            service.restore_draft(session, meeting.id, now=NOW + timedelta(days=1), actor=SYSTEM)
        session.flush()
        assert queries.get_meeting(session, meeting.id).programme[0].title == SLOTS[0].title
        assert (meeting.state, meeting.deleted_at) == (MeetingState.DRAFT, None)
        words = session.scalars(
            select(Entry.act).where(Entry.meeting_id == meeting.id).order_by(Entry.id)
        ).all()
        assert words == ["meeting:create", "meeting:delete", "meeting:undelete"]
        with pytest.raises(NotFound):
            service.restore_draft(session, 999, now=NOW, actor=SYSTEM)


class TestPublishing:
    @pytest.mark.parametrize(
        ("values", "missing"),
        [
            ({}, []),
            ({"title": {}}, ["title"]),
            ({"title": {"cs": ""}, "venue": {}}, ["title", "venue"]),
            ({"format": Format.ONLINE, "venue": {}}, []),
            ({"format": Format.HYBRID, "venue": {"cs": ""}}, ["venue"]),
        ],
    )
    def test_what_a_public_meeting_needs(self, session, values, missing):
        meeting = create(session, **values)
        assert rules.missing_for_publishing(meeting) == missing
        if missing:
            with pytest.raises(rules.NotPublishable) as no:
                service.publish(session, meeting.id, now=NOW, actor=SYSTEM)
            assert no.value.missing == missing
            assert meeting.state == MeetingState.DRAFT
        else:
            service.publish(session, meeting.id, now=NOW, actor=SYSTEM)
            assert (meeting.state, meeting.published_at, meeting.version) == ("published", NOW, 2)

    def test_publishing_again_changes_nothing(self, session):
        meeting = create(session)
        service.publish(session, meeting.id, now=NOW, actor=SYSTEM)
        service.publish(session, meeting.id, now=NOW + timedelta(days=1), actor=SYSTEM)
        assert (meeting.published_at, meeting.version) == (NOW, 2)

    def test_there_must_be_a_meeting(self, session):
        with pytest.raises(NotFound):
            service.publish(session, 999, now=NOW, actor=SYSTEM)

    def test_the_verbs_lock_their_row(self, session, database, statements):
        meeting = create(session)
        with statements() as seen:
            service.publish(session, meeting.id, now=NOW, actor=SYSTEM)
        assert any("FOR UPDATE" in one for one in seen) is (database == "postgresql")


class TestReading:
    def test_drafts_do_not_exist_for_strangers(self, session):
        draft = at(session, 1, state=MeetingState.DRAFT)
        off = at(session, 2, state=MeetingState.CALLED_OFF)
        shown = at(session, 3)
        with pytest.raises(NotFound):
            queries.get_published(session, draft.slug)
        assert queries.get_published(session, off.slug) is off
        assert queries.upcoming(session, now=NOW) == [off, shown]
        assert queries.next_meeting(session, now=NOW) is shown
        assert [rules.is_public(one) for one in (draft, off, shown)] == [False, True, True]
        assert queries.get_meeting(session, draft.id) is draft
        assert queries.for_organisers(session) == [shown, off, draft]

    def test_a_meeting_is_past_when_it_has_ended(self, session):
        meeting = at(session, 1)
        during, end = meeting.starts_at + timedelta(hours=1), meeting.ends_at
        assert queries.next_meeting(session, now=during) is meeting
        assert not rules.is_past(meeting, now=during)
        assert rules.is_past(meeting, now=end)
        assert queries.next_meeting(session, now=end) is None
        assert queries.upcoming(session, now=end) == []
        assert queries.past(session, now=end).rows == [meeting]

    def test_soonest_first_and_latest_first(self, session):
        days = [at(session, number) for number in (3, 1, 2)]
        assert queries.upcoming(session, now=NOW) == [days[1], days[2], days[0]]
        assert queries.past(session, now=NOW + timedelta(days=9)).rows == [days[0], days[2], days[1]]

    def test_past_meetings_come_in_pages(self, session):
        for number in range(21):
            at(session, number)
        after = NOW + timedelta(days=99)
        assert len(queries.past(session, now=after).rows) == 20
        assert len(queries.past(session, now=after, number=2).rows) == 1

    @pytest.mark.parametrize(
        ("words", "found"),
        [("bydleni", 1), ("BYDLENÍ nájmů", 1), ("65", 1), ("65 staromestska", 1), ("skolstvi", 0), ("%", 0)],
    )
    def test_search_without_diacritics(self, session, words, found):
        at(session, 1)
        assert len(queries.upcoming(session, now=NOW, search=words)) == found

    def test_by_series(self, session):
        first, second = make_series(session), make_series(session, "Fórum migrantů")
        one, two = at(session, 1, series_id=first.id), at(session, 2, series_id=second.id)
        assert queries.upcoming(session, now=NOW, series_id=second.id) == [two]
        assert queries.for_organisers(session, series_ids=[first.id]) == [one]
        assert queries.all_series(session) == [first, second]
        assert queries.get_series(session, second.id) is second
        with pytest.raises(NotFound):
            queries.get_series(session, 999)

    def test_the_programme_comes_along_when_asked(self, session, statements):
        slug = at(session, 1).slug
        session.expire_all()
        with statements() as seen:
            found = queries.get_published(session, slug, programme=True)
            assert len(found.programme) == 2
        assert len(seen) == 2
        with pytest.raises(NotFound):
            queries.get_meeting(session, 999, programme=True)


def test_a_moved_meeting_takes_its_programme_along(session):
    meeting = create(session)
    first = meeting.programme[0]
    assert first.starts(meeting.starts_at) == START
    assert first.ends(meeting.starts_at) == START + timedelta(minutes=25)
    assert first.starts(START + timedelta(days=1)) == START + timedelta(days=1)


def test_the_programme_is_in_order_of_time(session):
    slots = [Slot(offset_minutes=number, duration_minutes=5, title={}, speakers={}) for number in (30, 0, 15)]
    meeting = service.create(session, meeting_text(session), slots, now=NOW, actor=SYSTEM, mail_domain=DOMAIN)
    session.flush()
    session.expire_all()
    assert [item.offset_minutes for item in meeting.programme] == [0, 15, 30]


@pytest.mark.parametrize("hours", [0, 12, 48])
def test_until_when_people_move_up(session, hours):
    assert create(session, promote_hours=hours).promote_until == START - timedelta(hours=hours)


@pytest.mark.parametrize(
    ("name", "slugs"),
    [
        ({"cs": "Fórum migrantů"}, ["forum-migrantu", "forum-migrantu-2"]),
        ({"cs": "", "en": "Forum"}, ["forum", "forum-2"]),
        ({"uk": "Форум"}, ["series", "series-2"]),
    ],
)
def test_series_have_addresses(session, name, slugs):
    made = [service.create_series(session, name, {}, now=NOW, actor=SYSTEM) for _ in slugs]
    assert [one.slug for one in made] == slugs
