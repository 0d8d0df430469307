"""A run through all of pysodium: the same seed gives the same answers from any correct libsodium.

``main`` returns the answers, what one build must be able to open that another made (sealed boxes, secret streams,
password strings, keys: all of them random), and the functions of pysodium that were never called.
"""

import hashlib
import random

EDGES = (0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257, 1024)
CHACHAS = {"stream_chacha20": 8, "stream_chacha20_ietf": 12, "stream_xchacha20": 24}
AEADS = {  # name: size of nonce, size of key
    "chacha20poly1305": (8, 32), "chacha20poly1305_ietf": (12, 32), "xchacha20poly1305_ietf": (24, 32),
    "aegis128l": (16, 16), "aegis256": (32, 32),
}  # fmt: skip


class Watched:
    """pysodium, noting which of its functions are called."""

    def __init__(self, module):
        self.module = module
        self.called = set()

    def __getattr__(self, name):
        self.called.add(name)
        return getattr(self.module, name)

    def uncalled(self):
        names = {name for name, value in vars(self.module).items() if callable(value) and name.startswith("crypto_")}
        return sorted(names - self.called)


def _text(value):
    if isinstance(value, (tuple, list)):
        return b"|".join(_text(part) for part in value)
    return bytes(value) if isinstance(value, (bytes, bytearray)) else repr(value).encode()


def _refused(call, *args):
    try:
        call(*args)
    except ValueError:
        return
    raise AssertionError(f"{call.__name__} accepted what it must refuse")


def _flipped(r, data):
    broken = bytearray(data)
    broken[r.randrange(len(data))] ^= 1 << r.randrange(8)
    return bytes(broken)


def hashes(s, r, data):
    yield "generichash", s.crypto_generichash(data, outlen=r.randrange(16, 65))
    yield "generichash_key", s.crypto_generichash(data, k=r.randbytes(r.randrange(16, 65)))
    yield "generichash_salt", s.crypto_generichash_blake2b_salt_personal(
        data, key=r.randbytes(32), salt=r.randbytes(16), personal=r.randbytes(16)
    )
    cut = r.randrange(len(data) + 1)
    state, wide = s.crypto_generichash_init(), s.crypto_hash_sha512_init()
    for part in (data[:cut], data[cut:]):
        s.crypto_generichash_update(state, part)
        s.crypto_hash_sha512_update(wide, part)
    assert s.crypto_generichash_final(state) == hashlib.blake2b(data, digest_size=32).digest()
    assert s.crypto_hash_sha512_final(wide) == s.crypto_hash_sha512(data) == hashlib.sha512(data).digest()
    assert s.crypto_hash_sha256(data) == hashlib.sha256(data).digest()
    yield "sha", (s.crypto_hash_sha256(data), s.crypto_hash_sha512(data))
    for name in ("auth", "auth_hmacsha256", "auth_hmacsha512", "auth_hmacsha512256"):
        key = r.randbytes(32)
        tag = getattr(s, f"crypto_{name}")(data, key)
        getattr(s, f"crypto_{name}_verify")(tag, data, key)
        _refused(getattr(s, f"crypto_{name}_verify"), _flipped(r, tag), data, key)
        yield name, tag


def derivations(s, r, data):
    yield "kdf", s.crypto_kdf_derive_from_key(r.randrange(16, 65), r.randrange(1 << 32), "context_", r.randbytes(32))
    for digest in ("sha256", "sha512"):
        salt = r.randbytes(r.randrange(64))
        extract = f"crypto_kdf_hkdf_{digest}_extract"
        prk = getattr(s, extract)(salt, data)
        state = getattr(s, f"{extract}_init")(salt)
        getattr(s, f"{extract}_update")(state, data)
        assert getattr(s, f"{extract}_final")(state) == prk
        yield f"hkdf_{digest}", (prk, getattr(s, f"crypto_kdf_hkdf_{digest}_expand")(r.randrange(1, 200), prk, data))
    client, server = s.crypto_kx_seed_keypair(r.randbytes(32)), s.crypto_kx_seed_keypair(r.randbytes(32))
    mine = s.crypto_kx_client_session_keys(*client, server[0])
    yours = s.crypto_kx_server_session_keys(*server, client[0])
    assert mine == tuple(reversed(yours))
    yield "kx", (client, mine)


def streams(s, r, data):
    nonce, key = r.randbytes(24), r.randbytes(32)
    yield "stream", s.crypto_stream(r.randrange(1, 2000), nonce, key)
    out = s.crypto_stream_xor(data, len(data), nonce, key)
    assert s.crypto_stream_xor(out, len(out), nonce, key) == data
    yield "stream_xor", out
    for name, size in CHACHAS.items():
        nonce, counter = r.randbytes(size), r.randrange(1 << 20)
        plain = getattr(s, f"crypto_{name}_xor")(data, nonce, key)
        from_counter = getattr(s, f"crypto_{name}_xor_ic")(data, nonce, counter, key)
        assert getattr(s, f"crypto_{name}_xor_ic")(from_counter, nonce, counter, key) == data
        yield name, (plain, from_counter)


def boxes(s, r, data):
    nonce, key = r.randbytes(24), r.randbytes(32)
    box = s.crypto_secretbox(data, nonce, key)
    assert s.crypto_secretbox_open(box, nonce, key) == data
    _refused(s.crypto_secretbox_open, _flipped(r, box), nonce, key)
    cipher, mac = s.crypto_secretbox_detached(data, nonce, key)
    assert s.crypto_secretbox_open_detached(cipher, mac, nonce, key) == data
    yield "secretbox", (box, cipher, mac)
    (pk1, sk1), (pk2, sk2) = (s.crypto_box_seed_keypair(r.randbytes(32)) for _ in range(2))
    box = s.crypto_box(data, nonce, pk2, sk1)
    assert s.crypto_box_open(box, nonce, pk1, sk2) == data
    cipher, mac = s.crypto_box_detached(data, nonce, pk2, sk1)
    assert s.crypto_box_open_detached(cipher, mac, nonce, pk1, sk2) == data
    shared = s.crypto_box_beforenm(pk2, sk1)
    after = s.crypto_box_afternm(data, nonce, shared)
    assert s.crypto_box_open_afternm(after, nonce, shared) == data
    yield "box", (pk1, sk1, box, cipher, mac, shared, after)
    yield "scalarmult", s.crypto_scalarmult_curve25519(sk1, pk2)
    point = r.randbytes(32)
    yield "scalarmult_base", (s.crypto_scalarmult_curve25519_base(point), s.crypto_scalarmult_base(point))


def aeads(s, r, data):
    for name, (nonce_size, key_size) in AEADS.items():
        extra, nonce, key = r.randbytes(r.randrange(100)), r.randbytes(nonce_size), r.randbytes(key_size)
        out = getattr(s, f"crypto_aead_{name}_encrypt")(data, extra, nonce, key)
        decrypt = getattr(s, f"crypto_aead_{name}_decrypt")
        assert decrypt(out, extra, nonce, key) == data
        _refused(decrypt, _flipped(r, out), extra, nonce, key)
        yield f"aead_{name}", out
        if hasattr(s.module, f"crypto_aead_{name}_encrypt_detached"):
            cipher, mac = getattr(s, f"crypto_aead_{name}_encrypt_detached")(data, extra, nonce, key)
            assert getattr(s, f"crypto_aead_{name}_decrypt_detached")(cipher, mac, extra, nonce, key) == data
            yield f"aead_{name}_detached", (cipher, mac)


def signatures(s, r, data):
    seed = r.randbytes(32)
    pk, sk = s.crypto_sign_seed_keypair(seed)
    assert s.crypto_sign_sk_to_seed(sk) == seed and s.crypto_sign_sk_to_pk(sk) == pk
    signature = s.crypto_sign_detached(data, sk)
    s.crypto_sign_verify_detached(signature, data, pk)
    _refused(s.crypto_sign_verify_detached, _flipped(r, signature), data, pk)
    assert s.crypto_sign_open(s.crypto_sign(data, sk), pk) == data
    yield "sign", (pk, sk, signature)
    yield "sign_to_box", (s.crypto_sign_pk_to_box_pk(pk), s.crypto_sign_sk_to_box_sk(sk))
    state, other = s.crypto_sign_init(), s.crypto_sign_init()
    s.crypto_sign_update(state, data)
    s.crypto_sign_update(other, data)
    final = s.crypto_sign_final_create(state, sk)
    s.crypto_sign_final_verify(other, final, pk)
    yield "sign_prehashed", final


def groups(s, r, data):
    points = [s.crypto_core_ristretto255_from_hash(r.randbytes(64)) for _ in range(2)]
    scalars = [s.crypto_core_ristretto255_scalar_reduce(r.randbytes(64)) for _ in range(2)]
    assert s.crypto_core_ristretto255_is_valid_point(points[0])
    yield "ristretto_points", points
    yield "ristretto_sums", (s.crypto_core_ristretto255_add(*points), s.crypto_core_ristretto255_sub(*points))
    yield "ristretto_products", (
        s.crypto_scalarmult_ristretto255(scalars[0], points[0]), s.crypto_scalarmult_ristretto255_base(scalars[1]),
    )  # fmt: skip
    one = [getattr(s, f"crypto_core_ristretto255_scalar_{name}")(scalars[0]) for name in ("invert", "negate", "complement")]
    two = [getattr(s, f"crypto_core_ristretto255_scalar_{name}")(*scalars) for name in ("add", "sub", "mul")]
    yield "ristretto_scalars", one + two


def passwords(s, r):
    """Argon2id and Argon2i, of sizes that make the vector code run over several passes and slices; scrypt."""
    password, salt = r.randbytes(r.randrange(1, 100)), r.randbytes(16)
    for name, algorithm in (("argon2id", s.crypto_pwhash_ALG_ARGON2ID13), ("argon2i", s.crypto_pwhash_ALG_ARGON2I13)):
        passes, memory = r.randrange(3, 6), r.randrange(8, 2048) * 1024
        yield name, s.crypto_pwhash(r.randrange(16, 65), password, salt, passes, memory, algorithm)
    yield "scrypt", s.crypto_pwhash_scryptsalsa208sha256(32, password, r.randbytes(32), 1 << 15, 1 << 24)


def gifts(s, r):
    """What is random, for the other build to open: [kind, hex, hex, ...]."""
    data = r.randbytes(r.choice(EDGES))
    pk, sk = s.crypto_box_keypair()
    yield "seal", data, pk, sk, s.crypto_box_seal(data, pk)
    pk, sk = s.crypto_sign_keypair()
    yield "signed", data, pk, s.crypto_sign(data, sk)
    key = s.crypto_secretstream_xchacha20poly1305_keygen()
    state, header = s.crypto_secretstream_xchacha20poly1305_init_push(key)
    tags = (s.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE, s.crypto_secretstream_xchacha20poly1305_TAG_FINAL)
    first, last = (s.crypto_secretstream_xchacha20poly1305_push(state, data, b"extra", tag) for tag in tags)
    s.crypto_secretstream_xchacha20poly1305_rekey(state)
    yield "secretstream", data, key, header, first, last
    client, server = s.crypto_kx_keypair(), s.crypto_kx_keypair()
    yield "kx", *client, server[0], *s.crypto_kx_client_session_keys(*client, server[0])
    for digest in ("sha256", "sha512"):
        prk = getattr(s, f"crypto_kdf_hkdf_{digest}_keygen")()
        yield "hkdf", digest.encode(), prk, data, getattr(s, f"crypto_kdf_hkdf_{digest}_expand")(42, prk, data)
    for name in ("auth_hmacsha256", "auth_hmacsha512", "auth_hmacsha512256"):
        key = getattr(s, f"crypto_{name}_keygen")()
        yield "mac", name.encode(), key, data, getattr(s, f"crypto_{name}")(data, key)
    key = s.crypto_kdf_keygen()
    yield "kdf", key, s.crypto_kdf_derive_from_key(32, 7, "context_", key)
    scalar, point = s.crypto_core_ristretto255_scalar_random(), s.crypto_core_ristretto255_random()
    yield "ristretto", scalar, point, s.crypto_scalarmult_ristretto255(scalar, point)


def password_strings(s, r):
    password = r.randbytes(r.randrange(1, 60)).replace(b"\0", b"x")
    yield "pwhash", password, s.crypto_pwhash_str(password, 3, 1 << 20)
    yield "scrypt", password, s.crypto_pwhash_scryptsalsa208sha256_str(password, 1 << 15, 1 << 24)


def accept(s, kind, *parts):
    """Open one gift; raises when this build does not agree with the one that made it."""
    if kind == "seal":
        data, pk, sk, box = parts
        assert s.crypto_box_seal_open(box, pk, sk) == data
    elif kind == "signed":
        data, pk, signed = parts
        assert s.crypto_sign_open(signed, pk) == data
    elif kind == "secretstream":
        data, key, header, first, last = parts
        state = s.crypto_secretstream_xchacha20poly1305_init_pull(header, key)
        for chunk in (first, last):
            assert s.crypto_secretstream_xchacha20poly1305_pull(state, chunk, b"extra")[0] == data
    elif kind == "kx":
        assert s.crypto_kx_client_session_keys(*parts[:3]) == tuple(parts[3:])
    elif kind == "hkdf":
        digest, prk, data, out = parts
        assert getattr(s, f"crypto_kdf_hkdf_{digest.decode()}_expand")(42, prk, data) == out
    elif kind == "mac":
        name, key, data, tag = parts
        getattr(s, f"crypto_{name.decode()}_verify")(tag, data, key)
    elif kind == "kdf":
        assert s.crypto_kdf_derive_from_key(32, 7, "context_", parts[0]) == parts[1]
    elif kind == "ristretto":
        assert s.crypto_scalarmult_ristretto255(*parts[:2]) == parts[2]
    elif kind == "pwhash":
        s.crypto_pwhash_str_verify(parts[1], parts[0])
    elif kind == "scrypt":
        s.crypto_pwhash_scryptsalsa208sha256_str_verify(parts[1], parts[0])
    else:
        raise AssertionError(f"unknown gift {kind}")


def main(args):
    """``args``: seed, rounds, password_rounds, and gifts of the other build (or an empty list)."""
    from keriwasm.imports import native

    s = Watched(native.pysodium())
    cases, made = [], []

    def take(pairs):
        for name, value in pairs:
            cases.append([name, hashlib.sha256(_text(value)).hexdigest()[:32]])

    for number in range(args["rounds"]):
        r = random.Random(f"{args['seed']}/{number}")
        data = r.randbytes(r.choice((*EDGES, r.randrange(5000))))
        for kind in (hashes, derivations, streams, boxes, aeads, signatures, groups):
            take(kind(s, r, data))
        made += gifts(s, r)
    for number in range(args["password_rounds"]):
        r = random.Random(f"{args['seed']}/password/{number}")
        take(passwords(s, r))
        made += password_strings(s, r)
    for kind, *parts in args["gifts"]:
        accept(s, kind, *map(bytes.fromhex, parts))
    return {
        "cases": cases,
        "gifts": [[kind, *(bytes(part).hex() for part in parts)] for kind, *parts in made],
        "uncalled": s.uncalled(),
    }
