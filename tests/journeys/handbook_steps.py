"""What is done on a page before `handbook_pictures` takes it, and what is typed there in each language."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.base import clock
from app.domain.accounts.models import Account
from app.domain.feedback import service
from app.domain.history.service import SYSTEM
from app.domain.jobs.models import Job, JobKind, JobState
from app.domain.meetings.models import Meeting
from app.domain.questions import service as questions
from app.domain.questions.commands import Given, NewQuestion, OptionText, Owner, QuestionText
from app.domain.questions.models import Purpose, QuestionKind
from app.domain.registration.models import Attendee, Place
from tests.journeys.job_visits import LATER
from tests.questionnaires import ids

Typed = dict[str, str]
TYPED: dict[str, Typed] = {
    "en": {
        "label": "Speaker",
        "view": "By organisation",
        "columns": "Name;E-mail;Organisation;Note",
        "rows": "Alena Bílá;alena@example.org;Library;vegetarian\nJan Černý;jan@example.org;Town hall;speaks first",
    },
    "cs": {
        "label": "Mluvčí",
        "view": "Podle organizací",
        "columns": "Jméno;E-mail;Organizace;Poznámka",
        "rows": "Alena Bílá;alena@example.org;Knihovna;vegetariánka\nJan Černý;jan@example.org;Úřad;mluví první",
    },
}
# What was asked after a meeting, and the answers to choose, in each language.
RATING = {"en": "How was the meeting?", "cs": "Jaké bylo setkání?"}
MARKS = (
    {"en": "very good", "cs": "velmi dobré"},
    {"en": "good", "cs": "dobré"},
    {"en": "average", "cs": "průměrné"},
)


def go_on(page: Page, _typed: Typed) -> None:
    """Press the first button of the page, which leads to the next one."""
    press(page, "main form button >> nth=0")


def press(page: Page, selector: str) -> None:
    """Press a button that leads to a new page, and wait for that."""
    with page.expect_navigation():
        page.locator(selector).click()


def tick(page: Page, number: int) -> None:
    """Tick the first people of the list and open what can be done with them."""
    for box in page.locator("tbody input[name=person]").all()[:number]:
        box.check()
    page.locator(".bulk > details > summary").click()


def bring_a_table(page: Page, typed: Typed) -> None:
    """Paste a table and look what was guessed of its columns."""
    page.locator("#text").fill(f"{typed['columns']}\n{typed['rows']}")
    press(page, "#import .button")


def choose_some(page: Page, _typed: Typed) -> None:
    """Tick three people."""
    tick(page, 3)


def move_some(page: Page, _typed: Typed) -> None:
    """Go to the page where the meeting is chosen."""
    tick(page, 2)
    press(page, "button[formaction*='/move']:not([name])")


def put_labels_on(page: Page, typed: Typed) -> None:
    """Give a label to some, and open where it is given."""
    tick(page, 3)
    label = page.locator(".bulk details.more", has=page.locator("#label"))
    label.locator("summary").click()
    page.locator("#label").fill(typed["label"])
    press(page, "button[formaction*='/many/label']:not([name]):not(.unseen)")
    page.goto(page.url.split("?")[0] + "?show=state&show=labels")


def save_a_view(page: Page, typed: Typed) -> None:
    """Give the view a name."""
    page.locator(".find > details > summary").click()
    page.locator("details.more", has=page.locator("#name")).locator("summary").click()
    page.locator("#name").fill(typed["view"])
    press(page, "button[form='save-view']")
    page.goto(page.url)  # without the notice


def open_columns(page: Page, _typed: Typed) -> None:
    """Open what can be chosen."""
    page.locator(".find > details > summary").click()
    page.locator(".find details.more summary").first.click()


def register_twice(page: Page, _typed: Typed) -> None:
    """Put somebody on the list under two addresses, and look who is there twice."""
    form = page.url
    for email in ("jana.novotna@example.org", "j.novotna@example.org"):
        page.goto(form)
        page.locator("[name=name]").fill("Jana Novotná")
        page.locator("[name=email]").fill(email)
        page.locator("[name=organisation]").fill("Knihovna")
        if page.locator("[name=mode]").count():
            page.locator("[name=mode]").first.check()
        press(page, "form#add button.button")
    page.goto(form.replace("/add/", "/duplicates/"))


def feedback_given(session: Session) -> str:
    """Ask after a meeting that is over, and answer for some who were there; gives the page of the results."""
    over = select(Meeting).where(Meeting.ends_at < clock.now()).order_by(Meeting.ends_at.desc())
    meeting = session.scalars(over).unique().all()[0]
    query = select(Attendee).where(Attendee.meeting_id == meeting.id, Attendee.place == Place.CONFIRMED)
    people = session.scalars(query.order_by(Attendee.id)).all()
    text = QuestionText(label=RATING, options=tuple(OptionText(label=mark) for mark in MARKS))
    whose = Owner(meeting_id=meeting.id, purpose=Purpose.FEEDBACK)
    command = NewQuestion(kind=QuestionKind.ONE, text=text)
    rating = questions.add(session, whose, command, now=clock.now(), actor=SYSTEM)
    session.flush()
    marks = ids(rating)
    service.choose(session, meeting.id, anonymous=True, days=30, now=clock.now(), actor=SYSTEM)
    session.flush()
    for who, at in zip(people, (0, 0, 1, 0, 2, 0, 1, 0), strict=False):
        service.give(session, who.id, {rating.id: Given(options=(marks[at],))}, now=meeting.ends_at)
    session.commit()
    return f"/workspace/meetings/{meeting.id}/feedback/"


def file_under_way(session: Session, meeting: Meeting, email: str) -> str:
    """A long list that is being made for this account; gives its page."""
    account = session.scalars(select(Account).where(Account.email == email)).one()
    job = Job(
        token="picture",
        account_id=account.id,
        meeting_id=meeting.id,
        kind=JobKind.WORKBOOK,
        state=JobState.RUNNING,
        arguments={},
        sensitive=False,
        number=10_000,
        done=4_250,
        total=10_000,
        due_at=clock.now() + LATER,
        disposition="",
        content_type="",
        created_at=clock.now(),
    )
    session.add(job)
    session.commit()
    return f"/workspace/jobs/{job.token}/"


STEPS: dict[str, Callable[[Page, Typed], None]] = {
    "change": go_on,
    "letters": go_on,
    "import": bring_a_table,
    "many": choose_some,
    "move": move_some,
    "labels": put_labels_on,
    "views": save_a_view,
    "columns": open_columns,
    "twice": register_twice,
}
