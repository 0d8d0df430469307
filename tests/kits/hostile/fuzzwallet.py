"""What random requests (fuzzkit.py) are sent to: a wallet with something of each kind in it, brought back whenever one has cost it."""

from __future__ import annotations

import base64
from collections.abc import Generator
from typing import Any

from credkit import CASES, TRIAL
from hostile.fuzzkit import PASSCODE, Surroundings

Asked = tuple[str, str, Any]


def restored(at: Surroundings) -> Generator[Asked, tuple[int, Any, bytes], None]:
    """Brings an open wallet with something of each kind back, and notes in `at` what there is: yields (method, path, JSON
    body), takes (status, JSON, bytes). Raises AssertionError when that cannot be done."""
    status, wallet, _ = yield "GET", "app/wallet", None
    assert status == 200, wallet
    if wallet["exists"] and wallet["locked"]:
        for passcode in reversed(at.passcodes):
            status, told, _ = yield "POST", "app/wallet/unlock", {"passcode": passcode}
            if status == 200:
                at.passcodes.append(passcode)
                break
        else:  # wrong ones were tried so often that it waits, or nobody knows it any more
            status, told, _ = yield "DELETE", "app/wallet", {"name": wallet["name"], "without_passcode": True}
            assert status in (200, 204), told
            wallet = {"exists": False}
    if not wallet["exists"]:
        status, told, _ = yield "POST", "app/wallet", {"name": "Mine", "passcode": PASSCODE}
        assert status == 201, told
        at.passcodes[:] = [PASSCODE]
    if len(at.passcodes) > 8:
        del at.passcodes[:-4]
    status, told, _ = yield "GET", "app/identifiers", None
    assert status == 200, told
    live = [each["aid"] for each in told["identifiers"] if each.get("next_digests") or each.get("next_keys")]
    if not live:
        status, made, _ = yield "POST", "app/identifiers", {"alias": f"one {len(told['identifiers'])}"}
        assert status == 201, made
        live = [made["aid"]]
    aid = live[-1]
    at.named["aid"] = at.named["wallet.aid"] = [*live[-8:], *(each["aid"] for each in told["identifiers"][:4])]
    status, signed, _ = yield "POST", f"app/identifiers/{aid}/sign", {"text": "hello"}
    at.named["signature"] = signed["signatures"] if status == 200 else ["x"]
    status, told, _ = yield "GET", "app/wallet/challenge", None
    at.named["words"] = [" ".join(told["words"])] if status == 200 and told.get("words") else ["abandon " * 12]
    status, told, _ = yield "POST", f"app/identifiers/{aid}/challenge", {"words": at.named["words"][0].split()}
    at.named["response"] = [str(told.get("response", "x"))] if status == 200 else ["x"]
    status, _, log = yield "GET", f"app/identifiers/{aid}/kel", None
    if status == 200:
        at.files["kel"] = log
    yield from credentials(at, aid)
    status, told, _ = yield "GET", "app/ledger", None
    assert status == 200, told
    if not told["identifiers"]:
        status, told, _ = yield "POST", "app/ledger", {"text": (CASES / "30a-delegator-more.cesr").read_text()}
        status, told, _ = yield "GET", "app/ledger", None
    at.named["ledger.aid"] = [each["aid"] for each in told["identifiers"]][:8]
    if "backup" not in at.files:
        status, told, _ = yield "POST", "app/wallet/backup", {"passphrase": PASSCODE, "tier": "low"}
        if status == 200:
            at.files["backup"] = base64.urlsafe_b64decode(told["file"] + "==")
    status, told, _ = yield "GET", "app/suites", None
    if status == 200:
        at.named["suites.name"] = [each["name"] for each in told["suites"]]


def credentials(at: Surroundings, aid: str) -> Generator[Asked, tuple[int, Any, bytes], None]:
    """A schema, a registry and a credential."""
    status, told, _ = yield "GET", "app/credentials/schemas", None
    assert status == 200, told
    if not told["schemas"]:
        yield "POST", "app/credentials/schemas", {"schema": TRIAL}
    at.named["schema"] = [TRIAL["$id"], *(each["said"] for each in told["schemas"])]
    status, told, _ = yield "GET", "app/credentials", None
    assert status == 200, told
    if not told["registries"]:
        yield "POST", "app/credentials/registries", {"identifier": aid, "name": "first"}
        status, told, _ = yield "GET", "app/credentials", None
    at.named["regk"] = at.named["credentials.regk"] = [each["regk"] for each in told["registries"]][-8:]
    if not told["credentials"]:
        body = {"registry": at.name("regk", 0), "schema": TRIAL["$id"], "attributes": {"name": "A"}}
        yield "POST", "app/credentials/issue", body
        status, told, _ = yield "GET", "app/credentials", None
    at.named["said"] = [each["said"] for each in told["credentials"]][-8:]
    at.named["credentials.said"] = [*at.named["said"], *at.named["schema"]]
    if told["credentials"]:
        status, _, data = yield "GET", f"app/credentials/{at.named['said'][-1]}/cesr", None
        if status == 200:
            at.files["presentation"] = data
