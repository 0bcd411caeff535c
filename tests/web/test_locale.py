import pytest
from flask import url_for
from flask_babel import force_locale

from app.web.locale import current_language, language_name


def test_the_root_leads_to_the_first_language(browser):
    answer = browser.get("/")
    assert (answer.status_code, answer.location) == (302, "/cs/")
    assert {"Accept-Language", "Cookie"} <= set(answer.vary)


@pytest.mark.parametrize(
    ("accepts", "place"),
    [
        ("en", "/en/"),
        ("en-GB,en;q=0.8", "/en/"),
        ("de, en;q=0.3, cs;q=0.1", "/en/"),
        ("xx", "/cs/"),
        ("\x7f;;;", "/cs/"),
    ],
)
def test_the_root_asks_the_browser(browser, accepts, place):
    assert browser.get("/", headers={"Accept-Language": accepts}).location == place


def test_a_cookie_is_stronger_than_the_browser(browser):
    browser.set_cookie("lang", "en", domain="127.0.0.1")
    assert browser.get("/", headers={"Accept-Language": "cs"}).location == "/en/"


def test_an_account_is_stronger_than_the_browser_and_weaker_than_a_cookie(browser, signed_in):
    assert browser.get("/", headers={"Accept-Language": "cs"}).location == "/en/"
    browser.set_cookie("lang", "cs", domain="127.0.0.1")
    assert browser.get("/").location == "/cs/"


def test_a_foreign_cookie_is_nothing(browser):
    browser.set_cookie("lang", "xx", domain="127.0.0.1")
    assert browser.get("/").location == "/cs/"


def test_the_address_is_stronger_than_all(browser):
    browser.set_cookie("lang", "cs", domain="127.0.0.1")
    assert browser.get("/en/").text == "There is no such page"


@pytest.mark.parametrize("path", ["/xx/", "/xx/meetings/", "/CS/"])
def test_an_unknown_language_is_not_found(browser, path):
    assert browser.get(path).status_code == 404


def test_an_error_page_speaks_the_language_of_its_address(browser):
    page = browser.get("/en/nothing/here").text
    assert '<html lang="en" dir="ltr"' in page
    assert '<html lang="cs" dir="ltr"' in browser.get("/cs/nothing/here").text


@pytest.mark.parametrize("path", ["/nothing", "/wp-login.php", "/xx/meetings"])
def test_a_foreign_word_is_not_a_language_without_its_slash(browser, path):
    assert browser.get(path).status_code == 404
    assert browser.get("/en").status_code == 308
    assert browser.get("/workspace/meetings").status_code == 308


def test_a_third_language_may_be_written_from_the_right(make_site):
    browser = make_site(languages=("cs", "en", "ar")).test_client()
    page = browser.get("/ar/nothing").text
    assert '<html lang="ar" dir="rtl"' in page
    assert page.count('lang="cs"') == page.count('lang="en"') > 0
    assert browser.get("/", headers={"Accept-Language": "ar-EG"}).location == "/ar/"


def test_addresses_keep_the_language(site):
    with site.test_request_context("/en/meetings/"):
        site.preprocess_request()
        assert url_for("public.home.index") == "/en/"
        assert url_for("public.home.index", lang="cs") == "/cs/"
        assert url_for("workspace.meetings.index") == "/workspace/meetings/"


def test_addresses_of_letters_follow_the_recipient(site):
    with site.app_context(), force_locale("en"):
        assert current_language() == "en"
        assert url_for("public.meetings.show", slug="rpp-65") == "http://127.0.0.1:8000/en/meetings/rpp-65/"


def context_of(site, path, **kwargs):
    with site.test_request_context(path, **kwargs):
        site.preprocess_request()
        found = {}
        site.update_template_context(found)
        return found


def test_the_switch_keeps_page_and_query(site):
    found = context_of(site, "/en/meetings/rpp-65/?q=a+b&q=%C4%8D&lang=cs")
    assert [(one.code, one.name, one.href, one.dir) for one in found["languages"]] == [
        ("cs", "Čeština", "/cs/meetings/rpp-65/?q=a+b&q=%C4%8D", "ltr"),
        ("en", "English", "/en/meetings/rpp-65/?q=a+b&q=%C4%8D", "ltr"),
    ]
    assert (found["lang"], found["dir"], found["theme"]) == ("en", "ltr", "auto")


def test_the_switch_cannot_be_led_astray(site):
    found = context_of(site, "/en/meetings/?_external=1&_scheme=javascript&_anchor=x")
    assert all(one.href.startswith(f"/{one.code}/meetings/?") for one in found["languages"])


def test_the_switch_of_what_cannot_be_read_leads_home(site):
    assert [one.href for one in context_of(site, "/en/meetings/x/cancel", method="POST")["languages"]] == [
        "/cs/",
        "/en/",
    ]


def test_in_the_workspace_the_switch_is_a_question(site):
    found = context_of(site, "/workspace/meetings/?page=2")
    assert [one.href for one in found["languages"]][1] == "/workspace/meetings/?page=2&lang=en"


def test_the_question_is_answered_by_a_cookie_and_forgotten(browser):
    answer = browser.get("/workspace/meetings/?page=2&lang=en")
    assert (answer.status_code, answer.location) == (302, "/workspace/meetings/?page=2")
    assert browser.get_cookie("lang", "127.0.0.1").value == "en"
    assert browser.get("/workspace/meetings/").text == "There is no such page"


def test_a_foreign_language_in_the_question_is_ignored(browser):
    assert browser.get("/workspace/meetings/?lang=xx").status_code == 200


def test_who_used_the_switch_is_remembered(browser):
    browser.get("/en/meetings/", headers={"Referer": "http://127.0.0.1:8000/cs/meetings/"})
    assert browser.get("/").location == "/en/"


@pytest.mark.parametrize(
    "came_from",
    ["", "http://127.0.0.1:8000/en/", "https://elsewhere.example/cs/", "http://[", "http://127.0.0.1:8000/"],
)
def test_who_only_read_a_page_gets_no_cookie(browser, came_from):
    assert "Set-Cookie" not in browser.get("/en/", headers={"Referer": came_from}).headers


def test_the_theme_comes_from_its_cookie(site):
    assert context_of(site, "/en/", headers={"Cookie": "theme=dark"})["theme"] == "dark"
    assert context_of(site, "/en/", headers={"Cookie": 'theme="><b>'})["theme"] == "auto"


def test_a_letter_has_the_context_of_its_reader(site):
    with site.app_context(), force_locale("en"):
        found = {}
        site.update_template_context(found)
    assert (found["lang"], found["dir"], found["theme"]) == ("en", "ltr", "auto")


def test_languages_have_their_own_names():
    assert [language_name(code) for code in ("cs", "en", "uk", "ar")] == [
        "Čeština",
        "English",
        "Українська",
        "العربية",
    ]
