"""The texts of the site: about the platform, privacy notice, accessibility statement; one per language."""

from __future__ import annotations

from http import HTTPStatus
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
from app.workspace.forms.pages import OriginalForm, PageTextForm

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

blueprint = Blueprint("pages", __name__, url_prefix="/pages")
ACT, LOOK, ORIGINAL = "act", "look", "original"
TITLES = {
    PageName.ABOUT: _l("About the platform (home)"),
    PageName.PRIVACY: _l("Privacy notice"),
    PageName.ACCESSIBILITY: _l("Accessibility statement"),
    PageName.SHEET: _l("Sign-in sheet: purpose and legal basis"),
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
def edit(name: str, language: str) -> AnyResponse:
    """Write a text, look at it, save it, or bring back the one that comes with the program."""
    if name not in TITLES or language not in settings().languages:
        abort(404)
    if request.form.get(ACT) == ORIGINAL and OriginalForm().validate():
        return _bring_back(name, language)
    version, text = _present(name, language)
    form = PageTextForm(data={"version": str(version), "markdown": text})
    look = request.form.get(ACT) == LOOK
    if switched() or not form.validate_on_submit() or look:
        return _editor(form, name, language, look=look)
    try:
        _store(name, language, form.markdown.data, form.version_number)
    except Conflict:
        version, theirs = _present(name, language)
        form.version.data = str(version)
        return _editor(form, name, language, theirs=theirs, status=HTTPStatus.CONFLICT)
    flash(_("The text is saved. Everybody sees it now."), "success")
    return redirect(url_for("workspace.pages.index"), 303)


# It checks its token by itself: a page that was open for too long comes back filled in.
csrf.exempt(edit)


def _bring_back(name: str, language: str) -> AnyResponse:
    """Show the original text again. The page that answers holds the replaced one, for the undo."""
    version, replaced = _present(name, language)
    if version == 0 or replaced == original(name, language):
        flash(_("The original text is shown already."), "info")
        return redirect(url_for("workspace.pages.edit", name=name, language=language), 303)
    try:
        _store(name, language, "", version)
    except Conflict:
        flash(_("Somebody saved this text just now. Look at it first."), "warning")
        return redirect(url_for("workspace.pages.edit", name=name, language=language), 303)
    form = PageTextForm()
    version, form.markdown.data = _present(name, language)
    form.version.data = str(version)
    return _editor(form, name, language, replaced=replaced)


def _present(name: str, language: str) -> tuple[int, str]:
    """The version and the text that people see now; version 0 is the text that comes with the program."""
    page = queries.find_page(db.session(), name, language)
    if page is None:
        return 0, original(name, language)
    return page.version, page.markdown or original(name, language)


def _editor(
    form: PageTextForm,
    name: str,
    language: str,
    *,
    look: bool = False,
    theirs: str | None = None,
    replaced: str = "",
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
        replaced=replaced,
    )


def _store(name: str, language: str, markdown: str, version: int) -> None:
    """Save over `version`; raises `Conflict` when somebody saved meanwhile."""
    session = db.session()
    account_id = current_account().id
    begin_write(session)
    try:
        service.save_page(
            session, name, language, markdown, version=version, now=clock.now(), actor=organiser(account_id)
        )
        session.commit()
    except Conflict:
        session.rollback()
        raise
