// @ts-check
/**
 * The policy (router/policy) on MicroPython, which needs nothing of the host: a warm start loads it as soon as the pack
 * is read, while the page is still being parsed (worker.js).
 *
 * To compile and import it takes longer than all else here, so a pack holds MicroPython's memory as it was right after
 * that (boot/supplies.js): a warm start has it put back. It knows nothing of JavaScript and nothing of its host then,
 * and has taken no event.
 */
import { compile } from '../boot/checked-fetch.js';
import { ROOT } from '../root.js';

/**
 * @typedef {{ size: number, ranges: Array<[number, number]>, bytes: Uint8Array }} Memory MicroPython's: its size, and
 *   from where to where something else than zeros is in it, which `bytes` holds in turn
 * @typedef {{ micropython: string, wasm: { path: string, sha256: string }, python: { [path: string]: string },
 *   memory: Memory | null }} Told `python`: the policy's files by path
 * @typedef {{ handle: (event: string) => string, collect: () => void, memory: Memory | null }} Policy
 *   `handle`: an event in, its commands out, both JSON; `collect` collects garbage; `memory`: for the next visit, null:
 *   it cannot be kept
 */

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));
/** Where MicroPython finds router/policy. */
const FOLDER = '/policy';
/** Memory is looked through in steps of so many bytes. */
const STEP = 4096;

/** @type {Promise<Policy> | null} */
let loaded = null;
/** @type {Promise<[{ loadMicroPython: (options: object) => Promise<any> }, WebAssembly.Module]> | null} */
let brought = null;

/** Has its script and its code come, ahead of `load`. @param {Pick<Told, 'micropython' | 'wasm'>} told */
export function prepare({ micropython, wasm }) {
  brought ??= Promise.all([import(new URL(micropython, ROOT).href), compile(ROOT, wasm)]);
  brought.catch(() => {});  // whoever loads it learns of it
  return brought;
}

/**
 * Once: MicroPython keeps itself in globals, so that a second one would take them from the first. Whoever starts a
 * router worker anew starts this anew as well.
 * @param {Told} told @returns {Promise<Policy>}
 */
export function load(told) {
  loaded ??= start(told);
  return loaded;
}

/** @param {Told} told @returns {Promise<Policy>} */
async function start(told) {
  const { memory } = told;
  if (!memory) return fresh(told);
  return restored(told, memory).catch(error => {
    console.warn(`[keriwasm] the router's kept memory cannot be used, its Python is compiled: ${error.message}`);
    return fresh(told);
  });
}

/**
 * MicroPython fetches its code by itself, unchecked, and tells nobody of its memory: for the time of its start that
 * request is answered with what was fetched, checked and compiled.
 * @param {Told} told @returns {Promise<{ python: any, heap: () => Uint8Array }>}
 */
async function interpreter(told) {
  const [{ loadMicroPython }, module] = await prepare(told);
  const { fetch } = scope;
  const { instantiateStreaming } = WebAssembly;
  /** @type {any} */
  let instance = null;
  scope.fetch = (request, options) => String(request) === new URL(told.wasm.path, ROOT).href
    ? Promise.resolve(new Response(null)) : fetch.call(scope, request, options);
  WebAssembly.instantiateStreaming = async (_, imports) =>
    ({ module, instance: instance = await WebAssembly.instantiate(module, imports) });
  try {
    const python = await loadMicroPython({ heapsize: 4 << 20, linebuffer: true });
    return { python, heap: () => new Uint8Array(instance.exports.memory.buffer) };
  } finally {
    scope.fetch = fetch;
    WebAssembly.instantiateStreaming = instantiateStreaming;
  }
}

/** @param {any} python @param {Memory | null} memory @returns {Policy} */
function ready({ globals }, memory) {
  const [handle, collect] = ['handle_json', 'collect'].map(name => globals.get(name));
  if (typeof handle !== 'function' || typeof collect !== 'function') throw new Error('it holds no policy');
  return { handle, collect, memory };
}

/** @param {Told} told @param {Memory} memory @returns {Promise<Policy>} */
async function restored(told, memory) {
  const { python, heap: now } = await interpreter(told);
  const heap = now();
  if (heap.length !== memory.size) throw new Error(`it is of ${memory.size} bytes, here are ${heap.length}`);
  let from = 0;
  for (const [at, end] of memory.ranges) heap.set(memory.bytes.subarray(from, from += end - at), at);
  return ready(python, memory);
}

/** @param {Told} told @returns {Promise<Policy>} */
async function fresh(told) {
  const { python, heap } = await interpreter(told);
  const before = used(heap());
  const encoder = new TextEncoder();  // MicroPython's own is JavaScript
  for (const [path, text] of Object.entries(told.python)) {
    python.FS.mkdirTree(`${FOLDER}/${path.replace(/[^/]*$/, '')}`);
    python.FS.writeFile(`${FOLDER}/${path}`, encoder.encode(text), { canOwn: true });
  }
  python.runPython(`import sys\nsys.path[:0] = ["${FOLDER}", "${FOLDER}/python"]`);
  python.runPython('from router.policy.router import handle_json');
  let whole = true;
  for (const path of Object.keys(told.python)) {  // what is imported later only: its memory comes back without files
    const module = path.replace(/^python\//, '').replace(/(\/__init__)?\.py$/, '').replaceAll('/', '.');
    try {
      python.runPython(`import ${module}`);
    } catch {
      whole = false;  // the policy tells, once it wants it; each visit tries anew
    }
  }
  // MicroPython collects garbage at the end of a call once 16 KB were allocated: after almost every event, and before
  // its commands are carried out. It is done when nothing happens instead; a rush still ends in it, a megabyte later.
  python.runPython('import gc\ngc.threshold(1 << 20)\ndef collect():\n    gc.collect()\ncollect()');
  return ready(python, whole ? taken(heap(), before) : null);
}

/** Where something else than zeros is, by steps. @param {Uint8Array} heap @returns {boolean[]} */
function used(heap) {
  const words = new Uint32Array(heap.buffer);
  return Array.from({ length: Math.ceil(heap.length / STEP) }, (_, step) => {
    const end = Math.min((step + 1) * STEP / 4, words.length);
    for (let at = step * STEP / 4; at < end; at += 1) if (words[at] !== 0) return true;
    return false;
  });
}

/**
 * What is in a memory now.
 * @param {Uint8Array} heap @param {boolean[]} before where something is at each start: may be zeros now
 * @returns {Memory}
 */
function taken(heap, before) {
  /** @type {Array<[number, number]>} */
  const ranges = [];
  for (const [step, here] of used(heap).entries()) {
    if (!here && !before[step]) continue;
    const [at, last] = [step * STEP, ranges.at(-1)];
    if (last?.[1] === at) last[1] += STEP;
    else ranges.push([at, at + STEP]);
  }
  const bytes = new Uint8Array(ranges.reduce((sum, [at, end]) => sum + end - at, 0));
  ranges.reduce((to, [at, end]) => { bytes.set(heap.subarray(at, end), to); return to + end - at; }, 0);
  return { size: heap.length, ranges, bytes };
}
