"""The routes of post-quantum crypto, and which schemes hold their worker for more than some 100 ms without giving way."""

from router.policy.routes import Slice

# Beginnings of scheme names, and what is slow of them (measured in costs.py). At most one of those runs on a worker at a time.
SLOW = (
    ("classic-mceliece", ("keypair",)),
    ("sphincs", ("keypair", "sign")),
    ("slh_dsa", ("keypair", "sign")),
    ("slh-dsa", ("keypair", "sign")),
    ("xmss", ("keypair",)),
    ("lms", ("keypair",)),
    ("ov-", ("keypair",)),
    ("snova", ("sign",)),
)


def by_scheme(params: dict, operation: str) -> dict:
    """What a call costs beyond its row; `operation` is the last part of its path."""
    name = params.get("alg", "").lower()
    for beginning, operations in SLOW:
        if name.startswith(beginning) and operation in operations:
            return {"heavy": True, "blocks": 120, "deadline": 180}
    return {}


pq = Slice("pq")

pq.get("/app/pq/panel")
pq.get("/app/pq")
pq.get("/app/pq/kem/{alg}")
pq.compute("/app/pq/kem/{alg}/keypair", costs=by_scheme)
pq.compute("/app/pq/kem/{alg}/encaps", costs=by_scheme)
pq.compute("/app/pq/kem/{alg}/decaps", costs=by_scheme)
pq.get("/app/pq/sig/{alg}")
pq.compute("/app/pq/sig/{alg}/keypair", costs=by_scheme)
pq.compute("/app/pq/sig/{alg}/sign", costs=by_scheme)
pq.compute("/app/pq/sig/{alg}/verify", costs=by_scheme)
pq.get("/app/pq/stfl/{alg}")
pq.compute("/app/pq/stfl/{alg}/keypair", costs=by_scheme)
# A stateful key signs once per leaf: never twice on the router's own account.
pq.change("/app/pq/stfl/{alg}/sign", costs=by_scheme)
pq.compute("/app/pq/stfl/{alg}/verify", costs=by_scheme)
