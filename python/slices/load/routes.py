"""The load lab's routes: one worker coordinates a run and keeps the history; shares go to the worker that the run names, behind
all clicks."""

from router.policy.routes import Slice

load = Slice("load", where="one")

load.get("/app/load/panel", where="all")
load.get("/app/load", report=True)
load.change("/app/load/runs", report=True)
load.get("/app/load/runs/{id}")
load.delete("/app/load/runs/{id}", again=True)
load.get("/app/load/runs/{id}/events", stream=True)
load.change("/app/load/runs/{id}/cancel", again=True)
load.change("/app/load/runs/{id}/page")
load.get("/app/load/compare")
load.change("/app/load/shares", where="all", background=True, deadline=300)
