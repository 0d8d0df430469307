"""Bytes as text."""

from __future__ import annotations

import base64

__all__ = ["b64u"]


def b64u(data: bytes) -> str:
    """Unpadded base64url (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
