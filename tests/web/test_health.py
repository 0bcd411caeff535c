from sqlalchemy import text

from app.extensions import db


def test_a_process_without_a_database_lives_but_is_not_ready(make_site):
    browser = make_site(DATABASE_URL="postgresql://127.0.0.1:1/none").test_client()
    assert browser.get("/healthz").status_code == 200
    answer = browser.get("/readyz")
    assert answer.status_code == 503
    assert answer.mimetype == "text/plain"
    assert "does not answer" in answer.text


def test_an_empty_database_is_not_ready(browser):
    answer = browser.get("/readyz")
    assert answer.status_code == 503
    assert "flask db upgrade" in answer.text


def test_with_all_migrations_it_is_ready(migrated):
    assert migrated.test_client().get("/readyz").text == "ready\n"


def test_an_older_or_newer_database_is_not_ready(migrated):
    with migrated.app_context(), db.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'other'"))
    assert migrated.test_client().get("/readyz").status_code == 503


def test_health_needs_no_session(browser):
    browser.get("/workspace/meetings/session")
    answer = browser.get("/healthz")
    assert "Set-Cookie" not in answer.headers
