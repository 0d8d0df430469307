"""A deterministic run through pysodium: the same seed gives the same answers from any correct libsodium.

Returns [[name, digest of the answer], ...]. What draws randomness is either given its seed or nonce, or is answered by
the inverse operation (sealed boxes, secret streams), so that two builds can be compared line by line.
"""

import hashlib
import random


def _text(value):
    if isinstance(value, (tuple, list)):
        return b"|".join(_text(part) for part in value)
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    return repr(value).encode()


def _length(source):
    """Lengths around the block sizes of the vector code, and now and then a long one."""
    return source.choice((0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, source.randrange(5000)))


def hashes(s, r, data):
    yield "generichash", s.crypto_generichash(data, outlen=r.randrange(16, 65))
    yield "generichash_key", s.crypto_generichash(data, k=r.randbytes(r.randrange(16, 65)))
    yield "generichash_salt", s.crypto_generichash_blake2b_salt_personal(
        data, key=r.randbytes(32), salt=r.randbytes(16), personal=r.randbytes(16)
    )
    state = s.crypto_generichash_init()
    cut = r.randrange(len(data) + 1)
    s.crypto_generichash_update(state, data[:cut])
    s.crypto_generichash_update(state, data[cut:])
    whole = s.crypto_generichash_final(state)
    assert whole == s.crypto_generichash(data)
    yield "sha256", s.crypto_hash_sha256(data)
    yield "sha512", s.crypto_hash_sha512(data)
    yield "shorthash", s.crypto_shorthash(data, r.randbytes(16))
    yield "auth", s.crypto_auth(data, r.randbytes(32))
    yield "kdf", s.crypto_kdf_derive_from_key(r.randrange(16, 65), r.randrange(1 << 32), "context_", r.randbytes(32))
    yield "hsalsa20", s.crypto_core_hsalsa20(r.randbytes(16), r.randbytes(32), None)
    yield "hchacha20", s.crypto_core_hchacha20(r.randbytes(16), r.randbytes(32), None)


def streams(s, r, data):
    for name in ("stream", "stream_xsalsa20", "stream_chacha20", "stream_chacha20_ietf"):
        xor = getattr(s, f"crypto_{name}_xor", None)
        if xor is None:
            continue
        size = {"stream_chacha20": 8, "stream_chacha20_ietf": 12}.get(name, 24)
        nonce, key = r.randbytes(size), r.randbytes(32)
        out = xor(data, len(data), nonce, key)
        assert xor(out, len(out), nonce, key) == data
        yield f"{name}_xor", out


def boxes(s, r, data):
    nonce, key = r.randbytes(24), r.randbytes(32)
    box = s.crypto_secretbox(data, nonce, key)
    assert s.crypto_secretbox_open(box, nonce, key) == data
    yield "secretbox", box
    yield "secretbox_detached", s.crypto_secretbox_detached(data, nonce, key)
    (pk1, sk1), (pk2, sk2) = (s.crypto_box_seed_keypair(r.randbytes(32)) for _ in range(2))
    box = s.crypto_box(data, nonce, pk2, sk1)
    assert s.crypto_box_open(box, nonce, pk1, sk2) == data
    yield "box", (pk1, sk1, box)
    shared = s.crypto_box_beforenm(pk2, sk1)
    yield "box_beforenm", shared
    yield "box_afternm", s.crypto_box_afternm(data, nonce, shared)
    sealed = s.crypto_box_seal(data, pk1)
    assert s.crypto_box_seal_open(sealed, pk1, sk1) == data
    yield "scalarmult", s.crypto_scalarmult_curve25519(sk1, pk2)
    yield "scalarmult_base", s.crypto_scalarmult_curve25519_base(r.randbytes(32))


def aeads(s, r, data):
    extra, key = r.randbytes(r.randrange(100)), r.randbytes(32)
    for name, size, keys in (
        ("chacha20poly1305", 8, 32), ("chacha20poly1305_ietf", 12, 32), ("xchacha20poly1305_ietf", 24, 32),
        ("aegis128l", 16, 16), ("aegis256", 32, 32),
    ):  # fmt: skip
        encrypt = getattr(s, f"crypto_aead_{name}_encrypt", None)
        if encrypt is None:
            continue
        nonce = r.randbytes(size)
        out = encrypt(data, extra, nonce, key[:keys])
        assert getattr(s, f"crypto_aead_{name}_decrypt")(out, extra, nonce, key[:keys]) == data
        yield f"aead_{name}", out


def signatures(s, r, data):
    pk, sk = s.crypto_sign_seed_keypair(r.randbytes(32))
    signature = s.crypto_sign_detached(data, sk)
    s.crypto_sign_verify_detached(signature, data, pk)
    yield "sign", (pk, sk, signature)
    assert s.crypto_sign_open(s.crypto_sign(data, sk), pk) == data
    yield "sign_to_box", (s.crypto_sign_pk_to_box_pk(pk), s.crypto_sign_sk_to_box_sk(sk))
    state = s.crypto_sign_init()
    s.crypto_sign_update(state, data)
    final = s.crypto_sign_final_create(state, sk)
    yield "sign_prehashed", final
    state = s.crypto_sign_init()
    s.crypto_sign_update(state, data)
    s.crypto_sign_final_verify(state, final, pk)
    broken = bytearray(signature)
    broken[r.randrange(64)] ^= 1 << r.randrange(8)
    try:
        s.crypto_sign_verify_detached(bytes(broken), data, pk)
    except ValueError:
        pass
    else:
        raise AssertionError("a broken signature was accepted")


def groups(s, r, data):
    points = [s.crypto_core_ristretto255_from_hash(r.randbytes(64)) for _ in range(2)]
    scalars = [s.crypto_core_ristretto255_scalar_reduce(r.randbytes(64)) for _ in range(2)]
    yield "ristretto_points", points
    yield "ristretto_add", s.crypto_core_ristretto255_add(*points)
    yield "ristretto_sub", s.crypto_core_ristretto255_sub(*points)
    yield "ristretto_mult", s.crypto_scalarmult_ristretto255(scalars[0], points[0])
    yield "ristretto_base", s.crypto_scalarmult_ristretto255_base(scalars[1])
    yield "ristretto_scalars", (
        s.crypto_core_ristretto255_scalar_mul(*scalars), s.crypto_core_ristretto255_scalar_add(*scalars),
        s.crypto_core_ristretto255_scalar_invert(scalars[0]),
    )  # fmt: skip
    client = s.crypto_kx_seed_keypair(r.randbytes(32)) if hasattr(s, "crypto_kx_seed_keypair") else None
    if client:
        server = s.crypto_kx_seed_keypair(r.randbytes(32))
        yield "kx", s.crypto_kx_client_session_keys(*client, server[0])


def passwords(s, r):
    """Argon2id and Argon2i, of sizes that make the vector code run over several passes and slices; scrypt."""
    password, salt = r.randbytes(r.randrange(1, 100)), r.randbytes(16)
    for name, algorithm in (("argon2id", s.crypto_pwhash_ALG_ARGON2ID13), ("argon2i", s.crypto_pwhash_ALG_ARGON2I13)):
        passes, memory = r.randrange(3, 6), r.randrange(8, 2048) * 1024
        yield name, s.crypto_pwhash(r.randrange(16, 65), password, salt, passes, memory, algorithm)
    yield "scrypt", s.crypto_pwhash_scryptsalsa208sha256(32, password, r.randbytes(32), 1 << 15, 1 << 24)


def main(args):
    """``args``: seed, rounds, password_rounds."""
    from keriwasm import native

    s = native.pysodium()
    cases = []

    def take(pairs):
        for name, value in pairs:
            cases.append([name, hashlib.sha256(_text(value)).hexdigest()[:32]])

    for number in range(args["rounds"]):
        r = random.Random(f"{args['seed']}/{number}")
        data = r.randbytes(_length(r))
        for kind in (hashes, streams, boxes, aeads, signatures, groups):
            take(kind(s, r, data))
    for number in range(args["password_rounds"]):
        take(passwords(s, random.Random(f"{args['seed']}/password/{number}")))
    return cases
