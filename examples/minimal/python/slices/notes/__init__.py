"""Notes that stay in this browser: one slice, whose two responders read and write a named store."""

from __future__ import annotations

import falcon
from keriwasm.web.deeds import deed
from keriwasm.web.form.fields import FieldError, Fields
from keriwasm.web.rendering import answer

STORE = "notes"
MOST = 100  # notes; MAX_BYTES each
MAX_BYTES = 500


class NotesResource:
    """`app/notes`: the page, and a note more."""

    def __init__(self, worker):
        self.worker = worker

    @deed
    def on_get(self, req, rep):
        notes = yield from self.worker.storage.open(STORE)
        self.show(req, rep, notes)

    @deed
    def on_post(self, req, rep):
        text = Fields(req).text("text", max_bytes=MAX_BYTES).strip()
        notes = yield from self.worker.storage.open(STORE)
        if not text:
            raise FieldError("text", "is empty: write something")
        if len(notes) >= MOST:
            raise FieldError("text", f"is one too many: {MOST} notes are kept")
        notes[f"{len(notes):03}"] = text  # the answer leaves when it is on the disk
        self.show(req, rep, notes)

    def show(self, req, rep, notes):
        """The page, or its data as JSON."""
        texts = [notes[key] for key in sorted(notes)]
        answer(req, rep, "pages/notes.html", {"notes": texts, "by": self.worker.id}, title="Notes")


def mount(app: falcon.App, worker) -> None:
    """Mounts the slice."""
    resource = NotesResource(worker)
    app.add_route("/app/", resource)
    app.add_route("/app/notes", resource)
