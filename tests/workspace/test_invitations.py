"""Inviting in the workspace: the list as typed or pasted, what each line comes to, and the letters that follow."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.base import clock
from app.domain.accounts.models import Role
from app.domain.history.service import organiser
from app.domain.meetings.models import Format, MeetingState
from app.domain.outbox.models import Kind, Letter
from app.domain.registration import personal
from app.domain.registration.models import Attendee
from app.workspace.forms.people_list import LONGEST_LIST
from tests.factories import make_account, make_meeting, make_series, person, register
from tests.workspace.desk import Desk
from tests.workspace.invitation_steps import check, invited, letters, lines, press, url

JANA = "Jana Nováková <jana@praha7.example>, Praha 7"
PETR = "Petr Říha <petr@spolek.example>"
EVIL = '<script>alert(1)</script>"&'


def reads(seen):
    """How many statements read: SQLite takes rows one by one, PostgreSQL many at once."""
    return sum(one.startswith("SELECT") for one in seen)


@pytest.fixture
def desk(app, session):
    return Desk(app, session, make_account(session, Role.ORGANISER))


@pytest.fixture
def meeting(session):
    """The number of an ordinary meeting."""
    made = make_meeting(session)
    session.commit()
    return made.id


def test_typed_people_are_looked_at_first_and_then_get_letters(session, desk, meeting):
    page = check(desk, meeting, f"{JANA}\n{PETR}", words="Budeme rádi.\nPřijďte.")
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "<h1>2 people will be invited</h1>" in text
    assert "Nothing has been sent yet." in text
    assert lines(page, "new") == [
        ["1", "Jana Nováková", "jana@praha7.example", "Praha 7"],
        ["2", "Petr Říha", "petr@spolek.example", ""],
    ]
    assert invited(session) == []

    done = press(desk, page, "invite")
    assert "2 people are invited. Letters are on their way." in done.get_data(as_text=True)
    assert done.request.path == url(meeting, "")
    assert invited(session) == [
        ("Jana Nováková", "jana@praha7.example", "Praha 7"),
        ("Petr Říha", "petr@spolek.example", ""),
    ]
    assert [(one.recipient, one.language, one.calendar) for one in letters(session)] == [
        ("jana@praha7.example", "cs", "REQUEST"),
        ("petr@spolek.example", "cs", "REQUEST"),
    ]
    assert {one.facts["words"] for one in letters(session)} == {"Budeme rádi.\nPřijďte."}


def test_wrong_lines_say_why_and_the_good_ones_go_ahead(session, desk, meeting):
    bad = [
        "Eva Malá",
        "info@x.example",
        "Adam <adam@>",
        "Běla <bela@gmial.com>",
        f"{'N' * 300} <n@x.example>",
    ]
    page = check(desk, meeting, "\n".join([JANA, "", *bad, "jan.novy@x.example"]))
    wrong = {cells[0]: cells[-1] for cells in lines(page, "wrong")}
    assert wrong == {
        "3": "There is no e-mail address. Add it to this line.",
        "4": "There is no name. Write it before the address.",
        "5": "“adam@” is no e-mail address. Write it like name@example.org.",
        "7": "This line is too long. Shorten the name or the organisation.",
    }
    assert "4 lines cannot be used and are left out." in page.get_data(as_text=True)
    new = {cells[0]: cells[1:] for cells in lines(page, "new")}
    assert new["6"][-1] == "Did you mean bela@gmail.com?"
    assert new["8"][0] == "Jan Novy"
    assert new["8"][-1] == "The name was made from what there is. Go back to correct it."
    press(desk, page, "invite")
    assert [name for name, *_ in invited(session)] == ["Jana Nováková", "Běla", "Jan Novy"]


def test_nobody_good_has_no_button(session, desk, meeting):
    page = check(desk, meeting, "Eva Malá\nAdam <adam@>")
    assert "<h1>Nobody can be invited</h1>" in page.get_data(as_text=True)
    assert 'value="invite"' not in page.get_data(as_text=True)
    forced = press(desk, page, "invite")
    assert forced.status_code == 200
    assert "Nobody can be invited" in forced.get_data(as_text=True)
    assert invited(session) == []


def test_people_named_twice_get_one_letter(session, desk, meeting):
    page = check(
        desk, meeting, f"{JANA}\nJANA NOVAKOVA <Jana@Praha7.example>\nKarel Nový <jana@praha7.example>"
    )
    assert lines(page, "left-out") == [
        ["2", "JANA NOVAKOVA", "Jana@praha7.example", "", "The same person as in line 1."]
    ]
    assert "1 person is there twice and gets one letter." in page.get_data(as_text=True)
    press(desk, page, "invite")
    assert [name for name, *_ in invited(session)] == ["Jana Nováková", "Karel Nový"]


def test_sentences_above_the_preview_stand_apart(desk, meeting):
    text = check(desk, meeting, f"{JANA}\n{JANA}\nEva Malá").get_data(as_text=True)
    lead = " ".join(text.partition('<p class="lead">')[2].partition("</p>")[0].split())
    assert lead == (
        "Nothing has been sent yet. 1 line cannot be used and is left out. "
        "1 person is there twice and gets one letter."
    )


def test_whoever_is_on_the_list_is_left_out(session, desk):
    from_list = make_meeting(session)
    (coming,) = register(session, from_list, person("Jana Nováková", "jana@praha7.example"))
    (gone,) = register(session, from_list, person("Petr Říha", "petr@spolek.example"))
    personal.cancel(session, gone.id, now=clock.now(), actor=organiser(1))
    session.commit()
    page = check(desk, from_list.id, f"{JANA}\n{PETR}\nJ. Nováková <jana@praha7.example>")
    assert lines(page, "left-out") == [
        ["1", "Jana Nováková", "jana@praha7.example", "Praha 7", "On the list already: coming."]
    ]
    assert [cells[-1] for cells in lines(page, "new")] == [
        "",
        "This address is on the list for Jana Nováková.",
    ]
    press(desk, page, "invite")
    assert len(invited(session)) == 2
    session.rollback()
    assert coming.place == "confirmed"


def test_who_came_on_the_list_since_the_preview_is_told_of(session, desk, meeting):
    page, again = (check(desk, meeting, JANA) for _ in range(2))
    press(desk, page, "invite")
    done = press(desk, again, "invite")
    assert "Nobody can be invited" in done.get_data(as_text=True)
    assert len(letters(session)) == 1


def test_back_to_the_form_keeps_what_was_typed(desk, meeting):
    page = check(desk, meeting, f"{JANA}\nEva", words="Přijďte.", language="en")
    back = press(desk, page, "back")
    text = back.get_data(as_text=True)
    assert back.status_code == 200
    assert "Jana Nováková &lt;jana@praha7.example&gt;, Praha 7\nEva</textarea>" in text
    assert "Přijďte.</textarea>" in text
    assert '<option selected value="en">' in text


def test_an_empty_list_is_refused_in_words(desk, meeting):
    page = check(desk, meeting)
    assert page.status_code == 422
    assert "Type or paste at least one person, or choose a file." in page.get_data(as_text=True)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"words": "slovo " * 200}, "words"),
        ({"language": "xx"}, "language"),
        ({"text": "x" * (LONGEST_LIST + 1)}, "text"),
        ({"text": f"{JANA}\n" * 2001}, "These are more than 2000 people. Invite them in several steps."),
    ],
)
def test_what_the_form_refuses_comes_back_filled_in(session, desk, meeting, fields, sentence):
    page = check(desk, meeting, **({"text": JANA} | fields))
    assert page.status_code == 422
    assert sentence in page.get_data(as_text=True)
    assert "jana@praha7.example" in page.get_data(as_text=True) or len(fields.get("text", "")) > LONGEST_LIST
    assert invited(session) == []


@pytest.mark.parametrize(
    "nasty", [EVIL, "{{7*7}}", "\u202eabc", "Nováková\x00", "a\ud800b", "=1+1", "'; DROP"]
)
def test_hostile_lines_are_text_or_refused(session, desk, meeting, nasty):
    page = check(desk, meeting, f"{nasty} <jana@x.example>, {nasty}".encode("utf-8", "replace").decode())
    assert page.status_code in (200, 422)
    assert "<script>alert" not in page.get_data(as_text=True)
    assert "49" not in "".join(map("".join, lines(page, "new")))


def test_a_stale_token_brings_the_page_back_filled_in(session, desk, meeting):
    page = check(desk, meeting, JANA, csrf_token="stale")
    assert page.status_code == 422
    assert "jana@praha7.example" in page.get_data(as_text=True)
    preview = check(desk, meeting, JANA)
    page = press(desk, preview, "invite", csrf_token="stale")
    assert page.status_code == 422
    assert "jana@praha7.example" in page.get_data(as_text=True)
    assert invited(session) == []


def test_online_or_in_the_room(session, desk):
    hybrid = make_meeting(session, format=Format.HYBRID, online_url="https://meet.example.org/x")
    session.commit()
    missing = check(desk, hybrid.id, JANA, mode="")
    assert missing.status_code == 422
    assert "Choose in person or online" in missing.get_data(as_text=True)
    page = check(desk, hybrid.id, JANA, mode="online")
    assert "<dd>online</dd>" in page.get_data(as_text=True)
    press(desk, page, "invite")
    session.rollback()
    assert session.scalars(select(Attendee.mode)).all() == ["online"]


@pytest.mark.parametrize("state", ["draft", "called off", "over"])
def test_nobody_is_invited_to_what_is_not_ahead(session, desk, state):
    values = {"starts_at": clock.now() - timedelta(days=2)} if state == "over" else {}
    kind = {"draft": MeetingState.DRAFT, "called off": MeetingState.CALLED_OFF}
    made = make_meeting(session, state=kind.get(state, MeetingState.PUBLISHED), **values)
    session.commit()
    for page in ("new/", "former/"):
        answer = desk.get(url(made, page))
        assert (answer.status_code, answer.headers["Location"]) == (303, url(made, ""))
    assert check(desk, made.id, JANA).status_code == 303
    desk.read(url(made, ""))  # here the refusals are said
    text = desk.read(url(made, ""))
    assert ">Invite people</a>" not in text
    assert state != "draft" or text.count("Publish the meeting first") == 1
    assert letters(session) == []


def test_a_thousand_lines_are_quick(session, desk, meeting, statements):
    text = "\n".join(f"Jana Nováková {n} <jana{n}@x.example>, Praha {n % 20}" for n in range(1000))
    began = time.perf_counter()
    with statements() as seen:
        page = check(desk, meeting, text)
    assert "1000 people will be invited" in page.get_data(as_text=True)
    assert "And 700 more lines." in page.get_data(as_text=True)
    assert reads(seen) < 40
    previewed = time.perf_counter() - began
    with statements() as seen:
        press(desk, page, "invite", follow=False)
    assert reads(seen) < 40
    assert previewed < 5
    assert time.perf_counter() - began < 10
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Letter)) == 1000


def test_the_silent_are_reminded_once_a_day(session, desk, meeting):
    press(desk, check(desk, meeting, f"{JANA}\n{PETR}"), "invite")
    assert "Remind 2 people who have not answered" in desk.read(url(meeting, ""))
    page = desk.post(url(meeting, "remind"), follow=True).get_data(as_text=True)
    assert "2 people are reminded." in page
    assert "Everybody who is silent was reminded today. You can remind them again tomorrow." in page
    again = desk.post(url(meeting, "remind"), follow=True).get_data(as_text=True)
    assert "Everybody who is silent was reminded today already." in again
    session.rollback()
    kinds = select(func.count()).where(Letter.kind == Kind.REMINDER)
    assert session.scalar(kinds) == 2


class TestByRole:
    def test_a_viewer_looks_and_does_not_invite(self, app, session, desk, meeting):
        press(desk, check(desk, meeting, JANA), "invite")
        session.rollback()
        viewer = Desk(app, session, make_account(session, Role.VIEWER))
        text = viewer.read(url(meeting, ""))
        assert "Jana" in text
        assert "Your role may only look." in text
        for page in ("new/", "former/"):
            assert viewer.get(url(meeting, page)).status_code == 403
            assert viewer.post(url(meeting, page), text=PETR, mode="room").status_code == 403
        assert viewer.post(url(meeting, "remind")).status_code == 403
        assert len(invited(session)) == 1

    def test_another_series_is_not_there(self, app, session, meeting):
        other = make_account(
            session, Role.ORGANISER, email="o@example.org", series=(make_series(session, "Jiná"),)
        )
        elsewhere = Desk(app, session, other)
        for page in ("", "new/", "former/"):
            assert elsewhere.get(url(meeting, page)).status_code == 404
        assert check(elsewhere, meeting, JANA).status_code == 404
        assert elsewhere.post(url(meeting, "remind")).status_code == 404

    @pytest.mark.parametrize("page", ["", "new/", "former/"])
    def test_a_stranger_is_sent_to_sign_in(self, client, meeting, page):
        answer = client.get(url(meeting, page))
        assert answer.status_code in (302, 303)
        assert "/sign-in/" in answer.headers["Location"]
