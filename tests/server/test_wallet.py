"""With --wallet: one wallet in the data folder, kept by LMDB, over kills and restarts."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from serverkit import command, serving, until

PASSCODE = "0123456789abcdefghijklmnop"


@pytest.fixture
def data() -> Iterator[Path]:
    """Not below /tmp, where our lmdb keeps nothing."""
    found = Path(tempfile.mkdtemp(prefix="keriwasm-server-", dir="/var/tmp"))
    yield found
    shutil.rmtree(found)


def test_a_wallet_is_kept_over_a_kill_and_a_restart(data: Path) -> None:
    with serving("--wallet", "--data", str(data)) as own:
        assert any("--wallet" in line and str(data) in line for line in own.lines)
        assert own.ask("POST", "/app/wallet", {"name": "mine", "passcode": PASSCODE}).status == 201
        made = own.ask("POST", "/app/identifiers", {"alias": "anna"})
        assert made.status == 201
        aid = made.json["aid"]
        assert own.ask("POST", f"/app/identifiers/{aid}/rotate").json["sn"] == 1
        signed = own.ask("POST", f"/app/identifiers/{aid}/sign", {"text": "yes"}).json["signatures"]
        words, environment = command("--wallet", "--data", str(data), "--port", "0")
        second = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120, cwd="/")
        assert second.returncode == 1 and "another server" in second.stderr
        first = own.children()
        for pid in first:
            os.kill(pid, signal.SIGKILL)
        until(own.children, lambda now: len(now) == 2 and not set(now) & set(first))
        own.whole()
        told = own.get("/app/wallet").json
        assert told["exists"] and told["locked"], "a lost process ends access to the keys"
        assert own.get("/app/network").status == 501
        log = own.get(f"/app/identifiers/{aid}/kel")
        assert log.status in (200, 423)
    with serving("--wallet", "--data", str(data)) as own:
        assert own.ask("POST", "/app/wallet/unlock", {"passcode": PASSCODE + "x"}).status in (403, 422)
        assert own.ask("POST", "/app/wallet/unlock", {"passcode": PASSCODE}).status == 200
        again = own.get(f"/app/identifiers/{aid}").json
        assert (again["alias"], again["sn"]) == ("anna", 1)
        log = own.get(f"/app/identifiers/{aid}/kel")
        assert log.status == 200 and log.headers["content-type"] == "application/cesr"
        told = own.ask("POST", "/app/verify", {"aid": aid, "text": "yes", "signatures": signed})
        assert told.json["valid"] is True
        backup = own.ask("GET", "/app/ledger")
        assert backup.status == 200
        assert own.get("/app/credentials").status == 200
    assert (data / "disk" / "data.mdb").stat().st_mode & 0o077 == 0
    kept = (data / "disk" / "data.mdb").read_bytes()
    assert PASSCODE.encode() not in kept


def test_without_the_switch_nothing_is_kept(data: Path) -> None:
    with serving("--data", str(data / "none"), workers=1) as own:
        assert own.get("/app/wallet").status == 501
    assert not (data / "none").exists()
