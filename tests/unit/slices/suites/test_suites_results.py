"""Collecting, running, counting, comparing and exporting tests, on tests that are made up."""

from __future__ import annotations

import sys
import types
import unittest
from xml.etree import ElementTree as ET

import pytest
import workerkit  # noqa: F401 (puts python/ on sys.path)
from slices.suites import junit
from slices.suites.catalogue import EFFORTS, SUITES, Rule, Suite
from slices.suites.collecting import NotCollected, collect
from slices.suites.results import Run, compare
from slices.suites.running import MAX_MESSAGE, Result, run_case, shorten

SOURCE = '''
import unittest

def test_plain():
    assert True

def helper():
    raise SystemExit("never called")

def check(number):
    assert number < 2, number

def test_yielded():
    for number in range(3):
        yield check, number

def test_exits():
    print("last words")
    raise SystemExit(3)

class Cases(unittest.TestCase):
    def test_good(self):
        pass
    def test_bad(self):
        self.assertEqual(1, 2)
    def test_broken(self):
        raise KeyError("k")
    @unittest.skip("no reason")
    def test_skipped(self):
        pass
    @unittest.expectedFailure
    def test_surprise(self):
        pass
    def test_subtests(self):
        for number in range(3):
            with self.subTest(number):
                self.assertNotEqual(number, 1)
'''


def made(source: str, name: str = "made_up_tests", **fields) -> Suite:
    module = types.ModuleType(name)
    exec(compile(source, name, "exec"), module.__dict__)
    sys.modules[name] = module
    return Suite("made", "Made", "", "", (name,), 0, **fields)


def outcomes(suite: Suite) -> dict[str, str]:
    return {id.partition(".")[2]: run_case("made", id, case).outcome for id, case in collect(suite).items()}


def test_each_kind_of_test_is_found_and_judged():
    assert outcomes(made(SOURCE)) == {
        "test_plain": "passed",
        "test_yielded[0]": "passed",
        "test_yielded[1]": "passed",
        "test_yielded[2]": "failed",
        "test_exits": "error",
        "Cases.test_good": "passed",
        "Cases.test_bad": "failed",
        "Cases.test_broken": "error",
        "Cases.test_skipped": "skipped",
        "Cases.test_surprise": "failed",
        "Cases.test_subtests": "failed",
    }


def test_a_failure_comes_with_its_traceback_and_what_it_printed():
    cases = collect(made(SOURCE))
    result = run_case("made", "x", cases["made_up_tests.test_exits"], "w2")
    assert "SystemExit: 3" in result.message and "last words" in result.message and result.worker == "w2"
    assert "AssertionError: 1 != 2" in run_case("made", "x", cases["made_up_tests.Cases.test_bad"]).message


def test_a_test_that_wants_a_fixture_is_refused_loudly():
    with pytest.raises(NotCollected, match="fixture tmp_path"):
        collect(made("def test_x(tmp_path):\n    pass\n"))


def test_a_module_that_cannot_be_imported_is_named():
    suite = Suite("made", "Made", "", "", ("no_such_module_here",), 0)
    with pytest.raises(NotCollected, match="no_such_module_here"):
        collect(suite)


def test_a_rule_leaves_out_below_its_effort_only():
    rule = Rule("test_slow", "slow", "full")
    assert [rule.leaves_out("test_slow[x]", effort) for effort in EFFORTS] == [True, True, False]
    assert [Rule("test_slow", "never").leaves_out("test_slow", effort) for effort in EFFORTS] == [True] * 3
    assert not rule.leaves_out("test_other", "quick")


def test_the_catalogue_is_whole():
    for name, suite in SUITES.items():
        assert suite.name == name and suite.title and suite.proves and suite.source and suite.tests > 0, name
        assert all(rule.reason for rule in suite.rules)


def cases(name, run=""):
    from slices.suites import fetching

    steps = fetching.ready(None, name, run)
    with pytest.raises(StopIteration) as done:
        while True:
            next(steps)
    return done.value.value


@pytest.mark.parametrize("name", ["pysodium", "blake3", "hio"])
def test_as_many_tests_as_upstream_has(name):
    assert len(cases(name)) == SUITES[name].tests


def test_what_may_run_once_is_imported_anew_for_each_run():
    """pysodium's own test increments a bytes constant of its code in place: a second run of it would begin with another one."""
    id = "test_pysodium.TestPySodium.test_sodium_inc"
    for run in ("r1", "r2"):
        found = cases("pysodium", run)
        assert cases("pysodium", run) is found, "once for a run"
        assert run_case("pysodium", id, found[id]).outcome == "passed"
    assert run_case("pysodium", id, found[id]).outcome == "failed"


def test_an_archive_that_is_not_the_locked_one_is_refused(monkeypatch):
    from slices.suites import fetching

    monkeypatch.setitem(fetching._lock, "static/suites/pysodium-0.7.19.zip", "0" * 64)
    with pytest.raises(NotCollected, match=r"not what static/lock\.json says"):
        list(fetching.unpacked(None, SUITES["pysodium"]))


def sample() -> Run:
    run = Run("r1", ["made", "other"], "standard", 60.0)
    run.tests = [("made", "m.C.a"), ("made", "m.b[x.y]"), ("other", "o.c"), ("other", "o.d"), ("other", "o.e")]
    run.add(Result("made", "m.C.a", "passed", 0.5, "w1"))
    run.add(Result("made", "m.b[x.y]", "failed", 0.25, "w2", "Traceback\nAssertionError: <1> \x00"))
    run.add(Result("other", "o.c", "error", 1.0, "w2", "hung: worker w2 was lost"))
    run.add(Result("other", "o.d", "skipped", 0.0, "", "it needs numpy"))
    return run


def test_counts():
    told = sample().summary()
    assert (told["total"], told["passed"], told["failed"], told["errors"], told["skipped"]) == (5, 1, 1, 1, 1)
    assert told["by_worker"]["w2"] == {"passed": 0, "failed": 1, "errors": 1, "skipped": 0, "seconds": 1.25}
    assert told["by_suite"]["other"]["total"] == 3
    assert [result.id for result in sample().failures()] == ["m.b[x.y]", "o.c"]
    assert sample().slowest(1)[0].id == "o.c"


def test_a_second_result_of_a_test_does_not_count():
    run = sample()
    run.add(Result("made", "m.C.a", "failed"))
    assert run.summary()["passed"] == 1


def test_a_run_survives_its_own_description():
    run = sample()
    again = Run.read(run.meta())
    assert again.meta() == run.meta() and again.tests == run.tests


def test_junit_is_what_ci_systems_read():
    root = ET.fromstring(junit.document(sample()))
    assert root.attrib["tests"] == "4" and root.attrib["failures"] == "1" and root.attrib["errors"] == "1"
    cases = root.findall("testsuite/testcase")
    assert [(case.attrib["classname"], case.attrib["name"]) for case in cases] == [
        ("made.m.C", "a"), ("made.m", "b[x.y]"), ("other.o", "c"), ("other.o", "d"),
    ]  # fmt: skip
    assert cases[1].find("failure").attrib["message"] == "AssertionError: <1> \ufffd"
    assert "hung" in cases[2].find("error").text
    assert cases[3].find("skipped") is not None


def test_compare():
    before, now = sample().results, sample().results
    now["made", "m.C.a"] = Result("made", "m.C.a", "failed", 0.5)
    now["other", "o.c"] = Result("other", "o.c", "passed", 5.0)
    now["other", "o.e"] = Result("other", "o.e", "passed")
    del now["other", "o.d"]
    changes = compare(now, before)
    assert [[row["id"] for row in changes[kind]] for kind in ("broken", "mended", "new", "gone", "slower")] == [
        ["m.C.a"], ["o.c"], ["o.e"], ["o.d"], [],
    ]  # fmt: skip
    before["other", "o.c"] = Result("other", "o.c", "passed", 1.0)
    assert [row["id"] for row in compare(now, before)["slower"]] == ["o.c"]


def test_a_long_traceback_keeps_both_ends():
    text = "a" * 2 * MAX_MESSAGE + "the end"
    short = shorten(text)
    assert short.endswith("the end") and "characters left out" in short and len(short) < len(text)


def test_unittest_itself_is_what_runs():
    assert isinstance(next(iter(collect(made(SOURCE)).values())), unittest.TestCase)
