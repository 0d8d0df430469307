"""The wasm wheels come out of their recipes byte for byte: twice the same, and the same as what is locked."""

from __future__ import annotations

from pathlib import Path

import pytest
from vendoring import paths
from vendoring.build.recipes import needs_toolchain
from vendoring.refresh import build_wheel
from vendoring.repack import archives

NAMES = ("libsodium", "blake3", "markupsafe", "liboqs-wasm", "wasm-calls")


@pytest.mark.parametrize("name", NAMES)
def test_building_twice_gives_the_locked_bytes(name, manifest, packages, request, upstream_stdlib, count):
    built = next(entry for entry in manifest.built if entry.name == name)
    toolchain = request.getfixturevalue("toolchain") if needs_toolchain(built) else None
    first, second = (build_wheel(built, packages, toolchain, upstream_stdlib) for _ in range(2))
    assert first == second
    file_name, data = first
    locked = archives.unzip((paths.STATIC / "wheels" / file_name).read_bytes())
    fresh = archives.unzip(data)
    # The locked wheel has bytecode besides, which RECORD lists.
    assert archives.changed_upstream_files(fresh, locked) == []
    (library,) = (file for file in fresh if file.endswith(".so"))
    count(f"built twice: {library} of {name} {built.version}, {len(fresh[library]):,} bytes, as locked")


def test_every_recipe_is_tried(manifest):
    assert sorted(NAMES) == sorted(built.name for built in manifest.built)


def test_no_path_of_this_machine_is_in_a_library(manifest):
    for wheel in (paths.STATIC / "wheels").glob("*.whl"):
        for name, data in archives.unzip(wheel.read_bytes()).items():
            if name.endswith(".so") and any(wheel.name.startswith(built.name.split("-")[0]) for built in manifest.built):
                for trace in (b"/tmp/", b"/root/", str(Path.home()).encode(), b".cache/keriwasm"):
                    assert trace not in data, (wheel.name, name, trace)
