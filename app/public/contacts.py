"""Contacts: who to write to about what."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.domain.directory import queries as directory
from app.extensions import db

blueprint = Blueprint("contacts", __name__, url_prefix="/<lang>/contacts")


@blueprint.get("/")
def index() -> str:
    """All contacts, as roles."""
    return render_template("public/contacts/index.html", contacts=directory.contacts(db.session()))
