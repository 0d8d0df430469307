"""Names that people give to things: identifiers, contacts, registries, wallets. One rule for all of them.

A name is one line in Unicode's composed form (NFC), so that what looks the same is the same, of characters that can be
seen. The two joiners U+200C and U+200D cannot be seen by themselves, but they shape what stands around them: Persian,
Malayalam and many emoji are not written without them. They count as letters where they join something, and nowhere else.

What this does not catch: letters of different scripts that look alike, and a joiner between two letters that do not change
for it. Wherever an alias stands for an identifier, the identifier stands beside it.
"""

from __future__ import annotations

import re
import unicodedata

from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields

__all__ = ["MOST", "label", "one_line", "unseen"]

MOST = 100
"""Characters of a name."""
BYTES_MOST = 400
"""Bytes of a name in UTF-8: what MOST characters have at most."""

JOINERS = "\u200c\u200d"
FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")
"""A black flag and what it is the flag of, in tag characters: England, Scotland, Wales."""
VIRAMA = 9
"""The combining class of the sign that takes a letter's vowel away; a joiner behind it ends many a word."""


def one_line(text: str) -> str:
    """The text in composed form, white space of any kind as single spaces, none around it."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def unseen(text: str, more: str = "") -> str:
    """The first character that cannot be seen and joins nothing, as U+XXXX; "" when there is none. more: others to allow."""
    text = FLAG.sub("\U0001f3f4", text)
    for at, each in enumerate(text):
        if each.isprintable() or each in more:
            continue
        if each in JOINERS and _joins(text[at - 1 : at], text[at + 1 : at + 2]):
            continue
        return f"U+{ord(each):04X}"
    return ""


def _joins(before: str, after: str) -> bool:
    if not before or not _shaped(before):
        return False
    return unicodedata.combining(before) == VIRAMA or (bool(after) and _shaped(after))


def _shaped(each: str) -> bool:
    """A letter, mark, number or symbol (emoji and their modifiers): what a joiner can stand beside."""
    return unicodedata.category(each)[0] in "LMNS"


def label(fields: Fields, name: str, most: int = MOST, *, most_bytes: int = BYTES_MOST) -> str:
    """The field as a name: 1 to `most` characters and `most_bytes` bytes of UTF-8. Raises FieldError."""
    # Decomposed text is longer than what it is composed to: Hangul threefold.
    text = one_line(fields.text(name, max_bytes=12 * most))
    if not text:
        raise FieldError(name, "is empty")
    if len(text) > most:
        raise FieldError(name, f"has {len(text)} characters, {most} are accepted")
    size = len(text.encode())
    if size > most_bytes:
        raise FieldError(
            name, f"has {size} bytes in UTF-8, {most_bytes} are accepted: letters of many scripts and emoji have 2 to 4 each"
        )
    if found := unseen(text):
        raise FieldError(name, f"has a character that cannot be seen ({found})")
    return text
