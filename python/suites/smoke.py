"""Every package that a worker carries imports and does its main thing."""

import importlib
import unittest


class Packages(unittest.TestCase):
    """One test per package."""

    def test_blake3(self):
        from blake3 import blake3

        empty = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
        self.assertEqual(blake3(b"").hexdigest(), empty)
        self.assertNotEqual(blake3(b"a").digest(), blake3(b"b").digest())

    def test_pysodium(self):
        from keriwasm.imports import native

        sodium = native.pysodium()
        public, secret = sodium.crypto_sign_keypair()
        signature = sodium.crypto_sign_detached(b"message", secret)
        sodium.crypto_sign_verify_detached(signature, b"message", public)
        with self.assertRaises(ValueError):
            sodium.crypto_sign_verify_detached(signature, b"massage", public)

    def test_liboqs(self):
        from keriwasm.imports import native

        oqs = native.oqs()
        with oqs.KeyEncapsulation("ML-KEM-768") as one, oqs.KeyEncapsulation("ML-KEM-768") as other:
            ciphertext, shared = other.encap_secret(one.generate_keypair())
            self.assertEqual(one.decap_secret(ciphertext), shared)

    def test_hio(self):
        from hio.base import doing

        doist = doing.Doist(limit=0.5, doers=[doing.ExDoer(tock=0.0)])
        doist.do()
        self.assertGreaterEqual(doist.tyme, 0.0)

    def test_falcon(self):
        import falcon

        class Hello:
            def on_get(self, req, rep):
                rep.media = {"hello": req.get_param("who")}

        app = falcon.App()
        app.add_route("/hello", Hello())
        statuses = []
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/hello", "QUERY_STRING": "who=you", "SERVER_NAME": "w",
                   "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http", "wsgi.input": None,
                   "wsgi.errors": None, "SCRIPT_NAME": ""}  # fmt: skip
        body = b"".join(app(environ, lambda status, headers: statuses.append(status)))
        self.assertEqual((statuses, body), (["200 OK"], b'{"hello": "you"}'))

    def test_jinja2_escapes(self):
        import jinja2

        env = jinja2.Environment(autoescape=True)
        self.assertEqual(env.from_string("{{ x }}").render(x="<b>"), "&lt;b&gt;")

    def test_markupsafe(self):
        from markupsafe import escape

        self.assertEqual(str(escape("<&>")), "&lt;&amp;&gt;")

    def test_msgpack(self):
        import msgpack

        value = {"a": [1, 2.5, None, b"x", "ü"]}
        self.assertEqual(msgpack.loads(msgpack.dumps(value)), value)

    def test_cbor2(self):
        import cbor2

        value = {"a": [1, 2.5, None, b"x", "ü"]}
        self.assertEqual(cbor2.loads(cbor2.dumps(value)), value)

    def test_multidict(self):
        from multidict import CIMultiDict

        held = CIMultiDict([("A", "1"), ("a", "2")])
        self.assertEqual(held.getall("a"), ["1", "2"])

    def test_ordered_set(self):
        from ordered_set import OrderedSet

        self.assertEqual(list(OrderedSet("cabac")), ["c", "a", "b"])

    def test_sortedcontainers(self):
        from sortedcontainers import SortedDict

        self.assertEqual(list(SortedDict({3: "c", 1: "a"})), [1, 3])

    def test_lmdb(self):
        import tempfile

        import lmdb

        with lmdb.open(tempfile.mkdtemp(prefix="lmdb_smoke"), max_dbs=2) as env:
            db = env.open_db(b"names", dupsort=True)
            with env.begin(write=True, db=db) as txn:
                txn.put(b"k", b"2")
                txn.put(b"k", b"1")
            with env.begin(db=db) as txn:
                self.assertEqual(txn.get(b"k"), b"1")

    def test_the_worker_s_own_modules(self):
        for name in (
            "disk.pyscript_storage", "runtime.scheduling", "web.app", "web.deeds", "web.form.fields", "web.pool_client",
            "web.rendering", "worker.worker",
        ):  # fmt: skip
            with self.subTest(name):
                importlib.import_module(f"keriwasm.{name}")


class Randomness(unittest.TestCase):
    """Two draws differ, from each source that keys are made of."""

    def test_os_urandom(self):
        import os

        self.assertNotEqual(os.urandom(32), os.urandom(32))

    def test_libsodium(self):
        from keriwasm.imports import native

        sodium = native.pysodium()
        self.assertNotEqual(sodium.randombytes(32), sodium.randombytes(32))

    def test_liboqs(self):
        from keriwasm.imports import native

        oqs = native.oqs()
        keys = []
        for _ in range(2):
            with oqs.KeyEncapsulation("ML-KEM-512") as kem:
                keys.append(kem.generate_keypair())
        self.assertNotEqual(*keys)
