"""An IMAP server that says what a test tells it to: for what no well-behaved server would say."""

from __future__ import annotations

import socketserver
import threading
import time
from typing import Self

CAPABILITIES = "IMAP4rev1 IDLE"
ANSWERS = {
    "CAPABILITY": "* CAPABILITY {capabilities}\r\n{tag} OK done\r\n",
    "LOGIN": "{tag} OK welcome\r\n",
    "SELECT": (
        "* 1 EXISTS\r\n* FLAGS (\\Seen \\Flagged)\r\n* OK [PERMANENTFLAGS (\\Seen \\Flagged \\*)] yes\r\n"
        "* OK [UIDVALIDITY 7] valid\r\n{tag} OK [READ-WRITE] done\r\n"
    ),
    "NOOP": "{tag} OK done\r\n",
    "SEARCH": "* SEARCH 1\r\n{tag} OK done\r\n",
    "IDLE": "+ idling\r\n",
    "DONE": "",
    "LOGOUT": "* BYE\r\n{tag} OK done\r\n",
}


class ScriptedImap:
    """Listens on `port`, hangs up after BYE, rests at PAUSE; `lines` are what it was told.

    Keywords are answers to commands; in them {line} is the whole command.
    """

    def __init__(self, *, greeting: str = "* OK hello\r\n", capabilities: str = CAPABILITIES, **answers: str):
        known = ANSWERS | answers
        lines: list[str] = []

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(greeting.encode())
                for raw in self.rfile:
                    line = raw.decode().strip()
                    lines.append(line)
                    tag, _, rest = line.partition(" ")
                    command = next((word for word in (rest or tag).split() if word != "UID"), "")
                    answer = known.get(command, "{tag} BAD what?\r\n")
                    facts = {"tag": tag, "line": line, "capabilities": capabilities}
                    for part in answer.format(**facts).split("PAUSE"):
                        self.wfile.write(part.encode())
                        time.sleep(0.2 if "PAUSE" in answer else 0)
                    if "* BYE" in answer:
                        return

        self.lines = lines
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
