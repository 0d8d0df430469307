"""Which of keripy's and hio's modules a worker can import: all but those that README.md names."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import hio
import keri
import pytest

MISSING = ("multicommand", "prettytable", "qrcode", "apispec")
"""What they want and a worker has not; some of it is here, for keripy's own tests."""
NOT_HERE = {
    "keri.app.cli.commands.migrate.list": "prettytable",
    "keri.app.cli.commands.multisig.join": "prettytable",
    "keri.app.cli.commands.ssh.export": "ed25519",
    "keri.app.cli.commands.witness.authenticate": "qrcode",
    "keri.app.cli.kli": "multicommand",
    "keri.app.specing": "apispec",
}


class Hidden:
    """Finds nothing, and lets nobody else find it."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in MISSING:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


@pytest.mark.skipif(sys.platform != "emscripten", reason="what a worker has, not this machine")
def test_all_modules_import(monkeypatch) -> None:
    monkeypatch.setattr(sys, "meta_path", [Hidden(), *sys.meta_path])
    for name in [name for name in sys.modules if name.partition(".")[0] in MISSING]:
        monkeypatch.delitem(sys.modules, name)
    found, bad = 0, {}
    for package in (keri, hio):
        for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}.", onerror=lambda name: None):
            if each.name.endswith("__main__"):
                continue
            found += 1
            try:
                importlib.import_module(each.name)
            except ImportError as error:
                bad[each.name] = str(error)
    assert found > 240
    assert set(bad) == set(NOT_HERE), bad
    assert all(reason in bad[name] for name, reason in NOT_HERE.items()), bad
