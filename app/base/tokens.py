"""Random names that cannot be guessed, and the only comparison that is safe for them."""

import base64
import hashlib
import secrets


def new_token() -> str:
    """128 random bits as 22 characters of URL-safe base 64: personal links, submissions, check-in."""
    return secrets.token_urlsafe(16)


def new_mail_token() -> str:
    """128 random bits as 26 characters of lower-case base 32: mail servers fold case in local parts."""
    return base64.b32encode(secrets.token_bytes(16)).decode().rstrip("=").lower()


def hash_token(token: str) -> str:
    """SHA-256 in hex: what is stored of a token that must not be readable from the database."""
    return hashlib.sha256(token.encode()).hexdigest()
