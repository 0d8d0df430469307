"""Faults for tests, where the page allows them (`?faults=1` on localhost)."""

from router.policy.routes import Slice

faults = Slice("faults")

faults.change("/app/faults/{worker}", report=True, faults=True)
