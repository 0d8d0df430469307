"""A form's field for one of the wallet's identifiers: a list to choose from where they are few, else an alias or AID that is typed.

    offered = yield from choosing.offered(vault, rotating=True)     # for kit.own_field of macros/wallet.html
    aid = choosing.chosen(vault, fields, "delegator", "")           # an AID; FieldError for what is none
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from keriwasm.web.form.errors import FieldError

from slices.vault.owned import AID

if TYPE_CHECKING:
    from keriwasm.web.form.fields import Fields

    from slices.vault.vault import Vault

__all__ = ["LISTED", "SUGGESTED", "chosen", "offered", "resolve"]

LISTED = 100
"""Identifiers of a list to choose from; of more of them one is typed."""
SUGGESTED = 20
"""Those that fit what is typed, shown below the field."""


def offered(vault: Vault, rotating: bool = False) -> Generator[float, float, dict[str, Any]]:
    """{listed: [(AID, alias)] by alias, many, any}: `listed` is empty where there are more than LISTED; `any` says whether there is one.

    rotating: only those that can rotate their keys."""
    own = yield from vault.own()
    if len(own.order) > LISTED:
        return {"listed": [], "many": True, "any": True}
    fit = [aid for _, aid in own.order if not rotating or own.state(aid)["n"]]
    return {"listed": [(aid, own.names[aid]) for aid in fit], "many": False, "any": bool(fit)}


def chosen(vault: Vault, fields: Fields, name: str, default: str | None = None) -> str:
    """The AID of the field: an AID or alias of the open wallet. `default` where it is empty; without one that is refused too."""
    typed = (fields.text(name, max_bytes=1200) if default is None else fields.text(name, "", max_bytes=1200)).strip()
    if not typed and default is not None:
        return default
    aid = resolve(vault, typed)
    if aid is None:
        raise FieldError(name, f"has {typed[:80]!r}, which is neither an alias nor an AID of an identifier of this wallet")
    return aid


def resolve(vault: Vault, typed: str) -> str | None:
    """The AID that somebody means by an AID or alias of the open wallet; None for anybody else's."""
    hby = vault.hby
    if AID.fullmatch(typed) and typed in hby.habs:
        return typed
    aid = hby.db.names.get(keys=("", typed)) if 0 < len(typed.encode()) <= 400 else None
    return aid if aid is not None and aid in hby.habs else None
