"""What the disk refuses, in words for people."""

from __future__ import annotations

import falcon

from keriwasm.browser.disk_store import Fenced

__all__ = ["DiskRefused", "explain"]


class DiskRefused(falcon.HTTPInsufficientStorage):
    """507: what was done could not be kept, and was undone."""

    def __init__(self, reason: str) -> None:
        super().__init__(title="Not saved", description=reason)

    def __str__(self) -> str:
        return str(self.description)


def explain(ex: Exception) -> str:
    """What a person can do about it."""
    text = str(ex).rstrip(".")
    if isinstance(ex, Fenced):
        return (
            "Another tab or worker has taken over the saved data; this one changes nothing any more. Reload the page."
        )
    if "QuotaExceeded" in text or "quota" in text.lower():
        return (
            f"The browser's storage is full: {text}. Free some space on this device, then try again; nothing of this "
            "change was kept."
        )
    if "denied" in text or "SecurityError" in text:
        return (
            f"This browser lets the app save nothing at this address: {text}. Allow site data for it in the browser's "
            "settings (or leave the private window), then load the page again."
        )
    # A device without room shows as an I/O error first, then as a database that closes or does not open.
    return (
        f"The browser did not save it: {text}. Nothing of this change was kept. Most often the device has no space left: "
        "free some, then try again."
    )
