"""DER of a signature to its two numbers and back."""

from __future__ import annotations

from ecdsa import der


def encode_dss_signature(r: int, s: int) -> bytes:
    return der.encode_sequence(der.encode_integer(r), der.encode_integer(s))


def decode_dss_signature(signature: bytes) -> tuple[int, int]:
    """Raises ValueError when it is not DER of two integers."""
    try:
        body, rest = der.remove_sequence(signature)
        r, body = der.remove_integer(body)
        s, body = der.remove_integer(body)
    except der.UnexpectedDER as error:
        raise ValueError(f"not a DER signature: {error}") from error
    if rest or body:
        raise ValueError("not a DER signature: something follows it")
    return r, s
