"""`lmdb` for the browser: py-lmdb's surface and semantics over stores in memory, which keriwasm.disk.disk keeps in IndexedDB.

Drop-in for keripy and hio. What differs from py-lmdb 3.0 over LMDB 0.9: a path may be opened several times at once;
nothing blocks, since there is one thread; there is no file in LMDB's format (no copyfd, no tools); pages are figures of
speech in `stat` and `info`.
"""

from __future__ import annotations

from .cursor import Cursor
from .environment import VERSION, Environment
from .errors import (
    BadChecksumError,
    BadDbiError,
    BadRslotError,
    BadTxnError,
    BadValsizeError,
    CorruptedError,
    CryptoFailError,
    CursorFullError,
    DbsFullError,
    DiskError,
    EnvEncryptionError,
    Error,
    IncompatibleError,
    InvalidError,
    InvalidParameterError,
    KeyExistsError,
    LockError,
    MapFullError,
    MapResizedError,
    MemoryError,
    NotFoundError,
    PageFullError,
    PageNotFoundError,
    PanicError,
    ProblemError,
    ReadersFullError,
    ReadonlyError,
    TlsFullError,
    TxnFullError,
    VersionMismatchError,
)
from .handles import _Database
from .transaction import Transaction

__version__ = "3.0.0"

open = Environment


def version(subpatch: bool = False, lib_version: int | None = None) -> tuple[int, ...]:
    """The release of LMDB whose behaviour this is, with `subpatch` a 1 at its end: `copy` takes a txn, as in the patched one."""
    if lib_version is not None and lib_version < 0:
        raise OverflowError("Integer argument must be >= 0")
    if lib_version:
        raise Error(f"lib_version={lib_version}: this build has no LMDB {lib_version}.x engine.")
    return (*VERSION, 1) if subpatch else VERSION


def enable_drop_gil() -> None:
    """Nothing; py-lmdb has it for old callers."""


__all__ = [
    "BadChecksumError",
    "BadDbiError",
    "BadRslotError",
    "BadTxnError",
    "BadValsizeError",
    "CorruptedError",
    "CryptoFailError",
    "Cursor",
    "CursorFullError",
    "DbsFullError",
    "DiskError",
    "EnvEncryptionError",
    "Environment",
    "Error",
    "IncompatibleError",
    "InvalidError",
    "InvalidParameterError",
    "KeyExistsError",
    "LockError",
    "MapFullError",
    "MapResizedError",
    "MemoryError",
    "NotFoundError",
    "PageFullError",
    "PageNotFoundError",
    "PanicError",
    "ProblemError",
    "ReadersFullError",
    "ReadonlyError",
    "TlsFullError",
    "Transaction",
    "TxnFullError",
    "VersionMismatchError",
    "_Database",
    "enable_drop_gil",
    "version",
]
