"""Importing people into the list: columns, rows, what is wrong with them, adding once, taking back."""

from __future__ import annotations

import csv
import io
import re
from contextvars import Context
from datetime import date

import pytest
from sqlalchemy import select, update

from app.base import clock
from app.domain.accounts.models import Role
from app.domain.history.models import Entry
from app.domain.history.service import SYSTEM
from app.domain.meetings.models import Format, Meeting, MeetingState
from app.domain.outbox.models import Letter, State
from app.domain.questions.models import QuestionKind
from app.domain.registration import invitations, personal
from app.domain.registration.models import Attendee
from app.domain.reports import invariants
from tests.cpu_time import cpu_time
from tests.factories import DOMAIN, make_account, make_meeting, person, register
from tests.questionnaires import ask, ids, option, said_by
from tests.workspace.desk import Desk
from tests.workspace.import_steps import begin, go_on, letters, on_list, preview, url
from tests.workspace.invitation_steps import carried, lines, workbook

HEAD = "Jméno a příjmení;E-mail;Organizace;Typ organizace;Poznámka"
JANA = "Jana Nováková;jana@praha7.example;Praha 7;městská část;Vede skupinu"
PETR = "Petr Říha;;InBáze;;"
UNDO = re.compile(r'name="ended_at" value="(import:[^"]+)"')


@pytest.fixture
def desk(app, session):
    return Desk(app, session, make_account(session, Role.ORGANISER))


@pytest.fixture
def meeting(session):
    """The number of an ordinary meeting."""
    made = make_meeting(session)
    session.commit()
    return made.id


def take_back(desk, page, follow=True):
    """Press the button of the notice."""
    (instant,) = set(UNDO.findall(page.get_data(as_text=True).replace("&#43;", "+")))
    path = f"{page.request.path.rstrip('/')}/bring-back"
    return desk.post(path, follow=follow, ended_at=instant)


def test_a_table_is_guessed_looked_at_and_added(session, desk, meeting):
    page = begin(desk, meeting, f"{HEAD}\n{JANA}\n{PETR}")
    text = page.get_data(as_text=True)
    assert "<h1>What the columns hold</h1>" in text
    assert carried(page, "/attendees/import/")["column"] == ["name", "email", "organisation", "kind", "note"]
    page = go_on(desk, page)
    assert "<h1>2 people can be added</h1>" in page.get_data(as_text=True)
    assert [cells[:4] for cells in lines(page, "new")] == [
        ["2", "Jana Nováková", "jana@praha7.example", "Praha 7"],
        ["3", "Petr Říha", "–", "InBáze"],
    ]
    assert lines(page, "new")[1][-1] == "Without an address no letters go to this person."
    assert on_list(session) == []

    done = go_on(desk, page, "add")
    assert "2 people are on the list now. 1 letter is on its way." in done.get_data(as_text=True)
    jana, petr = on_list(session)
    assert (jana.name, jana.email, jana.organisation_kind, jana.note, jana.place) == (
        "Jana Nováková",
        "jana@praha7.example",
        "district",
        "Vede skupinu",
        "confirmed",
    )
    assert (petr.email, petr.organisation_name, petr.organisation_kind) == (None, "InBáze", None)
    assert letters(session) == [("added", "jana@praha7.example", "REQUEST", "queued")]


def test_the_file_of_our_own_list_comes_back(session, desk, meeting):
    """Headings of our downloads are understood in both languages."""
    for head in (
        "No.,Surname first,Name,E-mail,Organisation,Kind of organisation,State,Takes part,Language,Note",
        "Č.,Příjmení a jméno,Jméno,E-mail,Organizace,Druh organizace,Stav,Účast,Jazyk,Poznámka",
    ):
        row = "1,Nováková Jana,Jana Nováková,jana@praha7.example,Praha 7,NGO,coming,in person,English,'=1+1"
        page = begin(desk, meeting, f"{head}\n{row}")
        assert carried(page, "/attendees/import/")["column"] == [
            "", "", "name", "email", "organisation", "kind", "", "mode", "language", "note",
        ]  # fmt: skip
    done = go_on(desk, go_on(desk, page), "add")
    assert "1 person is on the list now." in done.get_data(as_text=True)
    (jana,) = on_list(session)
    assert (jana.organisation_kind, jana.language, jana.note) == ("ngo", "en", "=1+1")


def test_free_lines_go_straight_to_the_preview(session, desk, meeting):
    page = begin(desk, meeting, "Jméno\nJana Nováková <jana@praha7.example>, Praha 7\nPetr Říha")
    assert [cells[:4] for cells in lines(page, "new")] == [
        ["2", "Jana Nováková", "jana@praha7.example", "Praha 7"],
        ["3", "Petr Říha", "–", ""],
    ]
    go_on(desk, page, "add")
    assert [one.name for one in on_list(session)] == ["Jana Nováková", "Petr Říha"]


def test_each_row_says_all_that_is_wrong_and_goes_back_as_a_file(session, desk, meeting):
    bad = "Adam;adam@;Spolek;klub;=1+2"
    text = "\n".join([HEAD, JANA, "", bad, ";;Sama organizace;;", f"{'N' * 300};n@x.example;;;"])
    page = preview(desk, meeting, text)
    wrong = {cells[0]: cells[-1] for cells in lines(page, "wrong")}
    assert wrong == {
        "4": "“adam@” is no e-mail address. Write it like name@example.org. "
        "“klub” is no kind of organisation. Write NGO or another one, or leave the cell empty.",
        "5": "There is no name. Add it to this row.",
        "6": "This line is too long. Shorten the name or the organisation.",
    }
    file = go_on(desk, page, "mend")
    assert file.mimetype == "text/csv"
    assert "attachment" in file.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(file.get_data(as_text=True).lstrip("\ufeff")), delimiter=";"))
    assert rows[0] == [*HEAD.split(";"), "What to mend"]
    assert rows[1] == ["Adam", "adam@", "Spolek", "klub", "'=1+2", wrong["4"]]
    assert len(rows) == 4

    go_on(desk, page, "add")
    mended = file.get_data().replace(b"adam@;", b"adam@spolek.example;").replace(b";klub;", b";NGO;")
    page = go_on(desk, begin(desk, meeting, file=mended))
    go_on(desk, page, "add")
    assert [(one.name, one.note) for one in on_list(session)] == [
        ("Jana Nováková", "Vede skupinu"),
        ("Adam", "=1+2"),
    ]


def test_whoever_is_known_is_left_out(session, desk):
    made = make_meeting(session)
    register(session, made, person("Jana Nováková", "jana@praha7.example"))
    (gone,) = register(session, made, person("Eva Malá", "eva@x.example"))
    personal.cancel(session, gone.id, now=clock.now(), actor=SYSTEM)
    session.commit()
    rows = ("JANA NOVAKOVA;Jana@Praha7.example;", "Eva Malá;eva@x.example;", "Petr;;InBáze", "petr;;inbaze")
    text = "\n".join(("Jméno;E-mail;Organizace", *rows, "Petr;;Jiná", "Jan;jana@praha7.example;"))
    page = preview(desk, made.id, text)
    assert [(cells[0], cells[-1]) for cells in lines(page, "left-out")] == [
        ("2", "On the list already: coming."),
        ("3", "On the list already: not coming."),
        ("5", "The same person as in line 4."),
    ]
    assert [cells[0] for cells in lines(page, "new")] == ["4", "6", "7"]
    assert lines(page, "new")[-1][-1] == "This address is on the list for Jana Nováková."
    go_on(desk, page, "add")
    again = preview(desk, made.id, text)
    assert "<h1>Nobody can be added</h1>" in again.get_data(as_text=True)
    assert len(lines(again, "left-out")) == 6


def test_the_same_form_twice_adds_once(session, desk, meeting):
    page = preview(desk, meeting, f"{HEAD}\n{JANA}\nPetr Říha;;InBáze;;")
    first, second = (go_on(desk, page, "add", follow=False) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert len(on_list(session)) == 2
    assert len(letters(session)) == 1
    without = go_on(desk, page, "add", key="forged")
    assert "Nobody has been added yet." in without.get_data(as_text=True)
    stale = preview(desk, meeting, "Jméno;E-mail\nKarel;karel@x.example\nJana;jana@x.example")
    register(session, session.get_one(Meeting, meeting), person("Karel", "karel@x.example"))
    session.commit()
    said = go_on(desk, stale, "add").get_data(as_text=True)
    assert "1 person is on the list now. 1 person was left out" in said


def test_taking_back_ends_just_these_and_tells_who_knew(session, desk, meeting):
    make = session.get_one(Meeting, meeting)
    register(session, make, person("Stálá Osoba", "stala@x.example"))
    session.commit()
    page = preview(desk, meeting, f"{HEAD}\n{JANA}\n{PETR}\nKarel;karel@x.example;;;")
    done = go_on(desk, page, "add")
    knows = update(Letter).where(Letter.recipient == "karel@x.example")
    session.execute(knows.values(state=State.SENT, perhaps_sent=True))
    session.commit()
    back = take_back(desk, done)
    text = back.get_data(as_text=True)
    assert "3 people are off the list again. A letter tells the one who had got one." in text
    assert [(one.name, one.place) for one in on_list(session)] == [
        ("Stálá Osoba", "confirmed"),
        ("Jana Nováková", "cancelled"),
        ("Petr Říha", "cancelled"),
        ("Karel", "cancelled"),
    ]
    assert letters(session)[1:] == [
        ("added", "jana@praha7.example", "REQUEST", "superseded"),
        ("added", "karel@x.example", "REQUEST", "sent"),
        ("cancelled", "karel@x.example", "CANCEL", "queued"),
    ]
    assert "There is nothing to take back." in take_back(desk, done).get_data(as_text=True)
    session.rollback()
    assert invariants.broken(session, now=clock.now()) == []
    acts = [one.act for one in session.scalars(select(Entry).where(Entry.meeting_id == meeting))]
    assert acts.count("meeting:import") == acts.count("meeting:undo_import") == 1
    history = desk.read(f"/workspace/meetings/{meeting}/history/")
    assert "A list was imported. People added: 3, letters: 2." in history
    assert "An import was taken back. People taken off: 3." in history
    assert "Something was done" not in history


def test_nobody_is_told_of_a_silent_import(session, desk, meeting):
    page = preview(desk, meeting, f"{HEAD}\n{JANA}", letters="silent")
    assert "They do not learn of it now and get no invite." in page.get_data(as_text=True)
    done = go_on(desk, page, "add")
    assert "1 person is on the list now. No letter was sent." in done.get_data(as_text=True)
    assert letters(session) == []
    back = take_back(desk, done).get_data(as_text=True)
    assert "1 person is off the list again. No letter goes out about it." in back
    assert letters(session) == []


def test_who_finds_no_seat_waits_and_moves_up_after_the_undo(session, desk):
    made = make_meeting(session, capacity=2)
    session.commit()
    page = preview(desk, made.id, "Jméno;E-mail\n" + "\n".join(f"A{n};a{n}@x.example" for n in range(3)))
    done = go_on(desk, page, "add")
    assert "No seat was free for 1 of them, who waits. 3 letters" in done.get_data(as_text=True)
    assert [(one.place, one.queue_number) for one in on_list(session)] == [
        ("confirmed", None),
        ("confirmed", None),
        ("waiting", 1),
    ]
    register(session, made, person("Stojí Ve Frontě", "fronta@x.example"))
    session.commit()
    take_back(desk, done)
    assert [one.place for one in on_list(session)] == ["cancelled"] * 3 + ["confirmed"]


def test_modes_and_languages_of_rows(session, desk):
    made = make_meeting(session, format=Format.HYBRID, online_url="https://meet.example.org/x")
    session.commit()
    rows = ("A B;a@x.example;on-line?;", "B B;b@x.example;ONLINE;angličtina", "C C;c@x.example;na místě;cs")
    text = "\n".join(("Jméno;E-mail;Účast;Jazyk", *rows, "D D;d@x.example;;Klingon", "E E;e@x.example;;"))
    page = preview(desk, made.id, text, mode="online", language="en")
    assert [cells[-1] for cells in lines(page, "wrong")] == [
        "“on-line?” does not say how they take part. Write in person, online, or leave the cell empty.",
        "We do not write letters in “Klingon”. Write Čeština, English, or leave the cell empty.",
    ]
    go_on(desk, page, "add")
    assert [(one.name, one.mode, one.language) for one in on_list(session)] == [
        ("B B", "online", "en"),
        ("C C", "room", "cs"),
        ("E E", "online", "en"),
    ]


def test_needs_are_kept_only_with_a_consent(session, desk, meeting):
    page = begin(desk, meeting, "Jméno;E-mail;Potřeby;Strava\nJana;j@x.example;křeslo;vegan")
    refused = go_on(desk, page)
    assert refused.status_code == 422
    assert "Tick that these people agreed" in refused.get_data(as_text=True)
    go_on(desk, go_on(desk, refused, consent="y"), "add")
    (jana,) = on_list(session)
    assert (jana.needs_note, jana.needs_diet) == ("křeslo", "vegan")
    assert (
        jana.needs_consent_text
        == "These people agreed that we keep their needs and private answers for this meeting."
    )
    assert jana.needs_consent_at == jana.registered_at


def test_private_answers_are_kept_only_with_a_consent(session, desk):
    made = make_meeting(session)
    faith = ask(session, made, QuestionKind.SHORT, "Faith", sensitive=True)
    session.commit()
    page = begin(desk, made.id, "Jméno;E-mail;Faith\nJana;j@x.example;none")
    refused = go_on(desk, page)
    assert refused.status_code == 422
    assert "set the columns with private answers to" in refused.get_data(as_text=True)
    go_on(desk, go_on(desk, refused, consent="y"), "add")
    (jana,) = on_list(session)
    assert said_by(session, jana)[faith.id].text == "none"


def test_answers_are_judged_and_places_of_options_counted(session, desk):
    made = make_meeting(session)
    shop = ask(session, made, QuestionKind.ONE, "Workshop", option("Housing, flats", 2), option("School"))
    topics = ask(session, made, QuestionKind.MANY, "Topics", "Law", "Health, body")
    lunch = ask(session, made, QuestionKind.YES_NO, "Lunch?", required=True)
    since = ask(session, made, QuestionKind.DATE, "Since")
    session.commit()
    rows = [
        ("Name", "E-mail", "Workshop (cs)", "Topics", "Lunch?", "Since"),
        (
            "A A",
            "a@x.example",
            "housing, flats",
            "Law; Health, body",
            "ano",
            date(2027, 4, 5),
        ),
        ("B B", "b@x.example", "Housing, flats", "law", "NO", "4. 4. 2027"),
        ("C C", "c@x.example", "Housing, flats", None, None, None),
        ("D D", "d@x.example", "Cinema", "Law, Music", "maybe", "soon"),
        ("E E", "e@x.example", "School", None, None, None),
    ]
    page = go_on(desk, begin(desk, made.id, file=workbook(*rows)))
    wrong = {cells[0]: cells[-1] for cells in lines(page, "wrong")}
    assert wrong.pop("4") == "“Housing, flats” is full now. Choose something else."
    assert wrong.pop("5").split(". ") == [
        "Choose from what is offered in “Workshop”",
        "Choose from what is offered in “Topics”",
        "Choose from what is offered in “Lunch?”",
        "Enter a day like 4",
        "4",
        "2027 in “Since”.",
    ]
    assert wrong == {}
    go_on(desk, page, "add")
    found = {one.name: said_by(session, one) for one in on_list(session)}
    assert found["B B"][shop.id].options == (ids(shop)[0],)
    assert found["B B"][topics.id].options == (ids(topics)[0],)
    assert found["B B"][lunch.id].text == "no"
    assert found["B B"][since.id].text == "2027-04-04"
    assert found["A A"][topics.id].options == tuple(ids(topics))
    assert found["A A"][since.id].text == "2027-04-05"
    assert list(found["E E"]) == [shop.id]
    assert invariants.broken(session, now=clock.now()) == []


def test_rows_keep_their_numbers_and_columns(desk, meeting):
    """Also where the file begins with an empty row, or its first column has no heading."""
    rows = [(None, None, None), (None, "Jméno", "E-mail"), (1, "Jana", "j@x.example"), (2, "Petr", "petr@")]
    page = begin(desk, meeting, file=workbook(*rows))
    assert carried(page, "/attendees/import/")["column"] == ["", "name", "email"]
    page = go_on(desk, page)
    assert [cells[:3] for cells in lines(page, "new")] == [["3", "Jana", "j@x.example"]]
    assert [cells[:3] for cells in lines(page, "wrong")] == [["4", "Petr", "petr@"]]
    page = begin(desk, meeting, file=workbook((None,), ("Jana Nováková",), ("Petr Říha",)))
    assert [cells[:2] for cells in lines(page, "new")] == [["2", "Jana Nováková"], ["3", "Petr Říha"]]
    page = go_on(desk, begin(desk, meeting, file=workbook(*rows[1:3])))
    assert [cells[:3] for cells in lines(page, "new")] == [["2", "Jana", "j@x.example"]]


def test_drafts_and_meetings_called_off_take_nobody(session, desk):
    for state in (MeetingState.DRAFT, MeetingState.CALLED_OFF):
        made = make_meeting(session, state=state)
        session.commit()
        answer = desk.get(url(made.id))
        assert answer.status_code == 303
        assert answer.location.endswith(f"/workspace/meetings/{made.id}/attendees/")


def test_a_meeting_that_has_begun_takes_people_without_letters(session, desk, meeting):
    made = session.get_one(Meeting, meeting)
    length = made.ends_at - made.starts_at
    made.starts_at = clock.now() - length / 2
    made.ends_at = made.starts_at + length
    session.commit()
    assert "The meeting has begun, so no letters go out." in desk.read(url(meeting))
    done = go_on(desk, preview(desk, meeting, f"{HEAD}\n{JANA}", letters="silent"), "add")
    assert letters(session) == []
    assert "1 person is off the list again." in take_back(desk, done).get_data(as_text=True)


def test_columns_have_one_meaning_each_and_can_be_changed(desk, meeting):
    page = begin(desk, meeting, "Kdo;Kam\nJana Nováková;jana@x.example\nPetr Říha;petr@x.example")
    assert carried(page, "/attendees/import/")["column"] == ["name", "email"]
    twice = go_on(desk, page, column=["name", "name"])
    assert "Use each meaning for one column only." in twice.get_data(as_text=True)
    none = go_on(desk, page, column=["note", "organisation"])
    assert "Say which column holds the name." in none.get_data(as_text=True)
    shown = go_on(desk, go_on(desk, none, column=["name", "email"]), "columns")
    assert carried(shown, "/attendees/import/")["column"] == ["name", "email"]
    assert "Kdo" in go_on(desk, go_on(desk, shown), "back").get_data(as_text=True)


@pytest.mark.parametrize("number", [20, 300])
def test_statements_do_not_grow_and_three_hundred_are_quick(session, desk, meeting, statements, number):
    rows = "\n".join(f"Osoba {n} Česká;o{n}@x.example;Praha {n};;" for n in range(number))
    page = preview(desk, meeting, f"{HEAD}\n{rows}")
    fields = carried(page, "/attendees/import/") | {"act": "add"}
    with statements() as seen, cpu_time() as took:
        done = Context().run(desk.client.post, url(meeting), data=fields)
    assert done.status_code == 303
    reads = [one for one in seen if one.startswith("SELECT")]
    assert len(reads) <= 20, reads
    assert took.seconds < 1
    assert len(on_list(session)) == number


def test_invited_people_are_left_to_their_answer(session, desk, meeting):
    command = invitations.Invitation(people=(person("Jana Nováková", "jana@praha7.example"),), language="cs")
    invitations.invite(session, meeting, command, now=clock.now(), actor=SYSTEM, mail_domain=DOMAIN)
    session.commit()
    page = preview(desk, meeting, f"{HEAD}\n{JANA}\n{PETR}")
    assert [cells[-1] for cells in lines(page, "left-out")] == ["On the list already: invited."]
    assert session.scalar(select(Attendee.place)) == "invited"
