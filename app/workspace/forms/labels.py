"""Forms of labels and of saved views."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.domain.registration.labels import LONGEST_LABEL
from app.domain.registration.saved_views import LONGEST_NAME
from app.web.fields import LineField
from app.web.forms import WorkspaceForm


class LabelForm(WorkspaceForm):
    """A label for one person."""

    label = LineField(
        _l("Label"),
        max_length=LONGEST_LABEL,
        missing=_l("Write the label"),
        hint=_l("A few words, for example VIP. Organisers and viewers see it, the person does not."),
        render_kw={"autocomplete": "off"},
    )


class ViewNameForm(WorkspaceForm):
    """The name of a saved view."""

    name = LineField(
        _l("Name of the view"),
        max_length=LONGEST_NAME,
        missing=_l("Write a name for the view"),
        render_kw={"autocomplete": "off"},
    )
