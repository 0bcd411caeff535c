"""The calendar of all meetings of one address: who gets it, what it holds, how it is sent, how it ends."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from urllib.parse import urlsplit

import pytest
import time_machine
from sqlalchemy import select

from app.base import clock
from app.base.db import begin_write
from app.base.tokens import new_token
from app.delivery.letters import Overtaken, compose, gather, preview
from app.domain.history.models import Entry
from app.domain.history.service import ATTENDEE, SYSTEM, organiser
from app.domain.meetings.models import Format
from app.domain.outbox.models import Kind, Letter
from app.domain.privacy.erase import erase_attendee
from app.domain.privacy.service import expire
from app.domain.registration import answers, changes, feeds, personal
from app.domain.registration import organiser as organisers
from app.domain.registration.models import Answer, Attendee, Mode, PersonalFeed
from tests.calendar_checks import assert_well_formed, lines_of, read_all_the_same, read_the_same, value_of
from tests.factories import DOMAIN, make_meeting, person, register
from tests.public.personal_pages import BOSS, bring_to, invite, page_url
from tests.public.registration_pages import form_fields

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)
GZIP = {"Accept-Encoding": "br, gzip;q=0.8"}
OLENA = "olena.sevcenkova@example.org"
SECRETS = ("X-Robots-Tag", "Referrer-Policy", "Cache-Control")


@pytest.fixture(autouse=True)
def _noon():
    """It is noon on a certain day; tests move on from there."""
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def meeting(session):
    """A meeting in a month, with a few seats."""
    found = make_meeting(session, starts_at=NOON + timedelta(days=30), capacity=3)
    session.commit()
    return found


@pytest.fixture
def olena(session, meeting):
    """Somebody who is registered, reading English."""
    row = bring_to(session, meeting, "confirmed")
    session.commit()
    return row


def feed_of(session, email: str = OLENA) -> PersonalFeed:
    """The feed of an address, made when there is none; committed."""
    found = feeds.active(session, email)
    if found is None:
        found = PersonalFeed(email_key=email, token=new_token(), language="en", created_at=clock.now())
        session.add(found)
        session.commit()
    return found


def path_of(feed: PersonalFeed) -> str:
    return f"/feed/{feed.token}.ics"


def read(client, path: str):
    """What every reader makes of the feed: (uid, status), in its order."""
    response = client.get(path)
    assert response.status_code == 200
    assert_well_formed(response.data)
    return [(one.uid, one.status) for one in read_all_the_same(response.data)]


def letters(session) -> list[Letter]:
    """The letters of this kind, oldest first."""
    session.rollback()
    return list(session.scalars(select(Letter).where(Letter.kind == Kind.FEED).order_by(Letter.id)))


def was_sent(session, *rows: Attendee) -> None:
    """Let the invites of these people have gone out."""
    for row in rows:
        row.sent_sequence = row.revision
    session.commit()


def press(client, row: Attendee, act: str = "calendar/"):
    """Press the button of the section on the personal page."""
    return client.post(page_url(row, act), data=form_fields(client.get(page_url(row)), act))


class TestHowOneGetsIt:
    def test_a_button_sends_it_to_the_registered_mailbox_alone(self, session, client, olena):
        response = press(client, olena)

        assert response.status_code == 303
        (letter,) = letters(session)
        feed = feeds.active(session, OLENA)
        assert (letter.recipient, letter.attendee_id, letter.calendar) == (OLENA, olena.id, None)
        assert feed.token not in str(letter.facts)
        page = client.get(response.headers["Location"])
        assert "The letter has the address of your calendar." in page.get_data(as_text=True)
        session.refresh(feed)
        assert feed.token not in page.get_data(as_text=True)

    def test_the_letter_has_both_addresses_and_the_way_to_end_it(self, session, client, olena):
        press(client, olena)
        (letter,) = letters(session)
        token = feeds.active(session, OLENA).token
        mail = message_from_bytes(compose(session, letter, now=clock.now()).as_bytes(), policy=policy.default)

        text = mail.get_body(("plain",)).get_content()
        markup = mail.get_body(("html",)).get_content()
        for said in (text, markup):
            assert f"http://localhost/feed/{token}.ics" in said
            assert f"webcal://localhost/feed/{token}.ics" in said
            assert f"http://localhost/en/feed/{token}/" in said
        assert read(client, f"/feed/{token}.ics") == [(olena.uid, "CONFIRMED")]

    def test_organisers_see_the_letter_without_its_links(self, session, client, olena):
        press(client, olena)
        (letter,) = letters(session)
        seen = preview(letter)

        assert seen is not None
        assert feeds.active(session, OLENA).token not in str(seen)
        assert "•••" in seen.text

    def test_asked_again_it_is_the_same_calendar(self, session, client, olena):
        press(client, olena)
        token = feeds.active(session, OLENA).token
        with time_machine.travel(NOON + timedelta(minutes=1), tick=False):
            press(client, olena)

        assert len(letters(session)) == 2
        assert feeds.active(session, OLENA).token == token

    def test_three_letters_an_hour_and_the_same_words(self, session, client, olena):
        places = set()
        for minute in range(6):
            with time_machine.travel(NOON + timedelta(minutes=minute), tick=False):
                places.add(press(client, olena).headers["Location"])

        assert len(letters(session)) == 3
        assert len(places) == 1

    def test_a_corrected_address_is_not_told_of_the_other_s_calendar(self, session, client, olena):
        press(client, olena)
        (letter,) = letters(session)
        feed = feeds.active(session, OLENA)
        begin_write(session)
        organisers.correct_address(
            session, olena.id, "nova@example.org", now=clock.now(), actor=BOSS, mail_domain=DOMAIN
        )
        session.commit()

        assert read(client, path_of(feed)) in ([], [(olena.uid, "CANCELLED")])
        assert gather(session, letter, now=clock.now()).feed_token == feed.token
        assert feeds.active(session, "nova@example.org") is None

    def test_a_letter_that_waited_until_it_was_stopped_is_not_sent(self, session, client, olena):
        press(client, olena)
        (letter,) = letters(session)
        press(client, olena, "calendar/stop")

        with pytest.raises(Overtaken):
            compose(session, session.get_one(Letter, letter.id), now=clock.now())

    def test_nobody_without_an_address_is_offered_one(self, session, client, olena):
        key = form_fields(client.get(page_url(olena)), "calendar/")
        olena = session.get_one(Attendee, olena.id)
        olena.email = olena.email_key = None
        session.commit()

        assert 'id="calendar"' not in client.get(page_url(olena)).get_data(as_text=True)
        for act in ("", "renew", "stop"):
            assert client.post(page_url(olena, f"calendar/{act}"), data=key).status_code == 404
        assert letters(session) == []

    @pytest.mark.parametrize("act", ["calendar/", "calendar/renew", "calendar/stop"])
    def test_a_post_without_our_key_and_a_get_do_nothing(self, session, client, olena, act):
        feed = feed_of(session)

        assert client.get(page_url(olena, act)).status_code == 405
        assert client.post(page_url(olena, act), data={"form_key": "forged"}).status_code == 422
        assert client.post(f"/en/my/{'A' * 22}/{act}", data={}).status_code == 404
        session.refresh(feed)
        assert (feed.revoked_at, letters(session)) == (None, [])


class TestWhatItHolds:
    def test_mail_download_and_feed_have_one_uid_and_say_the_same(self, session, client):
        online = {"format": Format.HYBRID, "online_capacity": 9, "online_url": "https://meet.example.org/x"}
        meeting = make_meeting(session, starts_at=NOON + timedelta(days=30), **online)
        (row,) = register(session, meeting, person(mode=Mode.ONLINE))
        session.commit()
        letter = session.scalars(select(Letter).where(Letter.kind == Kind.CONFIRMED)).one()
        mail = message_from_bytes(compose(session, letter, now=NOON).as_bytes(), policy=policy.default)
        sent = next(part.get_content() for part in mail.walk() if part.get_content_type() == "text/calendar")
        session.commit()
        feed = feed_of(session)

        files = [sent.encode() if isinstance(sent, str) else sent]
        files += [client.get(page_url(row, "invite.ics", "cs")).data, client.get(path_of(feed)).data]

        readings = [read_the_same(one.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")) for one in files]
        assert {one.uid for one in readings} == {row.uid}
        assert row.uid.startswith("r-")
        assert len({(one.sequence, one.starts_at, one.ends_at, one.summary) for one in readings}) == 1
        for name in ("SUMMARY", "DESCRIPTION", "LOCATION", "URL", "CONFERENCE", "CLASS", "DTSTART", "DTEND"):
            said = {
                value_of(lines_of(one.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")), "VEVENT", name)
                for one in files
            }
            assert len(said) == 1, name
            assert None not in said, name

    @pytest.mark.parametrize(
        ("state", "status"),
        [
            ("confirmed", "CONFIRMED"),
            ("asked", "CONFIRMED"),
            ("maybe", "TENTATIVE"),
            ("invited", "TENTATIVE"),
            ("waiting", None),
            ("pending", None),
            ("declined", None),
            ("cancelled", None),
            ("not approved", None),
        ],
    )
    def test_it_holds_what_invites_were_sent_for(self, session, client, meeting, state, status):
        row = bring_to(session, session.merge(meeting), state)
        session.commit()

        assert read(client, path_of(feed_of(session))) == ([(row.uid, status)] if status else [])

    @pytest.mark.parametrize("state", ["declined", "cancelled", "substituted", "released"])
    def test_what_left_the_calendar_is_cancelled_until_it_is_over(self, session, client, meeting, state):
        row = bring_to(session, session.merge(meeting), state)
        was_sent(session, row)
        feed = feed_of(session)

        assert read(client, path_of(feed)) == [(row.uid, "CANCELLED")]
        with time_machine.travel(NOON + timedelta(days=31), tick=False):
            assert read(client, path_of(feed)) == []

    def test_a_meeting_called_off_is_cancelled_until_it_is_over(self, session, client, meeting, olena):
        call_off(session, meeting)
        feed = feed_of(session)

        assert read(client, path_of(feed)) == [(olena.uid, "CANCELLED")]
        with time_machine.travel(NOON + timedelta(days=31), tick=False):
            assert read(client, path_of(feed)) == []

    def test_what_is_over_stays_ninety_days(self, session, client, olena):
        feed = feed_of(session)

        for days, kept in ((31, [(olena.uid, "CONFIRMED")]), (119, [(olena.uid, "CONFIRMED")]), (121, [])):
            with time_machine.travel(NOON + timedelta(days=days), tick=False):
                assert read(client, path_of(feed)) == kept

    def test_who_registered_again_is_there_once(self, session, client, meeting, olena):
        was_sent(session, olena)
        personal.cancel(session, olena.id, now=clock.now(), actor=BOSS)
        (again,) = register(session, meeting, person())
        session.commit()

        assert again.uid != olena.uid
        assert read(client, path_of(feed_of(session))) == [(again.uid, "CONFIRMED")]

    def test_all_meetings_of_the_address_and_nobody_else_s(self, session, client, meeting, olena):
        other = make_meeting(session, starts_at=NOON + timedelta(days=10))
        (second,) = invite(session, other, "Olena Ševčenková")
        (colleague,) = register(session, other, person("Petr Říha", OLENA.upper()))
        register(session, other, "Jan Čech")
        session.commit()

        found = read(client, path_of(feed_of(session)))
        assert found[-1] == (olena.uid, "CONFIRMED")
        assert {*found} == {
            (second.uid, "TENTATIVE"),
            (colleague.uid, "CONFIRMED"),
            (olena.uid, "CONFIRMED"),
        }
        text = client.get(path_of(feed_of(session))).get_data(as_text=True).replace("\r\n ", "")
        assert not re.search(r"Jan|ATTENDEE|VALARM|PARTSTAT|rsvp", text)

    @pytest.mark.parametrize(
        ("state", "mode", "told"),
        [
            ("confirmed", Mode.ONLINE, True),
            ("maybe", Mode.ONLINE, True),
            ("confirmed", Mode.ROOM, False),
            ("invited", Mode.ONLINE, False),
            ("declined", Mode.ONLINE, False),
        ],
    )
    def test_the_online_link_is_for_seats_online_alone(self, session, client, state, mode, told):
        link = "https://meet.example.org/x"
        meeting = make_meeting(
            session,
            format=Format.HYBRID,
            capacity=5,
            online_capacity=5,
            online_url=link,
            starts_at=NOON + timedelta(days=30),
        )
        row = bring_to(session, meeting, state)
        row.mode = mode
        was_sent(session, row)
        feed = feed_of(session)
        assert (link.encode() in client.get(path_of(feed)).data.replace(b"\r\n ", b"")) is told

        call_off(session, meeting)
        assert link.encode() not in client.get(path_of(feed)).data.replace(b"\r\n ", b"")

    def test_the_head_keeps_the_address_to_itself(self, session, client, olena):
        feed = feed_of(session)
        lines = lines_of(client.get(path_of(feed)).data)

        head = {line.name: line.value for line in lines if line.component == "VCALENDAR"}
        assert head["NAME"] == head["X-WR-CALNAME"]
        assert head["METHOD"] == "PUBLISH"
        assert head["REFRESH-INTERVAL"] == head["X-PUBLISHED-TTL"] == "PT6H"
        assert "SOURCE" not in head
        session.refresh(feed)
        assert feed.token not in client.get(path_of(feed)).get_data(as_text=True)

    def test_dtstamp_is_the_last_change_and_a_change_raises_the_sequence(
        self, session, client, meeting, olena
    ):
        feed = feed_of(session)
        before = client.get(path_of(feed)).data
        with time_machine.travel(NOON + timedelta(hours=3), tick=False):
            assert client.get(path_of(feed)).data == before
            answers.answer(session, olena.id, Answer.MAYBE, now=clock.now(), actor=ATTENDEE)
            session.commit()
            after = client.get(path_of(feed)).data

        stamps = [value_of(lines_of(one), "VEVENT", "DTSTAMP") for one in (before, after)]
        assert stamps == ["20270301T120000Z", "20270301T150000Z"]
        numbers = [read_the_same(one).sequence for one in (before, after)]
        assert numbers[0] <= numbers[1]


class TestHowItIsSent:
    @pytest.fixture
    def path(self, session, olena):
        return path_of(feed_of(session))

    def test_it_is_private_and_passed_on_by_nobody(self, client, path):
        response = client.get(path)

        assert response.content_type == "text/calendar; charset=utf-8"
        assert [response.headers[name] for name in SECRETS] == [
            "noindex",
            "no-referrer",
            "private, max-age=900",
        ]
        assert "Set-Cookie" not in response.headers
        assert "Accept-Encoding" in response.headers["Vary"]

    def test_the_same_is_not_sent_twice(self, client, path):
        first = client.get(path)
        assert first.data == client.get(path).data

        by_tag = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        by_time = client.get(path, headers={"If-Modified-Since": first.headers["Last-Modified"]})
        for again in (by_tag, by_time):
            assert (again.status_code, again.data) == (304, b"")
            assert again.headers["ETag"] == first.headers["ETag"]
            assert [again.headers[name] for name in SECRETS] == [first.headers[name] for name in SECRETS]
        assert first.headers["Last-Modified"] == "Mon, 01 Mar 2027 12:00:00 GMT"

    def test_a_change_is_sent(self, session, client, meeting, path):
        first = client.get(path)
        call_off(session, meeting)

        for name, asked in (("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since")):
            assert client.get(path, headers={asked: first.headers[name]}).status_code == 200

    def test_it_is_compressed_for_whoever_takes_that(self, client, path):
        plain, packed = client.get(path), client.get(path, headers=GZIP)

        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == plain.data
        assert packed.headers["ETag"] != plain.headers["ETag"]
        again = client.get(path, headers={**GZIP, "If-None-Match": packed.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")

    def test_head_tells_the_same_without_the_body(self, client, path):
        whole, head = client.get(path), client.head(path)

        assert (head.status_code, head.data) == (200, b"")
        for name in ("ETag", "Last-Modified", "Content-Length", "Content-Type", *SECRETS):
            assert head.headers[name] == whole.headers[name]

    @pytest.mark.parametrize("token", ["A" * 22, "x", "..%2f", "a" * 300])
    def test_an_unknown_one_is_not_found(self, session, client, token):
        assert client.get(f"/feed/{token}.ics").status_code == 404

    @pytest.mark.parametrize("method", ["post", "put", "delete"])
    def test_nothing_can_be_changed_here(self, client, path, method):
        assert getattr(client, method)(path).status_code == 405

    def test_no_log_holds_the_token(self, session, client, path, capsys):
        token = path.split("/")[-1].removesuffix(".ics")
        for address in (path, f"/en/feed/{token}/", f"/feed/{token}x.ics", f"/cs/feed/{token}/nothing"):
            client.get(address)

        said = capsys.readouterr()
        assert "public.feeds.personal" in said.err
        assert token not in said.err + said.out


class TestHowItEnds:
    @pytest.fixture
    def feed(self, session, olena):
        return feed_of(session)

    def test_from_the_personal_page(self, session, client, olena, feed):
        path = path_of(feed)
        response = press(client, olena, "calendar/stop")

        assert "Your calendar is stopped." in client.get(response.headers["Location"]).get_data(as_text=True)
        gone = client.get(path)
        assert gone.status_code == 410
        assert gone.headers["X-Robots-Tag"] == "noindex"
        assert gone.headers["Cache-Control"] == "no-store"
        assert client.get(f"/en/feed/{feed.token}/").status_code == 410
        assert feeds.active(session, OLENA) is None
        session.refresh(feed)
        assert (feed.email_key, feed.revoked_at) == (None, NOON)

    def test_from_the_letter(self, session, client, feed):
        page_path, path = f"/en/feed/{feed.token}/", path_of(feed)
        page = client.get(page_path)
        assert page.headers["Cache-Control"] == "no-store"
        for address in (f"http://localhost{path}", f"webcal://localhost{path}"):
            assert address in page.get_data(as_text=True)
        assert client.post(page_path, data={"form_key": "forged"}).status_code == 422
        assert client.get(path).status_code == 200

        response = client.post(page_path, data=form_fields(page, page_path))

        assert response.status_code == 303
        assert "Your registrations stay" in client.get(response.headers["Location"]).get_data(as_text=True)
        assert client.get(path).status_code == 410
        assert client.post(page_path, data=form_fields(page, page_path)).status_code == 410

    def test_a_new_address_ends_the_old_one(self, session, client, olena, feed):
        old = path_of(feed)
        press(client, olena, "calendar/renew")

        assert client.get(old).status_code == 410
        (letter,) = letters(session)
        assert letter.facts["replaced"] is True
        new = feeds.active(session, OLENA)
        assert read(client, path_of(new)) == [(olena.uid, "CONFIRMED")]

    def test_too_many_renewals_still_end_the_old_one(self, session, client, olena, feed):
        for minute in range(5):
            with time_machine.travel(NOON + timedelta(minutes=minute), tick=False):
                old = path_of(feeds.active(session, OLENA))
                press(client, olena, "calendar/renew")
                assert client.get(old).status_code == 410

        assert len(letters(session)) == 3

    def test_each_act_is_in_the_history(self, session, client, olena, feed):
        for minute, act in enumerate(("calendar/", "calendar/renew", "calendar/stop")):
            with time_machine.travel(NOON + timedelta(minutes=minute), tick=False):
                press(client, olena, act)

        session.rollback()
        verbs = [one.act for one in session.scalars(select(Entry).order_by(Entry.id))]
        assert verbs[-3:] == ["attendee:ask_feed", "attendee:renew_feed", "attendee:stop_feed"]

    def test_erasing_the_last_registration_ends_it(self, session, client, olena, feed):
        other = make_meeting(session, starts_at=NOON + timedelta(days=10))
        (second,) = register(session, other, person())
        session.commit()
        path, kept = path_of(feed), [(second.uid, "CONFIRMED")]
        erase(session, olena)
        assert read(client, path) == kept
        erase(session, second)

        assert client.get(path).status_code == 410
        session.refresh(feed)
        assert feed.email_key is None

    def test_retention_ends_it(self, session, client, feed):
        path = path_of(feed)
        begin_write(session)
        assert expire(session, now=NOON + timedelta(days=500), retention_months=12).feeds == 1
        session.commit()

        assert client.get(path).status_code == 410
        session.refresh(feed)
        assert feed.email_key is None


def test_the_personal_page_keeps_the_secret_from_whoever_holds_it(session, client, olena):
    feed = feed_of(session)
    page = client.get(page_url(olena)).get_data(as_text=True)
    session.refresh(feed)

    assert feed.token not in page
    assert "The calendar is in use." in page


def call_off(session, meeting) -> None:
    begin_write(session)
    changes.call_off(session, meeting.id, reason={}, now=NOON + timedelta(minutes=5), actor=SYSTEM)
    session.commit()


def erase(session, row: Attendee) -> None:
    begin_write(session)
    erase_attendee(session, row.id, now=clock.now(), actor=organiser(1))
    session.commit()


class TestSubscribePage:
    def test_each_calendar_has_both_addresses_and_they_work(self, session, client, meeting):
        page = client.get("/en/subscribe/").get_data(as_text=True)

        assert 'href="webcal://localhost/calendar.ics?language=en"' in page
        assert 'value="http://localhost/calendar.ics?language=en"' in page
        for address in re.findall(r'value="(http://localhost/[^"]+\.ics[^"]*)"', page):
            parts = urlsplit(address)
            assert client.get(f"{parts.path}?{parts.query}").status_code == 200
        assert "Google may take a day" in page
        assert "shows twice" in page

    def test_each_series_is_there_when_there_are_several(self, session, client, meeting):
        from tests.factories import make_series

        other = make_series(session, "Pracovní skupina")
        session.commit()
        page = client.get("/cs/subscribe/").get_data(as_text=True)

        assert f"webcal://localhost/series/{other.slug}.ics?language=cs" in page

    def test_it_is_linked_from_the_meetings_and_from_a_meeting(self, session, client, meeting):
        for path in ("/en/meetings/", f"/en/meetings/{meeting.slug}/"):
            assert "/en/subscribe/" in client.get(path).get_data(as_text=True)
