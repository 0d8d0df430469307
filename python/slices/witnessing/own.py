"""Own OOBIs: the addresses at which an identifier's witnesses introduce it to others."""

from __future__ import annotations

from typing import Any

__all__ = ["oobis"]


def oobis(aid: str, witnesses: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """[{witness, oobi, receipted}], one for each witness ({aid, url, receipted}); oobi is "" where no address of it is known."""
    return [
        {
            "witness": each["aid"],
            "oobi": f"{each['url'].rstrip('/')}/oobi/{aid}/witness/{each['aid']}" if each["url"] else "",
            "receipted": each["receipted"],
        }
        for each in witnesses
    ]
