"""hio's scheduler as a worker uses it: our own scenarios, for its source distribution carries one test only."""

import unittest

from hio.base import doing, tyming


class Trace(doing.Doer):
    """Notes each step of its life."""

    def __init__(self, name, log, steps=3, **kwa):
        super().__init__(**kwa)
        self.name, self.log, self.steps = name, log, steps

    def enter(self, **kwa):
        self.log.append(f"{self.name} enter")

    def recur(self, tyme, **kwa):
        self.steps -= 1
        self.log.append(f"{self.name} recur")
        return self.steps <= 0

    def clean(self):
        self.log.append(f"{self.name} clean")

    def exit(self, **kwa):
        self.log.append(f"{self.name} exit")


class Life(unittest.TestCase):
    """Doers enter, recur and exit in order."""

    def test_a_doer_that_is_done_is_cleaned_and_exits(self):
        log = []
        doist = doing.Doist(doers=[Trace("a", log, steps=2)])
        doist.do()
        self.assertEqual(log, ["a enter", "a recur", "a recur", "a clean", "a exit"])
        self.assertTrue(doist.done)

    def test_a_limit_ends_what_still_runs_in_reverse(self):
        log = []
        doist = doing.Doist(tock=0.1, limit=0.25, doers=[Trace("a", log, 99), Trace("b", log, 99)])
        doist.do()
        self.assertEqual([line for line in log if line.endswith("exit")], ["b exit", "a exit"])
        self.assertFalse(doist.done)

    def test_doers_take_turns(self):
        log = []
        doing.Doist(doers=[Trace("a", log, 2), Trace("b", log, 2)]).do()
        self.assertEqual([line for line in log if "recur" in line], ["a recur", "b recur", "a recur", "b recur"])

    def test_an_exception_ends_all_of_them(self):
        log = []

        class Bad(Trace):
            def recur(self, tyme, **kwa):
                raise KeyError("bad")

        with self.assertRaises(KeyError):
            doing.Doist(doers=[Trace("a", log, 99), Bad("b", log)]).do()
        self.assertIn("a exit", log)
        self.assertIn("b exit", log)

    def test_doers_are_added_and_removed_while_it_runs(self):
        log = []
        doist = doing.Doist(tock=0.1, doers=[Trace("a", log, 99)])
        doist.enter()
        doist.recur()
        late = Trace("late", log, 99)
        doist.extend([late])
        doist.recur()
        doist.remove([late])
        self.assertIn("late recur", log)
        self.assertEqual(log[-1], "late exit")
        self.assertNotIn("a exit", log)
        doist.exit()


class Tymes(unittest.TestCase):
    """Tyme is the scheduler's, not the clock's."""

    def test_tyme_grows_by_tocks(self):
        doist = doing.Doist(tock=0.25, limit=1.0, doers=[Trace("a", [], 99)])
        doist.do()
        self.assertAlmostEqual(doist.tyme, 1.0, delta=0.26)

    def test_a_tock_spaces_recurs(self):
        log = []
        doing.Doist(tock=0.25, limit=2.0, doers=[Trace("slow", log, 99, tock=1.0), Trace("fast", log, 99)]).do()
        self.assertLess(log.count("slow recur"), log.count("fast recur"))

    def test_tymer(self):
        tymist = tyming.Tymist(tock=0.5)
        tymer = tyming.Tymer(tymth=tymist.tymen(), duration=1.0)
        self.assertFalse(tymer.expired)
        tymist.tick()
        tymist.tick()
        self.assertTrue(tymer.expired)
        tymer.restart()
        self.assertFalse(tymer.expired)


class Nested(unittest.TestCase):
    """A DoDoer is a scheduler among Doers."""

    def test_it_ends_when_its_doers_have_ended(self):
        log = []
        dodoer = doing.DoDoer(doers=[Trace("a", log, 1), Trace("b", log, 3)])
        doist = doing.Doist(tock=0.1, doers=[dodoer])
        doist.do()
        self.assertTrue(dodoer.done)
        self.assertEqual(log.count("b recur"), 3)

    def test_always_keeps_it_going(self):
        dodoer = doing.DoDoer(always=True, doers=[Trace("a", [], 1)])
        doist = doing.Doist(tock=0.1, limit=0.5, doers=[dodoer])
        doist.do()
        self.assertGreaterEqual(doist.tyme, 0.5)

    def test_a_function_can_be_a_doer(self):
        seen = []

        @doing.doize(tock=0.0)
        def steps(tymth=None, tock=0.0, **opts):
            for _ in range(3):
                seen.append((yield tock))
            return True

        doing.Doist(tock=0.1, doers=[steps]).do()
        self.assertEqual(len(seen), 3)


class Waking(unittest.TestCase):
    """The scheduler of this page: hio's Doist, asleep between events."""

    def test_a_waiting_doer_runs_when_it_is_woken(self):
        from keriwasm.runtime.scheduling import WAIT, WakingDoist

        steps = []

        class Waits(doing.Doer):
            def recur(self, tock=0.0):
                while True:
                    steps.append("step")
                    yield WAIT

        doer = Waits()
        doist = WakingDoist()
        doist.deeds = doist.enter([doer])
        doist.recur()
        first = len(steps)
        doist.recur()
        self.assertEqual(len(steps), first)
        doist.wake(doer)
        doist.recur()
        self.assertEqual(len(steps), first + 1)
        doist.exit()
