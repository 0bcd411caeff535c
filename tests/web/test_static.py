import os
import re
import shutil
from dataclasses import replace

import pytest
from flask import Flask

from app.web import static


@pytest.fixture
def folder(tmp_path):
    files = tmp_path / "app" / "static"
    (files / "img").mkdir(parents=True)
    (files / "style.css").write_text("body { color: #123456 }\n" * 50)
    (files / "img" / "map.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (files / "favicon.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    return files


@pytest.fixture
def serve(make_config, folder):
    def make():
        app = Flask("app", static_folder=None)
        app.extensions["setkani_config"] = replace(make_config(), root=folder.parent.parent)
        static.init_app(app)
        return app

    return make


def address(app, name):
    with app.app_context():
        return static.static_url(name)


def test_a_hashed_name_is_kept_for_good(serve):
    app = serve()
    url = address(app, "style.css")
    assert re.fullmatch(r"/static/style\.[0-9a-f]{12}\.css", url)
    answer = app.test_client().get(url, buffered=True)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.mimetype == "text/css"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_plain_name_is_kept_for_a_minute(serve):
    answer = serve().test_client().get("/static/style.css", buffered=True)
    assert answer.headers["Cache-Control"] == "max-age=60, public"


def test_folders_keep_their_place(serve):
    app = serve()
    url = address(app, "img/map.svg")
    assert url.startswith("/static/img/map.")
    assert app.test_client().get(url, buffered=True).mimetype == "image/svg+xml"


def test_a_changed_file_has_another_name(serve, folder):
    before = address(serve(), "style.css")
    (folder / "style.css").write_text("body { color: #654321 }")
    assert address(serve(), "style.css") != before


def test_a_file_that_is_not_there_is_a_mistake(serve):
    with pytest.raises(LookupError, match="nothing"):
        address(serve(), "nothing.css")
    assert serve().test_client().get("/static/style.000000000000.css", buffered=True).status_code == 404


def test_browsers_get_the_icon_they_ask_for(serve):
    answer = serve().test_client().get("/favicon.ico", buffered=True)
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")


@pytest.mark.parametrize(
    "path", ["/static/../conftest.py", "/static/%2e%2e/static.py", "/static//etc/passwd", "/static/"]
)
def test_nothing_else_is_served(serve, path):
    assert serve().test_client().get(path, buffered=True).status_code == 404


def test_compressed_copies_are_served_when_they_are_not_stale(serve, folder):
    static.compress(folder)
    assert {path.name for path in folder.iterdir()} >= {"style.css.br", "style.css.gz"}
    app = serve()
    url = address(app, "style.css")
    browser = app.test_client()
    assert (
        browser.get(url, buffered=True, headers={"Accept-Encoding": "br, gzip"}).headers["Content-Encoding"]
        == "br"
    )
    assert (
        browser.get(url, buffered=True, headers={"Accept-Encoding": "gzip"}).headers["Content-Encoding"]
        == "gzip"
    )
    assert "Content-Encoding" not in browser.get(url, buffered=True).headers
    assert app.test_client().get("/static/style.css.br", buffered=True).status_code == 404

    later = (folder / "style.css").stat().st_mtime + 10
    (folder / "style.css").write_text("body { color: #654321 }\n" * 50)
    os.utime(folder / "style.css", (later, later))
    app = serve()
    answer = app.test_client().get(
        address(app, "style.css"), buffered=True, headers={"Accept-Encoding": "br, gzip"}
    )
    assert "Content-Encoding" not in answer.headers
    assert "654321" in answer.text


def test_while_developing_files_are_read_anew(serve, folder, monkeypatch):
    monkeypatch.setenv("FLASK_DEBUG", "1")
    app = serve()
    assert address(app, "style.css") == "/static/style.css"
    (folder / "style.css").write_text("a {}")
    assert app.test_client().get("/static/style.css", buffered=True).text == "a {}"
    shutil.rmtree(folder / "img")
    with pytest.raises(LookupError):
        address(app, "img/map.svg")
