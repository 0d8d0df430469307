// @ts-check
/**
 * The keeper: a worker that brings the whole app into the browser's cache, after the page is ready and in the
 * background.
 *
 * Our own files have no hash before they are read, so it asks for each (a conditional request: the server answers 304
 * for what the HTTP cache has), hashes it, and the list of hashes names the generation. Assets of the lock are fetched
 * only when the generation before lacks them, usually from the HTTP cache that the boot has just filled, and stay out
 * unless they are what the lock says. A new generation is read twice before it counts: a deployment that was caught
 * half way differs. What that does not catch: a deployment that stands still half way while we look twice.
 */
import './versions.js';
import './generations.js';
import { ROOT } from '../root.js';
import { appFiles } from './app-files.js';
import { fault } from './whole.js';

const { Generations, HEADERS, digest } = keriwasmGenerations;
const { NOTHING, found: noted, needed } = keriwasmVersions;
const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const TOML = 'static/pyscript/0.7.31/toml-V4Savzlc.js';
const AT_ONCE = 4;
const TRIES = 3;
const encoder = new TextEncoder();

class Changed extends Error {}

/** @param {Iterable<string>} paths @param {(path: string) => Promise<void>} work */
async function each(paths, work) {
  const left = [...paths].reverse();
  const lane = async () => { for (let path = left.pop(); path !== undefined; path = left.pop()) await work(path); };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

/** @param {{ [path: string]: { size: number } }} files */
const total = files => Object.values(files).reduce((sum, { size }) => sum + size, 0);

/** @param {URL} base @param {InstanceType<typeof Generations>} generations @param {(fields: object) => void} tell */
async function keep(base, generations, tell) {
  const { parse } = await import(new URL(TOML, ROOT).href);

  /** One of our own files as the server has it now. @param {string} path @param {RequestInit} [options] */
  async function read(path, options = { cache: 'no-cache' }) {
    // The header tells our own service worker to stand back: only the server's word counts here.
    const response = await fetch(new URL(path, base), { ...options, headers: { 'x-keeper': '1' } }).catch(error => {
      throw new Error(`${path} could not be fetched: ${error.message}`);
    });
    if (!response.ok) throw new Error(`${path} could not be fetched: HTTP ${response.status}`);
    const bytes = await response.arrayBuffer();
    const type = response.headers.get('content-type') ?? '';
    const reason = fault(path, type, bytes);
    if (reason) throw new Error(reason);
    const headers = Object.fromEntries([...response.headers].filter(([name]) => HEADERS.test(name)));
    return { bytes, headers, sha256: await digest(bytes), type: type || 'application/octet-stream' };
  }

  /** The app's two lists. @param {string} manifest @param {string} lock */
  function lists(manifest, lock) {
    try {
      const config = parse(manifest);
      return { config, ...appFiles(config, JSON.parse(lock)) };
    } catch (error) {
      throw new Error(`pyscript.toml or static/lock.json is not whole: ${/** @type {Error} */ (error).message}`);
    }
  }

  const text = (/** @type {{ bytes: ArrayBuffer }} */ { bytes }) => new TextDecoder().decode(bytes);
  const [shell, manifest, lock] = await Promise.all(
    ['index.html', 'pyscript.toml', 'static/lock.json'].map(path => read(path)));
  if (text(shell).includes('/__dev__/reload.js')) {
    await generations.update(() => ({ ...NOTHING, dev: true }));
    await generations.sweep([]);
    return { state: 'dev' };
  }
  // A host that sends no policy: workers, which no meta tag binds, get the page's own (without what only a document
  // knows).
  const policy =
    /http-equiv="Content-Security-Policy" content="([^"]+?); require-trusted-types-for/.exec(text(shell))?.[1];
  if (policy) shell.headers['content-security-policy'] ??= `${policy}; frame-ancestors 'none'`;
  const { config, locked, own } = lists(text(manifest), text(lock));

  /** @type {Map<string, any>} */
  const found = new Map([['index.html', shell], ['pyscript.toml', manifest], ['static/lock.json', lock]]);
  await each(own.filter(path => !found.has(path)), async path => { found.set(path, await read(path)); });
  /** @type {{ [path: string]: { sha256: string, size: number, type: string } }} */
  const files = {};
  for (const path of own) {
    const { sha256, bytes, type } = found.get(path);
    files[path] = { sha256, size: bytes.byteLength, type };
  }
  // Which type a locked file has is the server's to say when it is fetched; it is not part of what names the
  // generation.
  const names = JSON.stringify([shell.headers, Object.entries(files), [...locked].sort()]);
  const id = (await digest(encoder.encode(names))).slice(0, 16);
  const before = await generations.state();
  const digests = Object.fromEntries(own.map(path => [path, files[path].sha256]));
  if (before.failed[id] && before.current !== id) {
    // It was kept once and did not start: nothing of it is fetched again before somebody asks for it.
    const { current, next, failed } = await generations.update(() => ({ network: id, dev: false }));
    const { version, files: all = {} } = await generations.generation(current) ?? {};
    return { state: 'kept', id, version, current, next, size: total(all), digests, failed: failed[id] };
  }
  const known = await generations.generation(id);
  // The types of locked files are filled in as they come.
  const all = { ...files, .../** @type {typeof files} */ (Object.fromEntries(locked)) };
  const generation = known ?? { id, version: config.version, headers: shell.headers, files: all };

  /** What the generation before has of the same bytes need not be fetched again. @type {Map<string, string>} */
  const same = new Map();
  const current = before.current === id ? null : await generations.generation(before.current);
  if (JSON.stringify(current?.headers) === JSON.stringify(generation.headers)) {
    for (const [path, file] of Object.entries(current?.files ?? {})) {
      if (file.sha256 === generation.files[path]?.sha256) same.set(path, file.type);
    }
  }

  const cache = await generations.cache(id);
  const there = new Set((await cache.keys()).map((/** @type {Request} */ request) => request.url));
  const missing = Object.keys(generation.files).filter(path => !there.has(generations.address(id, path)));
  let done = 0;
  const wanted = missing.reduce((sum, path) => sum + generation.files[path].size, 0);
  if (wanted) tell({ state: 'keeping', done, total: wanted });
  await each(missing, async path => {
    const entry = generation.files[path];
    let file = found.get(path);
    if (!file && same.has(path) && current) {
      const bytes = await (await (await generations.cache(current.id))
        .match(generations.address(current.id, path)))?.arrayBuffer();
      file = bytes && { bytes, sha256: await digest(bytes), type: same.get(path) };
    }
    if (file?.sha256 !== entry.sha256) file = await read(path, {});
    if (file.sha256 !== entry.sha256) file = await read(path, { cache: 'reload' });
    if (file.sha256 !== entry.sha256) {
      throw locked.has(path)
        ? new Error(`${path} is not what static/lock.json says (sha256 ${entry.sha256}): it was not kept`)
        : new Changed(`${path} changed on the server meanwhile`);
    }
    entry.type = file.type;
    await cache.put(generations.address(id, path), generations.response(generation, path, file.bytes));
    done += entry.size;
    tell({ state: 'keeping', done, total: wanted });
  });

  if (!known) {
    await each(own, async path => {
      if ((await read(path)).sha256 !== files[path].sha256)
        throw new Changed(`${path} changed on the server meanwhile`);
    });
    // Kept by a visit that ended half way: their types are in the cache only.
    for (const [path, entry] of Object.entries(generation.files)) {
      entry.type ??= (await cache.match(generations.address(id, path)))?.headers.get('content-type')
        ?? 'application/octet-stream';
    }
    await cache.put(generations.url('generation.json'), Response.json(generation));
  }
  const after = await generations.update(state => noted(state, id));
  await generations.sweep(needed(after));
  return { state: 'kept', id, version: config.version, current: after.current, next: after.next,
    size: total(generation.files), digests,
    failed: after.failed[id] };
}

scope.onmessage = async (/** @type {MessageEvent} */ { data }) => {
  const base = new URL(data.base, location.origin);
  const tell = (/** @type {object} */ fields) => scope.postMessage(fields);
  for (let attempt = 1; ; attempt += 1) {
    try {
      tell(await keep(base, new Generations(base), tell));
      return;
    } catch (error) {
      if (error instanceof Changed && attempt < TRIES) continue;
      const { name, message } = /** @type {Error} */ (error);
      const { usage, quota } = await navigator.storage?.estimate?.() ?? {};
      const { current } = await new Generations(base).state();
      return tell({ state: 'failed', name, reason: message, usage, quota, current });
    }
  }
};
