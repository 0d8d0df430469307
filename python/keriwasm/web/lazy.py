"""Resources whose code is imported by the first request: a worker that boots is not kept waiting by what few ask for."""

from __future__ import annotations

import importlib
from functools import partial
from inspect import isgeneratorfunction
from typing import Any

import falcon

from keriwasm.web.deeds import deed

__all__ = ["Lazy"]


class Lazy:
    """A resource whose responders are functions of a module, called with (worker, req, rep, **params).

    A generator function is run as a deed. `names`: method -> function.
    """

    def __init__(self, worker: Any, module: str, names: dict[str, str]) -> None:
        self._worker = worker
        self._module = module
        for method, name in names.items():
            setattr(self, f"on_{method.lower()}", partial(self._respond, name))

    def _respond(self, name: str, req: falcon.Request, rep: falcon.Response, /, **params: Any) -> None:
        responder = getattr(importlib.import_module(self._module), name)
        if isgeneratorfunction(responder):
            responder = deed(responder)
        responder(self._worker, req, rep, **params)
