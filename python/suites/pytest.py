"""What the published tests of keripy use of pytest: `raises`. There is no pytest in a worker; this keeps their file unmodified."""

import re
import unittest


def raises(expected, match=None):
    """A context in which `expected` (a class, or several) must be raised, with a message in which `match` is found."""
    case = unittest.TestCase()
    return case.assertRaises(expected) if match is None else case.assertRaisesRegex(expected, re.compile(match))
