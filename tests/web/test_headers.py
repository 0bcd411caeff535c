import pytest

from app.web import headers

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
EVERYWHERE = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
ANSWERS = [
    ("GET", "/", 302),
    ("GET", "/en/", 200),
    ("HEAD", "/en/", 200),
    ("GET", "/en/meetings", 308),
    ("GET", "/nothing", 404),
    ("GET", "/en/nothing", 404),
    ("DELETE", "/en/", 405),
    ("POST", "/workspace/meetings/rename", 400),
    ("GET", "/en/fail/403", 403),
    ("GET", "/en/fail/410", 410),
    ("GET", "/en/fail/422", 422),
    ("GET", "/en/fail/429", 429),
    ("GET", "/en/fail/mistake", 500),
    ("GET", "/en/fail/locked", 503),
    ("GET", "/healthz", 200),
    ("GET", "/readyz", 503),
    ("GET", "/static/style.css", 200),
    ("GET", "/static/nothing.css", 404),
]


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_every_answer_has_the_headers(browser, method, path, status):
    answer = browser.open(path, method=method, buffered=True)
    assert answer.status_code == status
    for name, value in EVERYWHERE.items():
        assert answer.headers.getlist(name) == [value]
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.parametrize("path", ["/en/", "/nothing", "/static/style.css"])
def test_https_adds_its_own(make_site, path):
    answer = make_site(BASE_URL="https://meetings.example.org").test_client().get(path, buffered=True)
    assert answer.headers["Content-Security-Policy"] == f"{POLICY}; upgrade-insecure-requests"
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/en/", "no-cache"),
        ("/en/meetings/x/register", "no-cache"),
        ("/workspace/meetings/", "no-store"),
        ("/en/personal/", "no-store"),
        ("/en/sign_in/", "no-store"),
        ("/en/nothing", "no-store"),
    ],
)
def test_private_pages_are_kept_nowhere(browser, path, kept):
    assert browser.get(path).headers["Cache-Control"] == kept


def test_answers_to_a_post_are_kept_nowhere(browser):
    assert browser.post("/en/meetings/x/").headers["Cache-Control"] == "no-store"


def test_nothing_made_for_an_organiser_is_kept(browser, signed_in):
    assert browser.get("/en/").headers["Cache-Control"] == "no-cache"
    assert browser.get("/en/whoami").headers["Cache-Control"] == "no-store"


def test_a_view_can_widen_its_own_policy(site):
    def page():
        headers.allow_frames()
        headers.private()
        return "page"

    def letter():
        headers.as_letter()
        return "letter"

    site.add_url_rule("/page", "page", page)
    site.add_url_rule("/letter", "letter", letter)
    browser = site.test_client()
    assert "; frame-src 'self'" in browser.get("/page").headers["Content-Security-Policy"]
    assert browser.get("/page").headers["Cache-Control"] == "no-store"
    policy = browser.get("/letter").headers["Content-Security-Policy"]
    assert "script-src" not in policy
    assert policy.endswith("frame-ancestors 'self'; sandbox")


def test_no_page_behind_a_personal_link_may_be_cached(app):
    behind = {
        rule.endpoint.rpartition(".")[0] for rule in app.url_map.iter_rules() if "/my/<token>" in rule.rule
    }
    assert "public.personal" in behind
    assert behind <= headers.PRIVATE_BLUEPRINTS
