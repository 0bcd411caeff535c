"""The style sheet and the templates keep to the floor of devices: a phone of 2018 (iOS 12, Chrome 70)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import brotli
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "app" / "static"
SHEETS = sorted(STATIC.glob("*.css"))
SHEET = re.sub(
    r"/\*.*?\*/", "", "".join(path.read_text(encoding="utf-8") for path in SHEETS), flags=re.DOTALL
)
SCRIPTS = sorted(STATIC.glob("*.js"))
PAGES = [path for path in sorted((ROOT / "templates").rglob("*.html")) if "mail" not in path.parts]

TOO_NEW = {
    "cascade layers": r"@layer",
    "container queries": r"@container",
    "scopes": r"@scope",
    "nesting": r"&",
    ":has()": r":has\(",
    ":is() and :where()": r":(is|where)\(",
    "the inset shorthand": r"[^-\w]inset\s*:",
    "shorthands of logical sides": r"(margin|padding|border|inset)-(inline|block)\s*:",
    "aspect-ratio": r"[^-]aspect-ratio\s*:",
    "min() and max()": r"[\s:(](min|max)\(",
    "new colour functions": r"(color-mix|light-dark|oklch|oklab|lch|lab)\(",
    "new viewport units": r"\d[dsl]v[hw]\b",
    "ranges in media queries": r"@media[^{]*[<>]",
    "flow-relative values": r"(float|clear|caption-side)\s*:\s*(inline|block)-(start|end)",
}
NEW_IN_SCRIPTS = {
    "optional chaining": r"\?\.",
    "nullish values": r"\?\?",
    "private members": r"\.#|\s#\w+\s*[=(]",
}
FORBIDDEN_IN_PAGES = {
    "style attributes": r"\sstyle\s*=",
    "style elements": r"<style",
    "inline scripts": r"<script(?![^>]*(\ssrc=|application/(ld\+)?json))",
    "event attributes": r"<[^>]*\son[a-z]+\s*=",
    "script addresses": r"javascript:",
    "unescaped text": r"(?<!markdown)\s*\|\s*safe\b",
}
LOGICAL = re.compile(r"(margin|padding|border|inset)-inline-(?:start|end)(?:-\w+)?")
ONE_SIDED = re.compile(r"(?:(?:margin|padding|border)-)?(?:left|right)")


@dataclass(frozen=True)
class Rule:
    """One rule of the sheet, with the at-rules around it."""

    around: tuple[str, ...]
    selector: str
    declarations: tuple[tuple[str, str], ...]

    @property
    def properties(self) -> list[str]:
        """Names of what it sets, in order."""
        return [name for name, _ in self.declarations]

    @property
    def selectors(self) -> set[str]:
        """The parts of its list of selectors."""
        return {part.strip() for part in self.selector.split(",")}

    @property
    def logical(self) -> bool:
        """Whether only browsers that know logical sides see it."""
        return any("@supports" in outer for outer in self.around)

    def sides(self) -> set[str]:
        """What it sets on one side only."""
        names = {name for name in self.properties if ONE_SIDED.fullmatch(name)}
        for stem in ("", "margin-", "padding-"):
            pair = {f"{stem}left", f"{stem}right"}
            names -= pair if pair <= names else set()
        return names


def rules(sheet: str) -> Iterator[Rule]:
    """Take a sheet without comments apart."""
    around: list[str] = []
    for text, end in re.findall(r"([^{}]*)([{}])", sheet):
        words = " ".join(text.split())
        if end == "{":
            around.append(words)
        elif words:
            pairs = (part.partition(":") for part in words.split(";") if part.strip())
            declared = tuple((name.strip(), value.strip()) for name, _, value in pairs)
            yield Rule(tuple(around[:-1]), around[-1], declared)
            around.pop()
        else:
            around.pop()


RULES = list(rules(SHEET))


def values(selector: str, *around: str) -> dict[str, str]:
    """The colours that `selector` gives to the custom properties."""
    found = [rule for rule in RULES if rule.selector == selector and rule.around == around]
    return {name: value for rule in found for name, value in rule.declarations if value.startswith("#")}


LIGHT = values(":root")
DARK_BY_SYSTEM = values(":root:not([data-theme=light])", "@media (prefers-color-scheme: dark)")
DARK_BY_CHOICE = values(":root[data-theme=dark]")
SCHEMES = {"light": LIGHT, "dark": LIGHT | DARK_BY_SYSTEM}


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb` (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_sheets_are_small() -> None:
    """What every page loads, and what single pages load beside it."""
    raw = (STATIC / "style.css").read_bytes()
    more = b"".join(path.read_bytes() for path in SHEETS if path.stem != "style")

    assert len(raw) <= 40_000
    assert len(more) <= 6_000
    assert len(brotli.compress(raw)) + len(brotli.compress(more)) <= 10_000


def test_scripts_are_small() -> None:
    """What a page loads is tiny; the door, which works without a connection, has parts of its own."""
    everywhere = (STATIC / "setkani.js").stat().st_size
    more = [path for path in SCRIPTS if not path.stem.startswith("door") and path.stem != "setkani"]
    assert everywhere + max(path.stat().st_size for path in more) <= 8_000
    at_the_door = {
        path.stem: len(brotli.compress(path.read_bytes())) for path in SCRIPTS if "door" in path.stem
    }
    when_wanted = [at_the_door.pop("door_camera"), at_the_door.pop("door_walk_ins")]
    assert sum(at_the_door.values()) <= 8_000
    assert max(when_wanted) <= 3_000


@pytest.mark.parametrize("feature", TOO_NEW)
def test_sheet_asks_for_nothing_newer(feature: str) -> None:
    assert re.findall(TOO_NEW[feature], SHEET) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_ask_for_nothing_newer(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert [name for name, pattern in NEW_IN_SCRIPTS.items() if re.search(pattern, text)] == []


def test_sheet_is_not_nested() -> None:
    assert [rule for rule in RULES if any(not name.startswith("@") for name in rule.around)] == []


def test_gaps_are_only_in_grids() -> None:
    """Old browsers ignore `gap` in flex rows."""
    with_gap = [rule for rule in RULES if {"gap", "row-gap", "column-gap"} & set(rule.properties)]

    assert with_gap
    assert [rule.selector for rule in with_gap if ("display", "grid") not in rule.declarations] == []


def test_clamp_has_something_to_fall_back_on() -> None:
    for rule in RULES:
        for at, (name, value) in enumerate(rule.declarations):
            if "clamp(" in value:
                assert name in rule.properties[:at], f"{rule.selector} sets {name} only by clamp()"


def test_focus_is_seen_in_old_browsers() -> None:
    """`:focus-visible` may only take away what `:focus` gave: old browsers drop a rule that names it."""
    assert any(rule.selector == ":focus" and "outline" in rule.properties for rule in RULES)
    taken = [rule.selector for rule in RULES if ":focus-visible" in rule.selector]
    assert [selector for selector in taken if ":not(:focus-visible)" not in selector] == []


def test_logical_sides_take_the_physical_ones_back() -> None:
    """Otherwise both would apply in right-to-left pages."""
    for rule in RULES:
        for at, name in enumerate(rule.properties):
            if match := LOGICAL.fullmatch(name):
                stem = "" if match[1] == "inset" else f"{match[1]}-"
                before = set(rule.properties[:at])
                assert rule.logical, f"{rule.selector}: {name} outside @supports"
                assert {f"{stem}left", f"{stem}right"} & before, f"{rule.selector}: {name} leaves a side on"


def test_one_sided_values_are_said_logically_too() -> None:
    """What has a left or a right must appear again among the logical rules."""
    again = {selector for rule in RULES if rule.logical for selector in rule.selectors}
    for rule in RULES:
        if rule.sides() and not rule.logical:
            assert rule.selectors <= again, f"{rule.selector}: {rule.sides()}"


def test_dark_is_the_same_by_system_and_by_choice() -> None:
    assert DARK_BY_SYSTEM == DARK_BY_CHOICE
    assert set(DARK_BY_SYSTEM) == set(LIGHT)


def test_grounds_are_painted() -> None:
    """A colour scheme without explicit grounds leaves the contrast to the browser."""
    for selector in ("html", "body"):
        painted = [rule for rule in RULES if rule.selector == selector and not rule.around]
        assert any({"background-color", "color"} <= set(rule.properties) for rule in painted)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_can_be_read(scheme: str) -> None:
    colours = SCHEMES[scheme]
    inks = ("ink", "soft", "river", "river-deep", "roof", "leaf", "wait")
    pairs = list(product(inks, ("paper", "card", "sand")))
    pairs += [("on-river", "river"), ("on-river", "river-deep")]
    for text, ground in pairs:
        ratio = contrast(colours[f"--{text}"], colours[f"--{ground}"])
        assert ratio >= 4.5, f"{text} on {ground} ({scheme}): {ratio:.2f}"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_controls_can_be_seen(scheme: str) -> None:
    """Borders of fields and the outline of what has the focus."""
    colours = SCHEMES[scheme]
    for mark, ground in product(("focus", "soft", "roof", "river"), ("paper", "card", "sand")):
        ratio = contrast(colours[f"--{mark}"], colours[f"--{ground}"])
        assert ratio >= 3, f"{mark} on {ground} ({scheme}): {ratio:.2f}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT / "templates").as_posix())
def test_pages_hold_no_style_or_script(path: Path) -> None:
    """The content security policy would refuse it, and a page must not need it."""
    text = re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)

    assert [what for what, pattern in FORBIDDEN_IN_PAGES.items() if re.search(pattern, text)] == []


def test_classes_of_pages_are_drawn() -> None:
    """A class that the sheet does not know is a slip of the pen, or a part that nobody drew."""
    known = set(re.findall(r"\.([a-z][\w-]*)", SHEET))
    used = {
        (name, path.name)
        for path in PAGES
        for classes in re.findall(r'class="([^"]*)"', path.read_text(encoding="utf-8"))
        for name in re.sub(r"\{\{.*?\}\}|\{%.*?%\}", " ", classes).split()
    }

    assert {(name, page) for name, page in used if name not in known} == set()
