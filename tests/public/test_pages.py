"""Privacy notice and accessibility statement: as they come, and as an administrator wrote them."""

from __future__ import annotations

from contextvars import Context

import pytest

from app.base import clock
from app.domain.history.service import SYSTEM
from app.domain.pages.service import save_page


@pytest.mark.parametrize("lang", ["cs", "en"])
@pytest.mark.parametrize("name", ["privacy", "accessibility"])
def test_texts_come_with_the_program_and_are_filled_in(client, lang, name) -> None:
    text = client.get(f"/{lang}/{name}/").get_data(as_text=True)

    assert "[[" not in text
    assert "akce@example.org" in text


def test_privacy_notice_says_how_long(client) -> None:
    assert "12 months after the meeting" in client.get("/en/privacy/").get_data(as_text=True)


def test_edited_text_is_shown_in_its_language_only(session, client) -> None:
    nasty = "## Ours\n\n<script>alert(1)</script> [[months]] {{7*7}} [[unknown]]"
    save_page(session, "privacy", "en", nasty, version=0, now=clock.now(), actor=SYSTEM)
    session.commit()

    # Each in a context of its own: that of the session would lend the first page's language to the second.
    english = Context().run(client.get, "/en/privacy/").get_data(as_text=True)
    czech = Context().run(client.get, "/cs/privacy/").get_data(as_text=True)

    assert "Ours</h2>" in english
    assert "<script>alert" not in english
    assert "12 {{7*7}} [[unknown]]" in english
    assert "Ours" not in czech


def test_emptied_text_brings_the_original_back(session, client) -> None:
    save_page(session, "privacy", "en", "Ours", version=0, now=clock.now(), actor=SYSTEM)
    save_page(session, "privacy", "en", "", version=1, now=clock.now(), actor=SYSTEM)
    session.commit()

    assert "How long" in client.get("/en/privacy/").get_data(as_text=True)
