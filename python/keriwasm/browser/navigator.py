"""What the browser tells of the machine that it runs on. On CPython, and in Nodes without a navigator, nothing."""

from __future__ import annotations

from typing import Any

__all__ = ["agent", "cores", "device_memory", "navigator", "online"]


def navigator() -> Any:
    """The worker's `navigator`, or None."""
    try:
        import js
    except ModuleNotFoundError:  # CPython
        return None
    return getattr(js, "navigator", None) or None


def agent() -> str | None:
    """The browser's own name of itself."""
    found = getattr(navigator(), "userAgent", None)
    return str(found) if found else None


def online() -> bool:
    """False where the browser knows that it has no network; True says little."""
    return getattr(navigator(), "onLine", None) is not False


def cores() -> int | None:
    """Logical processors that the browser admits to."""
    found = getattr(navigator(), "hardwareConcurrency", None)
    return int(found) if found else None


def device_memory() -> int | None:
    """Bytes of memory of the machine (rounded, at most 8 GiB in most browsers; Firefox does not say)."""
    gibibytes = getattr(navigator(), "deviceMemory", None)
    return int(float(gibibytes) * (1 << 30)) if gibibytes else None
