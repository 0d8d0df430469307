"""Brings a suite's test files into this worker at its first use: fetched, checked against the lock, unpacked, collected."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tempfile
import unittest
import zipfile
from collections.abc import Generator
from functools import cache
from pathlib import Path
from typing import Any

from keriwasm.browser import fetching, navigator
from keriwasm.imports import packed_wheels

from slices.suites.catalogue import SUITES, Suite
from slices.suites.collecting import NotCollected, collect

LOCAL = Path(__file__).resolve().parents[3]
"""The repository's root where this runs beside it (CPython, Node); in a browser nothing of that is there."""

COLLECTED: dict[str, dict[str, unittest.TestCase]] = {}
"""Suites that this worker has collected: name -> id -> case."""

_lock: dict[str, str] = {}
_run: dict[str, str] = {}
"""Suites whose tests may run once only -> the run that they were collected for."""


def collected(name: str, run: str = "") -> bool:
    """Whether this worker has the cases of a suite for a run."""
    return name in COLLECTED and (not SUITES[name].once or _run.get(name) == run)


def ready(worker: Any, name: str, run: str = "") -> Generator[float, Any, dict[str, unittest.TestCase]]:
    """The cases of a suite by id, for a run. Raises NotCollected with the reason, KeyError for an unknown suite."""
    suite = SUITES[name]
    if name in COLLECTED and not collected(name, run):
        del COLLECTED[name]
        for module in suite.modules:
            sys.modules.pop(module, None)
    if name not in COLLECTED:
        yield from packed_wheels.here()
        folder = yield from unpacked(worker, suite)
        for place in (folder / suite.path, folder):
            if str(place) not in sys.path:
                sys.path.insert(0, str(place))
        COLLECTED[name] = collect(suite)
        _run[name] = run
    return COLLECTED[name]


@cache
def home() -> Path:
    """Where archives are unpacked, for the life of this worker."""
    return Path(tempfile.mkdtemp(prefix="keriwasm-suites-"))


def unpacked(worker: Any, suite: Suite) -> Generator[float, Any, Path]:
    """A folder with all files of a suite."""
    folder = home() / suite.name
    folder.mkdir(exist_ok=True)
    for archive in suite.archives:
        data = yield from read(worker, f"static/suites/{archive}", locked=True)
        with zipfile.ZipFile(io.BytesIO(data)) as files:
            files.extractall(folder)
    for file in suite.files:
        data = yield from read(worker, f"python/suites/{file}")
        (folder / file).write_bytes(data)
    return folder


def read(worker: Any, path: str, locked: bool = False) -> Generator[float, Any, bytes]:
    """A file of the app. locked: refuse it, with NotCollected, unless it is what static/lock.json says."""
    if (LOCAL / "static" / "lock.json").is_file():
        data = (LOCAL / path).read_bytes()
    else:
        data = yield from fetch(worker, path)
    if locked:
        if not _lock:
            text = yield from read(worker, "static/lock.json")
            _lock.update({asset["path"]: asset["sha256"] for asset in json.loads(text)["assets"]})
        if hashlib.sha256(data).hexdigest() != _lock.get(path):
            raise NotCollected(f"{path} is not what static/lock.json says")
    return data


def fetch(worker: Any, path: str) -> Generator[float, Any, bytes]:
    """A file by its address relative to the app's folder. Raises NotCollected when it does not come."""
    try:
        return (yield from fetching.fetch(worker, path))
    except OSError as ex:
        raise NotCollected(f"{path} could not be fetched: {ex}") from ex


def machine() -> dict[str, Any]:
    """Where tests run: browser and cores (on CPython and Node: the interpreter)."""
    agent, cores = navigator.agent(), navigator.cores()
    if agent is None or cores is None:
        return {"browser": f"Python {sys.version.split()[0]} on {sys.platform}", "cores": 0}
    return {"browser": browser(agent), "cores": cores}


def browser(agent: str) -> str:
    """A browser's name and version out of its User-Agent: "Chromium 156"."""
    marks = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chromium"), ("Version/", "Safari"))
    for mark, name in marks:
        if mark in agent:
            return f"{name} {agent.split(mark)[1].split('.')[0].split(' ')[0]}"
    return agent[:60] or "an unknown browser"
