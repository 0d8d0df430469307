"""What several files of unit tests share: the real py-lmdb, and a small site that serve.py serves (see serve_site.py).

The name `lmdb` is the real one's in unit tests: hio and keri get it, and it is the oracle for ours (see lmdbkit.py).
"""

from __future__ import annotations

import gc
import importlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from serve_site import Client, build, running

# How long an example takes says something about the machine, and nothing about what is tested.
settings.register_profile("keriwasm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("keriwasm")

PYTHON = str(Path(__file__).resolve().parents[2] / "python")

# Nothing is written into static/, whose every file the lock names: neither here nor by a Python that a test starts.
sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(Path.home() / ".cache" / "keriwasm" / "bytecode")

if "lmdb" not in sys.modules:
    path = sys.path[:]
    sys.path[:] = [entry for entry in path if entry != PYTHON]
    importlib.import_module("lmdb")
    sys.path[:] = path


LONGEST = ("test_router_machine.py", "test_hostile_walk.py")
"""Files that take a minute each: begun first, or one process works at them long after the other has done all else."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in LONGEST)


def pytest_collection_finish() -> None:
    """What is there before any test stays: a wallet that is locked has all garbage collected, and went through it each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def temporary() -> Iterator[None]:
    """keripy's temporary databases, thousands of them, in memory where there is room, and removed at the end: synced to a disk
    they slowed the tests, and the browser's after them."""
    from hio.base.filing import Filer

    memory = os.statvfs("/dev/shm")
    roomy = os.access("/dev/shm", os.W_OK) and memory.f_bavail * memory.f_frsize > 1 << 30
    folder = tempfile.mkdtemp(prefix="keriwasm_unit_", dir="/dev/shm" if roomy else None)
    before, Filer.TempHeadDir = Filer.TempHeadDir, folder
    yield
    Filer.TempHeadDir = before
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("serve"))


@pytest.fixture(scope="module")
def site(root: Path) -> Iterator[Client]:
    with running(root) as client:
        yield client
