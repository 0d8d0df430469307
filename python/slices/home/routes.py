"""The home page: a panel of each slice that has one, side by side."""

from router.policy.routes import Slice

PARTS = (
    ("home", "/app/home/panel"),
    ("wallet", "/app/wallet/panel"),
    ("ledger", "/app/ledger/panel"),
    ("credentials", "/app/credentials/panel"),
    ("crypto", "/app/crypto/panel"),
    ("pq", "/app/pq/panel"),
    ("load", "/app/load/panel"),
    ("pool", "/app/pool/panel"),
)

home = Slice("home")

home.get("/app/", parts=PARTS, title="KeriWasm")
home.get("/app/home/panel", report=True)
