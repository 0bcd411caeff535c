"""The language of a page: URL, else cookie, else account, else Accept-Language, else the first configured.

Public addresses begin with `/<lang>/`; `/` and the workspace do not. Nothing here knows how many languages
there are, or that they are written from the left. Theme and time zone are chosen here too.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from flask import abort, current_app, g, has_request_context, redirect, request, session, url_for
from flask_babel import get_locale
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BuildError, RequestRedirect

from app.base.dates import locale_for
from app.extensions import settings
from app.web.access import signed_in
from app.web.hosts import cookie_name, set_cookie

if TYPE_CHECKING:
    from flask import Flask
    from flask_babel import Babel
    from werkzeug.wrappers import Response

A_YEAR = 365 * 24 * 60 * 60
THEMES = frozenset({"light", "dark"})


@dataclass(frozen=True, slots=True)
class Language:
    """One language of the switch: `name` in itself, `href` of this same page in it."""

    code: str
    name: str
    href: str
    dir: str


def init_app(app: Flask, babel: Babel) -> None:
    """Take the language out of the address, choose one, and tell the templates."""
    babel.init_app(app, locale_selector=_choose, timezone_selector=lambda: settings().timezone)
    app.url_value_preprocessor(_take_language)
    app.url_defaults(_give_language)
    app.before_request(_refuse_foreign)
    app.before_request(_switch)
    app.after_request(_remember)
    app.context_processor(_context)
    app.add_url_rule("/", "root", _root)


def current_language() -> str:
    """The code of the language spoken now: of the page, or of the letter inside `force_locale`."""
    locale = get_locale()
    codes = settings().languages
    if locale is None:
        return codes[0]
    return next((code for code in (str(locale), locale.language) if code in codes), codes[0])


def language_name(code: str) -> str:
    """A language's name in itself: `Čeština`, `English`."""
    locale = locale_for(code)
    name = str(locale.languages.get(code.replace("-", "_")) or locale.languages.get(locale.language) or code)
    return name[:1].upper() + name[1:]


def languages() -> list[Language]:
    """All languages in the configured order, with the address of this page in each."""
    return [
        Language(code, language_name(code), _here_in(code), locale_for(code).text_direction)
        for code in settings().languages
    ]


def _choose() -> str:
    codes = settings().languages
    if not has_request_context():
        return codes[0]
    named = g.get("lang") or request.path.split("/", 2)[1]
    if named in codes:
        return str(named)
    g.language_negotiated = True
    cookie = request.cookies.get(cookie_name("lang"))
    if cookie in codes:
        return str(cookie)
    return _account_language() or request.accept_languages.best_match(codes) or codes[0]


def _account_language() -> str | None:
    """Of whoever is signed in; asks the database, so not where an error page must come out without it."""
    if g.get("no_database") or "_user_id" not in session:
        return None
    user = signed_in()
    language = user.account.language if user else None
    return language if language in settings().languages else None


def _take_language(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    if values and "lang" in values:
        code = values.pop("lang")
        if code not in settings().languages:
            abort(404)
        g.lang = code


def _refuse_foreign() -> None:
    """`/wp-login.php` is not `/<lang>/` with its slash missing: say so at once, without a redirect."""
    redirect_to = request.routing_exception
    if (
        not isinstance(redirect_to, RequestRedirect)
        or request.path.strip("/").partition("/")[0] in settings().languages
    ):
        return
    adapter = current_app.create_url_adapter(request)
    try:
        _endpoint, values = adapter.match(urlsplit(redirect_to.new_url).path) if adapter else ("", {})
    except HTTPException:
        return
    if "lang" in values:
        abort(404)


def _give_language(endpoint: str, values: dict[str, Any]) -> None:
    if "lang" not in values and _is_named(endpoint):
        values["lang"] = current_language()


def _root() -> Response:
    g.language_negotiated = True
    return redirect(f"/{current_language()}/", 302)


def _switch() -> Response | None:
    """`?lang=` on a page whose address has no language: keep it in the cookie and come back without it."""
    code = request.args.get("lang")
    unnamed = request.endpoint is not None and g.get("lang") is None
    if request.method != "GET" or not unnamed or code not in settings().languages:
        return None
    query = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    response = redirect(_with_query(request.path, query), 302)
    set_cookie(response, "lang", code, max_age=A_YEAR)
    return response


def _remember(response: Response) -> Response:
    """Who came from one of our pages in another language has used the switch."""
    if g.get("language_negotiated"):
        response.vary.update(["Accept-Language", "Cookie"])
    language = g.get("lang")
    if (
        language
        and request.method == "GET"
        and response.status_code == HTTPStatus.OK
        and _came_from_other(language)
    ):
        set_cookie(response, "lang", language, max_age=A_YEAR)
    return response


def _came_from_other(language: str) -> bool:
    try:
        came_from = urlsplit(request.referrer or "")
    except ValueError:
        return False
    before = came_from.path.split("/", 2)[1:2]
    return (
        came_from.netloc == request.host
        and before != [language]
        and before[0:1] != []
        and before[0] in settings().languages
    )


def _here_in(code: str) -> str:
    """The address of this page in another language; the home page where it answers no GET."""
    home = f"/{code}/"
    if not has_request_context() or request.url_rule is None or "GET" not in (request.url_rule.methods or ()):
        return home
    endpoint = request.endpoint or ""
    query = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    if not _is_named(endpoint):
        return _with_query(request.path, [*query, ("lang", code)])
    try:
        return _with_query(url_for(endpoint, **{**(request.view_args or {}), "lang": code}), query)
    except BuildError:
        return home


def _is_named(endpoint: str) -> bool:
    """Whether an endpoint's addresses begin with a language; an unknown one is left to `url_for`."""
    try:
        return current_app.url_map.is_endpoint_expecting(endpoint, "lang")
    except KeyError:
        return False


def _with_query(path: str, query: list[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _theme() -> str:
    theme = request.cookies.get(cookie_name("theme")) if has_request_context() else None
    return theme if theme in THEMES else "auto"


def _context() -> dict[str, object]:
    code = current_language()
    return {
        "lang": code,
        "dir": locale_for(code).text_direction,
        "languages": languages(),
        "theme": _theme(),
    }
