"""What scanners and people type."""

import pytest

from app.base.tokens import hash_token
from app.domain.attendance.codes import CZECH_KEYS, code_of

TOKEN = "aZ0-yY9_kLmNoPqRsTuV12"
ADDRESS = f"https://example.org/c/{TOKEN}"
BACK = {number: letter for letter, number in CZECH_KEYS.items()}


@pytest.mark.parametrize("text", [ADDRESS, f"  {ADDRESS}\t", f"{ADDRESS}?lang=en", TOKEN, f"/c/{TOKEN}"])
def test_an_address_or_the_bare_code(text):
    assert code_of(text) == hash_token(TOKEN)


def test_a_scanner_on_a_czech_keyboard():
    typed = "".join(chr(BACK.get(ord(one), ord(one))) for one in ADDRESS)
    assert typed != ADDRESS
    assert "ě" in typed
    assert code_of(typed) == hash_token(TOKEN)


@pytest.mark.parametrize(
    "text", ["", "Olena", "https://example.org/", f"{ADDRESS}x", TOKEN[:-1], f"/my/{TOKEN}/"]
)
def test_anything_else_is_no_code(text):
    assert code_of(text) is None
