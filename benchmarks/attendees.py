"""The organiser's list of 10,000 attendees with ten answers each: milliseconds of a page and its statements.

Figures to hold: 150 ms in the median and ten statements, for every view.
"""

from __future__ import annotations

import statistics
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from app.domain.accounts.models import Role
from app.extensions import db
from app.workspace.list_columns import COLUMNS
from benchmarks._crowd import answers_of, meeting_of
from benchmarks._desk import empty_site, session_of, signed_in
from tests.pages import count_statements

if TYPE_CHECKING:
    from flask.testing import FlaskClient

PEOPLE = 10_000
QUESTIONS = 10
ROUNDS = 15
LONGEST = 150  # milliseconds
MOST_STATEMENTS = 10
VIEWS = {
    "first page": "",
    "last page": "?page=200",
    "search of three letters": "?q=nov",
    "search of one person": "?q=zofie+00120",
    "who waits": "?tab=waiting",
    "by organisation": "?sort=organisation&order=desc",
    "an organisation's kind": "?kind=district&mode=in_person",
    "every column": "?" + "&".join(f"show={name}" for name in COLUMNS),
}


def main() -> bool:
    with empty_site() as app:
        with app.app_context():
            session = db.session()
            meeting_id = meeting_of(session, PEOPLE)
            answers_of(session, meeting_id, QUESTIONS)
            token = session_of(session, Role.ADMINISTRATOR)
            session.commit()
            engine = db.engine
        client, path = signed_in(app, token), f"/workspace/meetings/{meeting_id}/attendees/"
        held = True
        for name, asked in VIEWS.items():
            _seconds(client, path + asked)
            with count_statements(engine) as seen:
                _seconds(client, path + asked)
            median = statistics.median(_seconds(client, path + asked) for _ in range(ROUNDS)) * 1000
            print(f"{name:25} {median:4.0f} ms, {len(seen):2} statements")
            held = held and median <= LONGEST and len(seen) <= MOST_STATEMENTS
    return held


def _seconds(client: FlaskClient, address: str) -> float:
    begun = time.perf_counter()
    answer = client.get(address)
    took = time.perf_counter() - begun
    assert answer.status_code == HTTPStatus.OK, answer.status
    return took


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
