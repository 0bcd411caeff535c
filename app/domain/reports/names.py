"""How a person sorts, in words: `Novák, Petr`. Made from the sort key: what is shown is what sorts."""

from __future__ import annotations

import unicodedata

from app.base.text import czech_key

KEY_LENGTH = 400
KEY_PARTS = 4  # letters and lower case of the surname, then of the rest; see `app.base.text.name_sort_key`


def surname_first(name: str, sort_key: str) -> str:
    """`Novák, Petr` for `Mgr. Petr Novák`, by the stored key; the name itself where the key cannot tell."""
    parts = sort_key.split("\t")
    if len(parts) != KEY_PARTS:
        return name
    written = {_lowered(word): word for word in name.replace(",", " ").split()}
    surname, rest = (
        " ".join(written.get(word, word.capitalize()) for word in part.split())
        for part in (parts[1], parts[3])
    )
    return f"{surname}, {rest}" if rest else surname or name


def by_sorting_word(name: str, sort_key: str) -> tuple[str, str, str]:
    """`name` as it was typed in three parts: before the words that it sorts by, these words, and after them.

    All of it stands in the first part where the key cannot tell.
    """
    parts = sort_key.split("\t")
    surname = parts[1] if len(parts) == KEY_PARTS else ""
    lowered = _lowered(name)
    start = f" {lowered} ".replace(",", " ").rfind(f" {surname} ")
    if not surname or start < 0 or len(lowered) != len(name):
        return (name, "", "")
    end = start + len(surname)
    return (name[:start], name[start:end], name[end:])


def sort_key_of(text: str) -> str:
    """The sort key for `Surname, other names` as typed; without a comma all of it is surname."""
    surname, _comma, rest = text.partition(",")
    return f"{czech_key(surname.strip())}\t{czech_key(rest.strip())}"[:KEY_LENGTH]


def _lowered(word: str) -> str:
    return unicodedata.normalize("NFC", word).lower()
