"""What a first visit has before its first answer: wheels/first.toml names all that a worker needs by then, and no more."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

from vendoring import paths
from vendoring.repack import archives, first

ROOT = Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "python"))

from keriwasm.imports import packed_wheels  # noqa: E402

MANIFEST = tomllib.loads((ROOT / "pyscript.toml").read_text())
PARTS = ("home", "wallet", "ledger", "credentials", "crypto", "pq", "load", "pool")
PAGES = (
    "wallet", "ledger", "credentials", "crypto", "crypto/hash", "crypto/ed25519", "crypto/argon2id", "load", "network", "pool", "nowhere",
)  # fmt: skip
PATHS = [*(f"/app/{part}/panel" for part in PARTS), *(f"/app/{page}" for page in PAGES)]


def test_a_first_visit_has_what_it_needs_and_the_rest_comes(pyodide, count):
    packed = {module: f"/packed/{url.rpartition('/')[2]}" for url, modules in MANIFEST["postponed"].items() for module in modules}
    args = {
        "slices": MANIFEST["slices"], "packed": packed, "lazy": MANIFEST["snapshot"]["lazy"], "pool": MANIFEST["pool"], "paths": PATHS,
    }  # fmt: skip
    stdlib = next((ROOT / "static" / "pyscript").glob("*/stdlib"))
    mounts = {
        "/workers": ROOT / "workers", "/templates": ROOT / "templates", "/stdlib": stdlib, "/wheels": ROOT / "static/wheels",
        "/pyodide": next((ROOT / "static/pyodide").iterdir()),
    }  # fmt: skip
    made = pyodide.run(
        "first_visit.py", args, wheels=[ROOT / url for url in MANIFEST["packages"]], stdlib=ROOT / MANIFEST["pool"]["stdlib"],
        mounts=mounts, path=["/workers", "/stdlib"], timeout=120,
    )  # fmt: skip
    lists = first.read(paths.FIRST)
    # What nobody has is tried and missed as well (a C twin of a pure module).
    lacking = [name for name in made["missed"] if any(packed_wheels.held(str(ROOT / url), name) for url in MANIFEST["postponed"])]
    assert lacking == [], "wheels/first.toml lacks these"
    # Here is no router: what the load lab's page wants of it is lacking (500), what that page imports is not.
    assert [told for told in made["said"]["faults"] if told[0] != "/app/load"] == []
    statuses = {path: made["said"][path][0] for path in PATHS if path != "/app/load"}
    # No IndexedDB under Node: the stores say so (507).
    assert set(statuses.values()) <= {200, 404, 507} and statuses["/app/home/panel"] == statuses["/app/crypto"] == 200, statuses
    needed = {name for name in (*lists["library"], *lists["packages"]) if not name.startswith("encodings.")}
    assert needed - set(made["loaded"]) == set(), "wheels/first.toml names what nobody imports"
    # What is not there yet is told, or waited for where nothing is changed.
    assert made["said"]["late"][0] == 503 and "still being fetched" in made["said"]["late"][1]
    assert made["said"]["waited"][0] == 200
    assert made["late"] == {name: name for name in made["late"] if name != "none"} | {
        "none": "No module named 'encodings.nothing_of_the_kind'"
    }
    assert made["cbor"] == "8101"
    count(f"first visit: {len(lists['library'])} modules of the library, {len(lists['packages'])} of the wheels")


def test_the_first_archives_hold_what_the_whole_ones_hold():
    """Byte for byte, and nothing else."""
    whole = archives.unzip(next(ROOT.glob("static/pyodide/*/python_stdlib.zip")).read_bytes())
    library = archives.unzip((ROOT / first.LIBRARY).read_bytes())
    assert {name: whole[name] for name in library} == library
    lists = first.read(paths.FIRST)
    assert library.keys() == first.library(whole, lists["library"]).keys()
    wheels = {name: data for path in ROOT.glob("static/wheels/*.whl") for name, data in archives.unzip(path.read_bytes()).items()}
    assert archives.unzip((ROOT / first.PACKAGES).read_bytes()) == first.packages(wheels, lists["packages"])
