"""Series: lines of meetings with a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from app.base import clock
from app.base.db import begin_write
from app.domain.accounts.rules import Permission, covers, may
from app.domain.history.service import organiser
from app.domain.meetings import following, queries, service
from app.extensions import db
from app.web.access import current_account, needs, refuse, visible_series_ids
from app.workspace.form_page import form_page, switched
from app.workspace.forms.series import SeriesForm, series_form

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from app.domain.accounts.models import Account

blueprint = Blueprint("series", __name__, url_prefix="/series")


@blueprint.get("/")
@needs(Permission.SEE_LIST)
def index() -> str:
    """The series that the account may see."""
    account = current_account()
    bound = visible_series_ids(account)
    seen = [one for one in queries.all_series(db.session()) if covers(bound, one.id)]
    return render_template(
        "workspace/series/index.html",
        all_series=seen,
        latest=following.latest_of_each(db.session(), [one.id for one in seen]),
        may_edit=may(account, Permission.EDIT),
        may_add=_may_add(account),
    )


@blueprint.route("/new/", methods=["GET", "POST"])
@needs(Permission.EDIT)
def new() -> AnyResponse:
    """A new series. Whoever is bound to some series could not see it afterwards, so may not make one."""
    account = current_account()
    if not _may_add(account):
        refuse(account, Permission.EDIT)
    form = series_form()
    if switched() or not form.validate_on_submit():
        return form_page("workspace/series/new.html", form)
    series_id = _store(form, account.id)
    flash(_("The series is saved. Now make its first meeting."), "success")
    return redirect(url_for("workspace.meetings.new", series=series_id), 303)


def _store(form: SeriesForm, account_id: int) -> int:
    session = db.session()
    begin_write(session)
    series = service.create_series(
        session, form.name_texts, form.about_texts, now=clock.now(), actor=organiser(account_id)
    )
    series_id = series.id
    session.commit()
    return series_id


def _may_add(account: Account) -> bool:
    return may(account, Permission.EDIT) and not visible_series_ids(account)
