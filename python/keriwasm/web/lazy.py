"""Resources whose code is imported by the first request: a worker that boots is not kept waiting by what few ask for."""

from __future__ import annotations

import importlib
from inspect import isgeneratorfunction
from typing import Any

import falcon

from keriwasm.web.deeds import deed

__all__ = ["Lazy"]


class Lazy:
    """A resource with one responder: the function `name` of a module, called with (worker, req, rep, **params).

    A generator function is run as a deed.
    """

    def __init__(self, worker: Any, module: str, name: str, method: str = "GET") -> None:
        self._worker = worker
        self._module = module
        self._name = name
        setattr(self, f"on_{method.lower()}", self._respond)

    def _respond(self, req: falcon.Request, rep: falcon.Response, **params: Any) -> None:
        responder = getattr(importlib.import_module(self._module), self._name)
        if isgeneratorfunction(responder):
            responder = deed(responder)
        responder(self._worker, req, rep, **params)
