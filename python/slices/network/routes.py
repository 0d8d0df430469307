"""The routes of the network page. They want the disk, and neither keripy nor an open wallet."""

from router.policy.routes import Slice

network = Slice("network")

network.get("/app/network")
network.change("/app/network", again=True)
network.change("/app/network/origins", again=True)
network.change("/app/network/package", deadline=150)
network.change("/app/network/outbox/{id}/cancel", again=True)
