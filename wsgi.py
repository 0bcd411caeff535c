"""The application for a WSGI server and for `flask`, which finds this file by itself."""

import os
import sys

from app.factory import create_app
from config import ConfigurationError, load

try:
    app = create_app(load(os.environ))
except ConfigurationError as error:
    sys.exit(f"Setkání cannot start: {error}")
