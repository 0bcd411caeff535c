"""The pages that people and organisers meet, in every state, and how to come to each in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from playwright.sync_api import Browser, Page, StorageState
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app.base import clock
from app.base.text import fold
from app.domain.accounts.models import Account
from app.domain.history.models import Entry
from app.domain.history.service import SYSTEM
from app.domain.meetings.models import Meeting, MeetingState
from app.domain.notices.letters import facts as notice_facts
from app.domain.notices.queries import News
from app.domain.notices.rules import Line
from app.domain.outbox.models import Kind, Letter, State
from app.domain.outbox.service import NewLetter, enqueue
from app.domain.questions.commands import Given, Owner
from app.domain.questions.models import Question, QuestionKind
from app.domain.questions.service import retire
from app.domain.registration.edit_questions import fill_in
from app.domain.registration.models import Attendee, Mode, PersonalFeed, Place
from app.domain.registration.news import snapshot
from tests import factories
from tests.handed_over import PDF
from tests.journeys.answer_visits import answer_pages
from tests.journeys.broadcast_visits import choices, letters_to_many
from tests.journeys.conftest import Site
from tests.journeys.desk_visits import desk_pages
from tests.journeys.feedback_visits import feedback_pages
from tests.journeys.job_visits import job_pages
from tests.journeys.label_visits import label_pages
from tests.journeys.team_visits import PERSON, code_pages, give_second_factor
from tests.questionnaires import ask, ids, kept, option

REGISTRANT = "olena.sevcenkova@example.org"
CALENDAR_TOKEN = "feed-of-the-registrant"
LONG_WORD = "Nejneobhospodařovávatelnějšími" * 3


@dataclass(frozen=True)
class Visit:
    """One page: its address (`{lang}` stands for the language), what to do there first, and who looks.

    `role` is empty for strangers. `status` is what the server answers to the first request.
    """

    name: str
    path: str
    act: Callable[[Page], None] | None = None
    role: str = ""
    status: int = 200

    @property
    def is_letter(self) -> bool:
        """Whether this is the HTML of a letter, by itself."""
        return self.path.endswith("/html")


@dataclass(frozen=True)
class Stage:
    """A site with something to see: the visits, and the cookies of each role."""

    site: Site
    visits: tuple[Visit, ...]
    cookies: dict[str, StorageState]


def set_stage(site: Site, browser: Browser) -> Stage:
    """Register a party, add a meeting of long words, sign in an administrator and a viewer; list the visits."""
    done = register_two(site, browser)
    site.mailbox.wait_for(3)
    cookies = {role: signed_in(site, browser, role) for role in ("administrator", "viewer", PERSON)}
    engine = create_engine(site.environ["DATABASE_URL"])
    with Session(engine) as session:
        strain(session)
        give_second_factor(session)
        choices(session)
        ask_everything(session)
        visits = (*public_visits(session, done), *workspace_visits(session))
        visits += tuple(Visit(name, path, act) for name, path, act in answer_pages(session))
        visits += tuple(desk_visits(session))
        visits += tuple(feedback_visits(session))
        visits += tuple(Visit(name, path, act) for name, path, act in code_pages())
    engine.dispose()
    return Stage(site, visits, cookies)


def register_two(site: Site, browser: Browser) -> str:
    """Register two people for the next meeting; gives the path of the done page."""
    page = browser.new_page()
    page.goto(f"{site.address}/cs/")
    page.locator("section.next a.button").click()
    page.locator("[name='people-0-name']").fill("Olena Ševčenková")
    page.locator("[name='people-0-email']").fill(REGISTRANT)
    page.locator("[name='people-0-organisation']").fill("Spolek Ukrajinek v Praze")
    press(page, "button[name='add']")
    page.locator("[name='people-1-name']").fill("Petr Říha")
    page.locator("[name='people-1-email']").fill("petr.riha@example.org")
    press(page, "form#registration button.button:not([name])")
    path = page.url.removeprefix(site.address)
    page.context.close()
    assert "/registered/" in path, path
    return path


def signed_in(site: Site, browser: Browser, role: str) -> StorageState:
    """Make an account, sign it in by its link, and give the cookies."""
    link = site.flask("accounts", "create", f"{role}@example.org", "--role", role).split()[-1]
    page = browser.new_page(locale="cs-CZ")
    page.goto(link)
    press(page, "main form button")
    cookies = page.context.storage_state()
    page.context.close()
    return cookies


def strain(session: Session) -> None:
    """A meeting whose deadline is over and whose every text is long, and somebody there with a long name."""
    first = upcoming(session)[0]
    copy = {column.key: getattr(first, column.key) for column in Meeting.__table__.columns}
    del copy["id"]
    long = {"cs": f"Podpora {LONG_WORD} a dalších, o nichž se nemluví, ale mělo by"}
    copy |= {
        "slug": "dlouha-slova",
        "uid": "dlouha-slova@example.org",
        "number": 1234,
        "title": long,
        "summary": long,
        "venue": {"cs": f"Sál {LONG_WORD}"},
        "address": f"{LONG_WORD} 1574/51, 110 00 Praha 1",
        "deadline": (first.starts_at - timedelta(days=40)).date(),
    }
    meeting = Meeting(**copy)
    session.add(meeting)
    session.flush()
    model = session.scalars(select(Attendee).where(Attendee.meeting_id == first.id)).first()
    assert model
    person = {column.key: getattr(model, column.key) for column in Attendee.__table__.columns}
    del person["id"]
    email = f"{'dlouha.adresa.' * 4}x@{'velmi-' * 9}dlouha.example.org"
    person |= {
        "meeting_id": meeting.id,
        "uid": "dlouha-slova-1@example.org",
        "token": "dlouha-slova-token-dlouha",
        "checkin_token": "dlouha-slova-checkin",
        "organizer_token": "dlouhaslova",
        "name": f"Karolína {LONG_WORD}",
        "name_key": f"karolina {fold(LONG_WORD)}",
        "email": email,
        "email_key": email,
        "organisation_name": f"Spolek {LONG_WORD}",
        "place": Place.CONFIRMED,
    }
    session.add(Attendee(**person))
    session.commit()


def twice_at(session: Session, meeting: Meeting) -> Meeting:
    """Put the person with the long name on the list once more, with another address; gives the meeting back."""
    model = one(session, Attendee.meeting_id == meeting.id)
    again = {column.key: getattr(model, column.key) for column in Attendee.__table__.columns}
    del again["id"]
    for name in ("uid", "token", "checkin_token", "organizer_token", "email", "email_key"):
        again[name] = f"2{again[name]}"[:30] if name in ("token", "organizer_token") else f"2{again[name]}"
    session.add(Attendee(**again))
    session.commit()
    return meeting


def ask_everything(session: Session) -> None:
    """A question of each kind at the next meeting, with a condition and places; somebody answers them."""
    meeting = upcoming(session)[0]
    lunch = ask(session, meeting, QuestionKind.YES_NO, "Will you have lunch with us?", required=True)
    ask(
        session,
        meeting,
        QuestionKind.SHORT,
        "What do you not eat?",
        sensitive=True,
        condition_id=lunch.id,
        condition_value="yes",
    )
    shop = ask(
        session,
        meeting,
        QuestionKind.ONE,
        "Which workshop do you choose?",
        option("Housing", 1),
        option("School and language", 12),
        option(LONG_WORD, 0),
        hint={"en": "Each begins at 14:00."},
    )
    ask(session, meeting, QuestionKind.MANY, "Which topics interest you?", "Law", "Health", "Work")
    for kind in (
        QuestionKind.NUMBER,
        QuestionKind.DATE,
        QuestionKind.EMAIL,
        QuestionKind.LINK,
        QuestionKind.LONG,
    ):
        ask(session, meeting, kind, f"Something else ({kind})")
    kinds = ("pdf", "picture", "office")
    slides = ask(
        session, meeting, QuestionKind.FILE, "Your slides", file_kinds=kinds, hint={"en": "Two pages."}
    )
    ask(session, Owner(series_id=meeting.series_id), QuestionKind.SHORT, "Your role in the organisation")
    retire(session, ask(session, meeting, label="An old one").id, now=meeting.created_at, actor=SYSTEM)
    guest = one(session, Attendee.meeting_id == meeting.id)
    said = {
        lunch.id: Given(text="yes"),
        shop.id: Given(options=(ids(shop)[0],)),
        slides.id: kept(session, slides),
    }
    fill_in(session, guest.id, said, now=meeting.created_at, actor=SYSTEM)
    session.commit()


def upcoming(session: Session) -> list[Meeting]:
    """The meetings of the example platform, the next one first, then those that are over."""
    found = session.scalars(select(Meeting).order_by(Meeting.starts_at)).unique().all()
    next_one = min(a.meeting_id for a in session.scalars(select(Attendee)).all())
    return sorted(found, key=lambda meeting: (meeting.id < next_one, meeting.id))


def public_visits(session: Session, done: str) -> tuple[Visit, ...]:
    """What anybody can see, and what a personal link opens."""
    first, full, not_open, off, _draft, past, *_rest = upcoming(session)

    def meeting(name: str, slug: str) -> tuple[Visit, Visit]:
        path = f"/{{lang}}/meetings/{slug}/"
        return (Visit(f"meeting, {name}", path), Visit(f"register, {name}", f"{path}register"))

    def personal(name: str, attendee: Attendee, *pages: str) -> list[Visit]:
        path = f"/{{lang}}/my/{attendee.token}/"
        return [
            Visit(f"personal, {name}"[: 60 - len(page)] + f" {page}", path + page) for page in ("", *pages)
        ]

    register = f"/{{lang}}/meetings/{first.slug}/register"
    change = f"/{{lang}}/my/{of_address(session, REGISTRANT).token}/change"
    return (
        Visit("home", "/{lang}/"),
        Visit("meetings", "/{lang}/meetings/"),
        Visit("meetings, none found", "/{lang}/meetings/?q=nenajde+se"),
        *meeting("open", first.slug),
        *meeting("full", full.slug),
        *meeting("not open", not_open.slug),
        *meeting("called off", off.slug),
        *meeting("past", past.slug),
        *meeting("closed, long words", "dlouha-slova"),
        Visit("register, with errors", register, submit_nothing),
        Visit("register, with a file that is kept", register, choose_file_and_submit),
        Visit("register, with a file that is not taken", register, choose_wrong_file_and_submit),
        Visit("register, three people with errors", register, add_two_and_submit),
        Visit("done", "/{lang}" + done.removeprefix("/cs")),
        *personal("confirmed", of_address(session, REGISTRANT), "change", "cancel", "erase"),
        *personal("registered by another", of_address(session, "petr.riha@example.org")),
        *personal("long words", one(session, Attendee.token == "dlouha-slova-token-dlouha"), "change"),
        *personal("online", one(session, Attendee.mode == Mode.ONLINE)),
        *personal("waiting", one(session, Attendee.place == Place.WAITING)),
        *personal("declined", one(session, Attendee.place == Place.DECLINED)),
        *personal("cancelled", one(session, Attendee.place == Place.CANCELLED)),
        Visit("change, with errors", change, empty_and_submit),
        Visit("code for the door", f"/c/{of_address(session, REGISTRANT).checkin_token}"),
        Visit("ask for the link", "/{lang}/my/"),
        Visit("ask for the link, with errors", "/{lang}/my/", submit_nothing),
        Visit("link sent", "/{lang}/my/sent/"),
        Visit("link replaced", "/{lang}/my/replaced/"),
        Visit("erased", "/{lang}/my/erased/"),
        Visit("personal, a calendar stopped", f"/{{lang}}/my/{calendar_user(session)}/?done=feed_stop"),
        Visit("personal calendar", f"/{{lang}}/feed/{CALENDAR_TOKEN}/"),
        Visit("personal calendar stopped", "/{lang}/feed/stopped/"),
        Visit("subscribe", "/{lang}/subscribe/"),
        Visit("news", "/{lang}/news/news-of-the-visits/"),
        Visit("news, refused", "/{lang}/news/no-news-of-the-visits/"),
        Visit("contacts", "/{lang}/contacts/"),
        Visit("privacy", "/{lang}/privacy/"),
        Visit("accessibility", "/{lang}/accessibility/"),
        Visit("sign in", "/{lang}/sign-in/"),
        Visit("sign in, with errors", "/{lang}/sign-in/", submit_nothing),
        Visit("sign-in link spent", "/{lang}/sign-in/link/spent/", status=410),
        Visit("not found", "/{lang}/nothing-here/", status=404),
        Visit("personal link unknown", "/{lang}/my/AAAAAAAAAAAAAAAAAAAAAA/", status=404),
    )


def calendar_user(session: Session) -> str:
    """Give the registrant a personal calendar; gives the token of the personal page, which then says so."""
    attendee = of_address(session, REGISTRANT)
    feed = PersonalFeed(
        email_key=attendee.email_key, token=CALENDAR_TOKEN, language="cs", created_at=attendee.registered_at
    )
    session.add(feed)
    session.commit()
    return attendee.token


def workspace_visits(session: Session) -> tuple[Visit, ...]:
    """What organisers see, and a viewer's share of it."""
    first, full, not_open, off, draft, past, *_rest = upcoming(session)
    strained = session.scalars(select(Meeting).where(Meeting.slug == "dlouha-slova")).one()
    attendee, waiting = of_address(session, REGISTRANT), one(session, Attendee.place == Place.WAITING)
    letter = session.scalars(select(Letter).where(Letter.attendee_id == attendee.id)).first()
    notice = notice_about(session, first, strained).id
    many = letters_to_many(session, first)
    labelled = label_pages(session, first)
    account = session.scalars(select(Account)).first()
    choice = session.scalars(select(Question).where(Question.kind == QuestionKind.ONE)).one()
    assert letter
    assert account
    assert draft.state == MeetingState.DRAFT

    def at(meeting: Meeting, page: str = "") -> str:
        return f"/workspace/meetings/{meeting.id}/{page}"

    numbers = count(1)

    def seen(path: str, act: Callable[[Page], None] | None = None, role: str = "administrator") -> Visit:
        doing = f", {act.__name__}" if act else ""
        return Visit(f"{next(numbers)} {path} {role}{doing}", path, act, role)

    return (
        seen("/workspace/"),
        seen("/workspace/meetings/"),
        *(seen(at(meeting)) for meeting in (first, full, off, draft, past, strained)),
        seen("/workspace/meetings/new/"),
        seen("/workspace/meetings/new/", submit_nothing),
        seen(at(first, "edit/")),
        seen(at(strained, "edit/")),
        seen(at(first, "edit/"), another_day_and_submit),
        seen(at(first, "call-off/")),
        seen(at(first, "call-off/"), submit_nothing),
        seen(at(held_back(session, full), "changes/tell/")),
        seen(at(first, f"changes/{telling_of(session, first)}/")),
        seen(at(off, "restore/")),
        seen(f"/workspace/meetings/?deleted={thrown_away(session)}"),
        seen(at(draft, "preview/cs/")),
        *(seen(at(meeting, "attendees/")) for meeting in (first, full, not_open, draft, strained)),
        seen(at(full, "attendees/?tab=waiting&q=nenajde")),
        seen(at(first, f"attendees/{attendee.id}/move/")),
        seen(at(twice_at(session, strained), "attendees/duplicates/")),
        seen(at(draft, "attendees/duplicates/")),
        seen(at(first, "attendees/add/")),
        seen(at(first, "attendees/add/"), submit_nothing),
        seen(at(first, f"attendees/{attendee.id}/")),
        seen(at(full, f"attendees/{waiting.id}/")),
        seen(at(strained, f"attendees/{one(session, Attendee.meeting_id == strained.id).id}/")),
        *(seen(at(first, page), act) for page, act in labelled),
        seen(at(first, labelled[0][0]), role="viewer"),
        *(seen(at(meeting, "attendance/")) for meeting in (first, past)),
        seen("/workspace/door/"),
        seen("/workspace/help/"),
        *(seen(f"/workspace/help/{task}/") for task in ("change", "views")),
        *(seen(at(meeting, "door/")) for meeting in (first, full, past, strained)),
        seen(at(past, "door/"), check_somebody_in),
        seen(at(past, "door/"), add_nobody_at_the_door),
        seen(at(first, "door/"), add_somebody_too_early),
        *(seen(path) for path in job_pages(session, first)),
        seen(at(past, "door/?q=nenajde")),
        seen(at(first, f"door/{attendee.id}/")),
        seen(at(full, f"door/{waiting.id}/")),
        seen(at(first, "door/walk-in/")),
        seen(at(first, "door/walk-in/"), submit_nothing),
        seen(at(first, "export/")),
        seen(at(first, "export/?tab=confirmed")),
        seen(at(strained, "export/")),
        seen(at(first, "sheets/")),
        seen(at(strained, "sheets/")),
        *(seen(at(first, page)) for page in many),
        seen(at(first, many[1]), wrong_placeholder_and_submit),
        seen(at(past, "letters/")),
        *(seen(at(first, f"questions/{page}")) for page in ("", "?show=en", "new/", "new/?kind=one")),
        *(
            seen(at(first, f"questions/new/?kind={kind}"), submit_nothing)
            for kind in ("one", "short", "file")
        ),
        seen(at(first, f"questions/{choice.id}/")),
        seen(at(draft, "questions/")),
        seen(f"/workspace/series/{first.series_id}/questions/"),
        seen(at(first, f"attendees/{attendee.id}/answers/")),
        seen(
            at(first, f"attendees/?show=note&show=kind&column={choice.id}&said={choice.id}:{ids(choice)[0]}")
        ),
        seen(at(first, "questions/"), role="viewer"),
        *(seen(at(meeting, "statistics/")) for meeting in (first, past, strained)),
        seen("/workspace/statistics/"),
        seen(at(first, "statistics/"), role="viewer"),
        seen("/workspace/outbox/"),
        seen(f"/workspace/outbox/{letter.id}/"),
        seen(f"/workspace/outbox/{letter.id}/html"),
        seen("/workspace/series/"),
        seen("/workspace/series/new/", submit_nothing),
        seen("/workspace/directory/contacts/"),
        seen("/workspace/directory/contacts/new/", submit_nothing),
        seen("/workspace/directory/organisations/"),
        seen("/workspace/directory/organisations/1/"),
        seen("/workspace/pages/"),
        seen("/workspace/pages/privacy/cs/"),
        seen("/workspace/team/"),
        seen(f"/workspace/team/{account.id}/"),
        seen("/workspace/team/invite/", submit_nothing),
        seen("/workspace/me/"),
        seen("/workspace/me/password/", submit_nothing),
        seen("/workspace/me/second-factor/"),
        seen("/workspace/me/second-factor/", submit_nothing),
        seen("/workspace/me/", role=PERSON),
        seen("/workspace/me/second-factor/", role=PERSON),
        seen("/workspace/me/second-factor/codes/", role=PERSON),
        seen("/workspace/me/second-factor/new-codes/", submit_nothing, role=PERSON),
        seen("/workspace/me/second-factor/turn-off/", role=PERSON),
        seen("/workspace/history/"),
        seen("/workspace/history/?kind=contact&since=nonsense"),
        seen(at(first, "history/")),
        seen(at(first, f"attendees/{attendee.id}/history/")),
        seen(at(first, "history/"), role="viewer"),
        seen("/workspace/me/notices/"),
        seen("/workspace/me/notices/", submit_nothing),
        seen("/workspace/me/", role="viewer"),
        *(seen(f"/workspace/outbox/{notice}/{page}") for page in ("", "html")),
        seen("/workspace/", role="viewer"),
        seen("/workspace/meetings/", role="viewer"),
        seen(at(first), role="viewer"),
        seen(at(first, many[0]), role="viewer"),
        seen(at(first, many[-1]), role="viewer"),
        seen(at(full, "attendees/"), role="viewer"),
        seen(at(first, f"attendees/{attendee.id}/"), role="viewer"),
    )


def desk_visits(session: Session) -> Iterator[Visit]:
    """The pages about invitations, answers and replies."""
    for path, act, role in desk_pages(session):
        doing = f", {act.__name__}" if act else ""
        yield Visit(f"{path} {role}{doing}", path, act, role)


def feedback_visits(session: Session) -> Iterator[Visit]:
    """The pages of feedback, of people and of organisers."""
    people, organisers = feedback_pages(session)
    for name, path, act in people:
        yield Visit(name, path, act)
    for path, act, role in organisers:
        doing = f", {act.__name__}" if act else ""
        yield Visit(f"{path} {role}{doing}", path, act, role)


def notice_about(session: Session, *meetings: Meeting) -> Letter:
    """A notice that says everything there is to say."""
    everything = {line: number for number, line in enumerate(Line, start=1)}
    facts = notice_facts([News(meeting, everything) for meeting in meetings], "cs")
    new = NewLetter(
        kind=Kind.NOTICE, recipient="a@example.org", language="cs", key="notice:test", facts=facts
    )
    letter = enqueue(session, new, now=meetings[0].created_at + timedelta(days=3650))
    session.commit()
    return letter


def one(session: Session, condition: object) -> Attendee:
    """The first attendee of whom this is true."""
    return session.scalars(select(Attendee).where(condition).order_by(Attendee.id).limit(1)).one()  # type: ignore[arg-type]


def held_back(session: Session, meeting: Meeting) -> Meeting:
    """Move a meeting whose people are not told yet."""
    meeting.untold = {"values": snapshot(meeting).values, "since": clock.now().isoformat(), "later": []}
    meeting.starts_at += timedelta(hours=1)
    meeting.ends_at += timedelta(hours=1)
    session.commit()
    return meeting


def thrown_away(session: Session) -> int:
    """A deleted draft, of which the list still tells."""
    draft = factories.make_meeting(session, state=MeetingState.DRAFT)
    draft.deleted_at = clock.now()
    session.commit()
    return draft.id


def telling_of(session: Session, meeting: Meeting) -> int:
    """Letters about a change that are half sent; gives the entry of history that they belong to."""
    now = clock.now()
    entry = Entry(
        at=now, actor="system", act="meeting:reschedule", subject="meeting", subject_id=meeting.id,
        meeting_id=meeting.id, details={},
    )  # fmt: skip
    session.add(entry)
    for number, state in enumerate((State.SENT, State.FAILED, State.SENT)):
        new = NewLetter(
            kind=Kind.RESCHEDULED, recipient=f"{number}@example.org", language="cs", key=f"told:{number}",
            facts={}, meeting_id=meeting.id,
        )  # fmt: skip
        enqueue(session, new, now=now).state = state
    session.commit()
    return entry.id


def of_address(session: Session, email: str) -> Attendee:
    """The attendee with this address."""
    return one(session, Attendee.email == email)


def press(page: Page, selector: str) -> None:
    """Press a button that leads to a new page, and wait for that."""
    with page.expect_navigation():
        page.locator(selector).last.click()


def submit_nothing(page: Page) -> None:
    """Send the form as it is."""
    press(page, "main form[method=post] button.button:not([name])")


def check_somebody_in(page: Page) -> None:
    """Press the first button of the list; the card says who is in."""
    page.locator("#guests .button:not(.second)").first.click()
    page.locator(".result.in").wait_for()


def add_nobody_at_the_door(page: Page) -> None:
    """Open the form for somebody who is not on the list, and send it as it is."""
    page.locator("#walk-in-open").click()
    page.locator("#walk-in button").first.click()
    page.locator("#walk-in .field.bad").wait_for()


def add_somebody_too_early(page: Page) -> None:
    """The server refuses whom the script adds; the phone keeps them with the reason."""
    page.locator("#walk-in-open").click()
    page.locator("#walk-in #name").fill(LONG_WORD)
    page.locator("#walk-in button").first.click()
    page.locator("#unsent .wrong").wait_for()


def choose_file_and_submit(page: Page) -> None:
    """Send the form with a file and nothing else."""
    page.locator("form#registration input[type=file]").first.set_input_files(
        {"name": f"{LONG_WORD} 2027.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    submit_nothing(page)


def choose_wrong_file_and_submit(page: Page) -> None:
    """Send the form with a file that is no PDF."""
    page.locator("form#registration input[type=file]").first.set_input_files(
        {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"<html>"}
    )
    submit_nothing(page)


def empty_and_submit(page: Page) -> None:
    """Send the form without the name."""
    page.locator("main [name$=name]").first.fill("")
    submit_nothing(page)


def add_two_and_submit(page: Page) -> None:
    """Make it a party of three and send it empty."""
    press(page, "button[name='add']")
    press(page, "button[name='add']")
    submit_nothing(page)


def wrong_placeholder_and_submit(page: Page) -> None:
    """Go on to sending with a text that names what is not there."""
    page.locator("[name=body_cs]").fill("%nmae%")
    press(page, "button[value=send]")


def another_day_and_submit(page: Page) -> None:
    """Move the meeting by years: the page asks before it tells so many people."""
    page.locator("[name=day]").fill("2031-05-06")
    submit_nothing(page)
