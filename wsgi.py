"""The application for a WSGI server and for `flask`, which finds this file by itself."""

import os

from app.factory import create_app
from config import load

app = create_app(load(os.environ))
