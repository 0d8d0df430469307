// @ts-check
/**
 * A place of opaque origin (a sandboxed frame and its workers) has no server, no service worker and no module that it
 * could import by address. This script, the first in each of its realms, makes a small world of files that were handed
 * in: `fetch`, `new Worker` and `import` find them below one made-up address, and nothing else anywhere.
 *
 * Modules become blobs whose imports name blobs; a worker is a classic one (engines refuse modules from a blob there)
 * that loads this script and then its module. Our own modules are written so that a plain search finds their imports.
 */
var keriwasmCapsule = (() => {
  const BASE = 'https://capsule.invalid/';
  const TYPES = { wasm: 'application/wasm', js: 'text/javascript', mjs: 'text/javascript', json: 'application/json' };
  /**
   * @typedef {{ files: Map<string, Blob>, pack: Blob | null, loader: string, entry: string }} World `pack` is a file as
   *   router/boot/pack.js writes it
   */
  const scope = /** @type {any} */ (self);
  /** @type {World} */
  let world;
  /** Addresses of modules that are blobs by now. @type {Map<string, Promise<string>>} */
  const made = new Map();
  /** The path of an address of this place, '' for any other. @param {string | URL} url */
  const own = url => {
    const { href } = new URL(url, BASE);
    return href.startsWith(BASE) ? href.slice(BASE.length).split(/[?#]/)[0] : '';
  };
  /** A kept generation's files have the same names. @param {string} path */
  const file = path => world.files.get(path.replace(/^@[0-9a-f]{16}\//, ''));

  /** @param {string} path @returns {Promise<string>} */
  function blob(path) {
    if (!made.has(path)) made.set(path, write(path));
    return /** @type {Promise<string>} */ (made.get(path));
  }

  /** @param {string} path */
  async function write(path) {
    const source = file(path);
    if (!source) throw new TypeError(`there is no module ${path} here`);
    let text = await source.text();
    const here = BASE + path;
    /** @type {Map<string, string>} */
    const found = new Map();
    for (const [, , , name] of text.matchAll(STATIC)) {
      const target = own(new URL(name, here));
      if (file(target)) found.set(name, await blob(target));
    }
    text = text.replace(STATIC, (whole, before, quote, name) =>
      found.has(name) ? `${before}${quote}${found.get(name)}${quote}` : whole)
      .replace(/\bimport\.meta\.url\b/g, JSON.stringify(here))
      .replace(/(?<![.\w$])import\(/g, `keriwasmCapsule.load(${JSON.stringify(here)},`);
    return URL.createObjectURL(new Blob([text, `\n//# sourceURL=${here}`], { type: 'text/javascript' }));
  }
  const STATIC = /((?:^|[\s;}])(?:import|from)\s*)(['"])(\.{1,2}\/[^'"\n]+)\2/g;

  /** `import()`. @param {string} from @param {string | URL} name */
  async function load(from, name) {
    const path = own(new URL(name, from));
    if (!path) throw new TypeError(`${name} is not of this place`);
    return import(await blob(path));
  }

  /** @param {any} request */
  async function fetch(request) {
    const path = own(request?.url ?? request);
    if (!path) throw new TypeError('there is no network here');
    const body = file(path);
    if (!body) return 
      new Response(`there is no ${path} here`, { status: 404, headers: { 'content-type': 'text/plain' } });
    const type = /** @type {any} */ (TYPES)[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
    return new Response(body, { headers: { 'content-type': type } });
  }

  const Native = scope.Worker;
  /** @param {string | URL} url @param {{ name?: string }} options */
  function Worker(url, { name = '' } = {}) {
    const worker = new Native(URL.createObjectURL(new Blob([world.loader], { type: 'text/javascript' })), { name });
    // The pack is for the router worker, which the page starts: a guest's code runs in those that come after it.
    const pack = typeof document === 'undefined' ? null : world.pack;
    worker.postMessage({ ...world, pack, type: 'capsule:begin', entry: own(url) });
    return worker;
  }

  /** A file of the private file system, to be read only. @param {Blob} blob */
  function opened(blob) {
    const reader = new FileReaderSync();
    return {
      /** @param {Uint8Array} view @param {{ at: number }} where */
      read(view, { at }) {
        const bytes = new Uint8Array(reader.readAsArrayBuffer(blob.slice(at, at + view.length)));
        view.set(bytes);
        return bytes.length;
      },
      getSize: () => blob.size,
      close() {},
    };
  }

  /** @param {World} given */
  async function begin(given) {
    world = given;
    Object.assign(scope, { fetch, Worker });
    const { pack } = world;
    if (pack && typeof document === 'undefined') {
      const folder = { getFileHandle: async () => ({ createSyncAccessHandle: async () => opened(pack) }),
        removeEntry: async () => {} };
      // No file system and no hashing here (this is no secure context): who handed the pack in has checked all of it,
      // and written this for each hash.
      Object.defineProperty(navigator, 'storage', { value: { getDirectory: async () => folder } });
      Object.defineProperty(crypto, 'subtle', { value: { digest: async () => new ArrayBuffer(32) } });
      scope.FileSystemFileHandle = class { createSyncAccessHandle() {} };
    }
    await load(BASE, given.entry);
  }

  if (typeof document === 'undefined') {
    /** @type {MessageEvent[]} */
    const waiting = [];
    const pass = () => { while (scope.onmessage && waiting.length) scope.onmessage(waiting.shift()); };
    let begun = false;
    scope.addEventListener('message', (/** @type {MessageEvent} */ event) => {
      if (!begun) {
        begun = true;
        begin(event.data).then(pass, error => setTimeout(() => { throw error; }));
      } else if (!scope.onmessage || waiting.length) {
        event.stopImmediatePropagation();
        waiting.push(event);
        pass();
      }
    });
  }
  return { begin, load };
})();
globalThis.keriwasmCapsule = keriwasmCapsule;
