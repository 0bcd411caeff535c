"""Every route of the workspace against every role: what `needs` says, no more and no less."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import url_for
from flask_login import login_user
from flask_migrate import upgrade
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from app.base import clock
from app.domain.accounts import service
from app.domain.accounts.models import Purpose, Role
from app.domain.accounts.rules import MATRIX, Permission
from app.domain.broadcasts import service as broadcasts
from app.domain.history.service import SYSTEM
from app.domain.replies.models import Reply
from app.extensions import db
from app.factory import create_app
from app.web import access
from tests.browsers import account_of, browser, csrf, sign_in
from tests.factories import make_account, make_meeting, make_series, register

EXPECTED_PARTS = {
    "attendees",
    "broadcast_preview",
    "broadcast_sending",
    "broadcasts",
    "decisions",
    "directory",
    "door",
    "door_line",
    "erase",
    "exports",
    "feedback",
    "invitations",
    "jobs",
    "me",
    "meetings",
    "outbox",
    "pages",
    "replies",
    "series",
    "sheets",
    "team",
}
NOBODY = 4711


@pytest.fixture(scope="module")
def routes(_apps):
    """(endpoint, rule, methods) of every route of the workspace."""
    app = _apps("sqlite")
    return [
        (rule.endpoint, rule, sorted((rule.methods or set()) & {"GET", "POST"}))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.partition(".")[0] == "workspace"
    ]


def address(app, rule, number, **given):
    """An address that the rule matches: `number` for each number, a language for one, `x` for other texts."""
    texts = {"lang": "en", "purpose": "feedback"}
    values = {
        name: number if "Integer" in type(rule._converters[name]).__name__ else texts.get(name, "x")
        for name in rule.arguments
    } | {name: value for name, value in given.items() if name in rule.arguments}
    with app.test_request_context():
        return url_for(rule.endpoint, **values)


# Long forms that come back filled in when their token is old: they check it by themselves.
CHECKED_BY_FORM = {
    "workspace.meetings.new",
    "workspace.meetings.edit",
    "workspace.pages.edit",
    "workspace.invitations.new",
    "workspace.imports.new",
    "workspace.broadcasts.edit",
}


def test_all_parts_are_there(routes):
    parts = {endpoint.split(".")[1] for endpoint, _rule, _methods in routes if endpoint.count(".") == 2}
    assert parts >= EXPECTED_PARTS
    assert all(str(rule).startswith("/workspace/") for _endpoint, rule, _methods in routes)


def test_every_view_says_what_it_needs(app, routes):
    with app.app_context():
        unmarked = [endpoint for endpoint, _rule, _methods in routes if access.needed(endpoint) is None]
    assert unmarked == []


def test_strangers_are_led_to_the_sign_in(app, routes):
    client = browser(app, inspect=False)
    for endpoint, rule, methods in routes:
        path = address(app, rule, 1)
        if "GET" in methods:
            answer = client.get(path)
            assert answer.status_code == 302, path
            assert answer.location.startswith("/en/sign-in/?next=/workspace/"), path
            assert answer.headers["Cache-Control"] == "no-store"
        if "POST" in methods:
            refused = 302 if endpoint in CHECKED_BY_FORM else 400
            assert client.post(path).status_code == refused, f"{path} takes a POST without a token"
            data = {"csrf_token": csrf(client, "/en/sign-in/")}
            answer = client.post(path, data=data)
            assert answer.status_code == 302, path
            assert answer.location.startswith("/en/sign-in/"), path


def test_every_post_needs_a_token(app, routes):
    account_id = account_of(app, Role.ADMINISTRATOR)
    client = browser(app, account_id, inspect=False)
    for endpoint, rule, methods in routes:
        if "POST" in methods:
            answer = client.post(address(app, rule, NOBODY), data={"csrf_token": "wrong"})
            refused = {404, 422} if endpoint in CHECKED_BY_FORM else {400}
            assert answer.status_code in refused, str(rule)


WHO = ("stranger", "door", "viewer", "other series", "organiser", "administrator")
TABLE = Path(__file__).with_name("access_table.txt")
OF_A_SERIES = {"meeting_id", "series_id", "letter_id", "reply_id"}


def the_table():
    """(endpoint, method) → the outcome for each of `WHO`, as the file says it."""
    lines = [line.split("|") for line in TABLE.read_text(encoding="utf-8").splitlines() if "|" in line]
    rows = [[cell.strip() for cell in line] for line in lines]
    assert tuple(rows[0][2:]) == WHO
    return {(endpoint, method): dict(zip(WHO, said, strict=True)) for endpoint, method, *said in rows[1:]}


def test_every_route_has_its_line_in_the_table(app, routes):
    """A new page fails here. Write its line by thinking, not by copying: who should get in?"""
    there = {(endpoint, method) for endpoint, _rule, methods in routes for method in methods}
    missing, gone = sorted(there - the_table().keys()), sorted(the_table().keys() - there)
    assert (missing, gone) == ([], [])


@pytest.mark.parametrize("who", WHO)
def test_everybody_gets_in_where_the_table_says_and_nowhere_else(app, routes, who):
    table, client = the_table(), browser(app, inspect=False)
    account_id = _somebody(app, who)
    seen = {
        (endpoint, method): _outcome(client, app, account_id, rule, method, who)
        for endpoint, rule, methods in routes
        for method in methods
    }
    wrong = {route: (table[route][who], what) for route, what in seen.items() if table[route][who] != what}
    assert wrong == {}, "(said, seen)"


def _outcome(client, app, account_id, rule, method, who):
    """`in`, `no` (403), `hidden` (404 for what is there, but of another series) or `sign in`.

    What changes something is asked for a thing that is not there, as the guard comes first; only whoever must not
    even know of a thing asks for the one that is there.
    """
    of_other_series = who == "other series" and bool(OF_A_SERIES & rule.arguments)
    if account_id is not None:
        sign_in(client, app, account_id)
    path = address(app, rule, 1 if method == "GET" or of_other_series else NOBODY)
    start = "/en/sign-in/" if account_id is None else "/workspace/me/"
    data = {"csrf_token": csrf(client, start)} if method == "POST" else None
    answer = client.open(path, method=method, data=data)
    assert answer.status_code < 500, path
    if (answer.location or "").startswith("/en/sign-in/") and account_id is None:
        return "sign in"
    if answer.status_code == 403:
        return "no"
    return "hidden" if of_other_series and answer.status_code == 404 else "in"


def _somebody(app, who):
    """One of everything with the number 1, and the account of whoever asks; None for a stranger."""
    if who == "other series":
        return _two_series(app)
    _furnish(app)
    return None if who == "stranger" else account_of(app, Role(who), email="walker@example.org")


BUTTON = re.compile(r"<(a|button)\b([^>]*)>(.*?)</\1>", re.DOTALL)
REASONS = ("Your role may only look.", "Your role does not read letters.", "Only organisers get notices")


def test_what_a_viewer_may_not_do_is_shown_with_the_reason(app, routes):
    """Whatever button an organiser has on a page that a viewer sees too: there, switched off, or the reason is."""
    _furnish(app)
    viewer = browser(app, account_of(app, Role.VIEWER, email="v@example.org"))
    organiser = browser(app, account_of(app, Role.ORGANISER, email="o@example.org"))
    table, compared, silent = the_table(), 0, []
    for endpoint, rule, methods in routes:
        if "GET" not in methods or table[endpoint, "GET"]["viewer"] != "in":
            continue
        path = address(app, rule, 1)
        mine, theirs = (_page(client, path) for client in (organiser, viewer))
        compared += mine is not None
        lacking = _buttons(mine) - _buttons(theirs)
        off = set(re.findall(r"<button[^>]* disabled>([^<]*)<", theirs or ""))
        if lacking - off and not any(reason in (theirs or "") for reason in REASONS):
            silent.append((path, lacking - off))
    assert silent == []
    assert compared >= 12


def _page(client, path):
    answer = client.get(path)
    return answer.get_data(as_text=True) if answer.status_code == 200 else None


def _buttons(page):
    """What can be pressed on a page: solid and light buttons, without the frame."""
    main = (page or "").partition("<main")[2].partition("</main>")[0]
    return {
        re.sub(r"<[^>]*>", "", label).strip()
        for _tag, attributes, label in BUTTON.findall(main)
        if "button" in attributes and "disabled" not in attributes
    }


def test_what_belongs_to_another_series_does_not_exist_on_any_route(app, routes):
    """Meeting, attendee, letter and reply 1 are there; the organiser is bound to the series of meeting 2."""
    account_id = _two_series(app)
    client = browser(app, account_id, inspect=False)
    data = {"csrf_token": csrf(client)}
    found = []
    for endpoint, rule, methods in routes:
        if not {"meeting_id", "letter_id", "reply_id"} & rule.arguments or _only_for_administrators(
            app, endpoint
        ):
            continue
        paths = {address(app, rule, 1)}
        if {"meeting_id", "attendee_id"} <= rule.arguments:
            paths.add(address(app, rule, 1, meeting_id=2))
        answers = [
            (
                method,
                path,
                client.open(path, method=method, data=data if method == "POST" else None).status_code,
            )
            for path in paths
            for method in methods
        ]
        found += [answer for answer in answers if answer[2] != 404]
    assert found == []


def test_an_unmarked_view_is_refused_to_all(configure):
    app = create_app(configure())
    try:
        app.view_functions["workspace.me.show"] = _unmarked
        with app.app_context():
            upgrade()
        account_id = account_of(app, Role.ADMINISTRATOR)
        assert browser(app, account_id).get("/workspace/me/").status_code == 403
        assert browser(app).get("/workspace/me/").status_code == 403
    finally:
        with app.app_context():
            db.engine.dispose()


def test_a_refused_page_says_so_in_words(app):
    client = browser(app, account_of(app, Role.VIEWER))
    answer = client.get("/workspace/team/")
    assert answer.status_code == 403
    assert "Ask an administrator" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("bound", "permission", "status"),
    [
        ("mine", Permission.EDIT, 200),
        ("other", Permission.EDIT, 404),
        ("all", Permission.EDIT, 200),
    ],
)
def test_a_meeting_of_another_series_does_not_exist(app, bound, permission, status):
    meeting_id, account_id = _bound_organiser(app, bound)
    assert _meeting_for(app, account_id, meeting_id, permission) == status
    assert _meeting_for(app, account_id, NOBODY, permission) == 404


def test_a_viewer_sees_a_meeting_but_may_not_edit_it(app):
    with app.app_context():
        meeting_id = make_meeting(db.session()).id
        account_id = make_account(db.session(), Role.VIEWER).id
        db.session.commit()
    assert _meeting_for(app, account_id, meeting_id, Permission.SEE_LIST) == 200
    assert _meeting_for(app, account_id, meeting_id, Permission.EDIT) == 403


def test_an_administrator_is_not_limited_by_a_leftover_binding(app):
    with app.app_context():
        other = make_series(db.session(), "Jiná řada")
        meeting_id = make_meeting(db.session()).id
        account = make_account(db.session(), Role.ADMINISTRATOR, series=(other,))
        account_id = account.id
        db.session.commit()
        assert access.visible_series_ids(account) == frozenset()
    assert _meeting_for(app, account_id, meeting_id, Permission.EDIT) == 200


def test_the_guard_costs_one_statement(app, statements):
    client = browser(app, account_of(app, Role.ORGANISER), inspect=False)
    with statements() as seen:
        assert client.get("/workspace/team/").status_code == 403
    assert len(seen) == 1, seen


def test_a_database_that_cannot_be_written_can_still_be_read(app, monkeypatch):
    client = browser(app, account_of(app, Role.ORGANISER))

    def full(*_args, **_kwargs):
        raise OperationalError("UPDATE account_sessions", {}, Exception("database or disk is full"))

    monkeypatch.setattr(access.service, "touch", full)
    with time_machine.travel(clock.now() + timedelta(minutes=6), tick=True):
        assert client.get("/workspace/me/").status_code == 200


def _unmarked():
    return "private"


def _furnish(app):
    """One of everything, each with the number 1."""
    with app.app_context():
        session = db.session()
        make_account(session)
        meeting = make_meeting(session)
        attendee = register(session, meeting)[0]
        session.add(
            Reply(
                id=1,
                received_at=clock.now(),
                via="imap",
                digest="d",
                decision="review",
                meeting_id=meeting.id,
            )
        )
        broadcasts.create(session, meeting.id, now=clock.now(), actor=SYSTEM)
        session.commit()
        assert meeting.id == attendee.id == 1
    return 1


def _two_series(app):
    """Everything with the number 1 is of one series, meeting 2 of another; gives an organiser of the second."""
    _furnish(app)
    with app.app_context():
        session = db.session()
        other = make_series(session, "Jiná řada")
        assert make_meeting(session, series_id=other.id).id == 2
        account_id = make_account(session, Role.ORGANISER, series=(other,)).id
        session.commit()
        return account_id


def _only_for_administrators(app, endpoint):
    with app.app_context():
        return access.needed(endpoint) not in MATRIX[Role.ORGANISER]


def _bound_organiser(app, bound):
    with app.app_context():
        session = db.session()
        mine, other = make_series(session), make_series(session, "Jiná řada")
        series = {"mine": (mine,), "other": (other,), "all": ()}[bound]
        meeting_id = make_meeting(session).id
        account_id = make_account(session, Role.ORGANISER, series=series).id
        session.commit()
        return meeting_id, account_id


def _meeting_for(app, account_id, meeting_id, permission):
    """The status that `meeting_for` answers with, for this account."""
    with app.test_request_context("/workspace/"):
        session = db.session()
        link = service.new_one_time_link(session, account_id, Purpose.SIGN_IN, now=clock.now())
        token = service.sign_in_by_link(session, link, now=clock.now()).token
        session.commit()
        login_user(access._load(token))
        try:
            return 200 if access.meeting_for(meeting_id, permission).id == meeting_id else 500
        except HTTPException as error:
            return error.code
