"""The suites' routes: runs live on one worker; the chunks that it hands out name their worker and how long a test may block it.
The code of the suites is imported by the first request, which takes a while on a busy machine."""

from router.policy.routes import Slice

suites = Slice("suites", where="one", blocks=20)

suites.get("/app/suites")
suites.get("/app/suites/{name}")
suites.change("/app/suites/{name}/runs")
suites.get("/app/suites/runs")
suites.get("/app/suites/runs/{id}")
suites.get("/app/suites/runs/{id}/events", stream=True, blocks=0)
suites.get("/app/suites/runs/{id}/tests")
suites.change("/app/suites/runs/{id}/again")
suites.change("/app/suites/runs/{id}/cancel", again=True, blocks=0, stops="/app/suites/runs/{id}/chunks")
suites.change("/app/suites/runs/{id}/chunks", where="all", background=True, stream=True, blocks=0)
