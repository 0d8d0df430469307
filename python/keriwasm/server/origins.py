"""Where a request comes from, as `look` in router/doors/door.js says it of a service worker's: own, foreign or unknown.

A browser says it itself, in headers that no page can set (`Sec-Fetch-*`, `Origin`, `Referer`). What says none of them is no browser, or
asks by GET from an old one: it is let in as a program of its own, for no person's browser lends it anything here (this server has no
cookies). What this does not catch: another app of the same origin; it can do what ours can.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

FRAMES = frozenset({"iframe", "frame", "embed", "object", "fencedframe"})


def look(headers: Mapping[str, str], host: str, base: str) -> dict[str, Any]:
    """`{origin, navigated, framed}` for the policy (router/policy/http/origins.py). host: as the request names it, with a port."""
    site, mode = headers.get("sec-fetch-site"), headers.get("sec-fetch-mode")
    said = [page for page in (headers.get("origin"), headers.get("referer")) if page]
    if headers.get("origin") == "null":
        origin = "foreign"  # a sandbox, or a page that hides whose it is: ours do neither
    elif site in ("cross-site", "same-site") or any(not ours(page, host) for page in said):
        origin = "foreign"
    elif site == "none" or (mode == "navigate" and not said):
        origin = "unknown"  # by an address that was typed, a bookmark, another program
    else:
        referer = headers.get("referer")
        inside = not referer or mode != "navigate" or urlsplit(referer).path.startswith(base)
        origin = "own" if inside else "foreign"
    return {"origin": origin, "navigated": mode == "navigate", "framed": headers.get("sec-fetch-dest") in FRAMES}


def ours(page: str, host: str) -> bool:
    """Whether a page is of the origin that this request names. Its scheme is not compared: a proxy may have taken https off."""
    try:
        return urlsplit(page).netloc.lower() == host.lower()
    except ValueError:
        return False
