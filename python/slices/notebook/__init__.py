"""Cells of Python, run for whoever wrote them.

It is mounted only inside of the notebook's own frame (static/notebook/), whose origin is opaque: a stranger's code finds no
storage, no wallet and no network there. The app's own pool never carries this slice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from slices.notebook import resources
from slices.notebook.hints import resources as hints

if TYPE_CHECKING:
    import falcon
    from keriwasm.runtime.context import Context

__all__ = ["mount"]


def mount(app: falcon.App, worker: Context) -> None:
    """Add the slice's routes (slices.notebook.routes) to the application of a worker."""
    app.add_route("/app", resources.Home())
    app.add_route("/app/cell", resources.Cell())
    app.add_route("/app/open", resources.Open())
    app.add_route("/app/markdown", resources.Markdown())
    app.add_route("/app/run", resources.Run(worker))
    app.add_route("/app/call", resources.Call(worker))
    app.add_route("/app/packages", resources.Bring(worker))
    app.add_route("/app/output/{cell}", resources.Whole(worker))
    app.add_route("/app/complete", hints.Complete(worker))
    app.add_route("/app/signature", hints.Signature(worker))
