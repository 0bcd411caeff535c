"""The attendee list as it stands in the address: what is shown, in which order, and links around it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import request, url_for

from app.domain.directory.models import OrganisationKind
from app.domain.registration.models import Answer, Mode
from app.domain.registration.queries import NO_LABEL, SORTS, TABS, ListView
from app.web.fields import search_text
from app.workspace import attendee_words as words
from app.workspace.list_columns import chosen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from werkzeug.datastructures import MultiDict

PLAIN = ListView()
KINDS = frozenset(OrganisationKind)
MODES = frozenset(Mode)
ANSWERS = frozenset(Answer)
UNDO, CHOSEN = "undo", "chosen"
WAITS = "wait:"  # before the instant of an act that gave seats; without it, of one that ended places
LABELLED = "label:"  # before the instant of an act that put labels on or took them off
IMPORTED = "import:"  # before the instant of an import
MOVES = "move:"  # before the instant of an act that moved people to another meeting
PREFIXES = (WAITS, LABELLED, IMPORTED, MOVES)
NUMBER = re.compile("[0-9]{1,9}")
SAID = re.compile("[0-9]{1,9}:([0-9]{1,9}|yes|no|file|none)")
MOST_COLUMNS = 12
SEARCHED = ("q", "kind", "mode", "answer", "said", "label")  # the fields of the search
ONLY_WHEN_FILLED = frozenset({"maybe", "pending", "invited"})


def asked_view() -> ListView:
    """The view in the address of this request; what is not on offer counts as not asked for."""
    return view_of(request.args)


def view_of(args: MultiDict[str, str]) -> ListView:
    """The view that the parameters say: `tab`, `q`, the filters, `column`, `show`, `sort` and `order`."""
    return ListView(
        tab=_one_of(args.get("tab"), TABS, PLAIN.tab),
        search=search_text(args.get("q")),
        kind=_one_of(args.get("kind"), KINDS, ""),
        mode=_one_of(args.get("mode"), MODES, ""),
        answer=_one_of(args.get("answer"), ANSWERS, ""),
        said=_said(args.get("said", "")),
        columns=_columns(args.getlist("column")),
        shown=chosen(args.getlist("show")),
        label=_label(args.get("label", "")),
        bounced=args.get("bounced") == "1",
        invited=args.get("invited") == "1",
        sort=_one_of(args.get("sort"), SORTS, PLAIN.sort),
        descending=args.get("order") == "desc",
    )


def parameters(view: ListView, page: int = 1) -> dict[str, Any]:
    """The parameters of a view, without those that say what holds anyway."""
    every = {
        "tab": (view.tab, PLAIN.tab),
        "q": (view.search, ""),
        "kind": (view.kind, ""),
        "mode": (view.mode, ""),
        "answer": (view.answer, ""),
        "said": (view.said, ""),
        "column": (view.columns, ()),
        "show": (view.shown, ()),
        "label": (view.label, ""),
        "invited": ("1" if view.invited else "", ""),
        "bounced": ("1" if view.bounced else "", ""),
        "sort": (view.sort, PLAIN.sort),
        "order": ("desc" if view.descending else "asc", "asc"),
        "page": (str(page), "1"),
    }
    return {name: value for name, (value, plain) in every.items() if value != plain}


def instant_of(text: str) -> datetime | None:
    """The instant of an act that may be taken back; None for anything else."""
    try:
        found = datetime.fromisoformat(re.sub(f"^(?:{'|'.join(PREFIXES)})", "", text))
    except ValueError:
        return None
    return found if found.tzinfo else None


def filters_set(view: ListView) -> int:
    """How many filters are set, beside the tab and what is searched for."""
    chosen = (view.kind, view.mode, view.answer, view.said, view.label, view.bounced, view.invited)
    return sum(map(bool, chosen))


def is_narrowed(view: ListView) -> bool:
    """Whether something is filtered out, other than by the tab."""
    return bool(view.search or filters_set(view))


def kept_by_name(view: ListView) -> dict[str, Any]:
    """What a saved view keeps: all but what was searched for, which may be a name, and the page."""
    kept = parameters(replace(view, search=""))
    return kept | {name: list(value) for name, value in kept.items() if isinstance(value, tuple)}


def recorded(view: ListView) -> dict[str, Any]:
    """What history keeps of a view: never what was searched for, which may be a name.

    Nor the columns of the screen: what leaves the house has its own.
    """
    kept = parameters(replace(view, shown=()))
    if view.people:
        kept["chosen"] = len(view.people)
    if kept.pop("q", None):
        kept["searched"] = "yes"
    return kept


class Links:
    """Addresses of the list of one meeting, seen from `view`."""

    def __init__(self, meeting_id: int, view: ListView) -> None:
        self.meeting_id, self.view = meeting_id, view

    def to(self, view: ListView, page: int = 1, *, undo: str = "") -> str:
        """The list in another view."""
        asked: dict[str, Any] = parameters(view, page) | ({UNDO: undo} if undo else {})
        return url_for("workspace.attendees.index", meeting_id=self.meeting_id, **asked)

    def act(self, name: str) -> str:
        """Where an act on many is sent to, which comes back to this view."""
        return url_for(f"workspace.decisions.{name}", meeting_id=self.meeting_id, **parameters(self.view))

    def many(self, name: str) -> str:
        """Where an act on the people of this view is sent to."""
        return url_for(f"workspace.many.{name}", meeting_id=self.meeting_id, **parameters(self.view))

    def labels(self, name: str) -> str:
        """Where an act with a label of many people is sent to."""
        return url_for(f"workspace.labels.{name}", meeting_id=self.meeting_id, **parameters(self.view))

    def save(self) -> str:
        """Where the name for this view is sent to."""
        return url_for("workspace.saved_views.save", meeting_id=self.meeting_id, **parameters(self.view))

    def undo(self, undo_at: str, *, is_ahead: bool) -> str:
        """Where the button that takes the act of this instant back leads to; empty where there is none."""
        if undo_at.startswith(LABELLED):
            return self.labels("take_back")
        may_undo = is_ahead or undo_at.startswith(IMPORTED)
        return self.act("bring_back") if undo_at and may_undo else ""

    def moving(self) -> str:
        """Where it is asked to which meeting the people of this view go."""
        return url_for("workspace.moves.choose", meeting_id=self.meeting_id, **parameters(self.view))

    def page(self, number: int) -> str:
        """Another page of the same view."""
        return self.to(self.view, number)

    def tab(self, name: str) -> str:
        """Another tab, with the same filters."""
        return self.to(replace(self.view, tab=name))

    def tabs(self, counts: Mapping[str, int]) -> list[dict[str, Any]]:
        """The tabs with their counts; some only where there is something in them."""
        return [
            {"href": self.tab(name), "label": text, "count": counts[name], "current": self.view.tab == name}
            for name, text in words.TABS.items()
            if counts[name] or name not in ONLY_WHEN_FILLED or self.view.tab == name
        ]

    def bounced(self) -> str:
        """Everybody whose address takes no mail."""
        return self.to(replace(PLAIN, bounced=True))

    def kept(self) -> list[tuple[str, Any]]:
        """What a new search keeps: the tab, the order, the columns, and what its fields do not say."""
        return _pairs(self.view, but=SEARCHED)

    def beside_columns(self) -> list[tuple[str, Any]]:
        """What another choice of columns keeps: all the rest."""
        return _pairs(self.view, but=("column", "show"))

    def usual_columns(self) -> str:
        """The same view with the usual columns; empty where it has them."""
        usual = replace(self.view, columns=(), shown=())
        return "" if usual == self.view else self.to(usual)

    def everybody(self) -> str:
        """The same order and columns without filters."""
        plain = replace(PLAIN, sort=self.view.sort, descending=self.view.descending)
        return self.to(replace(plain, columns=self.view.columns, shown=self.view.shown))

    def sort(self, column: str) -> str:
        """By this column; the other way round when it is sorted by it already."""
        turned = self.view.sort == column and not self.view.descending
        return self.to(replace(self.view, sort=column, descending=turned))

    def direction(self, column: str) -> str:
        """The value of `aria-sort` for this column; empty when the list is sorted by another."""
        if self.view.sort != column:
            return ""
        return "descending" if self.view.descending else "ascending"

    def export(self) -> str:
        """Where the same view is downloaded."""
        return url_for("workspace.exports.show", meeting_id=self.meeting_id, **parameters(self.view))

    def download(self) -> str:
        """Where the form of a download is sent to."""
        return url_for("workspace.exports.download", meeting_id=self.meeting_id, **parameters(self.view))

    def download_chosen(self) -> str:
        """Where the download of those who are ticked is sent to."""
        asked: dict[str, Any] = parameters(self.view) | {CHOSEN: "1"}
        return url_for("workspace.exports.download", meeting_id=self.meeting_id, **asked)

    def files(self) -> str:
        """Where all files of the people of this view are asked for."""
        return url_for("workspace.answer_files.download", meeting_id=self.meeting_id, **parameters(self.view))

    def press(self) -> str:
        """Where the form of a print is sent to."""
        return url_for("workspace.sheets.print_pdf", meeting_id=self.meeting_id, **parameters(self.view))


def _pairs(view: ListView, *, but: Collection[str]) -> list[tuple[str, Any]]:
    """The parameters of a view as hidden fields of a form, without those that the form asks for."""
    kept = [(name, value) for name, value in parameters(view).items() if name not in but]
    return [(name, one) for name, value in kept for one in (value if isinstance(value, tuple) else (value,))]


def _said(text: str) -> str:
    return text if SAID.fullmatch(text) else ""


def _label(text: str) -> str:
    return text if text == NO_LABEL or NUMBER.fullmatch(text) else ""


def _columns(texts: list[str]) -> tuple[int, ...]:
    """Ids of questions, each once."""
    return tuple(dict.fromkeys(int(one) for one in texts if NUMBER.fullmatch(one)))[:MOST_COLUMNS]


def _one_of(value: str | None, offered: Any, otherwise: str) -> str:
    return value if value is not None and value in offered else otherwise
