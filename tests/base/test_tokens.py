"""Random names: long enough, of the right letters, never the same."""

import re

from app.base.tokens import hash_token, new_mail_token, new_token


def test_a_token_is_128_bits_in_an_address():
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", token) for token in tokens)


def test_a_mail_token_survives_folded_case():
    tokens = {new_mail_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert all(re.fullmatch(r"[a-z2-7]{26}", token) for token in tokens)


def test_a_hash_tells_nothing_and_is_always_the_same():
    token = new_token()
    assert hash_token(token) == hash_token(token)
    assert re.fullmatch(r"[0-9a-f]{64}", hash_token(token))
    assert token not in hash_token(token)
    assert hash_token(token) != hash_token(new_token())
