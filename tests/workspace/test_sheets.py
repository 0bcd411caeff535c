"""Printing from the workspace: what the buttons say, what the paper holds, what is recorded, who may."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from app.base import clock
from app.domain.accounts.models import Role
from app.domain.history.models import Entry
from app.domain.history.service import SYSTEM
from app.domain.meetings.models import Format
from app.domain.pages.service import save_page
from app.domain.registration.models import Answer, Attendee, Mode
from app.extensions import db
from app.paper import press as press_module
from tests.factories import make_account, make_meeting, make_series, person, register
from tests.paper.papers import flowing, pages_of, poppler, text_of
from tests.workspace.desk import Desk

START = datetime(2027, 4, 6, 11, 0, tzinfo=UTC)
AGREED = "My name may be on the list."
NAMES = ["Eva Černá", "Ivo Cibulka", "Petr Hrách", "Jana Chalupová", "Ota Ibl", "Mgr. Žofie Šťastná, Ph.D."]
ALPHABET = ["Cibulka", "Černá", "Hrách", "Chalupová", "Ibl", "Šťastná"]


@pytest.fixture
def desk(app, session):
    return Desk(app, session, make_account(session, Role.ORGANISER))


@pytest.fixture
def meeting(session):
    """Six in the room, one of them undecided, two who agreed to the list; one online, one waiting."""
    found = make_meeting(
        session,
        starts_at=START,
        format=Format.HYBRID,
        capacity=6,
        online_capacity=5,
        online_url="https://x.cz",
    )
    for name in NAMES:
        agreed = AGREED if name in NAMES[:2] else ""
        (row,) = register(session, found, person(name, organisation="InBáze, z. s.", handout_consent=agreed))
        if name == "Ota Ibl":
            row.answer = Answer.MAYBE
    register(session, found, person("Olena Online", mode=Mode.ONLINE))
    register(session, found, person("Vanda Čekající"))
    session.commit()
    return found


def address(meeting, query=""):
    return f"/workspace/meetings/{meeting.id}/sheets/{query}"


def exports(meeting, query=""):
    return f"/workspace/meetings/{meeting.id}/export/{query}"


def order(desk, meeting, what, query="", **fields):
    return desk.post(address(meeting, query), **({"order": what, "language": "en", "blank": "0"} | fields))


def printed(session):
    session.rollback()
    return session.query(Entry).filter_by(act="list:print").order_by(Entry.id).all()


def surnames(text):
    return [word for word in re.findall(r"\w+", text) if word in ALPHABET]


def test_the_sheet_of_those_in_the_room(desk, session, meeting, tmp_path):
    answer = order(desk, meeting, "sheet-seated", blank="5")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert 'filename="sign-in-sheet-2027-04-06.pdf"' in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    text = text_of(answer.get_data(), tmp_path)
    for part in (
        "Sign-in sheet", "Housing and the move to renting", "Regional Advisory Platform", "No. 65",
        "Tuesday 6 April 2027 | 13:00 – 16:00", "Staroměstské nám. 1/3, 110 00 Praha 1",
        "Legal basis: a task in the public interest", "Signature", "Page 1 of 1", "Mgr. Žofie Šťastná, Ph.D.",
    ):  # fmt: skip
        assert part in text, part
    assert surnames(text) == ALPHABET
    assert re.findall(r"^ +(\d+)\b", text, re.MULTILINE) == [str(number) for number in range(1, 12)]
    assert "Online" not in text
    assert "Čekající" not in text


@pytest.mark.parametrize(
    ("what", "query", "names"),
    [
        ("sheet-sure", "", [name for name in ALPHABET if name != "Ibl"]),
        ("sheet-shown", "?q=stastna", ["Šťastná"]),
        ("sheet-shown", "?sort=name&order=desc&mode=room&tab=confirmed", ALPHABET[::-1]),
        ("badges-seated", "?q=stastna", ALPHABET),
        ("labels-shown", "?q=cerna", ["Černá"]),
        ("handout-agreed", "?q=stastna", ["Cibulka", "Černá"]),
    ],
)
def test_whose_names_are_on_the_paper(desk, meeting, tmp_path, what, query, names):
    answer = order(desk, meeting, what, query)
    assert answer.status_code == 200
    assert surnames(" ".join(pages_of(answer.get_data(), tmp_path))) == names


def test_those_online_only_when_asked(desk, meeting, tmp_path):
    assert "OlenaOnline" in flowing(order(desk, meeting, "sheet-anywhere").get_data(), tmp_path)


def test_the_paper_speaks_the_language_chosen(desk, meeting, tmp_path):
    pdf = order(desk, meeting, "sheet-seated", language="cs").get_data()
    text = text_of(pdf, tmp_path)
    assert "úterý 6. 4. 2027 | 13:00 – 16:00" in text
    assert "Bydlení a přechod do nájmů" in text
    assert "Právní základ: úkol ve veřejném zájmu" in text
    assert "<rdf:li>cs</rdf:li>" in poppler("pdfinfo", pdf, tmp_path, "-meta")


def test_purpose_and_basis_are_the_administrators_to_write(desk, session, meeting, tmp_path):
    words = "## Proč\n\n**Účel:** vyúčtování projektu.\n\nVíce na webu."
    save_page(session, "sheet", "cs", words, version=0, now=clock.now(), actor=SYSTEM)
    session.commit()
    found = text_of(order(desk, meeting, "sheet-seated", language="cs").get_data(), tmp_path)
    assert "Účel: vyúčtování projektu." in found
    assert "Právní základ" not in found


def test_badges_have_the_code_of_the_door(desk, meeting, tmp_path):
    coded = order(desk, meeting, "badges-seated").get_data()
    assert poppler("pdfinfo", coded, tmp_path, "-struct").count("Figure") == 6


# --- the page -------------------------------------------------------------------------------------------------


def test_each_button_says_format_and_number(desk, meeting):
    page = desk.read(exports(meeting))
    for text in (
        "Sign-in sheet, 6 people, PDF",
        "Badges, 8 on A4, 6 people, PDF",
        "Badges, labels 90 × 55 mm, 6 people, PDF",
        "List to hand out, 2 people, PDF",
        "Sign-in sheet without those who say maybe, 5 people, PDF",
        "Sign-in sheet also with those online, 7 people, PDF",
        "Agreed to be on the list to hand out: 2 of 7.",
        "Download 8 people (Excel)",
    ):
        assert text in page, text
    assert "-shown" not in page
    narrowed = desk.read(exports(meeting, "?q=stastna"))
    assert "Sign-in sheet, 1 person, PDF" in narrowed
    assert 'value="badges-shown"' in narrowed


def test_ten_minutes_before_it_is_two_taps(desk, meeting, tmp_path):
    """From the page of the meeting: the link, and the first button with nothing chosen."""
    show = desk.read(f"/workspace/meetings/{meeting.id}/")
    link = re.search(r'href="([^"]+)">Print and download<', show)[1]
    page = desk.read(link)
    form = re.search(r'<form id="print".*?</form>', page, re.DOTALL)[0]
    chosen = re.findall(r'<select[^>]*name="(\w+)".*?<option selected[^>]*value="([^"]+)"', form, re.DOTALL)
    button = re.search(r'<button class="button" name="(order)" value="([^"]+)"', form)
    answer = desk.post(re.search(r'action="([^"]+)"', form)[1], **dict([*chosen, button.groups()]))
    assert answer.status_code == 200
    assert "Cibulka" in text_of(answer.get_data(), tmp_path)


def test_a_meeting_of_nobody_still_has_a_sheet(desk, session):
    empty = make_meeting(session, starts_at=START)
    session.commit()
    page = desk.read(exports(empty))
    assert 'value="sheet-seated"' in page
    assert 'value="badges-seated"' not in page
    assert order(desk, empty, "sheet-seated", blank="20").status_code == 200


def test_an_online_meeting_has_a_list_of_those_online(desk, session, tmp_path):
    online = make_meeting(session, starts_at=START, format=Format.ONLINE, online_url="https://x.cz")
    register(session, online, person("Olena Online", mode=Mode.ONLINE))
    session.commit()
    assert "Sign-in sheet, 1 person, PDF" in desk.read(exports(online))
    assert "OlenaOnline" in flowing(order(desk, online, "sheet-seated").get_data(), tmp_path)


def test_the_sheet_can_be_printed_from_the_browser(desk, meeting):
    page = desk.read(address(meeting))
    assert surnames(re.sub(r"<[^>]+>", " ", page.partition("<tbody>")[2])) == ALPHABET
    assert "Legal basis" in page
    assert page.count("<tr>") == 1 + 6 + 10


def test_hostile_names_are_words_on_paper_and_on_the_page(desk, session, tmp_path):
    names = [
        '#read("/etc/passwd")',
        '=HYPERLINK("http://x","y")',
        "<script>x</script> Eva",
        "x" * 200,
        "Eva \U0001f600",
        "王",
    ]
    found = make_meeting(session, starts_at=START)
    for number, name in enumerate(names):
        register(session, found, person(name, email=f"{number}@example.org"))
    session.commit()
    pdf = order(desk, found, "sheet-seated").get_data()
    text = flowing(pdf, tmp_path)
    for name in names[:-1]:
        assert "".join(name.split()) in text
    assert "In1line,\ufffdstandsforaletterthatthistypefacedoesnothave." in text
    assert len(pages_of(pdf, tmp_path)) == 1
    assert "&lt;script&gt;" in desk.read(address(found))


# --- the record -----------------------------------------------------------------------------------------------


def test_each_print_is_recorded_without_names(desk, session, meeting):
    order(desk, meeting, "sheet-seated", "?q=stastna")
    order(desk, meeting, "labels-shown", "?q=stastna")
    order(desk, meeting, "handout-agreed")
    first, second, third = printed(session)
    assert (first.subject, first.subject_id, first.meeting_id) == ("list", meeting.id, meeting.id)
    assert first.details == {"number": 6, "paper": "sheet", "whom": "seated", "view": {}}
    assert second.details == {"number": 1, "paper": "labels", "whom": "shown", "view": {"searched": "yes"}}
    assert third.details["number"] == 2


def test_the_page_tells_who_took_what(desk, session, meeting):
    desk.post(exports(meeting), format="csv")
    desk.post(exports(meeting, "?q=stastna"), format="xlsx", needs="y")
    order(desk, meeting, "sheet-seated")
    order(desk, meeting, "badges-seated")
    order(desk, meeting, "handout-agreed")
    page = desk.read(exports(meeting))
    sentences = re.findall(r"<bdi>(Organiser [^<]+)</bdi>", page)
    assert sentences == [
        "Organiser printed the list to hand out, 2 people.",
        "Organiser printed badges, 6 people.",
        "Organiser printed the sign-in sheet, 6 people.",
        "Organiser downloaded the list with needs as Excel, 1 person.",
        "Organiser downloaded the list as CSV, 8 people.",
    ]
    assert "The sign-in sheet was printed. People on it: 6." in desk.read(
        f"/workspace/meetings/{meeting.id}/"
    )


@pytest.mark.parametrize("what", ["", "sheet", "sheet-", "handout-seated", "pdf-seated", "x" * 9999])
def test_an_unknown_order_is_refused(desk, session, meeting, what):
    answer = order(desk, meeting, what)
    assert answer.status_code == 422
    assert "Choose what to print" in answer.get_data(as_text=True)
    assert printed(session) == []


@pytest.mark.parametrize("fields", [{"language": "xx"}, {"blank": "999999"}, {"blank": "-1"}])
def test_wrong_choices_are_refused(desk, session, meeting, fields):
    assert order(desk, meeting, "sheet-seated", **fields).status_code == 422
    assert printed(session) == []


# --- when the press does not go -------------------------------------------------------------------------------


def test_no_connection_is_held_while_the_press_runs(app, desk, meeting, monkeypatch):
    held = []
    typeset = press_module._typeset

    def watched(*order):
        held.append(db.engine.pool.checkedout())
        typeset(*order)

    monkeypatch.setattr(press_module, "_typeset", watched)
    token, path = desk.token(), address(meeting)
    db.session.rollback()  # the test's own
    with app.app_context():
        before = db.engine.pool.checkedout()
    data = {"order": "sheet-seated", "language": "en", "blank": "0", "csrf_token": token}
    assert desk._open(path, method="POST", data=data).status_code == 200
    assert held == [before]


def test_too_many_who_print_are_asked_to_wait(desk, session, meeting, monkeypatch):
    monkeypatch.setattr(press_module, "PATIENCE", 0.05)
    with press_module._turn():
        answer = order(desk, meeting, "sheet-seated")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "Several people print at this moment." in answer.get_data(as_text=True)
    assert printed(session) == []
    assert order(desk, meeting, "sheet-seated").status_code == 200


def test_a_press_that_fails_shows_the_other_way(desk, session, meeting, monkeypatch):
    monkeypatch.setattr(press_module, "LONGEST", 0.001)
    answer = order(desk, meeting, "sheet-seated")
    assert answer.status_code == 503
    assert "Print the sheet from the browser instead." in answer.get_data(as_text=True)
    assert address(meeting) in answer.get_data(as_text=True)
    assert printed(session) == []


# --- who may --------------------------------------------------------------------------------------------------


def test_a_viewer_prints_nothing(app, session, meeting):
    viewer = Desk(app, session, make_account(session, Role.VIEWER))
    assert viewer.get(address(meeting)).status_code == 403
    assert order(viewer, meeting, "sheet-seated").status_code == 403
    assert printed(session) == []


def test_another_series_is_not_there(app, session, meeting):
    other = make_series(session, "Jiná řada")
    bound = Desk(app, session, make_account(session, Role.ORGANISER, email="b@example.org", series=(other,)))
    assert bound.get(address(meeting)).status_code == 404
    assert order(bound, meeting, "sheet-seated").status_code == 404
    assert printed(session) == []


def test_a_print_without_its_token_is_refused(desk, session, meeting):
    assert order(desk, meeting, "sheet-seated", csrf_token="x").status_code in (400, 422)
    assert printed(session) == []


def test_who_was_erased_is_on_no_paper(desk, session, meeting, tmp_path):
    row = session.query(Attendee).filter_by(name="Eva Černá").one()
    row.erased_at = clock.now()
    session.commit()
    assert "Černá" not in text_of(order(desk, meeting, "sheet-seated").get_data(), tmp_path)
