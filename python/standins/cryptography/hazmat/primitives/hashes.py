"""The hash that KERI's ECDSA signatures are made over."""

import hashlib


class SHA256:
    """Names the algorithm; holds no state."""

    name = "sha256"
    digest_size = 32
    block_size = 64
    function = staticmethod(hashlib.sha256)
