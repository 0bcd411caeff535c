"""Privacy notice and accessibility statement."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.domain.pages.models import PageName
from app.extensions import db
from app.web.locale import current_language
from app.web.site_text import site_text

blueprint = Blueprint("pages", __name__, url_prefix="/<lang>")


@blueprint.get("/privacy/")
def privacy() -> str:
    """What happens with personal data."""
    return _page("public/pages/privacy.html", PageName.PRIVACY)


@blueprint.get("/accessibility/")
def accessibility() -> str:
    """The accessibility statement (Act 99/2019 Sb. § 8; Decision (EU) 2018/1523)."""
    return _page("public/pages/accessibility.html", PageName.ACCESSIBILITY)


def _page(template: str, name: PageName) -> str:
    return render_template(template, text=site_text(db.session(), name, current_language()))
