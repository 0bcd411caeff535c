"""Headers that every answer has, also errors and redirects, and what may be kept by a cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import g, request

from app.extensions import settings

if TYPE_CHECKING:
    from flask import Flask, Response

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "manifest-src": "'self'",
}
# The HTML of a letter, shown inside a page of ours: its styles are inline, nothing else runs or loads.
LETTER_POLICY = {
    "default-src": "'none'",
    "style-src": "'unsafe-inline'",
    "img-src": "data:",
    "form-action": "'none'",
    "base-uri": "'none'",
    "frame-ancestors": "'self'",
    "sandbox": "",
}
# A file that a stranger handed over: should a browser show it after all, it can do nothing.
FILE_POLICY = {"default-src": "'none'", "frame-ancestors": "'none'", "sandbox": ""}
# `same-origin` and not `no-referrer`: Flask-WTF asks for the referrer of a POST under https.
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
WITH_CAMERA = ALWAYS["Permissions-Policy"].replace("camera=()", "camera=(self)")
ONE_YEAR = 365 * 24 * 60 * 60
SECRET_ADDRESS = {"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}
PRIVATE_BLUEPRINTS = frozenset(
    {
        *("workspace", "public.sign_in"),
        *("public.personal", "public.personal_feed", "public.personal_feedback", "public.personal_files"),
    }
)
PRIVATE_ENDPOINTS = frozenset({"public.registration.done", "public.registration.correct"})
FIRST_ERROR = 400


def init_app(app: Flask) -> None:
    """Put the headers on every answer of the application."""
    app.after_request(_add)


def private() -> None:
    """No cache may keep the answer to this request."""
    g.private = True


def secret_address() -> None:
    """Whoever has the address of this request is let in: no robot may list it, no page may pass it on."""
    g.secret_address = True


def allow_frames() -> None:
    """Let the page at hand show frames of our own."""
    g.policy = POLICY | {"frame-src": "'self'"}


def as_letter() -> None:
    """The answer is the HTML of a letter, to be framed by a page of ours."""
    g.policy = LETTER_POLICY


def as_stranger() -> None:
    """The answer is a file of somebody else's making: it may be saved, and nothing in it may run."""
    g.policy = FILE_POLICY


def allow_camera() -> None:
    """Let the page at hand ask for the camera; what it sees never leaves the device."""
    g.permissions = WITH_CAMERA


def common(*, secure: bool) -> dict[str, str]:
    """The headers that do not depend on the page; `secure` when the public address is https."""
    transport = {"Strict-Transport-Security": f"max-age={ONE_YEAR}"} if secure else {}
    return {**ALWAYS, **transport, "Content-Security-Policy": policy_text(POLICY, secure=secure)}


def policy_text(policy: dict[str, str], *, secure: bool) -> str:
    """A Content-Security-Policy as it is sent."""
    parts = [f"{name} {value}".strip() for name, value in policy.items()]
    return "; ".join([*parts, "upgrade-insecure-requests"] if secure else parts)


def _add(response: Response) -> Response:
    secure = settings().secure
    more = SECRET_ADDRESS if g.get("secret_address") else {}
    for name, value in {**common(secure=secure), **more}.items():
        response.headers[name] = value
    if policy := g.get("policy"):
        response.headers["Content-Security-Policy"] = policy_text(policy, secure=secure)
    if permissions := g.get("permissions"):
        response.headers["Permissions-Policy"] = permissions
    if _is_private(response):
        response.headers["Cache-Control"] = "no-store"
    elif "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-cache"
    return response


def _is_private(response: Response) -> bool:
    """Private pages, answers to POST, errors, and whatever was made for somebody signed in."""
    user = g.get("_login_user")  # where Flask-Login keeps it; to ask `current_user` would load it
    return bool(
        g.get("private")
        or PRIVATE_BLUEPRINTS.intersection(request.blueprints)
        or request.endpoint in PRIVATE_ENDPOINTS
        or request.method not in {"GET", "HEAD"}
        or response.status_code >= FIRST_ERROR
        or (user is not None and user.is_authenticated)
    )
