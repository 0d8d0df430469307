"""The table and the slices know the same addresses: nothing is mounted that cannot be asked for, nothing asked for is missing."""

import importlib
import re

import falcon
import falcon.inspect
import pytest
from tablekit import TABLE

from router.policy.routing import Table

SLICES = ("home", "crypto", "pq", "pool", "faults", "wallet", "backup", "credentials")
IGNORED = {"HEAD", "OPTIONS", "WEBSOCKET", "CONNECT", "TRACE"}


class Anybody:
    """Stands in for a worker: mounting only keeps it."""

    faults = True
    slices = SLICES

    def __getattr__(self, name):
        return self

    def __call__(self, *args, **kwargs):
        return self


def mounted(slice):
    """`{(method, pattern)}` of a slice's Falcon routes."""
    app = falcon.App()
    importlib.import_module(f"slices.{slice}").mount(app, Anybody())
    return {
        (method.method, route.path)
        for route in falcon.inspect.inspect_routes(app)
        for method in route.methods
        if method.method not in IGNORED and not method.internal
    }


@pytest.mark.parametrize("slice", SLICES)
def test_every_mounted_route_can_be_asked_for(slice):
    table = Table(TABLE)
    for method, pattern in mounted(slice):
        path = re.sub(r"\{[^}]+\}", "x", pattern)
        route, _, _ = table.match(method, path)
        assert route is not None, f"{method} {pattern} is not in its routes.py"
        assert route.slice == slice


@pytest.mark.parametrize("slice", SLICES)
def test_every_route_of_the_table_is_mounted(slice):
    there = {(method, re.sub(r"\{[^}]+\}", "{}", pattern)) for method, pattern in mounted(slice)}
    for route in TABLE:
        if route.slice == slice and not route.parts:
            assert (route.method, re.sub(r"\{[^}]+\}", "{}", route.pattern)) in there
