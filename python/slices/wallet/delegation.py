"""Delegation between two identifiers of this wallet: the delegator seals each establishment event of the delegate."""

from __future__ import annotations

from typing import Any

from keriwasm.web.form.errors import FieldError

__all__ = ["anchor", "check"]


def check(delegator: Any) -> None:
    """Raise FieldError unless this Hab can delegate."""
    kever = delegator.kever
    if not kever.transferable:
        raise FieldError("delegator", "cannot rotate, so it cannot delegate")
    if kever.estOnly or kever.doNotDelegate:
        raise FieldError("delegator", "was made so that it does not delegate")


def anchor(hby: Any, delegate: Any, delegator: Any) -> None:
    """Have `delegator` seal the delegate's latest event, and keep with that event where the seal is, so that a replay
    carries it. Raises what keripy raises; the caller's change is then undone as a whole."""
    from keri.core import coring
    from keri.db import dbing

    serder = delegate.kever.serder
    delegator.interact(data=[{"i": serder.pre, "s": serder.snh, "d": serder.said}])
    sealing = delegator.kever.serder
    couple = coring.Seqner(sn=sealing.sn).qb64b + sealing.saidb
    hby.db.setAes(dbing.dgKey(serder.preb, serder.saidb), couple)
