"""The routes of the notes."""

from router.policy.routes import Slice

notes = Slice("notes")

notes.get("/app/")
notes.get("/app/notes")
notes.change("/app/notes")
notes.get("/app/pool", here=True)  # the pool's state as JSON: the router's own answer
