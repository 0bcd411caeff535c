"""An organiser's desk: a browser that is signed in and sends forms as the pages' own forms would."""

from __future__ import annotations

from contextvars import Context
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.domain.accounts.models import Account
from tests.browsers import browser, csrf_of


class Desk:
    """`get` and `post` as `account`. A post takes its CSRF token from the workspace, as a page would."""

    def __init__(self, app: Flask, session: Session, account: Account) -> None:
        session.commit()
        self.client = browser(app, account.id)
        session.rollback()

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        """Fetch a page."""
        return self._open(path, method="GET", **kwargs)

    def read(self, path: str, status: int = 200) -> str:
        """The markup of a page that answers with `status`."""
        answer = self.get(path)
        assert answer.status_code == status, answer.status
        return answer.get_data(as_text=True)

    def post(self, path: str, follow: bool = False, **fields: Any) -> TestResponse:
        """Send a form."""
        data = {"csrf_token": self.token(), **fields}
        return self._open(path, method="POST", data=data, follow_redirects=follow)

    def token(self) -> str:
        """The CSRF token of this browser's session: the frame of the workspace has a form for signing out."""
        return csrf_of(self.read("/workspace/outbox/"))

    def _open(self, path: str, **kwargs: Any) -> TestResponse:
        """In a context of its own: the application context of the test must not lend its `g` to requests."""
        return Context().run(self.client.open, path, **kwargs)
