"""Jupyter's own word on a notebook that was written here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

__all__ = ["outputs", "run", "valid"]


def valid(text: str) -> Any:
    """A file, read by nbformat, once its schema has been found to be kept. Raises nbformat's ValidationError."""
    book = nbformat.reads(text, as_version=4)
    nbformat.validate(book)
    return book


def run(book: Any, folder: Path) -> Any:
    """The notebook as Jupyter's kernel leaves it, run in an empty folder from its first cell."""
    fresh = nbformat.from_dict(book)
    for cell in fresh.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return NotebookClient(fresh, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()


def outputs(book: Any) -> list[list[tuple[str, str]]]:
    """Of each code cell what it wrote and its value as text; a kernel may send what was written in pieces."""
    found = []
    for cell in book.cells:
        if cell.cell_type == "code":
            made: list[tuple[str, str]] = []
            for item in cell.outputs:
                kind = item.get("name") or item.output_type
                text = item.text if item.output_type == "stream" else item.data["text/plain"]
                if item.output_type == "stream" and made and made[-1][0] == kind:
                    text = made.pop()[1] + text
                made.append((kind, text))
            found.append(made)
    return found
