"""The backup file: what opens it, and that no change of any byte of it goes unnoticed at any depth."""

from __future__ import annotations

import json
import random
import tracemalloc
import zlib
from typing import Any

import pytest
from backupkit import FakeKem, do
from keriwasm.web.form.errors import FieldError
from slices.backup import format, reading, recovery, sealing
from slices.backup.sealing import Secret
from slices.crypto import passwords

CHEAP = passwords.Tier("cheap", 1, 8 << 10)
KEM = FakeKem()
KEY = bytes(range(32))
CONTENT = random.Random(1).randbytes(150_000) + bytes(400_000)  # three chunks and a bit
SEED = b"s" * 32


@pytest.fixture(scope="module")
def file() -> bytes:
    wraps = [
        sealing.wrap_passphrase(KEY, "the passphrase", CHEAP),
        sealing.wrap_recovery(KEY, recovery.public_of(SEED, KEM), KEM),
    ]
    return sealing.seal(CONTENT, KEY, wraps, made=1234, app="0.1.0")


def opened(data: bytes, secret: Secret) -> bytes:
    parts = format.split(data)
    return b"".join(sealing.open_body(parts, sealing.file_key(parts, secret, KEM)[0]))


def again(data: bytes) -> bytes:
    """With a check sum that fits, as who changes a file on purpose would give it."""
    return data[:-32] + format.checksum(data[:-32])


def test_each_way_opens_it(file: bytes) -> None:
    assert opened(file, Secret(passcode="the passphrase")) == CONTENT
    assert opened(file, Secret(seed=SEED)) == CONTENT
    assert sealing.file_key(format.split(file), Secret(seed=SEED), KEM) == (KEY, "recovery")
    assert format.split(file).header.made == 1234


def test_the_same_phrase_written_in_another_form_of_unicode_opens_it() -> None:
    data = sealing.seal(b"x", KEY, [sealing.wrap_passphrase(KEY, "Gr\u00fc\u00dfe", CHEAP)], made=1, app="")
    assert opened(data, Secret(passcode="Gru\u0308\u00dfe")) == b"x"


@pytest.mark.parametrize(
    ("secret", "field"), [(Secret(passcode="The passphrase"), "passcode"), (Secret(seed=b"t" * 32), "recovery")]
)
def test_another_secret_is_told_from_damage(file: bytes, secret: Secret, field: str) -> None:
    with pytest.raises(sealing.WrongSecret) as caught:
        opened(file, secret)
    assert caught.value.field == field


def test_a_way_that_the_file_does_not_have() -> None:
    data = sealing.seal(b"x", KEY, [sealing.wrap_passphrase(KEY, "p", CHEAP)], made=1, app="")
    with pytest.raises(sealing.WrongSecret, match="sealed by passphrase"):
        opened(data, Secret(seed=SEED))


def test_flips_are_found_before_any_key_is_tried(file: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "argon2id", lambda *args: pytest.fail("Argon2id was run for a damaged file"))
    rnd = random.Random(2)
    for _ in range(500):
        at = rnd.randrange(len(file))
        spoilt = bytearray(file)
        spoilt[at] ^= 1 << rnd.randrange(8)
        with pytest.raises(format.BadFile) as caught:
            format.split(bytes(spoilt))
        assert len(str(caught.value)) > 15


def test_changes_with_a_check_sum_that_fits_are_found_too(file: bytes) -> None:
    rnd = random.Random(3)
    ends = [len(format.MAGIC), len(format.split(file).head), len(file) - 32]
    for round in range(600):
        low, high = [(0, ends[1]), (ends[1], ends[2])][round % 2]
        spoilt = bytearray(file)
        spoilt[rnd.randrange(low, high)] ^= 1 << rnd.randrange(8)
        with pytest.raises((format.BadFile, sealing.WrongSecret, passwords.TooExpensive)):
            opened(again(bytes(spoilt)), Secret(seed=SEED))


def test_no_length_but_the_whole_one_opens(file: bytes) -> None:
    rnd = random.Random(4)
    block = format.CHUNK + format.OVERHEAD
    start = len(format.split(file).head) + 32
    lengths = [0, 1, 16, 21, 22, 60, start, start + block, start + 2 * block, len(file) - 1, *rnd.sample(range(len(file)), 60)]
    for length in lengths:
        with pytest.raises(format.BadFile):
            format.split(file[:length])
        if length > start:
            with pytest.raises(format.BadFile):
                opened(again(file[:length] + bytes(32)), Secret(seed=SEED))
    for more in (b"\0", bytes(32), file[start : start + block]):
        with pytest.raises(format.BadFile):
            opened(again(file[:-32] + more + bytes(32)), Secret(seed=SEED))


def test_blocks_change_neither_places_nor_files(file: bytes) -> None:
    parts = format.split(file)
    block = format.CHUNK + format.OVERHEAD
    first, second = parts.body[:block], parts.body[block : 2 * block]
    swapped = parts.head + parts.mac + second + first + parts.body[2 * block :]
    with pytest.raises(format.BadFile, match="block 0"):
        opened(again(swapped + bytes(32)), Secret(seed=SEED))
    other = sealing.seal(CONTENT, KEY, list(parts.header.wraps), made=1235, app="0.1.0")
    theirs = format.split(other)
    with pytest.raises(format.BadFile):
        opened(again(theirs.head + theirs.mac + parts.body + bytes(32)), Secret(seed=SEED))
    with pytest.raises(format.BadFile, match="header"):
        opened(again(theirs.head + parts.mac + parts.body + bytes(32)), Secret(seed=SEED))


def rewritten(file: bytes, change: Any) -> bytes:
    """With another header and the check sum for it."""
    parts = format.split(file)
    members = json.loads(parts.head[format.PRELUDE.size :])
    change(members)
    text = json.dumps(members).encode()
    head = format.PRELUDE.pack(format.MAGIC, format.VERSION, len(text)) + text
    return again(head + parts.mac + parts.body + bytes(32))


@pytest.mark.parametrize(
    "asked",
    [
        {"memory": 1 << 40},
        {"memory": (1 << 30) + 1024},
        {"memory": -1},
        {"memory": "much"},
        {"ops": 0},
        {"ops": 1 << 31},
        {"ops": 64, "memory": 1 << 30},
        {"kdf": "scrypt"},
        {"salt": "AAAA"},
        {"salt": None},
    ],
)
def test_no_file_makes_a_worker_toil(file: bytes, asked: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    ran = []
    monkeypatch.setattr(passwords.native, "pysodium", lambda: ran.append(1))  # Argon2id would be asked for there
    data = rewritten(file, lambda members: members["wraps"][0].update(asked))
    with pytest.raises((format.BadFile, passwords.TooExpensive)):
        sealing.file_key(format.split(data), Secret(passcode="the passphrase"), KEM)
    assert not ran


@pytest.mark.parametrize(
    "change",
    [
        lambda members: members.update(plain=1 << 40),
        lambda members: members.update(plain=-1),
        lambda members: members.update(wraps=[]),
        lambda members: members.update(wraps=members["wraps"] * 3),
        lambda members: members.update(wraps=["x"]),
        lambda members: members["wraps"][0].update(by=["passcode"]),
        lambda members: members["wraps"][0].pop("by"),
        lambda members: members.update(stream="AA"),
        lambda members: members.update(cipher="aes-256-gcm"),
        lambda members: members.pop("made"),
    ],
)
def test_headers_that_cannot_be(file: bytes, change: Any) -> None:
    with pytest.raises(format.BadFile):
        format.split(rewritten(file, change))


def test_a_bomb_does_not_go_off() -> None:
    """Somebody who knows the passphrase of the file he sends says that it holds little, and packs much."""
    with pytest.raises(format.BadFile, match="more than its header says"):
        opened(bomb([bytes(3_000_000)], 30_000), Secret(passcode="p"))


def test_four_dear_ways_together_are_not_tried(file: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each alone is within its bound; together they would hold the worker for half a minute."""
    monkeypatch.setattr(passwords, "argon2id", lambda *args: pytest.fail("Argon2id was run"))
    dear = passwords.TIERS["sensitive"]

    def ways(number: int, **told: Any) -> Any:
        def change(members: dict[str, Any]) -> None:
            wrap = {**members["wraps"][0], **told}
            members["wraps"] = [wrap] * number + members["wraps"][1:]

        return change

    for change in (ways(3, ops=dear.ops, memory=dear.memory), ways(3, by="passcode", tier="high"), ways(2, ops=5, memory=dear.memory)):
        data = rewritten(file, change)
        for secret in (Secret(passcode="the passphrase"), Secret(seed=SEED)):
            with pytest.raises(format.BadFile, match="together"):
                sealing.file_key(format.split(data), secret, KEM)


def bomb(content: Any, plain: int) -> bytes:
    """A file that its key opens, packed as tightly as zlib can; content: pieces of bytes."""
    from keriwasm.imports import native

    lib = native.pysodium()
    state, stream = lib.crypto_secretstream_xchacha20poly1305_init_push(sealing.derive("body", KEY))
    head = format.Header(1, "", stream, plain, (sealing.wrap_passphrase(KEY, "p", CHEAP),)).dump()
    tied = sealing.mac(KEY, head)
    pack = zlib.compressobj(9)
    packed = b"".join(pack.compress(piece) for piece in content) + pack.flush()
    body = b""
    for at in range(0, len(packed), format.CHUNK):
        final = at + format.CHUNK >= len(packed)
        tag = lib.crypto_secretstream_xchacha20poly1305_TAG_FINAL if final else 0
        body += lib.crypto_secretstream_xchacha20poly1305_push(state, packed[at : at + format.CHUNK], tied, tag)
    return format.assemble(head, tied, body)


def peak(data: bytes) -> int:
    """Bytes that reading a file takes at most, until it is refused."""
    key = sealing.file_key(format.split(data), Secret(passcode="p"), KEM)[0]
    tracemalloc.start()
    try:
        with pytest.raises(format.BadFile):
            do(reading.read(sealing.open_body(format.split(data), key), len(data)))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_small_file_does_not_say_that_it_holds_much() -> None:
    """122 KB that took 4 GB: refused without a key."""
    data = bomb((bytes(1 << 20) for _ in range(120)), 120 << 20)
    assert len(data) < 130_000
    with pytest.raises(format.BadFile, match="are unpacked"):
        format.split(data)


HEADS = b"\x85\xa6format\x01\xa4made\x01\xa4name\xa0\xa4seed\xa0\xa6stores"
BASE = b"\x91\x83\xa4room\xa6wallet\xa4path\xa1a\xa9databases\x91\x83\xa4name\xc4\x00\xa5flags\x90\xa5pairs"


@pytest.mark.parametrize(
    ("begins", "goes_on"),
    [
        (b"\xdd\x00\x7f\xff\xff", b"\x90"),  # a list of empty lists: 64 bytes each in memory
        (HEADS + b"\xdd\x00\x7f\xff\xff", b"\x90"),
        (HEADS + b"\x91", b"\x91"),  # lists in lists
        (HEADS + BASE + b"\xdd\x00\x18\x00\x00", b"\x92\xc4\x00\xc4\x00"),  # more records than a file of its size has
        (HEADS + BASE + b"\x91\x92", b"\x90"),
        (HEADS + BASE + b"\x91\x92\xc6\x7f\xff\xff\xff", b"x"),  # one value of 2 GiB
        (b"\x85\xa6format\xdd\x00\x7f\xff\xff", b"\x80"),
        (b"\xdf\x00\x7f\xff\xff", b"\xa0\xa0"),
    ],
)
def test_what_is_unpacked_takes_no_more_memory_than_it_has_bytes(begins: bytes, goes_on: bytes) -> None:
    plain = format.RATIO_FREE
    content = (begins + goes_on * (plain // len(goes_on)))[:plain]
    assert peak(bomb([content], plain)) < 3 * plain


def test_the_stream_is_uncompressed_in_steps() -> None:
    key_of = format.split(bomb([bytes(format.RATIO_FREE)], format.RATIO_FREE))
    assert max(map(len, sealing.open_body(key_of, KEY))) <= sealing.STEP


def test_what_packs_too_well_is_stored_and_opens() -> None:
    """A wallet is never refused by its own reader for what its owner anchored."""
    content = bytes(format.RATIO_FREE + 1)
    data = sealing.seal(content, KEY, [sealing.wrap_passphrase(KEY, "p", CHEAP)], made=1, app="")
    assert opened(data, Secret(passcode="p")) == content


def test_newer_foreign_and_empty_files_say_so(file: bytes) -> None:
    newer = bytearray(file)
    newer[17] = 2
    for data, reason in (
        (again(bytes(newer)), "newer KeriWasm"),
        (b"PK\x03\x04 some archive", "no backup of KeriWasm"),
        (b"", "empty"),
        (file[:9], "ends after 9"),
    ):
        with pytest.raises(format.BadFile, match=reason):
            format.split(data)


def test_recovery_keys_as_text() -> None:
    public = recovery.public_of(SEED, KEM)
    secret = recovery.show_seed(SEED)
    assert recovery.read_seed(f" {secret[:20]}\n {secret[20:]}\n", "f") == SEED
    assert recovery.read_public(recovery.show_public(public), "f") == public
    for text, reason in (
        (secret[:-1] + ("A" if secret[-1] != "A" else "B"), "mistake"),
        (secret[:-4], "complete"),
        (recovery.show_public(public), "public half"),
        ("hello", "begins with"),
    ):
        with pytest.raises(FieldError) as caught:
            recovery.read_seed(text, "f")
        assert reason in caught.value.reason


def test_the_hybrid_key_needs_both_halves() -> None:
    public = recovery.public_of(SEED, KEM)
    sent, key = recovery.encapsulate(public, KEM)
    assert recovery.decapsulate(SEED, sent["x25519"], sent["mlkem"], KEM) == key
    other, _ = recovery.encapsulate(public, KEM)
    assert recovery.decapsulate(SEED, other["x25519"], sent["mlkem"], KEM) != key
    assert recovery.decapsulate(SEED, sent["x25519"], bytes(1088), KEM) != key
    with pytest.raises(ValueError):
        recovery.decapsulate(SEED, bytes(32), sent["mlkem"], KEM)  # a point of low order
    with pytest.raises(ValueError):
        recovery.encapsulate(recovery.Public(bytes(32), public.mlkem), KEM)
