"""The routes of classical crypto: pure computation, which any worker may do, and again."""

from router.policy.routes import Slice

crypto = Slice("crypto")

crypto.get("/app/crypto/panel")
crypto.get("/app/crypto")
crypto.get("/app/crypto/hash")
crypto.compute("/app/crypto/hash")
crypto.get("/app/crypto/hash-many")
crypto.compute("/app/crypto/hash-many", deadline=120, report=True)
crypto.compute("/app/crypto/hash-batch", deadline=120)
crypto.get("/app/crypto/ed25519")
crypto.compute("/app/crypto/ed25519/keypair")
crypto.compute("/app/crypto/ed25519/sign")
crypto.compute("/app/crypto/ed25519/verify")
crypto.get("/app/crypto/box")
crypto.compute("/app/crypto/box/keypair")
crypto.compute("/app/crypto/box/seal")
crypto.compute("/app/crypto/box/open")
crypto.get("/app/crypto/xchacha")
crypto.compute("/app/crypto/xchacha/key")
crypto.compute("/app/crypto/xchacha/encrypt")
crypto.compute("/app/crypto/xchacha/decrypt")
crypto.get("/app/crypto/argon2id")
# 64 MiB takes about a second, 1 GiB a quarter of a minute and more on a phone. It is pure, but what killed its worker was
# most likely its hunger for memory: that shall not cost a second one.
crypto.compute("/app/crypto/argon2id", again=False, heavy=True, blocks=60, deadline=90)
