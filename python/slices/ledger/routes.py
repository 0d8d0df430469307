"""The ledger's routes.

The first request of any kind imports keripy, which holds the worker for a second or two, on a slow machine for many. The ledger
yields while others verify for it. What a stranger made is never tried again by itself where it has ended a worker.
"""

from router.policy.routes import Slice

ledger = Slice("ledger", blocks=30)

ledger.get("/app/ledger/panel")
ledger.get("/app/ledger")
ledger.change("/app/ledger", deadline=300)
ledger.get("/app/ledger/progress", blocks=0)
ledger.change("/app/ledger/oobi", deadline=300)
ledger.change("/app/ledger/refresh", deadline=300)
ledger.get("/app/ledger/watching", blocks=0)
ledger.change("/app/ledger/watching", again=True)
ledger.get("/app/ledger/{aid}")
ledger.delete("/app/ledger/{aid}")
ledger.change("/app/ledger/{aid}/delete")
ledger.change("/app/ledger/{aid}/refresh", deadline=300)
ledger.change("/app/ledger/{aid}/contact", again=True)
ledger.get("/app/ledger/{aid}/events")
ledger.get("/app/ledger/{aid}/events/{sn}")
ledger.get("/app/ledger/{aid}/kel", guarded=True)
ledger.get("/app/verify")
ledger.change("/app/verify")
