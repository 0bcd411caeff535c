"""Leaving news: by the button, by a mail program's one click; opening the link changes nothing."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.base import clock
from app.domain.broadcasts import news
from app.domain.broadcasts.models import NewsChoice
from tests.pages import InspectingClient

ADDRESS = "olena@example.org"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def path(session: Session) -> str:
    news.prepare(session, [ADDRESS], now=clock.now())
    session.commit()
    return f"/en/news/{session.scalars(select(NewsChoice.token)).one()}/"


def refused(session: Session) -> bool:
    session.rollback()
    return session.scalars(select(NewsChoice.refused_at)).one() is not None


def key_of(page: str) -> str:
    found = re.search(r'name="form_key"[^>]*value="([^"]+)"', page)
    assert found
    return found[1]


def press(client: FlaskClient, path: str, act: str) -> str:
    page = client.get(path).get_data(as_text=True)
    answer = client.post(path, data={"form_key": key_of(page), "act": act})
    assert answer.status_code == 303
    assert answer.location == path
    return client.get(path).get_data(as_text=True)


def test_opening_changes_nothing_and_tells_nobody(
    client: InspectingClient, session: Session, path: str
) -> None:
    for _ in range(2):
        answer = client.get(path)
        assert answer.status_code == 200
    assert not refused(session)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert ADDRESS not in answer.get_data(as_text=True)
    assert "Set-Cookie" not in answer.headers


def test_a_button_leaves_and_a_button_comes_back(
    client: InspectingClient, session: Session, path: str
) -> None:
    assert "You get no news from us" in press(client, path, "refuse")
    assert refused(session)
    assert "Get no more news" in press(client, path, "accept")
    assert not refused(session)


@pytest.mark.parametrize("encoding", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_one_click_of_a_mail_program_needs_no_form_of_ours(
    client: InspectingClient, session: Session, path: str, encoding: str
) -> None:
    """RFC 8058 §3.1: no cookie, no redirect, both encodings; a second click changes nothing."""
    for _ in range(2):
        answer = client.post(path, data=ONE_CLICK, content_type=encoding)
        assert answer.status_code == 200
        assert "You get no news from us" in answer.get_data(as_text=True)
    assert refused(session)


def test_what_is_no_choice_changes_nothing(client: InspectingClient, session: Session, path: str) -> None:
    assert client.post(path, data={"List-Unsubscribe": "Maybe"}).status_code == 422
    assert client.post(path, data={"act": "refuse"}).status_code == 422, "no key of ours"
    page = client.get(path).get_data(as_text=True)
    assert client.post(path, data={"form_key": key_of(page), "act": "else"}).status_code == 400
    assert not refused(session)


def test_a_link_that_is_none_is_not_there(client: InspectingClient, path: str) -> None:
    assert client.get("/en/news/AAAAAAAAAAAAAAAAAAAAAA/").status_code == 404
    assert client.post("/en/news/AAAAAAAAAAAAAAAAAAAAAA/", data=ONE_CLICK).status_code == 404


def test_an_address_that_is_forgotten_has_nothing_to_choose(
    app: Flask, client: InspectingClient, session: Session, path: str
) -> None:
    session.scalars(select(NewsChoice)).one().email_key = None
    session.commit()
    page = client.get(path).get_data(as_text=True)
    assert "Nothing is stored of this address" in page
    assert "<button" not in page.split("<main")[1].split("</main")[0]
