"""The pool's page. Its JSON is the router's own: it answers even where no worker is left."""

from router.policy.routes import Slice

pool = Slice("pool", report=True)

pool.get("/app/pool", here=True)
pool.get("/app/pool/panel")
pool.get("/app/pool/events", stream=True)
pool.change("/app/pool/size", again=True)
