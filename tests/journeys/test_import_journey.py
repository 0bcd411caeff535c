"""Three hundred people from a file, seven of them wrong: looked at, added, taken back; with scripts and without."""

from __future__ import annotations

import csv
import io
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from app.base import clock
from app.domain.meetings.models import Meeting
from app.domain.meetings.queries import next_meeting
from app.domain.outbox.models import Letter, State
from app.domain.registration.models import LIVE, Attendee
from tests.journeys.conftest import PATIENCE, Site
from tests.journeys.visits import press, signed_in

pytestmark = [pytest.mark.browser]
HEAD = ("Příjmení", "Křestní jméno", "E-mailová adresa", "Organizace", "Typ organizace", "Jazyk", "Poznámka")
BAD = {
    40: ("Chybná", "Adresa", "adresa@", "Praha 1", "", "", ""),
    81: ("Dvě", "Zavináče", "a@b@c.example", "Praha 2", "", "", ""),
    122: ("S mezerou", "Adresa", "jana novakova@x.example", "", "", "", ""),
    163: ("", "", "", "Jen organizace", "", "", ""),
    204: ("Neznámý", "Druh", "druh@import.example", "Praha 5", "kroužek", "", ""),
    245: ("Neznámý", "Jazyk", "jazyk@import.example", "Praha 6", "", "klingonsky", ""),
    286: ("Dlouhé" * 40, "Jméno", "dlouhe@import.example", "", "", "", ""),
}
ROWS = 300
GOOD = ROWS - len(BAD)


@pytest.mark.parametrize(
    ("kind", "scripts", "letters"), [("sqlite", True, "tell"), ("postgresql", False, "silent")]
)
def test_three_hundred_come_on_the_list_and_go_again(
    kind: str, scripts: bool, letters: str, start_site: Callable[[str], Site], browser: Browser
) -> None:
    site = start_site(kind)
    cookies = signed_in(site, browser, "organiser")
    context = browser.new_context(storage_state=cookies, java_script_enabled=scripts, locale="en-GB")
    page = context.new_page()
    with database(site) as session:
        meeting_id, title = the_next(session)
        before = live(session, meeting_id)
    bring_the_file(site, page, meeting_id, letters)
    look_at_the_rows(page)
    began = time.monotonic()
    press(page, "button[value=add]")
    took = time.monotonic() - began
    expect(page.locator(".note.success")).to_contain_text(f"{GOOD} people are on the list now.")
    with database(site) as session:
        added = live(session, meeting_id) - before
    assert len(added) == GOOD
    say(f"{title}: {GOOD} rows added in {took:.2f} s on {kind}, as the browser saw it")

    press(page, ".note.success form button")
    expect(page.locator(".note.success")).to_contain_text(f"{GOOD} people are off the list again.")
    with database(site) as session:
        assert live(session, meeting_id) == before
    nobody_keeps_an_invite(site, letters)
    context.close()
    assert site.flask("check") == ""


def bring_the_file(site: Site, page: Page, meeting_id: int, letters: str) -> None:
    """From the list to the columns, which are guessed from their Czech headings."""
    page.goto(f"{site.address}/workspace/meetings/{meeting_id}/attendees/?lang=en")
    press(page, "main a[href$='/attendees/import/']")
    page.locator("[name=file]").set_input_files(
        {"name": "Účastníci.csv", "mimeType": "text/csv", "buffer": czech_excel()}
    )
    page.locator(f"[name=letters][value={letters}]").check()
    press(page, "form#import button.button")
    guessed = [one.input_value() for one in page.locator("select[name=column]").all()]
    assert guessed == ["last", "first", "email", "organisation", "kind", "language", "note"]
    expect(page.locator("main")).to_contain_text(f"The list has {ROWS} people.")
    press(page, "main form button.button:not([name])")


def look_at_the_rows(page: Page) -> None:
    """The preview names the seven by their rows in the file, and gives them back as a file."""
    expect(page.locator("h1")).to_have_text(f"{GOOD} people can be added")
    expect(page.locator("button[value=add]")).to_have_text(f"Add the {GOOD} good rows")
    shown = page.locator("#wrong tbody tr td:first-child").all_inner_texts()
    assert [int(one) for one in shown] == list(BAD)
    with page.expect_download() as download:
        page.locator("button[value=mend]").click()
    body = download.value.path().read_bytes().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(body), delimiter=";"))
    assert rows[0] == [*HEAD, "What to mend"]
    assert [tuple(row[:-1]) for row in rows[1:]] == list(BAD.values())
    assert all(row[-1] for row in rows[1:])


def nobody_keeps_an_invite(site: Site, letters: str) -> None:
    """Each who got an invite got its CANCEL as well; whoever was not written to hears nothing."""
    end = time.monotonic() + PATIENCE
    with database(site) as session:
        query = select(func.count()).where(Letter.state.in_((State.QUEUED, State.SENDING)))
        while session.scalar(query):
            assert time.monotonic() < end, "letters are still on their way"
            session.rollback()
            time.sleep(0.2)
    got: dict[str, Counter[str]] = {}
    for mail in site.mailbox.mails:
        if "@import.example" in str(mail["To"]):
            got.setdefault(str(mail["To"]), Counter())[method_of(mail)] += 1
    assert all(mails in ({"REQUEST": 1, "CANCEL": 1}, {"": 2}) for mails in got.values()), got
    if letters == "silent":
        assert not got
    say(f"{len(got)} of {GOOD} had been written to before it was taken back")


def say(line: str) -> None:
    """Say what was measured; `pytest -s` shows it."""
    sys.stdout.write(f"\n{line}\n")


def czech_excel() -> bytes:
    """The file as Czech Excel saves it: cp1250, semicolons, CRLF."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEAD)
    writer.writerows(BAD.get(number) or good_row(number) for number in range(2, ROWS + 2))
    return text.getvalue().encode("cp1250")


def good_row(number: int) -> tuple[str, ...]:
    """Somebody; every tenth has no address."""
    email = "" if number % 10 == 0 else f"osoba{number}@import.example"
    kind = ("Městská část", "nezisková organizace", "NGO", "")[number % 4]
    return (
        f"Žižková{number}",
        "Běla",
        email,
        f"Praha {number}",
        kind,
        ("cs", "angličtina")[number % 2],
        "=1+1",
    )


def method_of(mail: EmailMessage) -> str:
    """The method of the calendar part; empty without one."""
    for part in mail.walk():
        if part.get_content_type() == "text/calendar":
            return str(part.get_param("method"))
    return ""


def the_next(session: Session) -> tuple[int, str]:
    """The meeting that people come to next."""
    meeting = next_meeting(session, now=clock.now())
    assert isinstance(meeting, Meeting)
    return meeting.id, next(iter(meeting.title.values()))


def live(session: Session, meeting_id: int) -> set[tuple[int, str]]:
    """Who has, or waits for, a place, and which."""
    query = select(Attendee.id, Attendee.place).where(
        Attendee.meeting_id == meeting_id, Attendee.place.in_(LIVE)
    )
    return {(attendee_id, place) for attendee_id, place in session.execute(query)}


@contextmanager
def database(site: Site) -> Iterator[Session]:
    """The site's own database."""
    engine = create_engine(site.environ["DATABASE_URL"])
    with Session(engine) as session:
        yield session
    engine.dispose()
