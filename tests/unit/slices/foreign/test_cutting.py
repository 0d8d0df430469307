"""Streams cut for the ledger: what it costs whatever is sent, what is nested, and that the pieces arrive as they were cut."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import pytest
from backupkit import do
from hostile.fuzzkit import spoilt
from hostile.hostilekit import BASE64, groups
from keriwasm.imports import native
from ledgerkit import book, books, made, unsynced  # noqa: F401 (fixtures)
from slices.foreign import attachments, bodies, cutting, framing, streams
from slices.foreign.framing import Broken, Frame, frames

CASES = sorted((Path(__file__).resolve().parents[3] / "cases").glob("*.cesr"))


def cut(data: bytes) -> Any:
    """As it comes from another worker."""
    found = do(cutting.cut(data))
    return msgpack.unpackb(msgpack.packb(found), strict_map_key=False)


def message(claims: str, size: int | None = None) -> bytes:
    """A message of version 1 that says these things of itself, in JSON."""
    body = f'{{"v":"KERI10JSON000000_",{claims}}}'.encode()
    return body.replace(b"JSON000000", b"JSON%06x" % (len(body) if size is None else size))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_pieces_are_the_same_wherever_it_was_cut(path: Path) -> None:
    native.keri()
    data, rng = path.read_bytes(), random.Random(path.stem)
    for changed in (data, b"\xef\xbb\xbf" + data, b"\n".join(data[at : at + 76] for at in range(0, len(data), 76))):
        assert list(cutting.pieces(cut(changed), changed, 3)) == list(frames(changed, 3))
    for _ in range(20):
        at = rng.randrange(len(data))
        changed = data[:at] + rng.choice((b"", b"\x00", b"{", b"--AAACAA", b"-VAB")) + data[at + rng.randrange(3) :]
        assert list(cutting.pieces(cut(changed), changed, 0)) == list(frames(changed))


def test_numbers_of_any_size_arrive() -> None:
    native.keri()
    far = "f" * 32
    told = f'"t":"ixn","i":"E","s":"{far}","d":"E","a":[{{"i":"D","s":"{far}","d":"E"}}]'
    receipt = b"-FAB" + b"E" * 44 + b"0A" + b"_" * 22 + b"E" * 44 + b"-AAB" + b"AA" + b"A" * 86
    for data in (message(told) + receipt, message(told, 4000) + message(told), b"--AAABAA" + message(told)):
        assert list(cutting.pieces(cut(data), data, 1)) == list(frames(data, 1))
    (frame,) = frames(message(told) + receipt)
    assert isinstance(frame, Frame) and frame.sn == int(far, 16) and frame.receiptors[0][1] > 1 << 120


@pytest.mark.parametrize("skip", [framing.SPACE, streams.SPACE], ids=["ledger", "presentation"])
def test_white_space_costs_no_memory(skip: Any) -> None:
    """A hundred and more bytes for each, as it was, are two gigabytes for the largest import: more than a worker has."""
    for data in (b" " * (1 << 20), b" \xef\xbb\xbf" * (1 << 18)):
        tracemalloc.start()
        try:
            assert skip.match(data).end() == len(data)
            assert tracemalloc.get_traced_memory()[1] < 1 << 20
        finally:
            tracemalloc.stop()
    assert skip.match(b" \xef\xbb").end() == 1


@pytest.mark.parametrize("start", ['{"v":"KERI10JSON%06x_', '{"v":"KERI10JSON%06x_",', '{"v":"KERI10JSON%06x_","a":"'])
def test_messages_that_claim_what_follows_are_not_read_again_and_again(start: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """24 bytes may claim all that comes, and so may the next 24: by the square of its size a file of 16 MiB takes days."""
    read: list[int] = []
    load: Callable[..., Any] = bodies.load
    monkeypatch.setattr(bodies, "load", lambda body, kind: read.append(len(body)) or load(body, kind))
    monkeypatch.setattr(framing, "EFFORT_FREE", 0)
    good = message('"t":"icp","i":"E","s":"0","d":"E"')
    data = good + (start % 20_000).encode() * 5000
    found = list(frames(data))
    assert sum(read) < (framing.EFFORT + 2) * len(data)
    assert isinstance(found[0], Frame) and isinstance(found[-1], Broken)
    assert found[-1].offset + found[-1].size == len(data)
    if start.endswith("_"):  # in the others each next one stands where a value of the one before would: it is passed over
        assert "nothing was read" in found[-1].reason
    assert [piece.offset + piece.size for piece in found[:-1]] == [piece.offset for piece in found[1:]]
    # What only is damaged, each message by itself, is read to its end however much there is.
    broken = good.replace(b'"s":"0"', b'"s":0"0') * 500 + good
    pieces = list(frames(broken))
    assert len(pieces) == 501 and isinstance(pieces[-1], Frame)


def test_of_version_2_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    whole = framing._whole
    monkeypatch.setattr(framing, "_whole", lambda data, at, end: looked.append(min(end, len(data)) - at) or whole(data, at, end))
    monkeypatch.setattr(framing, "EFFORT_FREE", 0)
    data = b'{"v":"KERICAAJSON__8A.' * 5000
    found = list(frames(data))
    assert sum(looked) <= (framing.EFFORT + 1) * len(data) and "nothing was read" in found[-1].reason


def test_lines_without_end_are_no_wrapped_text() -> None:
    assert framing._unwrapped(b"\n" * 5000 + b"A" * 76) is None
    assert framing._unwrapped(b"\n".join([b"A" * 76] * 5)) is not None


def test_groups_in_groups_are_followed_a_few_steps(book: Any) -> None:  # noqa: F811
    """By the thousand they ended the import with a RecursionError: a fault."""
    one = made(0)[0]
    for levels in (2, attachments.DEEPEST + 3, 2000, 20_000):
        assert attachments.unfit(groups(levels).encode(), 0) == (
            None if levels == 2 else ("attachments", "its attachments are nested too deep: 8 groups within each other are read")
        )
    told = book.ingest(one + groups(2000).encode())
    assert [(each["code"], each["reason"]) for each in told["rejected"]] == [
        ("attachments", "its attachments are nested too deep: 8 groups within each other are read")
    ]
    assert not told["accepted"]
    # In keripy's groups of groups only signatures stand.
    deep = (b"-HAB" + b"E" * 44) * 5000
    assert attachments.short(deep) is False and attachments.codes(deep) == [""]
    assert attachments.short(b"-HAB" + b"E" * 44 + b"-A") and attachments.short(b"-HAB" + b"E" * 44 + b"-AABAA")
    assert not attachments.short(b"-HAB" + b"E" * 44 + b"-AAB" + b"A" * 88)


def test_version_counters_without_end_are_no_attachments() -> None:
    inner = b"--AAABAA" * 2000
    count = len(inner) // 4
    group = b"-0V" + bytes(ord(BASE64[count >> 6 * place & 63]) for place in range(4, -1, -1)) + inner
    assert attachments.walk(group, 0) is None


def test_too_many_pieces_are_refused_as_a_whole(book: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    from keriwasm.web.form.errors import FieldError

    monkeypatch.setattr(cutting, "PIECES_MOST", 10)
    log = made(5)
    assert len(log) == 11
    with pytest.raises(FieldError) as caught:
        book.ingest(b"".join(log), "theirs")
    assert caught.value.field == "file" and "theirs has more than 10 messages" in caught.value.reason
    assert not book.heads() and len(book.ingest(b"".join(log[:10]))["accepted"]) == 10


def test_spoilt_logs_arrive_as_well() -> None:
    rng = random.Random(12)
    for _ in range(200):
        data = spoilt(rng, "kel")
        data = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
        assert list(cutting.pieces(cut(data), data, 0)) == list(frames(data))
