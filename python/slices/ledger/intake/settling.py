"""What an import leaves beside the accepted events: messages that wait, those that have waited, proofs of duplicity."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slices.ledger.intake.outcome import Outcome
    from slices.ledger.notes import Notes

__all__ = ["WAITING_BYTES", "WAITING_MOST", "settle"]

WAITING_MOST = 5000
WAITING_BYTES = 32 << 20
"""Messages that wait, in all: a stream of events that can never be verified must not fill the disk."""


def settle(db: Any, notes: Notes, outcome: Outcome) -> None:
    """Keep what waits, let go what has waited, write down duplicity."""
    now = round(time.time() * 1000)
    for key in outcome.finished:
        notes.release(key)
    for key, entry in outcome.waiting_on:
        notes.waits_on(key, {name: entry[name] for name in ("waits", "code", "reason", "at") if name in entry})
    for frame, entry in outcome.held:
        pending, size = len(notes.pending), notes.pending_bytes + len(frame.raw)
        if pending >= WAITING_MOST or size > WAITING_BYTES:
            entry |= {
                "verdict": "rejected",
                "code": "full",
                "reason": f"{entry['reason']}; and {pending} messages wait already, as many as are kept",
            }
            continue
        names = ("aid", "sn", "said", "ilk", "waits", "code", "reason", "at")
        told = {name: entry[name] for name in names if name in entry}
        notes.hold({"raw": frame.raw, "body": frame.body, **told, "since": now})
    for frame, entry in outcome.proofs:
        first = db.getKeLast(_sn_key(entry["aid"], entry["sn"]))
        entry["first"] = bytes(first).decode()
        notes.accuse(
            {
                **{name: entry[name] for name in ("aid", "sn", "said", "ilk", "first")},
                "raw": frame.raw,
                "body": frame.body,
                "seen": now,
                "source": outcome.names[frame.source] if frame.source >= 0 else "",
            }
        )


def _sn_key(aid: str, sn: int) -> bytes:
    from keri.db.dbing import snKey

    return snKey(aid, sn)
