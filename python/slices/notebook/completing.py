"""What a word may become: names of the live interpreter and attributes of what they stand for (rlcompleter's work)."""

from __future__ import annotations

import re
import rlcompleter
from typing import Any

__all__ = ["complete"]

WORD = re.compile(r"[A-Za-z_][\w.]*\Z")
MOST = 200


def complete(source: str, at: int, namespace: dict[str, Any]) -> dict[str, Any]:
    """{start, names, signature}: start is where the word begins; a property of an object may run its code for it."""
    found = WORD.search(source[:at])
    if found is None:
        return {"start": at, "names": []}
    completer, names = rlcompleter.Completer(namespace), []
    for state in range(MOST):
        try:
            name = completer.complete(found[0], state)
        except Exception:  # the object's own code, for example a __getattr__ that raises: it offers nothing then
            break
        if name is None:
            break
        names.append(name.rstrip("() ,"))
    return {"start": found.start(), "names": list(dict.fromkeys(names))}
