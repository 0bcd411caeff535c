"""A small office: what to print, and what poppler reads in it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from app.paper.glyphs import BREAK_HERE
from app.paper.sheets import Head, Line
from tests.conftest import need

HEAD = Head(
    language="cs",
    site="Integrační centrum Praha",
    title="Prezenční listina",
    eyebrow="Regionální poradní platforma, 65. setkání",
    subject="Bydlení a přechod do nájmů",
    facts=("úterý 6. 4. 2027 | 13:00 – 16:00", "Sál architektů, Staroměstské nám. 1/3, 110 00 Praha 1"),
    notes=("Účel: doklad o účasti. Právní základ: čl. 6 odst. 1 písm. e) GDPR.",),
    foot="Bydlení a přechod do nájmů, 6. 4. 2027",
)
WORDS = {
    "page": "Strana {page} z {pages}",
    "number": "č.",
    "name": "Jméno",
    "organisation": "Organizace",
    "signature": "Podpis",
    "code": "QR kód ke vstupu",
}


def line(name: str, organisation: str = "InBáze, z. s.", check_in: str = "") -> Line:
    """Somebody whose last word sorts."""
    before, space, last = name.rpartition(" ")
    return Line(name=(before + space, last, ""), organisation=organisation, check_in=check_in)


def poppler(program: str, pdf: bytes, folder: Path, *options: str) -> str:
    """What `pdftotext`, `pdfinfo` or `pdftoppm` says about a PDF."""
    need(shutil.which(program), f"{program} (poppler-utils)")
    file = folder / "paper.pdf"
    file.write_bytes(pdf)
    rest = {"pdftotext": ["-"], "pdftoppm": [str(folder / "page")]}.get(program, [])
    order = [program, *options, str(file), *rest]
    return subprocess.run(order, capture_output=True, check=True).stdout.decode(errors="replace")


def text_of(pdf: bytes, folder: Path) -> str:
    """The text as it is read from the paper: spaces single, breaks inside long words closed."""
    found = poppler("pdftotext", pdf, folder, "-layout")
    return found.replace(BREAK_HERE, "").replace("\u00a0", " ")


def flowing(pdf: bytes, folder: Path) -> str:
    """All letters in reading order without any white space, so that line ends do not matter."""
    found = poppler("pdftotext", pdf, folder, "-raw").replace(BREAK_HERE, "")
    return "".join(char for char in found if not char.isspace() and char not in "\u202a\u202b\u202c")


def pages_of(pdf: bytes, folder: Path) -> list[str]:
    """The text of each page."""
    return text_of(pdf, folder).split("\f")[:-1]
