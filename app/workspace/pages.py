"""The texts of the site: about the platform, privacy notice, accessibility statement; one per language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
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
from app.web.site_text import fill, original
from app.workspace.form_page import form_page, switched
from app.workspace.forms.pages import PageTextForm

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

blueprint = Blueprint("pages", __name__, url_prefix="/pages")
TITLES = {
    PageName.ABOUT: _l("About the platform (home)"),
    PageName.PRIVACY: _l("Privacy notice"),
    PageName.ACCESSIBILITY: _l("Accessibility statement"),
}


@blueprint.get("/")
@needs(Permission.ADMINISTER)
def index() -> str:
    """Every text with its languages, and whether it is still the one that comes with the program."""
    written = queries.written_pages(db.session())
    changed = {key: page.changed_at for key, page in written.items() if page.markdown}
    return render_template("workspace/pages/index.html", titles=TITLES, changed=changed)


@blueprint.route("/<name>/<language>/", methods=["GET", "POST"])
@needs(Permission.ADMINISTER)
@csrf.exempt
def edit(name: str, language: str) -> AnyResponse:
    """Write a text, look at it, save it."""
    if name not in TITLES or language not in settings().languages:
        abort(404)
    page = queries.find_page(db.session(), name, language)
    now_is = page.markdown if page and page.markdown else original(name, language)
    form = PageTextForm(data={"version": str(page.version if page else 0), "markdown": now_is})
    look = "look" in request.form
    if switched() or not form.validate_on_submit() or look:
        return _editor(form, name, language, look=look)
    try:
        _store(name, language, form.markdown.data, form.version_number)
    except Conflict:
        form.version.data = str(page.version if page else 0)
        return _editor(form, name, language, theirs=now_is, status=409)
    flash(_("The text is saved. Everybody sees it now."), "success")
    return redirect(url_for("workspace.pages.index"), 303)


@blueprint.post("/<name>/<language>/original/")
@needs(Permission.ADMINISTER)
def bring_back(name: str, language: str) -> AnyResponse:
    """Show the text that comes with the program again; the next version of the own text starts from it."""
    if name not in TITLES or language not in settings().languages:
        abort(404)
    page = queries.find_page(db.session(), name, language)
    if page is not None and page.markdown:
        try:
            _store(name, language, "", page.version)
        except Conflict:
            flash(_("Somebody saved this text just now. Look at it first."), "warning")
            return redirect(url_for("workspace.pages.edit", name=name, language=language), 303)
    flash(_("The original text is shown again."), "success")
    return redirect(url_for("workspace.pages.index"), 303)


def _editor(
    form: PageTextForm,
    name: str,
    language: str,
    *,
    look: bool = False,
    theirs: str | None = None,
    status: int | None = None,
) -> AnyResponse:
    seen = fill(form.markdown.data or "") if look and not form.errors else None
    return form_page(
        "workspace/pages/edit.html",
        form,
        status=status,
        title=TITLES[PageName(name)],
        name=name,
        language=language,
        seen=seen,
        theirs=theirs,
    )


def _store(name: str, language: str, markdown: str, version: int) -> None:
    """Save over `version`; raises `Conflict` when somebody saved meanwhile."""
    session = db.session()
    account_id = current_account().id
    begin_write(session)
    service.save_page(
        session, name, language, markdown, version=version, now=clock.now(), actor=organiser(account_id)
    )
    session.commit()
