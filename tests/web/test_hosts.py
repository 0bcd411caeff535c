import io

import pytest
from flask import request

HTTPS = {"BASE_URL": "https://meetings.example.org"}


def test_only_our_host_is_answered(browser):
    answer = browser.get("/en/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert answer.text == "This host is not served here.\n"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert browser.get("/en/", headers={"Host": "localhost:9"}).status_code == 200


def test_under_a_real_name_loopback_is_not_ours(make_site):
    browser = make_site(**HTTPS).test_client()
    assert browser.get("/en/").status_code == 200
    assert browser.get("/en/", headers={"Host": "127.0.0.1"}).status_code == 400


def test_health_is_answered_for_any_host(browser):
    assert browser.get("/healthz", headers={"Host": "10.0.0.7:8000"}).text == "ok\n"
    assert browser.get("/readyz", headers={"Host": "10.0.0.7:8000"}).status_code == 400


def test_redirects_do_not_echo_the_host(browser):
    answer = browser.get("/en/meetings", headers={"Host": "localhost:666"})
    assert answer.status_code == 308
    assert answer.location.endswith("://127.0.0.1:8000/en/meetings/")


def test_a_proxy_is_believed_only_where_there_is_one(make_site):
    forwarded = {
        "X-Forwarded-For": "192.0.2.7",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "https",
    }
    assert make_site().test_client().get("/en/", headers=forwarded).status_code == 200
    assert make_site(PROXY_HOPS="1").test_client().get("/en/", headers=forwarded).status_code == 400


def test_behind_a_proxy_people_have_their_own_address(make_site):
    site = make_site(PROXY_HOPS="1", **HTTPS)
    site.add_url_rule("/who", "who", lambda: f"{request.remote_addr} {request.scheme} {request.host}")
    forwarded = {
        "Host": "127.0.0.1:8000",
        "X-Forwarded-For": "203.0.113.9, 192.0.2.7",
        "X-Forwarded-Host": "meetings.example.org",
        "X-Forwarded-Proto": "https",
    }
    assert site.test_client().get("/who", headers=forwarded).text == "192.0.2.7 https meetings.example.org"


@pytest.mark.parametrize(("environ", "name", "flags"), [({}, "session", 0), (HTTPS, "__Host-session", 1)])
def test_cookies_follow_the_scheme(make_site, environ, name, flags):
    sent = make_site(**environ).test_client().get("/workspace/meetings/session").headers["Set-Cookie"]
    assert sent.startswith(f"{name}=")
    assert sent.count("; Secure") == flags
    assert "; HttpOnly" in sent
    assert "; SameSite=Lax" in sent
    assert "; Path=/" in sent
    assert "Domain" not in sent


def test_our_other_cookies_follow_it_too(make_site):
    sent = make_site(**HTTPS).test_client().get("/workspace/meetings/?lang=en").headers["Set-Cookie"]
    assert sent.startswith("__Host-lang=en;")
    assert "; Secure; HttpOnly; Path=/; SameSite=Lax" in sent


def test_a_body_over_a_megabyte_is_refused(browser):
    answer = browser.post("/en/meetings/x/register", data={"name": "x" * 1_100_000})
    assert answer.status_code == 413
    assert '<html lang="en"' in answer.text
    assert "Content-Security-Policy" in answer.headers


def test_too_many_fields_are_refused(browser):
    many = {f"f{number}": "" for number in range(1001)}
    assert browser.post("/en/meetings/x/register", data=many).status_code == 413
    parts = many | {"file": (io.BytesIO(b""), "a.txt")}
    assert browser.post("/en/meetings/x/register", data=parts).status_code == 413


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/en/meetings/a%00b/", 404),
        ("/en/meetings/a%0Ab/", 404),
        ("/en/meetings/a%C2%85b/", 404),
        ("/en/meetings/number/2147483648/", 404),
        ("/en/meetings/number/99999999999999999999999/", 404),
        ("/en/meetings/number/2147483647/", 200),
        ("/en/meetings/?q=a%00b", 400),
        ("/en/meetings/?q=%FF%ED%A0%80", 200),
        ("/en/meetings/%FF/", 200),
        ("/en/meetings/%F0%9F%91%8B/", 200),
    ],
)
def test_what_no_row_can_match_never_reaches_a_query(browser, path, status):
    assert browser.get(path).status_code == status
