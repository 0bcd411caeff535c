"""What the script of the door speaks with: the list for a phone, what has changed, scans and walk-ins that were kept.

Nothing gets lost here: a scan that cannot be done is kept with the reason, a walk-in stays on the phone with a
sentence; what came before is answered as then.
"""

from __future__ import annotations

import re
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NoReturn

from flask import Blueprint, Response, abort, jsonify, make_response, render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.datastructures import MultiDict

from app.base import clock
from app.base.db import begin_write
from app.base.errors import NotFound, Refusal
from app.base.tokens import hash_token
from app.domain.accounts.rules import Permission
from app.domain.attendance import queries, service
from app.domain.attendance.commands import Came, Scan
from app.domain.attendance.models import Act, Way
from app.domain.attendance.rules import MOST_SCANS
from app.extensions import db
from app.web import headers
from app.web.access import meeting_for, needs
from app.web.hosts import LARGEST_NUMBER
from app.web.locale import current_language
from app.web.static import static_url
from app.workspace.door_page import door_of, for_the_script, guest
from app.workspace.door_walk_ins import walked_in, why_not
from app.workspace.forms.door import CLIENT_ID, walk_in_form

if TYPE_CHECKING:
    from collections.abc import Collection

    from app.domain.attendance.models import DoorEvent
    from app.domain.meetings.models import Meeting
    from app.domain.registration.models import Attendee
    from app.workspace.forms.door import WalkInForm

blueprint = Blueprint("door_line", __name__, url_prefix="/meetings/<int:meeting_id>/door")

CODE = re.compile(r"[0-9a-f]{64}")
DOOR = re.compile(r"[a-z0-9]{0,16}")
PARTS = (
    "style.css",
    "setkani.js",
    "door.js",
    "door_walk_ins.js",
    "door_camera.js",
    "vendor/jsqr.js",
    "favicon.svg",
)


@blueprint.get("/offline/")
@needs(Permission.CHECK_IN)
def offline(meeting_id: int) -> str:
    """The page of the door without anybody on it, which a phone keeps for when there is no connection."""
    headers.allow_camera()
    meeting = meeting_for(meeting_id, Permission.CHECK_IN)
    return render_template("workspace/door_line/offline.html", meeting=meeting, **for_the_script(meeting))


@blueprint.get("/worker.js")
@needs(Permission.CHECK_IN)
def worker(meeting_id: int) -> Response:
    """The service worker: of this door alone, by its address. It changes when a file or the language does."""
    meeting_for(meeting_id, Permission.CHECK_IN)
    parts = [static_url(name) for name in PARTS]
    door = url_for("workspace.door.show", meeting_id=meeting_id)
    shell = {
        "door": door,
        "page": f"{door}offline/",
        "parts": parts,
        "version": hash_token(" ".join([*parts, current_language()]))[:12],
    }
    body = f"self.shell = {jsonify(shell).get_data(as_text=True).strip()};\n"
    body += f"importScripts({jsonify(static_url('door_worker.js')).get_data(as_text=True).strip()});\n"
    return Response(body, content_type="text/javascript; charset=utf-8")


@blueprint.get("/people.json")
@needs(Permission.CHECK_IN)
def people(meeting_id: int) -> Response:
    """Everybody, as a phone keeps them: name, organisation, hash of the code, flags of needs, since when in."""
    meeting = meeting_for(meeting_id, Permission.CHECK_IN)
    session = db.session()
    last = queries.last_event(session, meeting_id)
    found = queries.people(session, meeting_id)
    since = queries.arrivals(session, meeting_id)
    return jsonify(_state(meeting, last) | {"people": _guests(meeting, found, since, whole=True)})


@blueprint.get("/state.json")
@needs(Permission.CHECK_IN)
def state(meeting_id: int) -> Response:
    """The numbers, and whoever the other doors dealt with after event `after`."""
    meeting = meeting_for(meeting_id, Permission.CHECK_IN)
    session = db.session()
    last = queries.last_event(session, meeting_id)
    text = request.args.get("after", "")
    after = min(int(text), LARGEST_NUMBER) if text.isascii() and text.isdecimal() else last
    found = queries.changes(session, meeting_id, after=after)
    since = queries.arrivals(session, meeting_id, [one.id for one in found])
    return jsonify(_state(meeting, last) | {"people": _guests(meeting, found, since)})


@blueprint.post("/scans")
@needs(Permission.CHECK_IN)
def take(meeting_id: int) -> Response:
    """Take what a phone has kept; each scan is answered by what became of it."""
    meeting_for(meeting_id, Permission.CHECK_IN)
    sent = request.get_json(silent=True)
    scans, sent_at, name = _read(sent)
    session = db.session()
    begin_write(session)
    taken = service.take_scans(
        session, meeting_id, scans, sent_at=sent_at, now=clock.now(), door=door_of(name)
    )
    answers = [_answer(event) for event in taken]
    session.commit()
    return _outcome(meeting_id, answers)


@blueprint.post("/walk-ins")
@needs(Permission.CHECK_IN)
def add(meeting_id: int) -> Response:
    """Put somebody on the list whom a phone added; 422 or 409 with a sentence that the phone shows, and keeps them."""
    meeting_for(meeting_id, Permission.CHECK_IN)
    form, came, name = _read_walk_in(request.get_json(silent=True))
    if not form.validate():
        why = " ".join(str(error) for errors in form.errors.values() for error in errors)
        return make_response(jsonify(why=why), HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        event = walked_in(meeting_id, form, came=came, name=name)
    except NotFound:
        raise
    except Refusal as refusal:
        db.session.rollback()
        return make_response(jsonify(why=why_not(refusal)), HTTPStatus.CONFLICT)
    return _outcome(meeting_id, [_answer(event)])


def _outcome(meeting_id: int, answers: list[dict[str, Any]]) -> Response:
    """What became of each act, whoever it was about, and the numbers."""
    session, meeting = db.session(), meeting_for(meeting_id, Permission.CHECK_IN)
    found = queries.some(session, meeting_id, {one["attendee_id"] for one in answers} - {None})
    since = queries.arrivals(session, meeting_id, [one.id for one in found])
    counted = _state(meeting, queries.last_event(session, meeting_id))
    del counted["last"]  # others may have done something meanwhile, which `state` tells
    return jsonify(counted | {"answers": answers, "people": _guests(meeting, found, since, whole=True)})


def _state(meeting: Meeting, last: int) -> dict[str, Any]:
    counts = queries.counts(db.session(), meeting)
    return {
        "csrf": generate_csrf(),
        "last": last,
        "counts": {"present": counts.present, "expected": counts.expected, "free": counts.free},
    }


def _guests(
    meeting: Meeting, found: Collection[Attendee], since: dict[int, datetime], *, whole: bool = False
) -> list[dict[str, Any]]:
    """Rows for the script; `whole` with name, organisation, needs and the hash of the code."""
    now, rows = clock.now(), []
    for attendee in found:
        shown = guest(meeting, attendee, since.get(attendee.id), now=now)
        row = {
            "id": attendee.id,
            "since": _milliseconds(shown["since"]),
            "no": shown["no"],
            "let_in": shown["let_in"],
        }
        if whole:
            row |= {"name": shown["sort_name"], "full": shown["name"], "organisation": shown["organisation"]}
            row |= {"needs": shown["needs"], "code": hash_token(attendee.checkin_token)}
        rows.append(row)
    return rows


def _answer(event: DoorEvent) -> dict[str, Any]:
    return {
        "client_id": event.client_id,
        "verdict": str(event.verdict),
        "attendee_id": event.attendee_id,
        "at": _milliseconds(event.at),
    }


def _milliseconds(instant: datetime | None) -> int | None:
    return None if instant is None else round(instant.timestamp() * 1000)


def _read(sent: Any) -> tuple[list[Scan], datetime, str]:
    """What was sent, if it is what our script sends; 422 otherwise, and the script keeps it."""
    try:
        scans = [_scan(one) for one in sent["scans"]]
        sent_at, name = _instant(sent["sent_at"]), str(sent["door"])
    except (TypeError, KeyError, ValueError):
        _refuse()
    if not DOOR.fullmatch(name) or len(scans) > MOST_SCANS:
        _refuse()
    return scans, sent_at, name


def _read_walk_in(sent: Any) -> tuple[WalkInForm, Came, str]:
    """Somebody whom our script sends, as the form of the page, still to be validated; 422 for anything else."""
    try:
        typed = {name: sent[name] for name in ("name", "organisation", "email", "language", "client_id")}
        came = Came(at=_instant(sent["at"]), sent_at=_instant(sent["sent_at"]), queued=sent["queued"] is True)
        name = str(sent["door"])
    except (TypeError, KeyError, ValueError):
        _refuse()
    texts = all(isinstance(text, str) for text in typed.values())
    if not texts or not CLIENT_ID.fullmatch(typed["client_id"]) or not DOOR.fullmatch(name):
        _refuse()
    return walk_in_form(MultiDict(typed)), came, name


def _refuse() -> NoReturn:
    abort(
        make_response(jsonify(error="not what the script of the door sends"), HTTPStatus.UNPROCESSABLE_ENTITY)
    )


def _scan(one: Any) -> Scan:
    number, code, act, walk_in = one["attendee_id"], one["code"], Act(one["act"]), one.get("walk_in", "")
    if number is not None and (type(number) is not int or not 0 < number <= LARGEST_NUMBER):
        raise ValueError(number)
    if not CLIENT_ID.fullmatch(one["client_id"]) or (code and not CODE.fullmatch(code)):
        raise ValueError(code)
    if walk_in and (act != Act.UNDO or not CLIENT_ID.fullmatch(walk_in)):
        raise ValueError(walk_in)
    return Scan(
        client_id=one["client_id"],
        act=act,
        way=Way(one["way"]),
        at=_instant(one["at"]),
        attendee_id=number,
        code=code,
        queued=one["queued"] is True,
        walk_in=walk_in,
    )


def _instant(text: Any) -> datetime:
    """An instant with a zone; far-off ones are refused, as no sum of them can be made."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None or not 1900 < found.year < 3000:  # noqa: PLR2004 - any year of a broken clock
        raise ValueError(text)
    return found
