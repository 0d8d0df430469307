// @ts-check
/**
 * Fetches once, for all pool workers, what pyscript.toml names, and checks it against static/lock.json before it runs.
 *
 * The manifest is read with PyScript's own TOML parser, so that this host and PyScript agree on what it says.
 * JavaScript modules cannot be handed over as bytes under our CSP: they are fetched and checked here, and imported
 * afterwards. From the kept app the service worker gives the same bytes, checked again; on a first visit it is the HTTP
 * cache that answers. What that guard does not catch: then, a server that answers the second fetch with other bytes.
 */
import { imageKey } from './images.js';
import './kept.js';

const { digest } = /** @type {any} */ (globalThis).keriwasmKept;

const LOCK = 'static/lock.json';
const MANIFEST = 'pyscript.toml';
const TOML = 'static/pyscript/0.7.31/toml-V4Savzlc.js';

/** @param {string} hex @returns {string} a Subresource Integrity value */
function integrity(hex) {
  const bytes = /** @type {RegExpMatchArray} */ (hex.match(/../g)).map(pair => parseInt(pair, 16));
  return `sha256-${btoa(String.fromCharCode(...bytes))}`;
}

/**
 * @param {URL} base folder of the app's files: that of index.html, or one that names a kept generation
 * @param {string} version what the page runs; the manifest must say the same
 * @param {(bytes: { done: number, total: number }) => void} onprogress bytes before compression
 * @returns {{ router: Promise<any>, pool: Promise<any>, digests: () => Promise<{ [path: string]: string }> }}
 *   `digests`: sha256 of our own files that were read, to find out later which version of the app they were
 */
export function loadAssets(base, version, onprogress) {
  const bytes = { done: 0, total: 0 };
  let told = 0;
  const count = (/** @type {number} */ n) => {
    bytes.done += n;
    const time = performance.now();
    if (time - told > 50 || bytes.done === bytes.total) { told = time; onprogress({ ...bytes }); }
  };
  /** The path as the lock writes it. */
  const clean = (/** @type {string} */ path) => new URL(path, base).pathname.slice(base.pathname.length);

  /** Answers come from the network or the HTTP cache; a cached asset that fails its check is fetched once more.
   *  @type {(path: string, locked: Map<string, any>) => Promise<Response>} */
  async function get(path, locked) {
    const asset = locked.get(clean(path));
    const url = new URL(path, base);
    const options = asset ? { integrity: integrity(asset.sha256) } : { cache: /** @type {RequestCache} */ ('no-cache') };
    let response;
    try {
      response = await fetch(url, options);
    } catch (error) {
      if (!asset) throw new Error(`${clean(path)} could not be fetched: ${error}`);
      response = await fetch(url, { ...options, cache: 'reload' }).catch(() => {
        throw new Error(`${clean(path)} could not be fetched, or it is not what static/lock.json says (sha256 ${asset.sha256})`);
      });
    }
    if (!response.ok) {
      const why = response.headers.get('x-kept-problem');
      throw new Error(why ? decodeURIComponent(why) : `${clean(path)} could not be fetched: HTTP ${response.status}`);
    }
    return response;
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
    return { config, locked, texts: [version, manifest, lockText] };
  })();

  const pool = described.then(async ({ config, locked, texts }) => {
    const folder = config.interpreter.replace(/[^/]*$/, '');
    const modules = [config.interpreter, `${folder}pyodide.asm.mjs`];
    const wasm = `${folder}pyodide.asm.wasm`;
    // Of Pyodide's own list of packages only its head is used: nothing is ever loaded by name from there.
    const list = get(`${folder}pyodide-lock.json`, locked).then(response => response.json());
    const stdlib = config.pool.stdlib ?? `${folder}python_stdlib.zip`;
    const counted = [wasm, stdlib, ...modules, ...config.packages, ...Object.keys(config.pool.later), ...Object.keys(config.files)];
    bytes.total = counted.reduce((sum, path) => sum + (locked.get(clean(path))?.size ?? 0), 0);
    count(0);
    const [{ info }, module, library, , packages, later, files] = await Promise.all([
      list,
      get(wasm, locked).then(response => WebAssembly.compileStreaming(response)).then(compiled => {
        count(locked.get(clean(wasm))?.size ?? 0);
        return compiled;
      }),
      read(stdlib, locked),
      Promise.all(modules.map(path => read(path, locked))),
      Promise.all(config.packages.map(async (/** @type {string} */ path) =>
        ({ name: /** @type {string} */ (path.split('/').pop()), bytes: await read(path, locked) }))),
      Promise.all(Object.entries(config.pool.later).map(async ([path, modules]) =>
        ({ name: /** @type {string} */ (path.split('/').pop()), modules, bytes: await read(path, locked) }))),
      Promise.all(Object.entries(config.files).map(async ([path, target]) =>
        ({ path: String(target), bytes: await read(path, locked) }))),
    ]);
    return {
      interpreter: new URL(config.interpreter, base).href, info, module, stdlib: library, packages, later, files,
      config: { pool: config.pool, slices: config.slices, snapshot: config.snapshot },
      // What a memory snapshot is made of, beyond what the lock names: one that was made of anything else is not found.
      image_key: await imageKey([...texts, ...files.map(file => new TextDecoder().decode(file.bytes))]),
    };
  });

  const router = described.then(async ({ config, locked }) => {
    const [shell, micropython, ...texts] = await Promise.all([
      text('index.html'), get(config.router.interpreter, locked), ...config.router.files.map(text),
    ]);
    const names = config.router.files.map((/** @type {string} */ path) => path.split('/').pop());
    return {
      shell, config: { pool: config.pool, slices: config.slices }, micropython: new URL(micropython.url),
      python: Object.fromEntries(names.map((/** @type {string} */ name, /** @type {number} */ at) => [name, texts[at]])),
    };
  });
  const digests = async () => Object.fromEntries(await Promise.all(
    [...seen].map(async ([path, bytes]) => [path, await digest(bytes)])));
  return { router, pool, digests };
}
