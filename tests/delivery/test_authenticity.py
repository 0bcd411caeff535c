from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.delivery.authenticity import Authenticity, judge
from app.delivery.incoming import read
from tests.delivery.raw_mails import AUTHSERV_ID, failed, passed
from tests.delivery.reply_mails import CLIENTS, reply_mail

SENDER = "olena@example.com"
STRONG, WEAK, FAILED = Authenticity.STRONG, Authenticity.WEAK, Authenticity.FAILED


def about(*lines: str, sender: str | None = SENDER, authserv_id: str | None = AUTHSERV_ID) -> Authenticity:
    return judge(lines, sender=sender, authserv_id=authserv_id)


def said(results: str, **more: str) -> Authenticity:
    """What is made of results of our own server."""
    return about(f"{AUTHSERV_ID}; {results}", **more)


# --- whose word counts ------------------------------------------------------------------------------------


def test_our_own_server_is_believed():
    assert about(passed(SENDER)) == STRONG
    assert about(failed(SENDER)) == FAILED
    assert about(passed(SENDER).upper().replace("PASS", "pass")) == STRONG


@pytest.mark.parametrize(
    "authserv_id", [None, "", "mx.example.net", "example.org", "mx.example.org.evil.example"]
)
def test_nobody_else_is(authserv_id):
    assert about(passed(SENDER), authserv_id=authserv_id) == WEAK
    assert about(failed(SENDER), authserv_id=authserv_id) == WEAK


def test_without_one_author_nothing_is_known():
    assert about(passed(SENDER), sender=None) == WEAK
    assert about(failed(SENDER), sender=None) == WEAK


@pytest.mark.parametrize(
    "head",
    [
        "evil.example mx.example.org",
        "mx.example.org.evil.example",
        "evil.example (mx.example.org)",
        '"mx.example.org x"',
        "mx.example.org 2",
        "mx.example.org x",
        "(mx.example.org;)",
        "",
        "x=mx.example.org",
    ],
)
def test_only_the_name_itself_is_the_name(head):
    assert about(f"{head}; dmarc=pass header.from=example.com") == WEAK


@pytest.mark.parametrize(
    "head", ["mx.example.org 1", "MX.Example.Org", "(x) mx.example.org (y) 1 (z)", '"mx.example.org"']
)
def test_the_name_may_have_company(head):
    assert about(f"{head}; dmarc=pass header.from=example.com") == STRONG


def test_only_the_topmost_line_of_ours_counts():
    """One that came with the mail stands below the one that our server put above it."""
    ours = f"{AUTHSERV_ID}; dmarc=none header.from=example.com"
    assert about(ours, passed(SENDER)) == WEAK
    assert about(failed(SENDER), passed(SENDER)) == FAILED
    assert about(f"{AUTHSERV_ID}; none", passed(SENDER)) == WEAK
    assert about(f"{AUTHSERV_ID} 2; dkim=none", passed(SENDER)) == WEAK
    assert about("mx.example.net; dmarc=fail", passed(SENDER)) == STRONG


def test_a_line_of_ours_that_was_spoilt_from_outside_does_not_uncover_a_forged_one():
    spoilt = f'{AUTHSERV_ID}; spf=fail smtp.mailfrom="x; dmarc=fail header.from=example.com'
    assert about(spoilt, passed(SENDER)) == WEAK
    assert about(spoilt.replace('"', "("), passed(SENDER)) == WEAK


# --- what it says -----------------------------------------------------------------------------------------


def test_a_line_of_countless_pieces_ends_the_search():
    ours = passed(SENDER) + "; x=y" * 900
    assert about(ours) == STRONG
    assert about(ours + "; x=y" * 900, passed(SENDER)) == WEAK


@pytest.mark.parametrize(
    ("results", "judged"),
    [
        ("dmarc=pass header.from=example.com", STRONG),
        ("DMARC = Pass  header.from = Example.COM", STRONG),
        ("dmarc/1=pass (p=REJECT sp=REJECT dis=NONE) header.from=example.com", STRONG),
        ("dmarc=pass (a (b; c) \\) d) action=none header.from=example.com;compauth=pass reason=100", STRONG),
        ('dmarc=pass reason="ok; dmarc=fail" header.from="example.com"', STRONG),
        ("spf=pass smtp.mailfrom=o@example.com; dmarc=pass header.from=example.com; arc=none", STRONG),
        ("dmarc=pass", WEAK),
        ("dmarc=pass header.from=example.org", WEAK),
        ("dmarc=pass header.from=mail.example.com", WEAK),
        ("dmarc=pass header.d=example.com", WEAK),
        ("dmarc=bestguesspass header.from=example.com", WEAK),
        ("dmarc=none header.from=example.com", WEAK),
        ("dmarc=temperror header.from=example.com", WEAK),
        ("dmarc=passed header.from=example.com", WEAK),
        ("dmarc=pa(x)ss header.from=example.com", WEAK),
        ("x-dmarc=pass header.from=example.com", WEAK),
        ("dmarc pass header.from=example.com", WEAK),
        ("dmarc=pass header.from=example.com trailing", WEAK),
        ("dmarc=pass header.from=example.org header.from=example.com", WEAK),
        ("dmarc=pass header.from=example.org; dmarc=pass header.from=example.com", WEAK),
        ("dmarc=fail header.from=example.com; dmarc=pass header.from=example.com", WEAK),
        ("spf=pass smtp.mailfrom=o@example.com", WEAK),
        ('spf=fail smtp.mailfrom="x;dmarc=pass header.from=example.com"', WEAK),
        ('spf=fail reason="x\\";dmarc=pass header.from=example.com;y=\\""', WEAK),
        ("spf=fail (x;dmarc=pass header.from=example.com)", WEAK),
        ("spf=fail (((x);dmarc=pass header.from=example.com)", WEAK),
        ("none", WEAK),
        ("", WEAK),
        ("dmarc=", WEAK),
        ("=pass header.from=example.com", WEAK),
    ],
)
def test_a_pass_is_only_a_pass_for_the_domain_in_from(results, judged):
    assert said(results) == judged


@pytest.mark.parametrize(
    ("results", "judged"),
    [
        ("dkim=pass header.d=example.com", STRONG),
        ('dkim=pass (2048-bit key) header.i=@example.com header.s=s1 header.b="Ab+/c;d="', STRONG),
        ('dkim=pass header.i="a; b"@example.com', STRONG),
        ("dkim=pass header.i=olena@mail.example.com header.b=AbC=", STRONG),
        ("dkim=pass header.d=mail.example.com", STRONG),
        ("dkim=fail header.d=example.com; dkim=pass header.d=example.com", STRONG),
        ("dkim=pass header.d=list.example.net; dkim=pass header.d=example.com", STRONG),
        ("dkim=pass header.d=example.com; dmarc=none", STRONG),
        ("dkim=pass header.d=com", WEAK),
        ("dkim=pass header.d=badexample.com", WEAK),
        ("dkim=pass header.d=example.com.evil.example", WEAK),
        ("dkim=pass header.d=evil.example header.i=@example.com", WEAK),
        ("dkim=pass", WEAK),
        ("dkim=pass header.s=example.com", WEAK),
        ("dkim=neutral header.d=example.com", WEAK),
        ("dkim=fail header.d=example.com", WEAK),
        ("spf=pass header.d=example.com", WEAK),
        ("dkim=pass header.d=example.com; dmarc=fail (p=NONE) header.from=example.com", WEAK),
        ("dkim=pass header.d=example.com; dmarc=fail (p=REJECT) header.from=example.org", WEAK),
        ("dkim=pass header.d=example.com; dmarc=fail (p=REJECT) header.from=example.com", FAILED),
    ],
)
def test_a_signature_counts_when_it_is_of_the_domain_in_from(results, judged):
    assert said(results) == judged


@pytest.mark.parametrize("signer", ["council.gov.uk", "mail.council.gov.uk"])
def test_shared_endings_prove_nothing(signer):
    assert said(f"dkim=pass header.d={signer}", sender="o@council.gov.uk") == STRONG
    assert said(f"dkim=pass header.d={signer}", sender="o@gov.uk") == WEAK
    assert said("dkim=pass header.d=gov.uk", sender="o@council.gov.uk") == WEAK
    assert said(f"dkim=pass header.d={signer}", sender="o@other.gov.uk") == WEAK


@pytest.mark.parametrize(
    ("results", "judged"),
    [
        ("dmarc=fail (p=REJECT sp=REJECT dis=NONE) header.from=example.com", FAILED),
        ("dmarc=fail (p=quarantine dis=none) header.from=example.com", FAILED),
        ("dmarc=fail policy.dmarc=reject header.from=example.com", FAILED),
        ("dmarc=fail policy.dmarc=Quarantine header.from=example.com", FAILED),
        ('dmarc=fail reason="SPF not aligned" header.from=example.com (policy=reject)', FAILED),
        ("dmarc=fail action=oreject header.from=example.com", FAILED),
        ("dmarc=fail action=o.quarantine header.from=example.com", FAILED),
        ("dmarc=fail action=quarantine header.from=example.com", FAILED),
        ("dmarc=fail (p=NONE sp=REJECT dis=NONE) header.from=example.com", WEAK),
        ("dmarc=fail policy.dmarc=none header.from=example.com", WEAK),
        ("dmarc=fail action=none header.from=example.com", WEAK),
        ("dmarc=fail header.from=example.com", WEAK),
        ("dmarc=fail (p=REJECT) header.from=example.org", WEAK),
        ("dmarc=fail (p=REJECT)", WEAK),
        ("dmarc=none (p=REJECT) header.from=example.com", WEAK),
        ("spf=fail (p=REJECT) header.from=example.com", WEAK),
        ("spf=pass (p=REJECT); dmarc=fail (p=NONE) header.from=example.com", WEAK),
    ],
)
def test_a_mail_failed_when_its_domain_wants_it_rejected(results, judged):
    assert said(results) == judged


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("lines", "judged"),
    [
        ((), WEAK),
        ((passed(SENDER),), STRONG),
        ((failed(SENDER),), FAILED),
        ((failed(SENDER, policy="NONE"),), WEAK),
    ],
)
def test_whole_mails_are_judged(client, lines, judged):
    raw = reply_mail(
        client, uid="r-1@example.org", attendee=SENDER, organizer="rsvp@example.org", authentication=lines
    )
    mail = read(raw, rsvp_address="rsvp@example.org")
    assert judge(mail.authentication, sender=mail.sender, authserv_id=AUTHSERV_ID) == judged


SCRAPS = st.sampled_from(
    [
        "dmarc",
        "dkim",
        "=",
        "pass",
        "fail",
        ";",
        "(",
        ")",
        '"',
        "\\",
        " ",
        "header.from",
        "header.d",
        "example.com",
    ]
)


@settings(deadline=None)
@given(st.lists(st.one_of(SCRAPS, st.text(max_size=5)), max_size=30))
def test_any_text_is_judged_and_none_in_quotes_is_a_pass(scraps):
    text = "".join(scraps)
    said(text)
    quoted = text.replace("\\", "").replace('"', "")
    assert said(f'spf=none reason="{quoted}"') == WEAK
    plain = quoted.replace("(", "").replace(")", "")
    assert said(f"spf=none ({plain})") == WEAK
