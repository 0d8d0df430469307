"""The exceptions of py-lmdb, by the error numbers of LMDB 0.9 and their meanings."""

from __future__ import annotations

import errno


class Error(Exception):
    """Raised when an operation fails; the subclasses say which way.

    Attributes:
        what (str): the operation, code (int): LMDB's or the system's number, 0 if there is none
        reason (str): what the number means
    """

    CODE = 0
    REASON = "Successful return: 0"
    HINT = ""

    def __init__(self, what: str, code: int = 0) -> None:
        self.what = what
        self.code = code or self.CODE
        self.reason = self.REASON
        message = f"{what}: {self.reason}" if self.code else what
        super().__init__(f"{message} ({self.HINT})" if self.HINT and self.code else message)


class KeyExistsError(Error):
    """The key, or the pair, is there already."""

    CODE, REASON = -30799, "MDB_KEYEXIST: Key/data pair already exists"


class NotFoundError(Error):
    """No such key, pair or database."""

    CODE, REASON = -30798, "MDB_NOTFOUND: No matching key/data pair found"


class PageNotFoundError(Error):
    """Never raised here: there are no pages."""

    CODE, REASON = -30797, "MDB_PAGE_NOTFOUND: Requested page not found"


class CorruptedError(Error):
    """What the disk holds is damaged."""

    CODE, REASON = -30796, "MDB_CORRUPTED: Located page was wrong type"


class PanicError(Error):
    """Never raised here."""

    CODE, REASON = -30795, "MDB_PANIC: Update of meta page failed or environment had fatal error"


class VersionMismatchError(Error):
    """What the disk holds was written in a later format."""

    CODE, REASON = -30794, "MDB_VERSION_MISMATCH: Database environment version mismatch"


class InvalidError(Error):
    """The file is no database."""

    CODE, REASON = -30793, "MDB_INVALID: File is not an LMDB file"


class MapFullError(Error):
    """The data are larger than map_size."""

    CODE, REASON = -30792, "MDB_MAP_FULL: Environment mapsize limit reached"
    HINT = "Please use a larger Environment(map_size=) parameter"


class DbsFullError(Error):
    """More named databases than max_dbs."""

    CODE, REASON = -30791, "MDB_DBS_FULL: Environment maxdbs limit reached"
    HINT = "Please use a larger Environment(max_dbs=) parameter"


class ReadersFullError(Error):
    """More readers than max_readers."""

    CODE, REASON = -30790, "MDB_READERS_FULL: Environment maxreaders limit reached"
    HINT = "Please use a larger Environment(max_readers=) parameter"


class TlsFullError(Error):
    """Never raised here: there are no threads."""

    CODE, REASON = -30789, "MDB_TLS_FULL: Thread-local storage keys full - too many environments open"


class TxnFullError(Error):
    """Never raised here: a transaction may be of any size."""

    CODE, REASON = -30788, "MDB_TXN_FULL: Transaction has too many dirty pages - transaction too big"
    HINT = "Please do less work within your transaction"


class CursorFullError(Error):
    """Never raised here."""

    CODE, REASON = -30787, "MDB_CURSOR_FULL: Internal error - cursor stack limit reached"


class PageFullError(Error):
    """Never raised here."""

    CODE, REASON = -30786, "MDB_PAGE_FULL: Internal error - page has no more space"


class MapResizedError(Error):
    """Never raised here: memory grows by itself."""

    CODE, REASON = -30785, "MDB_MAP_RESIZED: Database contents grew beyond environment mapsize"


class IncompatibleError(Error):
    """The operation does not fit the database's flags."""

    CODE, REASON = -30784, "MDB_INCOMPATIBLE: Operation and DB incompatible, or DB flags changed"


class BadRslotError(Error):
    """Never raised here: a thread may have many readers."""

    CODE, REASON = -30783, "MDB_BAD_RSLOT: Invalid reuse of reader locktable slot"


class BadTxnError(Error):
    """The transaction must be aborted, has a child, or is invalid."""

    CODE, REASON = -30782, "MDB_BAD_TXN: Transaction must abort, has a child, or is invalid"


class BadValsizeError(Error):
    """A key is empty or too long, or a duplicate too long or of another size than the others."""

    CODE = -30781
    REASON = "MDB_BAD_VALSIZE: Unsupported size of key/DB name/data, or wrong DUPFIXED size"


class BadDbiError(Error):
    """The database was closed or changed meanwhile."""

    CODE, REASON = -30780, "MDB_BAD_DBI: The specified DBI handle was closed/changed unexpectedly"


class ProblemError(Error):
    """LMDB 1.0 only; never raised here."""

    CODE, REASON = -30779, "MDB_PROBLEM: Unexpected problem - txn should abort"


class BadChecksumError(Error):
    """A record of the log on disk does not have the checksum that it should."""

    CODE, REASON = -30778, "MDB_BAD_CHECKSUM: Page checksum incorrect"


class CryptoFailError(Error):
    """LMDB 1.0 only; never raised here."""

    CODE, REASON = -30777, "MDB_CRYPTO_FAIL: Page encryption or decryption failed"


class EnvEncryptionError(Error):
    """LMDB 1.0 only; never raised here."""

    CODE, REASON = -30776, "MDB_ENV_ENCRYPTION: Environment encryption mismatch"


class ReadonlyError(Error):
    """A write with a read-only transaction or environment."""

    CODE, REASON = errno.EACCES, "Permission denied"


class InvalidParameterError(Error):
    """A parameter that makes no sense here."""

    CODE, REASON = errno.EINVAL, "Invalid argument"


class LockError(Error):
    """The environment is locked."""

    CODE, REASON = errno.EAGAIN, "Resource temporarily unavailable"


class MemoryError(Error):
    """Out of memory."""

    CODE, REASON = errno.ENOMEM, "Cannot allocate memory"


class DiskError(Error):
    """The disk is full or refuses: nothing may be written any more. The message says why."""

    CODE, REASON = errno.ENOSPC, "No space left on device"


def closed() -> Error:
    """What an operation on something closed, finished or dropped raises."""
    return Error("Attempt to operate on closed/deleted/dropped object.")
