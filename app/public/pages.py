"""Privacy notice and accessibility statement."""

from __future__ import annotations

from flask import Blueprint, g, render_template

from app.domain.pages.models import PageName
from app.extensions import db
from app.public.site_text import site_text

blueprint = Blueprint("pages", __name__, url_prefix="/<lang>")


@blueprint.get("/privacy/")
def privacy() -> str:
    """What happens with personal data."""
    return render_template("public/pages/privacy.html", text=site_text(db.session(), PageName.PRIVACY, g.lang))


@blueprint.get("/accessibility/")
def accessibility() -> str:
    """The accessibility statement (Act 99/2019 Sb. § 8; Decision (EU) 2018/1523)."""
    text = site_text(db.session(), PageName.ACCESSIBILITY, g.lang)
    return render_template("public/pages/accessibility.html", text=text)
