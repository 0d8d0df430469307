"""A field that is wrong."""

from __future__ import annotations

from typing import Any

import falcon

__all__ = ["FieldError"]


class FieldError(falcon.HTTPError):
    """One field is wrong.

    The problem's members are field, reason (also in detail) and errors: [{field, reason}].
    """

    def __init__(self, field: str, reason: str, status: int = 422) -> None:
        title = "The content is too large" if status == 413 else "A field is not acceptable"
        super().__init__(status, title=title, description=f"{field}: {reason}")
        self.field = field
        self.reason = reason
        self.extra: dict[str, Any] = {"field": field, "reason": reason, "errors": [{"field": field, "reason": reason}]}
