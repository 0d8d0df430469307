"""ECDSA keys: derived from a number or read from a point; sign, verify, write."""

from __future__ import annotations

import ecdsa

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class EllipticCurve:
    """A curve by its name; `parameters` is ecdsa's."""

    name: str
    key_size = 256
    parameters: ecdsa.curves.Curve


class SECP256R1(EllipticCurve):
    name = "secp256r1"
    parameters = ecdsa.NIST256p


class SECP256K1(EllipticCurve):
    name = "secp256k1"
    parameters = ecdsa.SECP256k1


class ECDSA:
    """The signature algorithm with its hash. Raises TypeError for another hash than SHA256."""

    def __init__(self, algorithm: SHA256) -> None:
        if not isinstance(algorithm, SHA256):
            raise TypeError("this stand-in for cryptography knows ECDSA over SHA-256 only")
        self.algorithm = algorithm


class EllipticCurvePublicKey:
    def __init__(self, key: ecdsa.VerifyingKey, curve: EllipticCurve) -> None:
        self._key = key
        self.curve = curve

    @classmethod
    def from_encoded_point(cls, curve: EllipticCurve, data: bytes) -> EllipticCurvePublicKey:
        """Raises ValueError when the bytes are no point of the curve, compressed or uncompressed."""
        try:
            key = ecdsa.VerifyingKey.from_string(
                bytes(data), curve=curve.parameters, valid_encodings=("compressed", "uncompressed")
            )
        except ecdsa.errors.MalformedPointError as error:
            raise ValueError(f"not a point of {curve.name}: {error}") from error
        return cls(key, curve)

    def public_bytes(self, encoding: Encoding, format: PublicFormat) -> bytes:
        if encoding is not Encoding.X962 or not isinstance(format, PublicFormat):
            raise ValueError("this stand-in for cryptography writes X9.62 points only")
        return self._key.to_string("compressed" if format is PublicFormat.CompressedPoint else "uncompressed")

    def verify(self, signature: bytes, data: bytes, signature_algorithm: ECDSA) -> None:
        """Raises InvalidSignature unless the DER signature is one of the data by this key."""
        try:
            pair = utils.decode_dss_signature(bytes(signature))
            self._key.verify(
                pair, bytes(data), hashfunc=signature_algorithm.algorithm.function, sigdecode=lambda given, _: given
            )
        except (ValueError, ecdsa.BadSignatureError) as error:
            raise InvalidSignature from error


class EllipticCurvePrivateKey:
    def __init__(self, key: ecdsa.SigningKey, curve: EllipticCurve) -> None:
        self._key = key
        self.curve = curve

    def public_key(self) -> EllipticCurvePublicKey:
        return EllipticCurvePublicKey(self._key.verifying_key, self.curve)

    def sign(self, data: bytes, signature_algorithm: ECDSA) -> bytes:
        """A deterministic signature in DER."""
        return self._key.sign_deterministic(
            bytes(data),
            hashfunc=signature_algorithm.algorithm.function,
            sigencode=lambda r, s, _: utils.encode_dss_signature(r, s),
        )


def derive_private_key(private_value: int, curve: EllipticCurve) -> EllipticCurvePrivateKey:
    """Raises ValueError unless the number lies between 1 and the order of the curve less 1."""
    try:
        key = ecdsa.SigningKey.from_secret_exponent(private_value, curve=curve.parameters)
    except ecdsa.errors.MalformedPointError as error:
        raise ValueError(str(error)) from error
    return EllipticCurvePrivateKey(key, curve)
