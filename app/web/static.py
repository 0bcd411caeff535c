"""Static files by WhiteNoise: `static_url("style.css")` is a name with the content's hash, cached for good.

`python -m app.web.static` writes compressed copies beside the files; a copy older than its file is not used.
The plain names work too. With `flask --debug` files are read anew at each request, under their plain names.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import current_app
from whitenoise import WhiteNoise  # type: ignore[import-untyped]  # it publishes no types
from whitenoise.base import scantree  # type: ignore[import-untyped]  # likewise
from whitenoise.compress import Compressor  # type: ignore[import-untyped]  # likewise

from app.web.headers import common

if TYPE_CHECKING:
    from flask import Flask

PREFIX = "/static/"
PLAIN_MAX_AGE = 60  # seconds
HASH_LENGTH = 12
HASHED = re.compile(rf"\.[0-9a-f]{{{HASH_LENGTH}}}\.[a-z0-9]+$")
COMPRESSED = (".br", ".gz")
# Files that programs ask for at the root, and what answers them.
AT_THE_ROOT = {"/favicon.ico": ("favicon.ico", "favicon.svg"), "/robots.txt": ("robots.txt",)}


def init_app(app: Flask) -> None:
    """Serve `app/static` before the application is asked, and give templates `static_url`."""
    config = app.extensions["setkani_config"]
    files = HashedFiles(
        app.wsgi_app,
        config.root / "app" / "static",
        headers=common(secure=config.secure),
        fresh=app.debug,
    )
    app.wsgi_app = files  # type: ignore[method-assign]  # as Flask documents it
    app.extensions["setkani_static"] = files
    app.jinja_env.globals["static_url"] = static_url


def static_url(name: str) -> str:
    """The address of a file of `app/static`; raises `LookupError` when there is none."""
    files: HashedFiles = current_app.extensions["setkani_static"]
    return files.address(name)


class HashedFiles(WhiteNoise):  # type: ignore[misc]  # WhiteNoise publishes no types
    """WhiteNoise that knows each file by two names: the plain one and one with the hash of its content."""

    def __init__(self, application: Any, folder: Path, *, headers: dict[str, str], fresh: bool) -> None:
        self.folder = folder
        self.common = headers
        self.hashed: dict[str, str] = {}
        super().__init__(
            application,
            root=str(folder),
            prefix=PREFIX,
            autorefresh=fresh,
            max_age=0 if fresh else PLAIN_MAX_AGE,
            allow_all_origins=False,
            add_headers_function=self._add_headers,
        )
        for url, names in AT_THE_ROOT.items():
            found = next((folder / name for name in names if (folder / name).is_file()), None)
            if found and not fresh:
                self.files[url] = self.get_static_file(str(found), url)

    def address(self, name: str) -> str:
        """The address of `name`, hashed unless files are read anew each time."""
        if name in self.hashed:
            return self.hashed[name]
        if self.autorefresh and (self.folder / name).is_file():
            return f"{PREFIX}{name}"
        raise LookupError(f"there is no static file {name}")

    def update_files_dictionary(self, root: str, prefix: str) -> None:
        """Read the folder once, leaving out compressed copies that are older than their file."""
        stats = dict(scantree(root))
        for path in [path for path in stats if path.endswith(COMPRESSED)]:
            source = stats.get(path[:-3])
            if source is not None and stats[path].st_mtime < source.st_mtime:
                del stats[path]
        for path in stats:
            self._add_both(prefix, path, path[len(root) :].replace("\\", "/"), stats)

    def immutable_file_test(self, path: str, url: str) -> bool:
        """A name with a hash never changes its content."""
        del path
        return bool(HASHED.search(url))

    def _add_both(self, prefix: str, path: str, name: str, stats: dict[str, Any]) -> None:
        if self.is_compressed_variant(path, stat_cache=stats):
            return
        digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()[:HASH_LENGTH]
        stem, _, ending = name.rpartition(".")
        self.hashed[name] = f"{prefix}{stem}.{digest}.{ending}"
        for url in (f"{prefix}{name}", self.hashed[name]):
            self.add_file_to_dictionary(url, path, stat_cache=stats)

    def _add_headers(self, headers: Any, path: str, url: str) -> None:
        del path, url
        for name, value in self.common.items():
            headers[name] = value


def compress(folder: Path) -> None:
    """Write a brotli and a gzip copy beside each file that becomes smaller by it."""
    compressor = Compressor(quiet=True)
    for path, _stat in scantree(str(folder)):
        if compressor.should_compress(path):
            for _written in compressor.compress(path):
                pass


if __name__ == "__main__":
    compress(Path(__file__).parent.parent / "static")
