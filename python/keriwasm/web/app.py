"""The Falcon application of a pool worker: errors, JSON, and the slices mounted by name."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import falcon
from falcon import media
from falcon.routing import CompiledRouter

from keriwasm.data import sayable
from keriwasm.data.encoding import b64u
from keriwasm.web import problems
from keriwasm.web.deeds import Outcomes
from keriwasm.web.form.tokens import Tokens

if TYPE_CHECKING:
    from keriwasm.runtime.context import Context

Progress = Callable[[int, int, str], None]


class Router(CompiledRouter):
    """Falcon's own, which asks of all 24 methods of each route whether its responder is a coroutine function: 2,500 questions,
    nearly half of the time in which a worker with a memory snapshot mounts its slices. tests/unit asks them instead.
    """

    def add_route(self, uri_template: str, resource: object, **kwargs: Any) -> None:
        """Without the slash at the end that is taken from addresses too: `/app/` would never be found."""
        super().add_route(uri_template.rstrip("/") or "/", resource, **kwargs)

    def ready(self) -> None:
        """Compile the tree of routes now, not at the first request."""
        self.find("/")

    def _require_non_coroutine_responders(self, method_map: dict[str, Any]) -> None:
        """Asked in the tests."""


def make_app(worker: Context, progress: Progress | None = None) -> falcon.App:
    """The application with every slice of `worker.settings.slices` mounted.

    A slice that cannot be imported or mounted does not keep the others from working: it is reported as a fault, and
    its addresses (below `/app/NAME`) answer 500 with the reason and the fault's id.

    progress: called with (done, total, name) after each slice
    """
    router = Router()
    app = falcon.App(middleware=[Outcomes(), Tokens()], router=router)
    app.req_options.strip_url_path_trailing_slash = True
    app.req_options.auto_parse_form_urlencoded = False
    handler = media.JSONHandler(dumps=partial(sayable.json_text, default=encode))
    app.resp_options.media_handlers[falcon.MEDIA_JSON] = handler
    problems.handlers(app, worker)
    total = len(worker.settings.slices)
    for done, (name, module) in enumerate(worker.settings.slices.items(), start=1):
        try:
            importlib.import_module(module).mount(app, worker)
        except Exception as ex:
            fault = worker.fault(ex, about={"type": "slice", "id": name})
            app.add_sink(broken(name, ex, fault), prefix=re.compile(rf"/app/{re.escape(name)}(?:/|$)"))
        if progress is not None:
            progress(done, total, name)
    router.ready()
    return app


def broken(name: str, ex: Exception, fault: str) -> Callable[..., None]:
    """A sink for the addresses of a slice that could not be mounted."""
    reason = f"{type(ex).__name__}: {ex}"

    def sink(req: falcon.Request, rep: falcon.Response, **params: Any) -> None:
        error = falcon.HTTPInternalServerError(
            title=f"The slice {name} could not start",
            description=f"{reason} (fault {fault})",
        )
        error.extra = {"fault": fault, "slice": name}  # type: ignore[attr-defined]
        raise error

    return sink


def encode(value: Any) -> str:
    """JSON of what JSON has no type for: bytes as unpadded base64url. Raises TypeError for anything else."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return b64u(bytes(value))
    raise TypeError(f"{type(value).__name__} has no JSON form")
