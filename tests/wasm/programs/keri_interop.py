"""A key event log made by keripy here, and copies of it with one byte turned, each judged by keripy."""

import base64
import re


def board():
    """The log of an identifier that rotates, weighs its keys and anchors: a list of messages as keripy replays them."""
    from kelkit import log, party

    with party("interop") as hby:
        hab = hby.makeHab(name="board", icount=2, isith="2", ncount=3, nsith=["1/2", "1/2", "1/2"])
        hab.interact(data=[{"note": "before the board"}])
        hab.rotate(isith=["1/2", "1/2", "1/2"], ncount=4, nsith=[["1/2", "1/2"], ["1", "1"]])
        hab.interact(data=[{"i": hab.pre, "s": "0", "d": hab.pre}, {"note": "żółć ✓"}])
        hab.rotate(isith=[["1/2", "1/2"], ["1", "1"]], ncount=1, nsith="1", data=[{"note": "two groups"}])
        hab.interact()
        hab.rotate(isith="1", ncount=1, nsith="1")
        hab.rotate()
        return log(hab)


def covered(message):
    """Where a byte of a message is signed or is a signature: the event, and behind it the indexed signatures.

    Not the signatures of an event with three or more: those are more than its threshold needs, and keripy passes over
    one that does not verify when the others suffice.
    """
    size = int(re.search(rb'"v":"KERI10JSON([0-9a-f]{6})_"', message)[1], 16)
    group = message.index(b"-A", size)  # the counter of the controller's indexed signatures
    count = base64.b64decode(b"AA" + message[group + 2 : group + 4], altchars=b"-_")[-1]
    return [*range(size), *(range(group + 4, group + 4 + 88 * count) if count < 3 else ())]


def judge(stream):
    """SAIDs of the events that a stranger accepts of a stream, in order."""
    from kelkit import hear, stranger
    from keri import kering

    with stranger() as kevery:
        try:
            hear(kevery, stream)
        except (kering.KeriError, ValueError):
            pass  # gives up over garbage: what it had accepted counts
        return [
            bytes(said).decode()
            for pre in kevery.kevers
            for _, _, said in kevery.db.getFelItemPreIter(pre.encode())
        ]  # fmt: skip


def main(args):
    """``args``: every (turn one byte in so many). Gives logs (name -> base64), accepted (name -> SAIDs), touched (name -> event)."""
    from keriwasm.imports import native

    native.keri()
    messages = board()
    logs = {"whole": b"".join(messages)}
    touched = {}
    start = 0
    for number, message in enumerate(messages):
        for at in covered(message)[number :: args["every"]]:
            name = f"event {number}, byte {at}"
            whole = bytearray(logs["whole"])
            whole[start + at] ^= 1
            logs[name] = bytes(whole)
            touched[name] = number
        start += len(message)
    return {
        "logs": {name: base64.b64encode(log).decode() for name, log in logs.items()},
        "accepted": {name: judge(log) for name, log in logs.items()},
        "touched": touched,
    }
