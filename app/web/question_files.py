"""A file as the answer to a question: its field on any form, and how it stays chosen while the form is not right.

A browser forgets a chosen file when a form comes back. So a good one is kept at once, and the page names it in a
signed hidden field: what it says was told by us, and whoever has the page has the file (docs/decisions/0026).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from flask import request
from flask_babel import format_decimal
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeSerializer
from markupsafe import Markup
from wtforms import Field
from wtforms.widgets import FileInput

from app.base.uploads import KINDS, MEGABYTE, BadUpload, Group, endings_of, judge
from app.domain.questions import files
from app.domain.questions.commands import NOTHING, Given
from app.domain.questions.rules import BadAnswer
from app.extensions import settings
from app.web.forms import CHANGING
from app.web.hosts import MULTIPART
from app.web.limits import UPLOADS, Allowance, count, network

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.base.uploads import Upload
    from app.domain.questions.models import Question

LONGEST = 1000  # characters of the hidden field; ours have about 300
KILOBYTE = 1024


class WithFiles(Protocol):
    """A form, or one person of it, that may ask for files."""

    @property
    def file_fields(self) -> dict[int, FileAnswerField]:
        """The fields by question."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that the page speaks of. One that waits for its form has a `token`; one given before has none."""

    name: str
    size: int = 0
    token: str = ""
    digest: str = ""


class FileAnswer(FileInput):
    """What is kept, with a box to take it away, above the control that chooses a file."""

    def __call__(self, field: FileAnswerField, **kwargs: Any) -> Markup:  # type: ignore[override]  # of our field
        """The markup."""
        if field.kept is None:
            return super().__call__(field, accept=field.accept, **kwargs)
        said = f"{kwargs.pop('aria-describedby', '')} {field.id}-kept {field.id}-other".strip()
        again = super().__call__(field, accept=field.accept, **kwargs, aria_describedby=said, required=False)
        return Markup("{}{}").format(_kept_markup(field, field.kept), again)


class FileAnswerField(Field):
    """The file of one question. It reads what came by itself: a new file, the hidden field, or the box."""

    widget = FileAnswer()
    kept: Kept | None = None
    is_dropped = False
    trouble: BadAnswer | None = None

    def __init__(self, label: Any = None, *, question: Question, required: bool, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        if required:
            self.flags.required = True
        self.question_id = question.id
        self.groups, self.most = question.file_groups, question.largest_file
        kinds = [kind for group in self.groups for kind in KINDS[group]]
        self.accept = ",".join([*endings_of(self.groups), *kinds])

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Take over what is known already; a new file is looked at by `uploaded`."""
        del extra_filters
        self.process_errors = []
        self.kept = data if isinstance(data, Kept) else None
        if formdata is not None and request.method in CHANGING:
            self.kept = _read(request.form.get(f"{self.name}_kept"), self.question_id) or self.kept
            self.is_dropped = self.kept is not None and f"{self.name}_drop" in request.form
        self.data = self.kept

    def uploaded(self) -> Upload | None:
        """The new file of this request as it may be kept; None where there is none, or with `trouble`."""
        chosen = request.files.get(self.name)
        if not chosen or not chosen.filename:
            return None
        data = chosen.stream.read(self.most + 1)
        chosen.close()
        try:
            return judge(chosen.filename, data, self.groups, most=self.most)
        except BadUpload as bad:
            self.trouble = BadAnswer(bad.reason)
            return None

    def keep(self, upload: Upload, token: str) -> None:
        """The new file is kept under this token, in the place of any other."""
        self.kept = Kept(upload.name, len(upload.data), token, upload.digest)
        self.is_dropped = False

    def forget(self) -> None:
        """What waited for the form is gone."""
        self.kept = None

    def given(self) -> Given | BadAnswer:
        """What the question is answered with, or why the new file cannot be that."""
        if self.trouble is not None:
            return self.trouble
        if self.kept is None or self.is_dropped:
            return NOTHING
        return Given(text=self.kept.name, file=self.kept.token, digest=self.kept.digest)


def new_files(forms: Iterable[WithFiles]) -> list[tuple[FileAnswerField, Upload]]:
    """The files that came with this request and may be kept, with their fields; others have `trouble`."""
    fields = [field for form in forms for field in form.file_fields.values()]
    return [(field, upload) for field in fields if (upload := field.uploaded()) is not None]


def keep_new(session: Session, new: Iterable[tuple[FileAnswerField, Upload]], *, now: datetime) -> None:
    """Keep these files until their form is right. The caller has begun a write and commits."""
    for field, upload in new:
        try:
            field.keep(upload, files.keep(session, field.question_id, upload, now=now))
        except BadAnswer as bad:
            field.trouble = bad


def refuse_new(forms: Iterable[WithFiles]) -> None:
    """Say at each field with a new file that too many came."""
    for form in forms:
        for field in form.file_fields.values():
            if request.files.get(field.name):
                field.trouble = BadAnswer("file_slow")


def count_uploads() -> Allowance | None:
    """Count what this request brings, if it brings files; call it before anything is read."""
    if request.method not in CHANGING or request.mimetype != MULTIPART or not any(request.files.values()):
        return None
    return count(UPLOADS, network(), amount=(request.content_length or 0) // KILOBYTE + 1)


def kinds_words(groups: tuple[Group, ...], most: int) -> str:
    """What may be sent, for below a question."""
    words = group_words()
    return str(
        _(
            "%(kinds)s. At most %(size)s.",
            kinds="; ".join(words[group] for group in groups),
            size=size_words(most),
        )
    )


def group_words() -> dict[Group, str]:
    """What the kinds of files are called."""
    return {
        Group.PDF: str(_("PDF")),
        Group.PICTURE: str(_("Picture (JPEG, PNG, WebP)")),
        Group.OFFICE: str(_("Document of Word, Excel, PowerPoint or LibreOffice")),
        Group.TEXT: str(_("Plain text (.txt)")),
    }


def size_words(size: int) -> str:
    """`1.2 MB`; below a tenth of it in kB."""
    if size < MEGABYTE / 10:
        return str(_("%(size)s kB", size=format_decimal(-(-size // KILOBYTE))))
    return str(_("%(size)s MB", size=format_decimal(round(size / MEGABYTE, 1))))


def _kept_markup(field: FileAnswerField, kept: Kept) -> Markup:
    if kept.size:
        words = _("%(name)s, %(size)s, is kept.", name=kept.name, size=size_words(kept.size))
    else:
        words = _("%(name)s is kept.", name=kept.name)
    hidden = Markup('<input type="hidden" name="{}_kept" value="{}">').format(field.name, _sign(kept, field))
    return Markup(
        '<p class="kept" id="{id}-kept"><bdi>{words}</bdi></p>{hidden}'
        '<div class="choice"><input type="checkbox" id="{id}_drop" name="{name}_drop" value="1"{checked}>'
        '<div><label for="{id}_drop">{drop}</label></div></div>'
        '<p class="hint" id="{id}-other">{other}</p>'
    ).format(
        words=words,
        hidden=hidden if kept.token else "",
        id=field.id,
        name=field.name,
        checked=Markup(" checked") if field.is_dropped else "",
        drop=_("Take this file away"),
        other=_("To send another one instead, choose it here:"),
    )


def _sign(kept: Kept, field: FileAnswerField) -> str:
    return str(_serializer().dumps([kept.token, field.question_id, kept.name, kept.size, kept.digest]))


def _read(text: str | None, question_id: int) -> Kept | None:
    """What a hidden field of ours says about a file for this question; None for anything else."""
    if not text or len(text) > LONGEST:
        return None
    try:
        token, of_question, name, size, digest = _serializer().loads(text)
    except (BadData, TypeError, ValueError):
        return None
    return Kept(str(name), int(size), str(token), str(digest)) if of_question == question_id else None


def _serializer() -> URLSafeSerializer:
    config = settings()
    return URLSafeSerializer(
        [*reversed(config.secret_key_fallbacks), config.secret_key],  # the last one signs
        salt="setkani.kept-file",
        signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
    )
