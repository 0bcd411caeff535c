"""Templates of letters become subject, text and HTML. No request, no database."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import css_inline
from flask import current_app

if TYPE_CHECKING:
    from app.delivery.views import LetterView

LONGEST_SUBJECT = 60
LONGEST_OWN_SUBJECT = 150  # that an organiser wrote
SHORTEST_TITLE = 12
ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Words:
    """What a person reads of a letter."""

    subject: str
    text: str
    html: str


def words(view: LetterView) -> Words:
    """Render a letter in the language that is on. Raises `jinja2.TemplateError` for a broken template."""
    line = subject(view)
    html = _inliner().inline(_render(view, "body.html", subject=line))
    return Words(line, _tidy(_render(view, "body.txt", subject=line)), html)


def subject(view: LetterView) -> str:
    """The subject in at most 60 characters; where it would be longer, the title is cut at a word.

    What an organiser wrote stays whole as far as anybody would read.
    """
    line, longest = _one_line(view), LONGEST_OWN_SUBJECT if view.more["message"] else LONGEST_SUBJECT
    too_much = len(line) - longest
    if too_much > 0 and view.meeting is not None and not view.more["message"]:
        shorter = replace(view.meeting, title=_cut(view.meeting.title, len(view.meeting.title) - too_much))
        line = _one_line(replace(view, meeting=shorter))
    return line if len(line) <= longest else line[: longest - 1].rstrip() + ELLIPSIS


def _cut(title: str, length: int) -> str:
    """The beginning of a title in at most `length` characters, with `…`."""
    kept = title[: max(length, SHORTEST_TITLE) - 1]
    whole = kept.rpartition(" ")[0]
    kept = whole if len(whole) >= SHORTEST_TITLE else kept
    return kept.rstrip(" ,;:.–-") + ELLIPSIS


def _one_line(view: LetterView) -> str:
    return re.sub(r"[ \t\r\n]+", " ", _render(view, "subject.txt", subject="")).strip()


def _render(view: LetterView, name: str, *, subject: str) -> str:
    template = current_app.jinja_env.get_template(f"mail/{view.kind}/{name}")
    return template.render(letter=view, meeting=view.meeting, more=view.more, subject=subject)


def _tidy(text: str) -> str:
    """No blanks at the ends of lines, never more than one empty line."""
    lines = "\n".join(line.rstrip(" \t") for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"


@lru_cache(maxsize=1)
def _inliner() -> css_inline.CSSInliner:
    """Styles go into the tags, as many programs drop `<style>`; dark colours need their media query."""
    return css_inline.CSSInliner(keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False)
