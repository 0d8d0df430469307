"""The messages that Python speaks, here and in the workers; router/protocol.d.ts has them all, with who says each to whom.

A test compares the two files with each other, and with what is posted anywhere.
"""

PROTOCOL = 1

# type -> the fields that a message of it may have beside v and type
MESSAGES = {
    "http:request": "id method path query headers body deadline parent priority origin navigated framed context faults quiet again",
    "http:reply": "id status headers body stream timings",
    "http:chunk": "id body",
    "http:end": "id error",
    "http:cancel": "id reason",
    "http:cancelled": "id",
    "http:credit": "id n",
    "worker:drain": "",
    "worker:inject": "kind ms",
    "worker:progress": "id generation stage done total detail",
    "worker:ready": "id generation slices boot_ms heap_bytes python",
    "worker:heartbeat": "id generation tyme inflight heap_bytes handled failed held",
    "worker:fault": "id generation error fatal unfetched fault about",
    "worker:drained": "id generation",
    "worker:want": "id generation",
    "pool:resize": "id parent workers",
    "pool:inject": "id parent worker kind ms",
    "pool:done": "id ok error pool",
    "outside:send": "id method url headers body deadline limit who reason",
    "outside:cancel": "id",
    "outside:answer": "id status headers body problem kind",
    "outside:consent": "enabled origins last",
    "outside:news": "news",
    "outside:noted": "n",
    "outside:line": "open",
    "gateway:open": "origins",
    "gateway:fetch": "id method url headers body deadline limit",
    "gateway:cancel": "id",
    "gateway:answer": "id status headers body kind",
}

# What the host hands on as it came from a worker, by the verb.
TOLD = ("progress", "ready", "heartbeat", "cancelled", "drained", "fault", "end", "want")


def message(type_: str, **fields) -> dict:
    """A message for a worker: ``{v, type, ...}``."""
    fields["v"] = PROTOCOL
    fields["type"] = type_
    return fields
