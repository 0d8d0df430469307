"""What the form for an OOBI is filled and helped with: an address to come back to, and the bounds of a scan."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from keriwasm.web.form.fields import Fields

__all__ = ["ALIAS_MOST", "LIKE", "PICTURE_MOST", "URL_MOST", "address", "form"]

LIKE = r"^https?://\S+/oobi(/|\?|$)"
"""What a scanned text must look like at least, as a regular expression that JavaScript reads too; oobis.read looks closer."""
PICTURE_MOST = 20 << 20
"""Bytes of a picture; workers/scanner/scanner.js has the same bound."""
URL_MOST = 2000
ALIAS_MOST = 100


def address(oobi: str, alias: str) -> str:
    """Of the page whose form is filled with these, below the base."""
    return f"app/ledger?{urlencode({'oobi': oobi, **({'alias': alias} if alias else {})})}"


def form(fields: Fields) -> dict[str, Any]:
    """For the page: {oobi, oobi_alias} as its address gives them (?oobi=…&alias=…), for somebody who comes back to try again."""
    return {
        "oobi": fields.text("oobi", "", max_bytes=URL_MOST).strip(),
        "oobi_alias": fields.text("alias", "", max_bytes=4 * ALIAS_MOST).strip(),
        "oobi_like": LIKE,
        "most_picture": PICTURE_MOST,
    }
