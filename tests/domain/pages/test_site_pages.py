"""Texts of the site: one row per text and language, with a version against two who edit at once."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from app.base.db import begin_write
from app.base.errors import Conflict
from app.domain.history.queries import of_subject
from app.domain.history.service import SYSTEM
from app.domain.pages.models import PageName
from app.domain.pages.queries import find_page, written_pages
from app.domain.pages.service import save_page
from app.extensions import db

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)


def save(session, text, *, version, name=PageName.PRIVACY, language="cs"):
    return save_page(session, name, language, text, version=version, now=NOW, actor=SYSTEM)


def test_without_a_row_the_text_of_the_program_is_in_use(session):
    assert find_page(session, PageName.PRIVACY, "cs") is None
    assert written_pages(session) == {}


def test_a_text_per_language(session):
    save(session, "Česky", version=0)
    save(session, "English", version=0, language="en")
    assert find_page(session, PageName.PRIVACY, "cs").markdown == "Česky"
    assert find_page(session, PageName.ABOUT, "cs") is None
    assert {key: page.version for key, page in written_pages(session).items()} == {
        ("privacy", "cs"): 1,
        ("privacy", "en"): 1,
    }


def test_each_save_raises_the_version_and_is_recorded(session):
    save(session, "one", version=0)
    page = save(session, "two", version=1)
    session.flush()
    assert (page.markdown, page.version, page.changed_at) == ("two", 2, NOW)
    entries = of_subject(session, "page", page.id)
    assert [entry.act for entry in entries] == ["page:edit", "page:edit"]
    assert entries[0].details == {"name": "privacy", "language": "cs"}


@pytest.mark.parametrize("version", [0, 2])
def test_two_who_edit_at_once(session, version):
    save(session, "one", version=0)
    with pytest.raises(Conflict):
        save(session, "two", version=version)
    assert find_page(session, PageName.PRIVACY, "cs").markdown == "one"


def test_a_first_save_with_a_version_that_never_was(session):
    with pytest.raises(Conflict):
        save(session, "one", version=1)


def test_two_first_saves_at_the_same_moment(app, session):
    def second():
        with app.app_context():
            mine = db.session()
            begin_write(mine)
            try:
                save(mine, "second", version=0)
                mine.commit()
            except Conflict:
                mine.rollback()
                return "conflict"
            return "saved"

    begin_write(session)
    save(session, "first", version=0)
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(second)
        time.sleep(0.3)
        session.commit()
        assert other.result(timeout=10) == "conflict"
    assert find_page(session, PageName.PRIVACY, "cs").markdown == "first"
