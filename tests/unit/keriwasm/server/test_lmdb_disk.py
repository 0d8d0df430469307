"""The disk of a server's worker over the real LMDB: the same answers as the disk in memory that stands for IndexedDB in the tests."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest
from diskkit import MemoryDisk
from keriwasm.browser.disk_store import Fenced
from keriwasm.server.lmdb_disk import LmdbBacking, LmdbDisk, opened


async def said(disk: Any, name: str, *arguments: Any) -> Any:
    """What a disk answers, or how it refuses."""
    try:
        return await getattr(disk, name)(*arguments)
    except Fenced:
        return "fenced"


@pytest.mark.parametrize("seed", range(12))
def test_it_answers_as_the_one_in_memory(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)

    async def play() -> None:
        ours, memory = LmdbDisk(opened(tmp_path)), MemoryDisk()
        claimed, number, checkpoint = [], 0, 0
        for _ in range(120):
            match draw.choice(("claim", "commit", "commit", "commit", "part", "switch", "stored", "after", "reopen")):
                case "claim":
                    told = [await said(disk, "claim") for disk in (ours, memory)]
                    claimed.append(told[0])
                case "commit" if claimed:
                    number += 1
                    what = (draw.choice(claimed[-2:]), number, draw.randbytes(draw.randrange(1, 4000)), draw.choice((None, 0, number)))
                    told = [await said(disk, "commit", *what) for disk in (ours, memory)]
                    number -= told[0] == "fenced"
                case "part" if claimed:
                    what = (claimed[-1], checkpoint + 1, draw.randrange(3), draw.randbytes(50))
                    told = [await said(disk, "part", *what) for disk in (ours, memory)]
                case "switch" if claimed:
                    checkpoint += 1
                    for part in range(3):
                        for disk in (ours, memory):
                            await disk.part(claimed[-1], checkpoint, part, b"part%d" % part)
                    head = {"format": 1, "snapshot": checkpoint, "parts": 3, "since": draw.randrange(number + 1), "bytes": 9}
                    told = [await said(disk, "switch", claimed[-1], head) for disk in (ours, memory)]
                case "after":
                    told = [await said(disk, "stored", max(0, number - 2)) for disk in (ours, memory)]
                case "reopen":
                    ours = LmdbDisk(ours._tables)
                    continue
                case _:
                    told = [await said(disk, "stored") for disk in (ours, memory)]
            assert told[0] == told[1]

    asyncio.run(play())


def test_a_folder_that_was_cleared_takes_no_more_writes(tmp_path: Path) -> None:
    disk = LmdbDisk(opened(tmp_path))
    with pytest.raises(OSError, match="cleared"):
        asyncio.run(disk.commit(1, 1, b"x"))


def test_named_stores_are_apart_and_stay(tmp_path: Path) -> None:
    async def play() -> None:
        backing = LmdbBacking(opened(tmp_path))
        one, other = await backing.open("one"), await backing.open("other")
        long = "k" * 2000  # longer than a key of LMDB may be
        await one.apply(False, {"a": "1", long: "ä\ud800", "gone": "x"})
        await other.apply(False, {"a": "2"})
        await one.apply(False, {"gone": None})
        assert dict(await (await backing.open("one")).entries()) == {"a": "1", long: "ä\ud800"}
        assert await other.entries() == [("a", "2")]
        await one.apply(True, {"b": "3"})
        assert await one.entries() == [("b", "3")] and await other.entries() == [("a", "2")]

    asyncio.run(play())
