"""Contacts: the names and notes that the owner of this browser gives to others' identifiers. Seen nowhere else."""

from __future__ import annotations

import time
import unicodedata
from typing import Any

from keriwasm.web.form.errors import FieldError
from keriwasm.web.form.fields import Fields
from keriwasm.web.form.labels import one_line, unseen

__all__ = ["ALIAS_MOST", "NOTES_MOST", "check_aid", "misnamed", "named", "read", "renamed"]

ALIAS_MOST = 100
"""Characters."""
NOTES_MOST = 4000


def read(fields: Fields) -> dict[str, Any] | None:
    """{alias, notes, changed} of a form; None when both are empty: then there is no contact any more. Raises FieldError."""
    alias = named(fields)
    notes = (
        unicodedata.normalize("NFC", fields.text("notes", "", max_bytes=4 * NOTES_MOST)).replace("\r\n", "\n").strip()
    )
    if len(notes) > NOTES_MOST:
        raise FieldError("notes", f"have {len(notes)} characters, {NOTES_MOST} are accepted")
    if found := unseen(notes, more="\n\t"):
        raise FieldError("notes", f"have a character that cannot be seen ({found})")
    if not alias and not notes:
        return None
    return {"alias": alias, "notes": notes, "changed": round(time.time() * 1000)}


def named(fields: Fields) -> str:
    """The alias of a form, "" when it is empty. Raises FieldError."""
    alias = one_line(fields.text("alias", "", max_bytes=12 * ALIAS_MOST))
    if (reason := misnamed(alias)) is not None:
        raise FieldError("alias", reason)
    return alias


def misnamed(alias: str) -> str | None:
    """Why this is no alias, in words that follow the field's name; None when it is one."""
    if len(alias) > ALIAS_MOST:
        return f"has {len(alias)} characters, {ALIAS_MOST} are accepted"
    found = unseen(alias)
    return f"has a character that cannot be seen ({found})" if found else None


def renamed(contact: dict[str, Any], alias: str) -> dict[str, Any]:
    """A contact under another name; {} for one that is new."""
    return {"notes": "", **contact, "alias": alias, "changed": round(time.time() * 1000)}


def check_aid(aid: str, field: str = "aid") -> str:
    """The identifier, if it is one. Raises FieldError."""
    from keri import kering
    from keri.core import coring

    try:
        prefixer = coring.Prefixer(qb64=aid)
    except (kering.KeriError, ValueError, TypeError, KeyError, IndexError) as ex:
        raise FieldError(field, "is no KERI identifier: these are 44 characters long and begin with E, D or B") from ex
    if prefixer.qb64 != aid:
        raise FieldError(field, "has something behind the identifier")
    return aid
