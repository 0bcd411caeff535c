"""Texts that are kept per language: a field for each, and back again."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from app.web.locale import language_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wtforms import Form

    Fields = dict[str, Any]
    MakeField = Callable[..., Any]

FormType = TypeVar("FormType", bound="Form")


def in_each(languages: tuple[str, ...], *rows: tuple[str, MakeField]) -> Fields:
    """Fields `<name>_<code>`, language by language. `rows`: names with what makes the field.

    What makes it is called with the language's name in itself, whether it is the first language, and the
    attributes that a control in that language has.
    """
    return {
        f"{name}_{code}": make(
            language=language_name(code), first=code == languages[0], render_kw={"lang": code}
        )
        for code in languages
        for name, make in rows
    }


def texts_of(form: Any, name: str, languages: tuple[str, ...]) -> dict[str, str]:
    """What was typed, by language; empty ones are left out."""
    typed = {code: form[f"{name}_{code}"].data for code in languages}
    return {code: text for code, text in typed.items() if text}


def typed_texts(name: str, texts: Mapping[str, str], languages: tuple[str, ...]) -> dict[str, str]:
    """The other way: data for the fields of `name`."""
    return {f"{name}_{code}": texts.get(code, "") for code in languages}


def kept_and_new(old: Mapping[str, str], new: dict[str, str], languages: tuple[str, ...]) -> dict[str, str]:
    """New texts, and the old ones of languages that the form does not show."""
    return {**{code: text for code, text in old.items() if code not in languages}, **new}


def with_languages(
    base: type[FormType], fields: Callable[[tuple[str, ...]], Fields], languages: tuple[str, ...]
) -> type[FormType]:
    """`base` with its fields for these languages, in the order in which `fields` makes them."""
    return cast("type[FormType]", _made(base, fields, languages))


@lru_cache(maxsize=64)
def _made(base: Any, fields: Any, languages: tuple[str, ...]) -> Any:
    return type(base.__name__, (base,), {**fields(languages), "languages": languages})
