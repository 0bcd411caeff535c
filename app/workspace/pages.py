"""Texts of the site that an administrator may edit: about the platform, privacy, accessibility."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.base import clock
from app.base.db import begin_write
from app.base.errors import Conflict
from app.domain.accounts.rules import Permission
from app.domain.history.service import organiser
from app.domain.pages import queries, service
from app.domain.pages.models import PageName
from app.extensions import csrf, db, settings
from app.web.access import current_account, needs
from app.web.locale import language_name
from app.web.site_text import fill, heading_and_body, original
from app.workspace.form_page import form_page, switched
from app.workspace.forms.pages import OriginalForm, PageForm

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.pages.models import SitePage

blueprint = Blueprint("pages", __name__, url_prefix="/pages")
NAMES = {
    PageName.ABOUT: _l("About the platform (home page)"),
    PageName.PRIVACY: _l("Privacy notice"),
    PageName.ACCESSIBILITY: _l("Accessibility statement"),
}
PUBLIC = {
    PageName.ABOUT: "public.home.index",
    PageName.PRIVACY: "public.pages.privacy",
    PageName.ACCESSIBILITY: "public.pages.accessibility",
}
ACT, PREVIEW, ORIGINAL = "act", "preview", "original"


@blueprint.get("/")
@needs(Permission.ADMINISTER)
def index() -> str:
    """Every text in every language, and which were edited."""
    written = queries.written_pages(db.session())
    return render_template(
        "workspace/pages/index.html",
        names=NAMES,
        codes=[(code, language_name(code)) for code in settings().languages],
        edited={key: page for key, page in written.items() if page.markdown},
    )


@blueprint.route("/<name>/<code>/", methods=["GET", "POST"])
@needs(Permission.ADMINISTER)
def edit(name: str, code: str) -> AnyResponse:
    """One text in one language: write, look at it, save."""
    page = _page(name, code)
    form = PageForm(data={"version": str(_version(page)), "markdown": _text(page, name, code)})
    if request.form.get(ACT) == ORIGINAL and OriginalForm().validate():
        return _bring_back(name, code, page)
    if not form.is_submitted() or switched() or not form.validate():
        return _edit_page(form, name, code, page)
    if request.form.get(ACT) == PREVIEW:
        return _edit_page(form, name, code, page, preview=True)
    try:
        _save(name, code, form.markdown.data, form.known_version)
    except Conflict:
        return _conflict(form, name, code)
    flash(_("The text is saved. People see it now."), "success")
    return redirect(url_for("workspace.pages.index"), 303)


# It checks its token by itself: a page that was open for too long comes back filled in.
csrf.exempt(edit)


def _page(name: str, code: str) -> SitePage | None:
    if name not in NAMES or code not in settings().languages:
        abort(404)
    return queries.find_page(db.session(), name, code)


def _version(page: SitePage | None) -> int:
    return page.version if page else 0


def _text(page: SitePage | None, name: str, code: str) -> str:
    return page.markdown if page and page.markdown else original(name, code)


def _save(name: str, code: str, markdown: str, version: int) -> int:
    """Store a text; gives its new version. Raises `Conflict`."""
    session = db.session()
    begin_write(session)
    try:
        page = service.save_page(
            session,
            name,
            code,
            markdown,
            version=version,
            now=clock.now(),
            actor=organiser(current_account().id),
        )
        saved = page.version
        session.commit()
    except Exception:
        session.rollback()
        raise
    return saved


def _bring_back(name: str, code: str, page: SitePage | None) -> AnyResponse:
    """Use the text that comes with the program again. The page that answers offers the undo."""
    here = url_for("workspace.pages.edit", name=name, code=code)
    if page is None or not page.markdown:
        return redirect(here, 303)
    replaced = page.markdown
    try:
        version = _save(name, code, "", page.version)
    except Conflict:
        flash(_("Somebody else saved this text just now. Look at it first."), "warning")
        return redirect(here, 303)
    form = PageForm()
    form.markdown.data, form.version.data = original(name, code), str(version)
    return _edit_page(form, name, code, _page(name, code), replaced=replaced)


def _conflict(form: PageForm, name: str, code: str) -> Response:
    """What was typed beside what somebody else has saved; saving again goes over theirs."""
    page = _page(name, code)
    form.version.data = str(_version(page))
    rows = [
        {"label": _("Text"), "before": _text(page, name, code), "after": form.markdown.data, "lang": code}
    ]
    return _edit_page(form, name, code, page, status=HTTPStatus.CONFLICT, conflict=rows)


def _edit_page(
    form: PageForm,
    name: str,
    code: str,
    page: SitePage | None,
    *,
    status: int | None = None,
    preview: bool = False,
    replaced: str = "",
    conflict: list[dict[str, str]] | None = None,
) -> Response:
    heading, body = "", ""
    if preview:
        heading, body = (
            heading_and_body(fill(form.markdown.data))
            if name == PageName.ABOUT
            else ("", fill(form.markdown.data))
        )
    return form_page(
        "workspace/pages/edit.html",
        form,
        status=status,
        name=name,
        code=code,
        page_name=NAMES[PageName(name)],
        in_language=language_name(code),
        public=url_for(PUBLIC[PageName(name)], lang=code),
        edited=bool(page and page.markdown),
        preview=preview,
        preview_heading=heading,
        preview_body=body,
        replaced=replaced,
        conflict=conflict,
    )
