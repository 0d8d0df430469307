"""The wallet's routes: its keys are on one worker, and what changes them is never tried twice on the router's own account."""

from router.policy.routes import Slice

wallet = Slice("wallet")

wallet.get("/app/wallet/panel")
wallet.get("/app/wallet")
wallet.get("/app/wallet/events", stream=True, use=False)
# What asks for the passcode stretches it.
wallet.change("/app/wallet", heavy=True, blocks=60, deadline=90)
wallet.delete("/app/wallet", heavy=True, blocks=60, deadline=90)
wallet.change("/app/wallet/delete", heavy=True, blocks=60, deadline=90)
wallet.change("/app/wallet/unlock", heavy=True, blocks=60, deadline=90)
wallet.change("/app/wallet/lock")
wallet.change("/app/wallet/passcode", heavy=True, blocks=90, deadline=120)
wallet.change("/app/wallet/autolock")
wallet.get("/app/wallet/challenge")
wallet.compute("/app/wallet/challenge")
wallet.change("/app/wallet/challenge/answer")
wallet.change("/app/wallet/challenge/verify", deadline=60)

wallet.get("/app/identifiers")
# 64 keys and 64 next ones, stretched each (salty): a quarter of a second apiece; and OOBIs of witnesses.
wallet.change("/app/identifiers", blocks=90, deadline=180)
wallet.get("/app/identifiers/list")
wallet.get("/app/identifiers/names")
wallet.get("/app/identifiers/making")
wallet.get("/app/identifiers/{aid}")
wallet.get("/app/identifiers/{aid}/events")
wallet.get("/app/identifiers/{aid}/events/{sn}")
wallet.get("/app/identifiers/{aid}/kel", guarded=True)
wallet.get("/app/identifiers/{aid}/share")
wallet.change("/app/identifiers/{aid}/rename")
wallet.change("/app/identifiers/{aid}/rotate", blocks=60, deadline=180)
wallet.change("/app/identifiers/{aid}/interact")
wallet.get("/app/identifiers/{aid}/receipts", use=False)
# The slowest witness has ten seconds; then the others hear of its receipt.
wallet.change("/app/identifiers/{aid}/receipts", deadline=60)
# The secret of a witness's one-time codes: asking again may make the one before worthless.
wallet.change("/app/identifiers/{aid}/codes", deadline=30)
# Ed25519 signatures of one message by one key are always the same: signing again changes nothing.
wallet.compute("/app/identifiers/{aid}/sign")
wallet.change("/app/identifiers/{aid}/challenge")
