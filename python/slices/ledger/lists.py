"""The ready-made lists of witnesses, static/witnesses.toml: a suggestion of whoever hosts the app. Its head says how it is written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from keriwasm.web.form.errors import FieldError

from slices.network.resources import origin_of

__all__ = ["BadList", "offered", "read"]

FILE = "static/witnesses.toml"
PLACES = (Path(__file__).resolve().parents[2] / FILE, Path(__file__).resolve().parents[3] / FILE)
"""In a worker it lies beside slices/, on CPython at the root of the repository."""
FILE_MOST = 256 << 10
LISTS_MOST, WITNESSES_MOST = 20, 50
NAME_MOST, ABOUT_MOST = 60, 300
AID = re.compile(r"B[A-Za-z0-9_-]{43}")
"""A key of Ed25519 that is its own identifier for ever, as a witness's must be."""


class BadList(ValueError):
    """The file cannot be used: what is wrong, and where."""


def offered() -> dict[str, Any]:
    """For a page: {lists, lists_problem}. A file that is wrong offers nothing, and the page says why."""
    try:
        path = next(path for path in PLACES if path.is_file())
        return {"lists": read(path.read_bytes()), "lists_problem": ""}
    except StopIteration:
        return {"lists": [], "lists_problem": f"{FILE} is missing"}
    except BadList as ex:
        return {"lists": [], "lists_problem": f"{FILE}: {ex}"}


def read(data: bytes) -> list[dict[str, Any]]:
    """[{name, about, witnesses: [{name, aid, url, oobi}]}]. Raises BadList."""
    import tomllib

    if len(data) > FILE_MOST:
        raise BadList(f"has {len(data):,} bytes, {FILE_MOST:,} are read")
    try:
        document = tomllib.loads(data.decode())
    except (ValueError, RecursionError) as ex:  # TOML's and UTF-8's errors are such
        raise BadList(f"is no TOML: {str(ex)[:200] or 'nested too deep'}") from ex
    _known(document, "the file", {"lists"})
    found = [_list(each, f"list {number}") for number, each in enumerate(_several(document, "the file", "lists", LISTS_MOST), 1)]
    _once(found, "the file", "name")
    return found


def _list(said: Any, where: str) -> dict[str, Any]:
    _known(said, where, {"name", "about", "witnesses"})
    name = _text(said, where, "name", NAME_MOST)
    where = f"{where} ({name})"
    members = _several(said, where, "witnesses", WITNESSES_MOST)
    witnesses = [_witness(each, f"{where}, witness {number}") for number, each in enumerate(members, 1)]
    for field in ("name", "aid", "url"):
        _once(witnesses, where, field)
    about = _text(said, where, "about", ABOUT_MOST) if "about" in said else ""
    return {"name": name, "about": about, "witnesses": witnesses}


def _witness(said: Any, where: str) -> dict[str, str]:
    _known(said, where, {"name", "aid", "url"})
    name, aid = _text(said, where, "name", NAME_MOST), _text(said, where, "aid", 44)
    if not AID.fullmatch(aid):
        raise BadList(f"{where}: aid is no witness's: 44 characters, of which the first is B")
    try:
        url = origin_of(_text(said, where, "url", 300)) + "/"
    except FieldError as ex:
        raise BadList(f"{where}: url {ex.reason}") from ex
    return {"name": name, "aid": aid, "url": url, "oobi": f"{url}oobi/{aid}/controller"}


def _known(said: Any, where: str, names: set[str]) -> None:
    if not isinstance(said, dict):
        raise BadList(f"{where}: must be a table with {', '.join(sorted(names))}")
    if strange := sorted(said.keys() - names):
        raise BadList(f"{where}: {strange[0][:60]!r} is not known here; what is: {', '.join(sorted(names))}")


def _several(said: dict[str, Any], where: str, field: str, most: int) -> list[Any]:
    found = said.get(field)
    if not isinstance(found, list) or not found:
        raise BadList(f"{where}: {field} is missing, or no list of tables")
    if len(found) > most:
        raise BadList(f"{where}: {len(found)} {field} are more than the {most} that are read")
    return found


def _text(said: dict[str, Any], where: str, field: str, most: int) -> str:
    found = said.get(field)
    if not isinstance(found, str) or not found.strip():
        raise BadList(f"{where}: {field} is missing, or no text")
    if len(found) > most or not found.isprintable():
        raise BadList(f"{where}: {field} must be one line of at most {most} characters")
    return found.strip()


def _once(found: list[dict[str, Any]], where: str, field: str) -> None:
    seen: set[str] = set()
    for each in found:
        if each[field] in seen:
            raise BadList(f"{where}: the {field} {each[field][:60]} is there twice")
        seen.add(each[field])
