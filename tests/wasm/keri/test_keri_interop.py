"""A key event log that keripy made in Pyodide is verified event by event by independent software; one turned byte is not."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import HERE, ROOT
from vendoring import node

TYPES = ["icp", "ixn", "rot", "ixn", "rot", "ixn", "rot", "rot"]


@pytest.fixture(scope="module")
def made(pyodide: Any) -> dict[str, Any]:
    return pyodide.run("keri_interop.py", {"every": 97}, mounts={"/scenarios": ROOT / "tests" / "keri"}, path=["/scenarios"])


@pytest.fixture(scope="module")
def verified(made: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What signify-ts and cesr say of each log: name -> {events, reason}."""
    folder = tmp_path_factory.mktemp("interop")
    (folder / "job.json").write_text(json.dumps(made["logs"]))
    # The verifier is imported from below tests/, where node finds the packages of tests/package.json.
    command = [node.executable(), "--no-warnings", str(HERE / "kel_verify.mjs"), str(folder / "job.json"), str(folder / "out.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(Path(folder / "out.json").read_text())


def test_every_event_is_verified(made: dict[str, Any], verified: dict[str, Any]) -> None:
    whole = verified["whole"]
    assert whole["reason"] is None
    assert [event["type"] for event in whole["events"]] == TYPES
    assert [event["sn"] for event in whole["events"]] == list(range(len(TYPES)))
    assert [event["said"] for event in whole["events"]] == made["accepted"]["whole"]
    assert [event["signatures"] for event in whole["events"]] == [2, 2, 3, 3, 4, 4, 1, 1]


def test_one_turned_byte_is_refused_by_both(made: dict[str, Any], verified: dict[str, Any], count: Any) -> None:
    """Each takes the events before the touched one and neither the touched one nor any behind it."""
    truth = made["accepted"]["whole"]
    assert set(made["touched"].values()) == set(range(len(TYPES)))
    for name, number in made["touched"].items():
        assert made["accepted"][name] in (truth[:number], []), f"keripy: {name}"
        found = verified[name]
        assert found["reason"], f"signify-ts accepts {name}"
        assert [event["said"] for event in found["events"]] in (truth[:number], []), f"signify-ts: {name}"
    count(f"one turned byte in a key event log: {len(made['touched'])} refused by keripy and by signify-ts")
