"""The text part of a letter whose words are Markdown: written for reading, not stripped of tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

RULE = "-" * 20


def text_of(tokens: Sequence[Token]) -> str:
    """Paragraphs with empty lines between, headings underlined, `- ` and `1. ` for lists, links with addresses."""
    return _Writer().write(tokens)


class _Writer:
    """Blocks of lines, with what stands before the lines of the lists and quotes around them."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.before: list[str] = []  # "> ", "  " …: before each line
        self.mark = ""  # "- ", "2. ": before the first line of a list item
        self.numbers: list[int | None] = []
        self.tight = False
        self.begins = False  # the next block begins a list of its own

    def write(self, tokens: Sequence[Token]) -> str:
        """All blocks, with an empty line between, and none between the items of a tight list."""
        heading = ""
        for token in tokens:
            if token.type == "heading_open":
                heading = token.tag
            elif token.type == "inline":
                self._block(_inline(token.children or []), heading)
                heading = ""
            elif token.type in ("fence", "code_block"):
                self._block("\n".join(f"    {line}" for line in token.content.rstrip("\n").split("\n")))
            elif token.type == "hr":
                self._block(RULE)
            else:
                self._enter_or_leave(token)
        return "".join(self.blocks).strip("\n")

    def _enter_or_leave(self, token: Token) -> None:
        if token.type == "blockquote_open":
            self.before.append("> ")
        elif token.type == "list_item_open":
            number = self.numbers[-1]
            self.mark = "- " if number is None else f"{number}. "
            if number is not None:
                self.numbers[-1] = number + 1
            self.before.append(" " * len(self.mark))
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            self.begins = not self.numbers
            first = int(token.attrGet("start") or 1)
            self.numbers.append(None if token.type == "bullet_list_open" else first)
        elif token.type in ("blockquote_close", "list_item_close"):
            self.before.pop()
            self.mark = ""
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            self.numbers.pop()
        elif token.type == "paragraph_open":
            self.tight = token.hidden

    def _block(self, text: str, heading: str = "") -> None:
        lines = text.split("\n")
        if heading:
            lines.append(("=" if heading == "h2" else "-") * min(max(map(len, lines)), 60))
        outer = "".join(self.before[:-1])
        first = outer + self.mark if self.mark else "".join(self.before)
        rest = "".join(self.before)
        written = [first + lines[0], *(rest + line for line in lines[1:])]
        gap = "\n" if self.tight and self.mark and not self.begins else "\n\n"
        self.blocks.append(gap + "\n".join(written))
        self.mark, self.tight, self.begins = "", False, False


def _inline(children: Sequence[Token]) -> str:
    """Words of one block; a link as `words <address>`, or its address alone where the words are the same."""
    parts: list[str] = []
    links: list[tuple[str, int]] = []
    for token in children:
        if token.type in ("text", "code_inline"):
            parts.append(token.content)
        elif token.type in ("hardbreak", "softbreak"):
            parts.append("\n")
        elif token.type in ("strong_open", "strong_close"):
            parts.append("*")
        elif token.type == "link_open":
            links.append((str(token.attrGet("href") or ""), len(parts)))
        elif token.type == "link_close" and links:
            address, begin = links.pop()
            words = "".join(parts[begin:])
            bare = address.removeprefix("mailto:").removeprefix("tel:")
            if words not in (address, bare):
                parts.append(f" <{bare}>")  # as RFC 3986, appendix C asks
    return "".join(parts)
