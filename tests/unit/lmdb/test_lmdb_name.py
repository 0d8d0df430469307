"""The real py-lmdb keeps its name in unit tests, ours has another."""

import lmdb
from lmdbkit import FOLDER, ours


def test_the_oracle_is_the_real_one() -> None:
    assert not lmdb.__file__.startswith(str(FOLDER))
    assert ours().__file__.startswith(str(FOLDER))
    assert set(lmdb.__all__) <= set(ours().__all__)  # ours has the errors of py-lmdb 3 as well


def test_the_error_family_is_the_same() -> None:
    for name in lmdb.__all__:
        if isinstance(getattr(lmdb, name), type) and issubclass(getattr(lmdb, name), Exception):
            theirs = getattr(lmdb, name)("what", 0)
            assert [base.__name__ for base in type(theirs).__mro__] == [
                base.__name__ for base in getattr(ours(), name).__mro__
            ]
