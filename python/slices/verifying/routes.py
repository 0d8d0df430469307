"""What others ask of a worker that holds no keys.

The ledger is on one worker; what it asks of the others is pure. A share of an import is at most some 200 messages; before, the
whole of it is cut into messages, of which one may be as long as the import. What
strangers made is judged by a worker that never holds keys: it is heavy, so that nobody else's work is beside it when it hangs
its worker, and it is not tried again on another one. Importing keripy is asked for before: what judges may then block for as long
as one credential's schema may take, a regular expression of a stranger's within it.
"""

from router.policy.routes import Slice

verifying = Slice("verifying", blocks=30)

verifying.compute("/app/ledger/cut", where="keyless", again=False, deadline=300)
verifying.compute("/app/ledger/segment", where="keyless", again=False, deadline=300)
verifying.get("/app/ledger/check")
verifying.compute("/app/ledger/check", where="keyless", again=False, deadline=120)
verifying.compute("/app/judge", where="others", deadline=120)
verifying.compute("/app/judge/{what}", where="others", again=False, heavy=True, blocks=10, deadline=120, stream=True)
