import json

import pytest
from sqlalchemy.exc import DBAPIError

from app.extensions import db


@pytest.mark.parametrize("code", [400, 403, 404, 405, 410, 413, 422, 429, 500, 503])
@pytest.mark.parametrize("lang", ["cs", "en"])
def test_each_error_has_a_page_in_the_language_of_its_address(browser, code, lang):
    answer = browser.get(f"/{lang}/fail/{code}")
    assert answer.status_code == code
    assert f'<html lang="{lang}" dir="ltr"' in answer.text
    assert "<h1>" in answer.text
    assert "/static/style." in answer.text


@pytest.mark.parametrize(("code", "like"), [(409, 400), (415, 400), (418, 400), (501, 500), (502, 500)])
def test_other_errors_use_the_nearest_page(browser, code, like):
    title = browser.get(f"/en/fail/{like}").text.split("<h1>")[1].split("</h1>")[0]
    answer = browser.get(f"/en/fail/{code}")
    assert answer.status_code == code
    assert title in answer.text


def test_a_wrong_method_says_which_are_right(browser):
    assert set(browser.post("/en/contacts/").headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_slowing_down_says_for_how_long(browser):
    assert browser.get("/en/fail/429?wait=120").headers["Retry-After"] == "120"


def test_a_refusal_of_the_domain_to_know_is_not_found(browser):
    assert browser.get("/en/fail/unknown").status_code == 404


@pytest.mark.parametrize("how", ["locked", "pool"])
def test_a_busy_database_is_a_pause(browser, how):
    answer = browser.get(f"/en/fail/{how}")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert '<html lang="en"' in answer.text


def test_a_broken_line_is_a_pause_and_other_database_errors_are_mistakes(site):
    def fail(broken):
        raise DBAPIError("x", {}, Exception("x"), connection_invalidated=broken)

    site.add_url_rule("/broken", "broken", lambda: fail(broken=True))
    site.add_url_rule("/mistaken", "mistaken", lambda: fail(broken=False))
    browser = site.test_client()
    assert browser.get("/broken").status_code == 503
    assert browser.get("/mistaken").status_code == 500


def test_the_page_of_a_pause_asks_the_database_nothing(site, monkeypatch):
    def away(*_args, **_kwargs):
        raise AssertionError("a query")

    browser = site.test_client()
    with browser.session_transaction() as session:
        session["_user_id"] = "1"
    monkeypatch.setattr(type(db.session), "execute", away, raising=False)
    monkeypatch.setattr("app.domain.accounts.queries.find_session", away)
    answer = browser.get("/en/fail/locked")
    assert answer.status_code == 503
    assert "<h1>" in answer.text


def test_an_error_page_that_fails_itself_comes_out_plain(site, monkeypatch):
    def broken(*_args, **_kwargs):
        raise RuntimeError("broken")

    monkeypatch.setattr("app.web.errors.render_template", broken)
    answer = site.test_client().get("/en/nothing")
    assert answer.status_code == 404
    assert "<h1>Something broke on our side</h1>" in answer.text


def test_a_form_without_its_token_says_what_to_do(browser):
    answer = browser.post("/workspace/meetings/rename", data={"name": "x"}, headers={"Accept-Language": "en"})
    assert answer.status_code == 400
    assert "reload the page and try again" in answer.text


def logged(capsys):
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_request_is_logged_without_its_address(browser, capsys):
    answer = browser.get("/en/meetings/secret-token/?q=jana@example.org")
    [line] = logged(capsys)
    assert line["event"] == "request"
    assert (line["method"], line["endpoint"], line["status"]) == ("GET", "public.meetings.show", 200)
    assert line["request_id"] == answer.headers["X-Request-Id"]
    assert line["ms"] >= 0
    assert line["timestamp"].endswith("Z")
    assert "secret" not in str(line)
    assert "jana" not in str(line)


def test_a_mistake_is_logged_by_type_and_place(browser, capsys):
    answer = browser.get("/en/fail/mistake?q=secret", headers={"X-Forwarded-For": "192.0.2.7"})
    assert answer.status_code == 500
    mistake, line = logged(capsys)
    assert mistake["event"] == "a request failed"
    assert mistake["error"] == "KeyError"
    assert mistake["request_id"] == line["request_id"] == answer.headers["X-Request-Id"]
    assert mistake["where"][-1].startswith("tests/web/conftest.py:")
    assert line["status"] == 500
    for text in ("jana", "secret", "192.0.2.7", "/en/fail"):
        assert text not in str((mistake, line))


@pytest.mark.parametrize(("how", "said"), [("typo", "nmae"), ("template", "nothing_of_the_kind")])
def test_a_mistake_of_the_code_says_what_it_was(browser, capsys, how, said):
    assert browser.get(f"/en/fail/{how}").status_code == 500
    assert said in logged(capsys)[0]["said"]


def test_a_pause_is_logged_without_its_statement(browser, capsys):
    browser.get("/en/fail/locked")
    text = capsys.readouterr().err
    assert "OperationalError" in text
    assert "jana" not in text
    assert "UPDATE" not in text


def test_health_is_not_logged(browser, capsys):
    browser.get("/healthz")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("hops", "given", "kept"),
    [
        ("1", "abc-12345", True),
        ("0", "abc-12345", False),
        ("1", "short", False),
        ("1", "a" * 65, False),
        ("1", 'a"b\u010d' * 4, False),
    ],
)
def test_a_request_id_is_taken_from_a_proxy_only(make_site, hops, given, kept):
    answer = make_site(PROXY_HOPS=hops).test_client().get("/en/", headers={"X-Request-Id": given})
    assert (answer.headers["X-Request-Id"] == given) is kept
