// @ts-check
// The peers of the load lab: JavaScript libraries that do what our workers do, measured by the same method as
// ours (measuring.py): batches between two readings of the clock, a yield every few milliseconds, wall time from the
// common start. This worker is the page's own, made by static/page/load-lab.js when a run wants a peer; each library is
// fetched at its first use. All of them run under the page's Content-Security-Policy; what one does not offer is not in
// its table here.

import { ROOT } from '../../router/root.js';
import { Histogram, resolution } from './clock.js';

/** @typedef {() => unknown} Once  one run of an operation, its keys made beforehand */
/** @typedef {(payload: number) => Once | Promise<Once>} Build */

const BASE = 'static/vendor/peers';
const MIB = 1 << 20;
const SLICE_MS = 4; // SLICE in measuring.py
const SAMPLE_MS = 0.2; // SAMPLE_NS

/** getRandomValues gives 64 KiB at most. @param {number} size */
function random(size) {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  return bytes;
}

/**
 * @param {string} path
 * @returns {Promise<any>} a vendored module; a path that is put together is none of TypeScript's business
 */
const load = path => import(new URL(`${BASE}/${path}`, ROOT).href);

/**
 * Raises when a library's own answer is wrong: a fast wrong one must not count.
 * @param {unknown} truth @param {string} what
 */
function must(truth, what) {
  if (!truth) throw new Error(`${what} did not work`);
}

const SIZES = { '200': 200, '1k': 1024, '16k': 16384, '1m': MIB };
/** @param {string} text */
const sized = text => SIZES[/** @type {keyof typeof SIZES} */ (text)];

// ---------------------------------------------------------------- libsodium.js

/** @returns {Promise<any>} */
async function sodium() {
  const { default: library } = await load('libsodium-wrappers-sumo/0.8.4/libsodium-wrappers.mjs');
  await library.ready;
  return library;
}

/** @param {string} operation @returns {Promise<Build>} */
async function libsodium(operation) {
  const library = await sodium();
  const [, family, step] = /** @type {RegExpExecArray} */ (/^(.*)-([^-]+)$/.exec(operation));
  switch (family) {
    case 'ed25519': return payload => {
      const { publicKey, privateKey } = library.crypto_sign_keypair();
      const message = random(payload);
      if (step === 'keypair') return () => library.crypto_sign_keypair();
      if (step === 'sign') return () => library.crypto_sign_detached(message, privateKey);
      const signature = library.crypto_sign_detached(message, privateKey);
      must(library.crypto_sign_verify_detached(signature, message, publicKey), operation);
      return () => library.crypto_sign_verify_detached(signature, message, publicKey);
    };
    case 'x25519': return payload => {
      const { publicKey, privateKey } = library.crypto_box_keypair();
      const message = random(payload);
      if (step === 'seal') return () => library.crypto_box_seal(message, publicKey);
      const sealed = library.crypto_box_seal(message, publicKey);
      return () => library.crypto_box_seal_open(sealed, publicKey, privateKey);
    };
    case 'xchacha': return () => {
      const [message, nonce, key] = [random(sized(step)), random(24), random(32)];
      return () => library.crypto_aead_xchacha20poly1305_ietf_encrypt(message, null, null, nonce, key);
    };
    case 'blake2b': return () => {
      const message = random(sized(step));
      return () => library.crypto_generichash(32, message, null);
    };
    case 'argon2id': return () => {
      const [passes, mib] = step === 'interactive' ? [2, 64] : [3, 256];
      const salt = random(16);
      return () => library.crypto_pwhash(32, 'correct horse battery staple', salt, passes, mib * MIB,
        library.crypto_pwhash_ALG_ARGON2ID13);
    };
  }
  throw new Error(`libsodium.js is not asked for ${operation}`);
}

// ---------------------------------------------------------------- @noble

const NOBLE = { hashes: 'noble-hashes/2.4.0', curves: 'noble-curves/2.4.0', ciphers: 'noble-ciphers/2.4.0',
  pq: 'noble-post-quantum/0.7.1' };

/** @param {any} scheme @param {string} step @returns {Build} */
const kemOf = (scheme, step) => () => {
  const { publicKey, secretKey } = scheme.keygen();
  if (step === 'keypair') return () => scheme.keygen();
  if (step === 'encaps') return () => scheme.encapsulate(publicKey);
  const { cipherText } = scheme.encapsulate(publicKey);
  return () => scheme.decapsulate(cipherText, secretKey);
};

/** @param {any} scheme @param {string} step @returns {Build} */
const signerOf = (scheme, step) => payload => {
  const { publicKey, secretKey } = scheme.keygen();
  const message = random(payload);
  if (step === 'sign') return () => scheme.sign(message, secretKey);
  const signature = scheme.sign(message, secretKey);
  must(scheme.verify(signature, message, publicKey), 'verifying');
  return () => scheme.verify(signature, message, publicKey);
};

/** @param {string} operation @returns {Promise<Build>} */
async function noble(operation) {
  const [, family, step] = /** @type {RegExpExecArray} */ (/^(.*)-([^-]+)$/.exec(operation));
  switch (family) {
    case 'ed25519': {
      const { ed25519 } = await load(`${NOBLE.curves}/ed25519.js`);
      return payload => {
        const { publicKey, secretKey } = ed25519.keygen();
        const message = random(payload);
        if (step === 'keypair') return () => ed25519.keygen();
        if (step === 'sign') return () => ed25519.sign(message, secretKey);
        const signature = ed25519.sign(message, secretKey);
        must(ed25519.verify(signature, message, publicKey), operation);
        return () => ed25519.verify(signature, message, publicKey);
      };
    }
    case 'xchacha': {
      const { xchacha20poly1305 } = await load(`${NOBLE.ciphers}/chacha.js`);
      return () => {
        const [message, nonce, key] = [random(sized(step)), random(24), random(32)];
        return () => xchacha20poly1305(key, nonce).encrypt(message);
      };
    }
    case 'blake3': {
      const { blake3 } = await load(`${NOBLE.hashes}/blake3.js`);
      return () => { const message = random(sized(step)); return () => blake3(message); };
    }
    case 'blake2b': {
      const { blake2b } = await load(`${NOBLE.hashes}/blake2.js`);
      return () => { const message = random(sized(step)); return () => blake2b(message, { dkLen: 32 }); };
    }
    case 'ml-kem-512': case 'ml-kem-768': case 'ml-kem-1024':
      return kemOf(
        (await load(`${NOBLE.pq}/ml-kem.js`))[family.replaceAll('-', '_').replace('ml_kem_', 'ml_kem')], step);
    case 'ml-dsa-44': case 'ml-dsa-65': case 'ml-dsa-87':
      return signerOf(
        (await load(`${NOBLE.pq}/ml-dsa.js`))[family.replaceAll('-', '_').replace('ml_dsa_', 'ml_dsa')], step);
    case 'falcon-512': return signerOf((await load(`${NOBLE.pq}/falcon.js`)).falcon512, step);
    case 'slh-dsa-128f': return signerOf((await load(`${NOBLE.pq}/slh-dsa.js`)).slh_dsa_sha2_128f, step);
  }
  throw new Error(`@noble is not asked for ${operation}`);
}

// ---------------------------------------------------------------- hash-wasm

/** @param {string} operation @returns {Promise<Build>} */
async function hashWasm(operation) {
  const library = await load('hash-wasm/4.13.0/index.esm.min.js');
  const [, family, step] = /** @type {RegExpExecArray} */ (/^(.*)-([^-]+)$/.exec(operation));
  if (family === 'argon2id') {
    const [iterations, mib] = step === 'interactive' ? [2, 64] : [3, 256];
    const salt = random(16);
    return () => () => library.argon2id({ password: 'correct horse battery staple', salt, iterations, parallelism: 1,
      memorySize: mib * 1024, hashLength: 32, outputType: 'binary' });
  }
  // A hasher that is kept, begun anew for each message: the fastest way that the library offers.
  const hasher = await (family === 'blake3' ? library.createBLAKE3() : library.createBLAKE2b(256));
  return () => {
    const message = random(sized(step));
    return () => hasher.init().update(message).digest('binary');
  };
}

// ---------------------------------------------------------------- @oqs/liboqs-js

const OQS = 'liboqs-js/0.15.1/src/algorithms';
/** operation's family -> [module, its factory] */
const OQS_MODULES = /** @type {Record<string, [string, string]>} */ ({
  'ml-kem-512': ['kem/ml-kem/ml-kem-512.js', 'createMLKEM512'],
  'ml-kem-768': ['kem/ml-kem/ml-kem-768.js', 'createMLKEM768'],
  'ml-kem-1024': ['kem/ml-kem/ml-kem-1024.js', 'createMLKEM1024'],
  'ml-dsa-44': ['sig/ml-dsa/ml-dsa-44.js', 'createMLDSA44'],
  'ml-dsa-65': ['sig/ml-dsa/ml-dsa-65.js', 'createMLDSA65'],
  'ml-dsa-87': ['sig/ml-dsa/ml-dsa-87.js', 'createMLDSA87'],
  'falcon-512': ['sig/falcon/falcon-512.js', 'createFalcon512'],
  'slh-dsa-128f': ['sig/slh-dsa/slh-dsa-sha2-128f.js', 'createSlhDsaSha2128f'],
});

/** @param {string} operation @returns {Promise<Build>} */
async function liboqs(operation) {
  const [, family, step] = /** @type {RegExpExecArray} */ (/^(.*)-([^-]+)$/.exec(operation));
  const [path, factory] = OQS_MODULES[family];
  const scheme = await (await load(`${OQS}/${path}`))[factory]();
  return payload => {
    const { publicKey, secretKey } = scheme.generateKeyPair();
    if (step === 'keypair') return () => scheme.generateKeyPair();
    if (step === 'encaps') return () => scheme.encapsulate(publicKey);
    if (step === 'decaps') {
      const { ciphertext } = scheme.encapsulate(publicKey);
      return () => scheme.decapsulate(ciphertext, secretKey);
    }
    const message = random(payload);
    if (step === 'sign') return () => scheme.sign(message, secretKey);
    const signature = scheme.sign(message, secretKey);
    must(scheme.verify(message, signature, publicKey), operation);
    return () => scheme.verify(message, signature, publicKey);
  };
}

// ---------------------------------------------------------------- the method

/** @type {Record<string, (operation: string) => Promise<Build>>} */
const CONTENDERS = { 'libsodium.js': libsodium, noble, 'hash-wasm': hashWasm, 'liboqs-js': liboqs };

/**
 * An operation that is one call for many (operations.py) is as many calls here: no library has one for it.
 * @param {string} contender @param {string} operation @param {number} payload @returns {Promise<Once>}
 */
async function built(contender, operation, payload) {
  const [, single, rows] = /** @type {RegExpExecArray} */ (/^(.*?)(?:-x(\d+))?$/.exec(operation));
  const once = await (await CONTENDERS[contender](single))(payload);
  if (!rows) return once;
  const count = Number(rows);
  return () => {
    for (let n = 1; n < count; n++) once();
    return once();
  };
}

/** What was prepared last for each contender. @type {Map<string, {key: string, once: Once, waits: boolean}>} */
const prepared = new Map();

const channel = new MessageChannel();
/** @type {(() => void) | null} */
let resume = null;
channel.port1.onmessage = () => resume?.();

/** Gives way to messages without the 4 ms that browsers clamp nested timers to. @returns {Promise<void>} */
const giveWay = () => new Promise(resolve => { resume = resolve; channel.port2.postMessage(0); });

const epoch = () => performance.timeOrigin + performance.now();

/** @param {any} job */
async function prepare({ contender, operation, payload_bytes: payload, warm_s: warm }) {
  const key = `${operation}/${payload}`;
  if (prepared.get(contender)?.key !== key) {
    const once = await built(contender, operation, payload);
    const first = once();
    prepared.set(contender, { key, once, waits: first instanceof Promise });
    await first;
  }
  const { once, waits } = /** @type {{once: Once, waits: boolean}} */ (prepared.get(contender));
  const until = performance.now() + warm * 1000;
  let size = 1, best = Infinity, one = 0;
  do {
    const began = performance.now();
    for (let n = 0; n < size; n++) waits ? await once() : once();
    const took = performance.now() - began;
    one = took / size;
    if (took < SAMPLE_MS) size = Math.min(size * 2, 1e6);
    else best = Math.min(best, one); // the fastest sample, as in measuring.py
    await giveWay();
  } while (performance.now() < until);
  return { one_ns: Math.max(1, (best < Infinity ? best : one) * 1e6), resolution_ns: resolution() };
}

/** @param {any} job */
async function measure({ contender, start_ms, seconds, batch }) {
  const held = prepared.get(contender);
  if (!held) throw new Error(`${contender} was not prepared`);
  const { once, waits } = held;
  while (epoch() < start_ms - 5) await new Promise(resolve => setTimeout(resolve, start_ms - 4 - epoch()));
  while (epoch() < start_ms);
  const late_ms = epoch() - start_ms;
  const histogram = new Histogram();
  const began = performance.now();
  let here = began, pause = began + SLICE_MS;
  while (here < began + seconds * 1000) {
    const before = performance.now();
    if (waits) for (let n = 0; n < batch; n++) await once();
    else for (let n = 0; n < batch; n++) once();
    here = performance.now();
    histogram.record((here - before) * 1e6 / batch);
    if (here >= pause) {
      await giveWay();
      pause = performance.now() + SLICE_MS;
    }
  }
  const wall_ns = Math.round((here - began) * 1e6);
  return { ops: histogram.count * batch, wall_ns, late_ms, histogram: histogram.told() };
}

self.onmessage = async ({ data: job }) => {
  try {
    self.postMessage(await (job.kind === 'prepare' ? prepare(job) : measure(job)));
  } catch (error) {
    self.postMessage({ error: `${job.contender}: ${error instanceof Error ? error.message : error}` });
  }
};
