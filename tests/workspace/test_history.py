"""The pages of history: sentences, filters, pages, a file; and that no word of history is without its sentence."""

import ast
import csv
import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.base import clock
from app.domain.accounts.models import Role
from app.domain.history.models import Entry
from app.domain.history.service import PUBLIC, SYSTEM, organiser, record
from app.domain.privacy.erase import erase_attendee
from app.domain.registration.models import Attendee
from app.extensions import db
from app.workspace import history_words
from app.workspace.history_words import ACTORS, SENTENCES, SUBJECTS
from tests.browsers import account_of, browser, csrf_of
from tests.factories import make_meeting, register

APP = Path(__file__).parents[2] / "app"
WORD = re.compile(r"[a-z]+:[a-z_]+")
ALL = "/workspace/history/"
# Attributes of markup that look like words of history.
NOT_HISTORY = {"xml:lang"}


def recorded_words():
    """Every constant in the code that has the grammar of a word of history, but for the sentences themselves."""
    found = {}
    for path in APP.rglob("*.py"):
        if path.name == "history_words.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and WORD.fullmatch(node.value):
                found[node.value] = path.name
    return {word: name for word, name in found.items() if word not in NOT_HISTORY}


def test_every_word_of_history_has_its_sentence():
    words = recorded_words()
    assert len(words) > 60
    assert {word: name for word, name in words.items() if word not in SENTENCES} == {}
    assert {word.partition(":")[0] for word in SENTENCES} <= set(SUBJECTS)


def test_every_kind_of_actor_has_its_word():
    assert {"attendee", "public", "system"} == set(ACTORS)


@pytest.mark.parametrize("word", sorted(SENTENCES))
def test_no_sentence_breaks_on_an_entry_without_details(app, word):
    act = ":".join(word.split(":")[:2])
    with app.test_request_context("/workspace/?lang=en"):
        said = history_words.sentence(Entry(act=act, details={}))
    assert said.endswith(".")
    assert "%(" not in said


@pytest.fixture
def house(app):
    """A meeting with two people, an administrator, an organiser and what they did."""
    admin = account_of(app, Role.ADMINISTRATOR, email="admin@example.org")
    jana = account_of(app, Role.ORGANISER, email="jana@example.org")
    with app.app_context():
        session = db.session()
        meeting = make_meeting(session)
        people = register(session, meeting, "Olena Ševčenková", "Petr Říha")
        old = datetime(2020, 5, 1, 21, 30, tzinfo=UTC)
        record(
            session,
            "meeting:edit",
            subject_id=meeting.id,
            meeting_id=meeting.id,
            actor=organiser(jana),
            now=old,
        )
        record(session, "contact:add", subject_id=1, actor=organiser(jana), now=clock.now())
        record(session, "account:ask_link_in_vain", subject_id=0, actor=PUBLIC, now=clock.now())
        session.commit()
        return {"admin": admin, "jana": jana, "meeting": meeting.id, "people": [one.id for one in people]}


@pytest.fixture
def desk(app, house):
    return browser(app, house["admin"])


def read(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def rows(page):
    return re.findall(r'<td role="cell" class="long" data-label="What">([^<]*)</td>', page)


def download(client, path, page):
    answer = client.post(path, data={"csrf_token": csrf_of(read(client, page))})
    assert answer.status_code == 200
    text = answer.get_data().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";")), answer


def test_the_whole_house(desk):
    page = read(desk, ALL)
    assert "A contact was added." in page
    assert "Somebody asked for a sign-in link" in page
    assert ">Olena Ševčenková<" in page
    assert "a visitor" in page
    assert "Please correct" not in page
    assert "Housing and the move to renting" in page


def test_one_meeting_and_one_person(desk, house):
    base = f"/workspace/meetings/{house['meeting']}/"
    page = read(desk, f"{base}history/")
    assert "The meeting was edited." in page
    assert "A contact was added." not in page
    page = read(desk, f"{base}attendees/{house['people'][0]}/history/")
    assert rows(page) == ["Registered and got a seat."]
    assert "Petr Říha" not in page
    for path in ("", f"attendees/{house['people'][0]}/"):
        assert "history/" in read(desk, base + path)
    assert desk.get(f"{base}attendees/4711/history/").status_code == 404


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("kind=contact", ["A contact was added."]),
        ("who=public", None),
        ("since=2020-05-01&until=2020-05-01", ["The meeting was edited."]),
        ("since=2020-05-02&until=2020-05-03", []),
        ("until=2020-04-30", []),
        ("kind=unheard-of&until=2020-12-31", ["The meeting was edited."]),
        ("who=4711&until=2020-12-31", ["The meeting was edited."]),
        ("kind=contact&page=99", ["A contact was added."]),
        ("until=9999-12-31&kind=contact", ["A contact was added."]),
    ],
)
def test_filters(desk, query, expected):
    page = read(desk, f"{ALL}?{query}")
    if expected is not None:
        assert rows(page) == expected
    else:
        assert "a visitor" in page
        assert "A contact was added." not in rows(page)


def test_by_whom(desk, house):
    page = read(desk, f"{ALL}?who={house['jana']}")
    assert set(rows(page)) == {"A contact was added.", "The meeting was edited."}
    assert f'<option selected value="{house["jana"]}">' in page


def test_a_day_that_cannot_be_read_is_told(desk):
    page = read(desk, f"{ALL}?since=yesterday")
    assert "Enter a day like" in page
    assert "A contact was added." in page


def test_pages_keep_the_filter(app, desk, house):
    with app.app_context():
        for minute in range(120):
            now = clock.now() + timedelta(minutes=minute)
            record(db.session(), "page:edit", subject_id=1, actor=SYSTEM, now=now)
        db.session.commit()
    page = read(desk, f"{ALL}?kind=page&page=2")
    assert len(rows(page)) == 50
    assert f"{ALL}?kind=page&amp;page=3" in page
    assert "51–100 of 120" in page


def test_the_statements_do_not_grow_with_the_rows(app, desk, house, statements):
    read(desk, ALL)
    with statements() as few:
        read(desk, ALL)
    with app.app_context():
        meeting = make_meeting(db.session(), number=66)
        register(db.session(), meeting, *(f"Osoba {chr(65 + one)}" for one in range(6)))
        db.session.commit()
    with statements() as many:
        read(desk, ALL)
    assert len(many) == len(few) <= 12, many


def test_the_file_says_the_same_and_is_recorded(app, desk, house):
    (head, *lines), answer = download(desk, f"{ALL}download/?kind=contact", ALL)
    assert head == ["When", "Who", "What", "About", "Meeting", "Act"]
    assert [line[2:] for line in lines] == [["A contact was added.", "", "", "contact:add"]]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="history.csv"'
    with app.app_context():
        entry = db.session.scalars(select(Entry).where(Entry.act == "history:export")).one()
        assert (entry.account_id, entry.details) == (house["admin"], {"number": 1})
    assert "History was downloaded: 1 entries." in read(desk, ALL)


def test_the_file_of_a_meeting_and_of_a_person(desk, house):
    base = f"/workspace/meetings/{house['meeting']}/"
    for path, expected in (("history/", 5), (f"attendees/{house['people'][0]}/history/", 1)):
        (_head, *lines), _answer = download(desk, f"{base}{path}download/", base + path)
        assert len(lines) >= expected
        assert all(line[5] for line in lines)


def test_who_was_erased_has_no_name_in_history(app, desk, house):
    with app.app_context():
        erase_attendee(db.session(), house["people"][0], now=clock.now(), actor=SYSTEM)
        db.session.commit()
    assert "Olena" not in read(desk, ALL)
    (_head, *lines), _answer = download(desk, f"{ALL}download/", ALL)
    assert not [line for line in lines if "Olena" in "".join(line)]


def test_viewers_read_and_do_not_download(app, house):
    viewer = browser(app, account_of(app, Role.VIEWER))
    page = read(viewer, f"/workspace/meetings/{house['meeting']}/history/")
    assert "Your role may only look." in page
    with app.app_context():
        assert db.session.get(Attendee, house["people"][0])
