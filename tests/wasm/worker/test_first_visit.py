"""What a first visit has before its first answer: wheels/first.toml names it."""

from __future__ import annotations

from pathlib import Path

from vendoring import paths
from vendoring.repack import archives, first

ROOT = Path(__file__).resolve().parents[3]


def test_the_first_archives_hold_what_the_whole_ones_hold():
    """Byte for byte, and nothing else."""
    whole = archives.unzip(next(ROOT.glob("static/pyodide/*/python_stdlib.zip")).read_bytes())
    library = archives.unzip((ROOT / first.LIBRARY).read_bytes())
    assert {name: whole[name] for name in library} == library
    lists = first.read(paths.FIRST)
    assert library.keys() == first.library(whole, lists["library"]).keys()
    wheels = {name: data for path in ROOT.glob("static/wheels/*.whl") for name, data in archives.unzip(path.read_bytes()).items()}
    assert archives.unzip((ROOT / first.PACKAGES).read_bytes()) == first.packages(wheels, lists["packages"])
