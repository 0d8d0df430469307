"""Every bench is in the one command, and what that draws shows what was missed."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"


@pytest.fixture(scope="module")
def every() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_all", BENCH / "all.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module  # its dataclass looks itself up
    spec.loader.exec_module(module)
    return module


def test_every_bench_is_run(every):
    found = {path.relative_to(BENCH).as_posix() for path in BENCH.rglob("*.py")}
    found = {path for path in found if not path.startswith("programs/")}
    assert found - set(every.APART) == {bench.file for bench in every.BENCHES}


def test_every_bench_reports_in_the_one_way(every):
    for bench in every.BENCHES:
        assert 'report("' in (BENCH / bench.file).read_text(), bench.file


@pytest.mark.parametrize(
    ("row", "bad"),
    [({"ratio": 0.6, "wanted": "<= 0.5"}, True), ({"ratio": 0.5, "wanted": "<= 0.5"}, False), ({"ratio": 1.1, "wanted": ">= 1.05"}, False),
     ({"ratio": 1.0, "wanted": ">= 1.05"}, True), ({"ratio": 3.0}, False), ({"what": "bytes", "wanted": "<= 1"}, False)],
)  # fmt: skip
def test_what_misses_its_bound_is_marked(every, row, bad):
    assert every.missed(row) is bad
    drawn = every.chart([{"what": "<one>", "of": "a & b", **row}], {"<one>": 2.0})
    assert ('class="bad"' in drawn) is bad
    assert "<one>" not in drawn


def test_a_bench_that_fails_is_told(every, tmp_path, monkeypatch):
    (tmp_path / "dies.py").write_text("raise SystemExit('no memory snapshot')")
    (tmp_path / "silent.py").write_text("print('nothing of use')")
    (tmp_path / "good.py").write_text("""print('{"bench": "good", "rows": [{"what": "a", "ratio": 0.5}]}')""")
    (tmp_path / "long.py").write_text("import time; time.sleep(60)")
    monkeypatch.setattr(every, "HERE", tmp_path)
    found = {name: every.run(every.Bench(f"{name}.py", minutes=0.05), False) for name in ("dies", "silent", "good", "long")}
    assert "no memory snapshot" in found["dies"]["failed"] and "no rows" in found["silent"]["failed"]
    assert "failed" not in found["good"] and found["good"]["rows"] == [{"what": "a", "ratio": 0.5}]
    assert "not within" in found["long"]["failed"]
    told = every.page({"machine": {"cores": 2}, "benches": list(found.values())}, {})
    assert "no memory snapshot" in told and "<script" not in told
