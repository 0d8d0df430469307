"""The two names that keripy writes public keys with."""

from enum import Enum


class Encoding(Enum):
    X962 = "ANSI X9.62"


class PublicFormat(Enum):
    CompressedPoint = "X9.62 Compressed Point"
    UncompressedPoint = "X9.62 Uncompressed Point"
