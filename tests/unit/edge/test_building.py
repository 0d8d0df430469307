"""What goes into the component: the same at every build, nothing native, no slice that keeps anything; and how two builds are compared."""

from __future__ import annotations

import re
import struct
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "wheels"))

from edging import building, sections  # noqa: E402

NAMED = re.compile(r'"((?:pages|fragments)/[\w/{}.-]+\.html)"')


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Laid out twice, without the wheels that only a build fetches."""
    listed = {**building.parts(), "pure": []}
    made = [tmp_path_factory.mktemp("edge") / "site" for _ in range(2)]
    for site in made:
        building.lay_out(site, listed)
    return made


def test_the_same_files_every_time(sites: list[Path]) -> None:
    first, second = (
        {path.relative_to(site): path.read_bytes() for path in site.rglob("*") if path.is_file()} for site in sites
    )
    assert first == second and len(first) > 400
    assert not [path for path in first if path.suffix in (".so", ".pyc", ".wasm", ".js")]


def test_only_slices_that_keep_nothing(sites: list[Path]) -> None:
    there = {path.name for path in (sites[0] / "slices").iterdir() if path.is_dir()}
    assert there == {"home", "crypto", "verifying", "foreign", "kels", "ledger"}
    assert {path.name for path in (sites[0] / "slices" / "ledger").iterdir()} == {"__init__.py", "checks", "intake"}
    assert not (sites[0] / "keriwasm" / "snapshot").exists()


def test_every_template_that_they_render_is_taken_along(sites: list[Path]) -> None:
    """A component reads no files: what it has not loaded when it is built is not there."""
    beginnings = tuple(building.parts()["templates"])
    named = set()
    for name in building.parts()["slices"]:
        for path in (sites[0] / "slices" / name).rglob("*.py"):
            named |= set(NAMED.findall(path.read_text()))
    assert named and not [each for each in named if not each.startswith(beginnings)]


def test_what_is_built_in_is_this_app(sites: list[Path]) -> None:
    scope: dict[str, object] = {}
    exec((sites[0] / "wasi" / "built.py").read_text(), scope)
    shell = scope["SHELL"]
    assert "data-served" in shell and "early.js" not in shell and "app/crypto" in shell and 'href="app/wallet"' not in shell  # type: ignore[operator]
    assert "Content-Security-Policy" in scope["HEADERS"]  # type: ignore[operator]
    assert scope["MANIFEST"]["pool"]["max_body_bytes"] == 1 << 20  # type: ignore[index]


def module(*parts: tuple[int, bytes]) -> bytes:
    return b"\0asm" + struct.pack("<HH", 1, 0) + b"".join(bytes([kind, len(data)]) + data for kind, data in parts)


def test_a_component_section_by_section(tmp_path: Path) -> None:
    inner = module((10, b"code"), (11, b"data"))
    outer = b"\0asm" + struct.pack("<HH", 13, 1) + bytes([1, len(inner)]) + inner + bytes([10, 3]) + b"own"
    assert [(path, kind, data) for path, kind, data in sections.sections(outer)] == [
        ("/0/0", 10, b"code"), ("/0/1", 11, b"data"), ("/1", -10, b"own"),
    ]  # fmt: skip
    assert sections.differing(outer, outer) == []
    assert sections.differing(outer, outer.replace(b"data", b"DATA")) == [("/0/1", 11)]
