from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from app.paper import press as press_module
from app.paper.press import PressBusy, PressFailed, press
from app.paper.sheets import Layout, badges, participants, sign_in_sheet
from tests.paper.papers import HEAD, WORDS, flowing, line, pages_of, poppler, text_of

NAMES = ["Božena Čapková", "Josef Dvořák", "Nguyễn Thị Mai", "Žofie Šťastná", "Олена Шевченко", "محمد حسن"]
LONG = "nejneobhospodařovávatelnějšími" * 6
HOSTILE = [
    '#read("/etc/passwd")',
    '=HYPERLINK("http://x","y")',
    "#{while true {}}",
    '") #panic("x") ("',
    "*bold* _it_ $x^2$ `raw` @ref <label> \\ // /* ~ --",
    LONG,
    "\u202eavonaJ\u202c Nováková",
]
CODE = "https://setkani.example.org/c/abcdefghijklmnopqrstuvwxyz"


def people(count):
    return [line(f"Jana Nováková{number:03}") for number in range(count)]


def squeezed(text):
    return "".join(text.split())


def test_the_sheet_says_what_it_is_and_who_signs_in_the_order_given(tmp_path):
    pdf = sign_in_sheet(HEAD, WORDS, [line(name) for name in NAMES], blank=2)
    text = text_of(pdf, tmp_path)
    for part in (HEAD.title, HEAD.subject, HEAD.eyebrow, *HEAD.facts, *HEAD.notes, "Podpis", "Strana 1 z 1"):
        assert part in text
    found = flowing(pdf, tmp_path)
    places = [found.index(squeezed(name)) for name in NAMES]
    assert places == sorted(places)
    assert re.findall(r"^ +(\d+)", text, re.MULTILINE) == [str(number) for number in range(1, 9)]


def test_the_head_of_the_table_and_the_number_come_on_each_page(tmp_path):
    pages = pages_of(sign_in_sheet(HEAD, WORDS, people(90), blank=10), tmp_path)
    assert len(pages) > 3
    for number, page in enumerate(pages, start=1):
        assert re.search(r"č\.\s+Jméno\s+Organizace\s+Podpis", page)
        assert f"Strana {number} z {len(pages)}" in page
        assert HEAD.foot in page
    assert "Nováková089" in pages[-1] or "Nováková089" in pages[-2]


def test_rows_are_high_enough_to_sign(tmp_path):
    pdf = sign_in_sheet(HEAD, WORDS, people(12), blank=0)
    tops = [word[1] for word in words_on(pdf, tmp_path) if word[4].startswith("Nováková")]
    steps = [after - before for before, after in pairwise(tops)]
    assert len(steps) == 11
    assert min(steps) >= 10 / 25.4 * 72  # ten millimetres


@pytest.mark.parametrize("make", [sign_in_sheet, participants, badges])
def test_what_people_typed_is_never_markup(make, tmp_path):
    more = {"sign_in_sheet": {"blank": 0}, "badges": {"layout": Layout.A4}}.get(make.__name__, {})
    lines = [line(name, organisation=name) for name in HOSTILE]
    found = flowing(make(HEAD, WORDS, lines, **more), tmp_path)
    for name in HOSTILE[:-1]:
        assert found.count(squeezed(name)) == 2, name
    assert found.count("avonaJNováková") == 2
    assert "root:" not in found


def words_on(pdf, folder):
    """(x from, y from, x to, y to, word) of each word, in points from the top left."""
    found = poppler("pdftotext", pdf, folder, "-bbox")
    number = r'"([\d.]+)"'
    pattern = rf"<word xMin={number} yMin={number} xMax={number} yMax={number}>([^<]*)</word>"
    return [(*map(float, values), word) for *values, word in re.findall(pattern, found)]


def test_nothing_typed_leaves_its_column(tmp_path):
    words = words_on(sign_in_sheet(HEAD, WORDS, [line(LONG, LONG), *people(3)], blank=0), tmp_path)
    (edge, top) = next((word[0], word[1]) for word in words if word[4] == "Podpis")
    rows = [word for word in words if top + 10 < word[1] < 780]
    assert len(rows) > 10
    assert max(word[2] for word in rows) < edge


@pytest.mark.parametrize("language", ["cs", "en", "uk", "ar"])
def test_it_is_tagged_titled_and_names_its_language(language, tmp_path):
    head = type(HEAD)(**{name: getattr(HEAD, name) for name in HEAD.__slots__} | {"language": language})
    pdf = sign_in_sheet(head, WORDS, [line(name) for name in NAMES], blank=1)
    meta = poppler("pdfinfo", pdf, tmp_path, "-meta")
    assert "<pdfuaid:part>1</pdfuaid:part>" in meta
    assert f"<rdf:li>{language}</rdf:li>" in meta
    facts = poppler("pdfinfo", pdf, tmp_path)
    assert re.search(rf"^Title: +{HEAD.title} – {HEAD.subject}$", facts, re.MULTILINE)
    assert re.search(r"^Tagged: +yes$", facts, re.MULTILINE)
    assert re.search(r"^Page size: .*\(A4\)$", facts, re.MULTILINE)
    tags = re.findall(
        r"^ *(Document|H1|P|Table|THead|TBody|TR|TH|TD)\b", structure(pdf, tmp_path), re.MULTILINE
    )
    assert tags[0] == "Document"
    counts = {tag: tags.count(tag) for tag in ("H1", "Table", "THead", "TR", "TH", "TD")}
    assert counts == {"H1": 1, "Table": 1, "THead": 1, "TR": 8, "TH": 4, "TD": 28}
    assert tags.count("P") == 2 + len(HEAD.facts) + len(HEAD.notes)


def structure(pdf, folder):
    return poppler("pdfinfo", pdf, folder, "-struct")


def test_the_list_to_hand_out_has_names_and_organisations(tmp_path):
    pdf = participants(HEAD, WORDS, [line(name, f"Spolek {name}") for name in NAMES])
    found = flowing(pdf, tmp_path)
    for name in NAMES[:-1]:
        assert found.count(squeezed(name)) == 2
    assert structure(pdf, tmp_path).count("TR\n") == 7


@pytest.mark.parametrize(
    ("layout", "pages", "size"), [("a4", 2, "A4"), ("label", 9, "255.118 x 155.906 pts")]
)
def test_badges_lie_eight_on_a_page_or_one_on_a_label(layout, pages, size, tmp_path):
    lines = [line(f"Jana Nová{number}", check_in=CODE) for number in range(9)]
    pdf = badges(HEAD, WORDS, lines, layout=Layout(layout))
    facts = poppler("pdfinfo", pdf, tmp_path)
    assert re.search(rf"^Pages: +{pages}$", facts, re.MULTILINE)
    assert size in facts
    assert structure(pdf, tmp_path).count("Figure") == 9
    found = [squeezed(page) for page in pages_of(pdf, tmp_path)]
    assert "JanaNová0" in found[0]
    assert "JanaNová8" in found[-1]


def test_a_badge_without_an_address_has_no_code(tmp_path):
    pdf = badges(HEAD, WORDS, [line("Jana Nová")], layout=Layout.A4)
    assert "Figure" not in structure(pdf, tmp_path)


@pytest.mark.parametrize(
    ("name", "least"), [("Jana Nová", 30), ("Mgr. Žofie Šťastná, Ph.D.", 24), (LONG, 5), ("A " * 99, 5)]
)
def test_a_name_is_as_large_as_the_badge_holds_and_never_cut(name, least, tmp_path):
    pdf = badges(HEAD, WORDS, [line(name.strip(), "", CODE)], layout=Layout.LABEL)
    own = [word for word in words_on(pdf, tmp_path) if word[1] > 30]
    assert squeezed(name) == squeezed("".join(word[4] for word in own)).replace("\u200b", "")
    assert max(word[3] - word[1] for word in own) >= least  # a line is higher than its size
    assert max(word[2] for word in own) < 255.2 - 12
    assert max(word[3] for word in own) < 155.9 - 12


@pytest.mark.parametrize("layout", list(Layout))
def test_a_code_can_be_read_from_the_paper(layout, tmp_path):
    """What is drawn is what segno computes: a scanner sees the same squares."""
    plain = badges(HEAD, WORDS, [line("Jana Nová")], layout=layout)
    coded = badges(HEAD, WORDS, [line("Jana Nová", check_in=CODE)], layout=layout)
    assert ink(coded, tmp_path) > ink(plain, tmp_path) * 1.05


def ink(pdf, folder):
    """The share of dark pixels on the first page at 72 dpi."""
    poppler("pdftoppm", pdf, folder, "-r", "72", "-gray", "-l", "1")
    (image,) = sorted(folder.glob("page-*.pgm"))
    pixels = image.read_bytes().split(b"\n255\n", 1)[1]
    image.unlink()
    return sum(pixel < 128 for pixel in pixels) / len(pixels)


@pytest.mark.parametrize("make", [sign_in_sheet, participants, badges])
def test_what_is_drawn_is_not_blank(make, tmp_path):
    more = {"sign_in_sheet": {"blank": 0}, "badges": {"layout": Layout.A4}}.get(make.__name__, {})
    pdf = make(HEAD, WORDS, [line(name) for name in NAMES], **more)
    assert 0.002 < ink(pdf, tmp_path) < 0.2


# --- the press ------------------------------------------------------------------------------------------------


def test_a_list_of_nobody_is_still_a_sheet(tmp_path):
    assert "Podpis" in text_of(sign_in_sheet(HEAD, WORDS, [], blank=5), tmp_path)


def test_the_compiler_sees_one_folder_only(tmp_path, monkeypatch):
    """Even a template that wanted to could not read outside, nor fetch a package."""
    for source in ('#read("/etc/passwd")', '#read("../secret.txt")', '#import "@preview/cetz:0.3.1"'):
        (tmp_path / "look.typ").write_text("")
        (tmp_path / "bad.typ").write_text(f'#set document(title: "x")\n{source}')
        (tmp_path / "secret.txt").write_text("secret")
        monkeypatch.setattr(press_module, "HERE", tmp_path)
        (tmp_path / "_typesetter.py").write_bytes(TYPESETTER.read_bytes())
        with pytest.raises(PressFailed):
            press("bad", {})


TYPESETTER = Path(press_module.__file__).with_name("_typesetter.py")


def test_a_print_without_end_is_ended(tmp_path, monkeypatch):
    (tmp_path / "look.typ").write_text("")
    loops = "#for a in range(9999) { for b in range(99999) { let _ = calc.sin(a + b) } }"
    (tmp_path / "slow.typ").write_text(f'#set document(title: "x")\n{loops}')
    (tmp_path / "_typesetter.py").write_bytes(TYPESETTER.read_bytes())
    monkeypatch.setattr(press_module, "HERE", tmp_path)
    monkeypatch.setattr(press_module, "LONGEST", 1.5)
    with pytest.raises(PressFailed):
        press("slow", {})


def test_few_print_at_once_and_nobody_waits_for_ever(monkeypatch):
    monkeypatch.setattr(press_module, "PATIENCE", 0.05)
    with press_module._turn(), pytest.raises(PressBusy), press_module._turn():
        pass  # the second waits in vain
    with press_module._turn():
        pass  # and leaves nothing behind
    held = [press_module._line.acquire(blocking=False) for _ in range(press_module.IN_LINE)]
    try:
        assert all(held)
        with pytest.raises(PressBusy), press_module._turn():
            pass
    finally:
        for _ in held:
            press_module._line.release()


def test_the_other_process_imports_nothing_of_ours_and_gets_no_secrets(tmp_path):
    code = f"import json, runpy, sys; runpy.run_path({str(TYPESETTER)!r}); print(json.dumps([*sys.modules]))"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, check=True, cwd=tmp_path)
    assert not [name for name in json.loads(done.stdout) if name.split(".")[0] in {"app", "config", "flask"}]
