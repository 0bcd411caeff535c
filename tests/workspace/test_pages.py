"""The site's texts: written, looked at, saved, contested, brought back."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.domain.accounts.models import Role
from tests.browsers import account_of, browser, csrf_of
from tests.pages import check_page
from tests.workspace.meeting_forms import fields_of

PRIVACY = "/workspace/pages/privacy/en/"


@pytest.fixture
def desk(app: Flask) -> FlaskClient:
    return browser(app, account_of(app, Role.ADMINISTRATOR))


def post(desk: FlaskClient, **typed: str) -> tuple[int, str]:
    page = desk.get(PRIVACY).get_data(as_text=True)
    answer = desk.post(PRIVACY, data={"csrf_token": csrf_of(page), **typed})
    return answer.status_code, answer.get_data(as_text=True)


def test_the_list_names_every_text_in_every_language(desk: FlaskClient) -> None:
    page = desk.get("/workspace/pages/").get_data(as_text=True)
    assert page.count("original text") == 8


def test_a_saved_text_is_shown_to_everybody(app: Flask, desk: FlaskClient) -> None:
    status, _page = post(desk, version="0", markdown="## Ours\n\nKept [[months]] months. <b>raw</b>")
    assert status == 303
    shown = browser(app).get("/en/privacy/").get_data(as_text=True)
    assert "Kept 12 months." in shown
    assert "<b>raw</b>" not in shown
    assert "Kept 12 months." not in browser(app).get("/cs/privacy/").get_data(as_text=True)


def test_looking_saves_nothing(app: Flask, desk: FlaskClient) -> None:
    status, page = post(desk, version="0", markdown="**Draft**", act="look")
    assert status == 200
    assert "<strong>Draft</strong>" in page
    assert "Draft" not in browser(app).get("/en/privacy/").get_data(as_text=True)


def test_who_saves_second_sees_both_texts(desk: FlaskClient) -> None:
    assert post(desk, version="0", markdown="First")[0] == 303
    status, page = post(desk, version="0", markdown="Second")
    assert status == 409
    assert "First" in page
    assert "Second" in page
    assert post(desk, version="1", markdown="Second")[0] == 303


@pytest.mark.parametrize("wrong", ["", "   ", "nul \0 inside", "x" * 30_001])
def test_wrong_text_is_said(desk: FlaskClient, wrong: str) -> None:
    status, page = post(desk, version="0", markdown=wrong)
    assert status == 422
    assert 'role="alert"' in page


def test_the_original_comes_back_and_can_be_undone(app: Flask, desk: FlaskClient) -> None:
    post(desk, version="0", markdown="Ours\n\n<i>as typed</i>")

    status, page = post(desk, act="original")

    assert status == 200
    assert "What we keep and why" in browser(app).get("/en/privacy/").get_data(as_text=True)
    undo = next(
        sent
        for form in check_page(page).iter("form")
        if (sent := fields_of(form)).get("markdown", "").startswith("Ours")
    )
    assert desk.post(PRIVACY, data=undo).status_code == 303
    assert "as typed" in browser(app).get("/en/privacy/").get_data(as_text=True)
    assert post(desk, version="3", markdown="Ours again")[0] == 303


def test_the_original_is_brought_back_once(desk: FlaskClient) -> None:
    assert post(desk, act="original")[0] == 303
    post(desk, version="0", markdown="Ours")
    assert post(desk, act="original")[0] == 200
    assert post(desk, act="original")[0] == 303


def test_an_expired_page_comes_back_filled_in(desk: FlaskClient) -> None:
    answer = desk.post(PRIVACY, data={"csrf_token": "old", "version": "0", "markdown": "Long work"})
    assert answer.status_code == 422
    assert "Long work" in answer.get_data(as_text=True)
    assert desk.post(PRIVACY, data={"csrf_token": "old", "act": "original"}).status_code == 422


def test_only_administrators_write(app: Flask) -> None:
    organiser = browser(app, account_of(app, Role.ORGANISER))
    assert organiser.get("/workspace/pages/").status_code == 403
    assert organiser.get(PRIVACY).status_code == 403
    assert organiser.post(PRIVACY, data={"markdown": "x"}).status_code == 403


@pytest.mark.parametrize("address", ["/workspace/pages/nothing/en/", "/workspace/pages/privacy/xx/"])
def test_other_pages_are_not_there(desk: FlaskClient, address: str) -> None:
    assert desk.get(address).status_code == 404
