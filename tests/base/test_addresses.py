from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.base.addresses import MAX_ADDRESS, are_related, organisational_domain, read_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Olena@Example.ORG", "olena@example.org"),
        ("o+tag.x_y-z@example.org", "o+tag.x_y-z@example.org"),
        ("novák@příklad.cz", "novák@příklad.cz"),
        ("", None),
        ("olena", None),
        ("@example.org", None),
        ("olena@", None),
        ("a@b@example.org", None),
        ("a b@example.org", None),
        ("a@example.org ", None),
        ('"a"@example.org', None),
        ("a@[127.0.0.1]", None),
        ("a@example.org\r\nBcc:x", None),
        ("a\x00@example.org", None),
        ("a\x9b@example.org", None),
        ("a@b\uff20c.org", None),  # folded, it has two @
        ("x" * 300 + "@example.org", None),
        ("\ufdfa" * 50 + "@example.org", None),  # folded, it is eighteen times as long
    ],
)
def test_reads_an_address_or_nothing(text, address):
    assert read_address(text) == address


@given(st.text(max_size=300))
def test_what_is_read_is_stable(text):
    address = read_address(text)
    assert address is None or (read_address(address) == address and len(address) <= MAX_ADDRESS)


@pytest.mark.parametrize(
    ("one", "other", "related"),
    [
        ("example.org", "example.org", True),
        ("Example.org.", "example.ORG", True),
        ("mail.example.org", "example.org", True),
        ("example.org", "a.b.example.org", True),
        ("council.gov.uk", "mail.council.gov.uk", True),
        ("mail.example.org", "news.example.org", False),
        ("example.org", "badexample.org", False),
        ("example.org", "example.com", False),
        ("example.org", "org", False),
        ("org", "org", False),
        ("one.co.uk", "co.uk", False),
        ("co.uk", "co.uk", False),
        ("one.co.uk", "two.co.uk", False),
        ("", "", False),
        ("example.org", "", False),
        (".org", "x.org", False),
    ],
)
def test_domains_of_one_owner(one, other, related):
    assert are_related(one, other) is related
    assert are_related(other, one) is related


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("a@example.org", "example.org"),
        ("a@x.y.Example.ORG", "example.org"),
        ("a@x.council.gov.uk", "council.gov.uk"),
        ("a@example.co.uk", "example.co.uk"),
        ("a@org", "org"),
    ],
)
def test_the_domain_that_one_institution_owns(address, domain):
    assert organisational_domain(address) == domain
