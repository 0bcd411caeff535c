"""How gunicorn serves the application: `gunicorn wsgi:app` reads this file by itself.

gunicorn starts before there is an application, so these few variables are read here and not by config.py:
HOST, PORT (where to listen), WEB_WORKERS (processes), WEB_THREADS (threads in each).
The database needs WEB_WORKERS × WEB_THREADS connections, and one for each `flask worker`.
"""

import os
from typing import Any

from gunicorn.glogging import Logger


class DiscreetLogger(Logger):  # type: ignore[misc]  # gunicorn publishes no types
    """A request line that cannot be parsed may hold a personal link: say that there was one, not what it said."""

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Pass on every warning but the text and the address of a broken request."""
        if str(msg).startswith("Invalid request"):
            msg, args = "Invalid request refused", ()
        super().warning(msg, *args, **kwargs)


wsgi_app = "wsgi:app"
host = os.environ.get("HOST") or "127.0.0.1"
bind = f"{f'[{host}]' if ':' in host else host}:{os.environ.get('PORT') or '8000'}"

worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS") or 2)
threads = int(os.environ.get("WEB_THREADS") or 8)

# Nothing slow happens in a request: letters are sent by the worker, and a streamed list counts as alive.
timeout = 30
graceful_timeout = 30
# A process is replaced now and then, so that no leak lives long; the jitter keeps them from going together.
max_requests = 2000
max_requests_jitter = 200

# Personal links are short; nobody has business with longer lines.
limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190

# Who may say by which scheme a person came: nobody here. ProxyFix decides by PROXY_HOPS.
forwarded_allow_ips = ""

# The application writes its own log, one line per request, without addresses and tokens.
accesslog = None
errorlog = "-"
logger_class = DiscreetLogger
loglevel = "warning"

# A file in the home directory would stop a second instance, and a home that cannot be written.
control_socket_disable = True
