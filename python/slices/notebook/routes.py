"""The notebook's routes. What needs the interpreter with the cells' state goes to the one that has it, all else past it."""

from router.policy.routes import Slice

notebook = Slice("notebook", where="others")

notebook.get("/app")
notebook.get("/app/cell")
notebook.compute("/app/open")
notebook.compute("/app/markdown")
# A cell runs for as long as its author lets it.
notebook.change("/app/run", where="one", stream=True, blocks=86400, deadline=300)
notebook.change("/app/call", where="one", stream=True, blocks=86400, deadline=300)
notebook.change("/app/packages", where="one")
notebook.get("/app/output/{cell}", where="one")
# While somebody writes: it looks and runs nothing.
notebook.compute("/app/complete", where="one", deadline=5)
notebook.compute("/app/signature", where="one", deadline=5)
