// @ts-check
/**
 * Fetches once, for all pool workers, what pyscript.toml names, and checks it against static/lock.json before it runs.
 * A warm start does without: what is fetched here one by one lies checked in one file then (pack.js).
 *
 * The manifest is read with PyScript's own TOML parser, so that this host and PyScript agree on what it says.
 * JavaScript modules cannot be handed over as bytes under our CSP: they are fetched and checked here, and imported
 * afterwards. From the kept app the service worker gives the same bytes, checked again; on a first visit it is the HTTP
 * cache that answers. What that guard does not catch: then, a server that answers the second fetch with other bytes.
 */
import { checked, compile, good } from './checked-fetch.js';
import '../offline/generations.js';
import { memory } from './pack.js';

const { digest } = keriwasmGenerations;

const LOCK = 'static/lock.json';
const MANIFEST = 'pyscript.toml';
const TOML = 'static/pyscript/0.7.31/toml-V4Savzlc.js';

/** Where the bytes of a file lie in the memory that all workers get. @typedef {{ at: number, size: number }} Slot */

/**
 * Files one after the other in one piece of memory: workers see it at once where memory can be shared, and a pack is
 * made of it.
 * @param {string[]} paths @param {number[]} sizes
 */
function row(paths, sizes) {
  /** @type {Map<string, Slot>} */
  const slots = new Map();
  let end = 0;
  for (const [index, path] of paths.entries()) {
    slots.set(path, { at: end, size: sizes[index] });
    end += sizes[index];
  }
  /** @param {ArrayBuffer[]} buffers */
  const fill = buffers => {
    const whole = memory(end);
    for (const [index, path] of paths.entries())
      new Uint8Array(whole).set(new Uint8Array(buffers[index]), slots.get(path)?.at);
    return whole;
  };
  return { slots, fill };
}

/**
 * @param {URL} base folder of the app's files: that of index.html, or one that names a kept generation
 * @param {string} version what the page runs; the manifest must say the same
 * @param {(bytes: { done: number, total: number }) => void} onprogress bytes before compression
 * @param {{ path: string, sha256: string, module: Promise<WebAssembly.Module> } | null} [early] Pyodide's code, which
 *   is being fetched already
 * @returns {{ router: Promise<any>, pool: Promise<any>, interpreter: Promise<any>,
 *   postponed: () => Promise<SharedArrayBuffer | ArrayBuffer>,
 *   digests: () => Promise<{ [path: string]: string }> }} `postponed` fetches the postponed wheels, in whose memory the
 *   slots of `pool.postponed` lie; after a failure it may be called again. `digests`: sha256 of our own files that were
 *   read, to find out later which version of the app they were; `interpreter`: what one starts with, which is there
 *   before the rest of `pool`
 */
export function loadAssets(base, version, onprogress, early = null) {
  const bytes = { done: 0, total: 0 };
  let told = 0;
  const count = (/** @type {number} */ n) => {
    bytes.done += n;
    const time = performance.now();
    if (time - told > 50 || bytes.done === bytes.total) { told = time; onprogress({ ...bytes }); }
  };
  /** The path as the lock writes it. */
  const clean = (/** @type {string} */ path) => new URL(path, base).pathname.slice(base.pathname.length);

  /** @type {(path: string, locked: Map<string, any>) => Promise<Response>} */
  async function get(path, locked) {
    const asset = locked.get(clean(path));
    const url = new URL(path, base);
    if (asset) return good(await checked(url, clean(path), asset.sha256), clean(path));
    return good(await fetch(url, { cache: 'no-cache' }).catch(error => {
      throw new Error(`${clean(path)} could not be fetched: ${error}`);
    }), clean(path));
  }

  /** Our own files as they were read. @type {Map<string, ArrayBuffer>} */
  const seen = new Map();
  const none = new Map();

  /** @type {(path: string, locked: Map<string, any>) => Promise<ArrayBuffer>} */
  async function read(path, locked) {
    const response = await get(path, locked);
    const buffer = await response.arrayBuffer();
    if (locked.has(clean(path))) count(buffer.byteLength);
    else seen.set(clean(path), buffer);
    return buffer;
  }
  const text = async (/** @type {string} */ path) => new TextDecoder().decode(await read(path, none));

  const described = (async () => {
    const [{ parse }, manifest, lockText] = await Promise.all([
      import(new URL(TOML, base).href),
      text(MANIFEST), text(LOCK),
    ]);
    const lock = JSON.parse(lockText);
    const config = parse(manifest);
    if (config.version !== version) {
      throw new Error(`this page is version ${version}, but the server has ${config.version}: reload the page`);
    }
    const locked = new Map(lock.assets.map((/** @type {any} */ asset) => [asset.path, asset]));
    return { config, locked };
  })();

  const laid = described.then(({ config, locked }) => {
    const paths = Object.keys(config.postponed);
    return { paths, locked, ...row(paths, paths.map(path => locked.get(clean(path)).size)) };
  });
  const postponed = async () => {
    const { paths, locked, fill } = await laid;
    return fill(await Promise.all(paths.map(async path => (await get(path, locked)).arrayBuffer())));
  };

  // What an interpreter starts with is asked for first: it can start while the rest is on its way.
  const begun = described.then(({ config, locked }) => {
    const folder = clean(config.interpreter).replace(/[^/]*$/, '');
    const modules = [config.interpreter, `${folder}pyodide.asm.mjs`];
    const wasm = `${folder}pyodide.asm.wasm`;
    // Of Pyodide's own list of packages only its head is used: nothing is ever loaded by name from there.
    const list = get(`${folder}pyodide-lock.json`, locked).then(response => response.json());
    const whole = `${folder}python_stdlib.zip`;
    const stdlib = config.pool.stdlib ?? whole;
    const wanted = [...Object.keys(config.files), ...config.packages, stdlib];  // in a pack our own files come first
    const code = { path: wasm, sha256: locked.get(wasm).sha256 };
    const same = early?.path === wasm && early.sha256 === code.sha256;
    bytes.total = [wasm, ...modules, ...wanted].reduce((sum, path) => sum + (locked.get(clean(path))?.size ?? 0), 0);
    count(0);
    const module = (same ? early.module : compile(base, code)).then(compiled => {
      count(locked.get(wasm)?.size ?? 0);
      return compiled;
    });
    const library = read(stdlib, locked);
    const all = Promise.all([list, module, library, ...modules.map(path => read(path, locked))]);
    return { config, locked, wanted, wasm: code, stdlib, whole, library, all };
  });
  const interpreter = begun.then(async ({ config, all }) => {
    const [{ info }, module, library] = await all;
    return { interpreter: new URL(config.interpreter, base).href, info, module, library };
  });

  const pool = begun.then(async ({ config, locked, wanted, wasm, stdlib, whole, library, all }) => {
    const [read_, [{ info }, module]] = await Promise.all([
      Promise.all(wanted.map(path => path === stdlib ? library : read(path, locked))), all,
    ]);
    const { slots, fill } = row(wanted, read_.map(buffer => buffer.byteLength));
    const named = (/** @type {string} */ path, /** @type {Slot | undefined} */ slot = slots.get(path)) =>
      ({ name: /** @type {string} */ (path.split('/').pop()), ...slot });
    return {
      bytes: fill(read_), module, interpreter: clean(config.interpreter), info,
      wasm,
      stdlib: named(stdlib), packages: config.packages.map((/** @type {string} */ path) => named(path)),
      postponed: [...(await laid).slots].map(([path, slot]) =>
        ({ ...named(path, slot), modules: config.postponed[path], library: clean(path) === whole })),
      files: Object.entries(config.files).map(([path, target]) => ({ path: String(target), ...slots.get(path) })),
      config: { pool: config.pool, slices: config.slices, snapshot: config.snapshot },
    };
  });

  const router = described.then(async ({ config, locked }) => {
    /** @type {string[]} */
    const paths = config.router.files;
    const wasm = clean(config.micropython.interpreter).replace(/mjs$/, 'wasm');
    const [shell, , ...texts] = await Promise.all([
      text('index.html'), get(config.micropython.interpreter, locked), ...paths.map(text),
    ]);
    return {
      shell, config: { name: config.name, pool: config.pool, slices: config.slices },
      micropython: clean(config.micropython.interpreter), wasm: { path: wasm, sha256: locked.get(wasm).sha256 },
      python: Object.fromEntries(paths.map((path, at) => [clean(path), texts[at]])),
    };
  });
  const digests = async () => Object.fromEntries(await Promise.all(
    [...seen].map(async ([path, bytes]) => [path, await digest(bytes)])));
  for (const promise of [router, pool, interpreter]) promise.catch(() => {});  // whoever needs it learns of it
  return { router, pool, interpreter, postponed, digests };
}
