"""The addresses that the editor asks. While a cell runs there is nothing to be had, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import falcon
from keriwasm.web.form.fields import Fields

from slices.notebook.cells import SOURCE_MOST
from slices.notebook.hints import complete, modules, reading, signature
from slices.notebook.session import Session

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context

__all__ = ["Complete", "Signature"]


class Asked:
    """POST {source, at}: at is the cursor's place, in characters."""

    def __init__(self, worker: Context) -> None:
        self.worker = worker

    def on_post(self, req: falcon.Request, rep: falcon.Response) -> None:
        fields = Fields(req)
        source = fields.text("source", "", max_bytes=SOURCE_MOST * 4)
        at = fields.integer("at", 0, len(source))
        session = self.worker.shared(Session)
        rep.media = self.none if session.current is not None else self.found(source, at, session.namespace)

    none: ClassVar[dict[str, Any]] = {}

    def found(self, source: str, at: int, names: dict[str, Any]) -> dict[str, Any]:
        raise NotImplementedError


class Complete(Asked):
    """{options: [{label, type}], more}"""

    none: ClassVar[dict[str, Any]] = {"options": [], "more": True}

    def found(self, source: str, at: int, names: dict[str, Any]) -> dict[str, Any]:
        options, more = complete.complete(source, at, names)
        return {"options": options, "more": more}


class Signature(Asked):
    """{name, params, active, doc}, or {} outside of a call."""

    def found(self, source: str, at: int, names: dict[str, Any]) -> dict[str, Any]:
        place = reading.read(source, at)
        call = place.call if place else None
        return (call and signature.signature(call, {**modules.imported(source), **names})) or {}
