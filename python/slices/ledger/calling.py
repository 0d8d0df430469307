"""What a page calls an identifier that its owner has no name for. Nothing of it is kept: a name is the owner's alone.

A witness that came with an identifier has none, and is met all over: it is called as the ready-made lists do, else by where it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from slices.ledger import lists

if TYPE_CHECKING:
    from slices.ledger.book import Book

__all__ = ["Calling"]


class Calling:
    """For one page: the lists are read once."""

    def __init__(self, book: Book) -> None:
        self.book = book
        offered = lists.offered()["lists"]
        self.listed = {each["aid"]: each["name"] for group in offered for each in group["witnesses"]}

    def of(self, aid: str, alias: str = "") -> str:
        """Its alias; of a server's identifier without one what the lists or its address say; "" of any other."""
        if alias or not aid.startswith("B"):  # one that cannot rotate, as servers have
            return alias
        if aid in self.listed:
            return self.listed[aid]
        words = self.book.notes.words(f"loc.{aid}.") if self.book.notes is not None else []
        hosts = [urlsplit(word["url"]).netloc for word in words if word["url"] and word["scheme"] in ("http", "https")]
        return f"Server at {hosts[0]}" if hosts else ""
