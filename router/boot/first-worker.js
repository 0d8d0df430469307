// @ts-check
/**
 * Reads the pack (pack.js) in the router worker while Pyodide's code is compiled (early.js) and the first pool worker
 * (workers/restore-first.js) begins to restore the memory snapshot into it: two cores do what one would do in turn.
 */
import { compile } from './checked-fetch.js';
import { ROOT } from '../root.js';
import { Pack } from './pack.js';

/** Much longer than it takes to compile; then it is begun anew. */
const LATE_MS = 10_000;

/**
 * @typedef {import('../protocol.js').Bytes} Bytes
 * @typedef {{ head: import('./pack.js').Head, bytes: Bytes, gate: SharedArrayBuffer | null,
 *   module: Promise<WebAssembly.Module>, needed: Promise<void>, rest: () => Promise<void> }} Found
 *   a pack that is being read, as pack.js says, and Pyodide's code
 * @typedef {{ worker: Worker, failed: string, found: Promise<Found | null> | null,
 *   loaded: ReturnType<typeof import('./assets.js').loadAssets> | null,
 *   onprogress: null | ((bytes: { done: number, total: number }) => void) }} FirstWorker the first pool worker and why
 *   it is none; what it restores, or, on a first visit, what is being fetched (host/first-visit.js)
 */

/**
 * @param {Worker} worker just started @param {string} folder path of the app @param {string} generation
 * @param {Promise<WebAssembly.Module | null>} early the compiled code, or null: it did not come, or was not what it
 *   should be
 * @param {MessagePort} port brings it to the worker sooner than this thread could
 * @returns {Promise<Found | null>} rejects as Pack.find does
 */
export async function readFor(worker, folder, generation, early, port) {
  const pack = await new Pack(folder).find(generation);
  if (!pack) return null;
  const { head, bytes, gate, fill } = pack;
  // The page's own promise may never settle (it was seen once in some hundred visits): nobody waits for ever.
  /** @type {Promise<null>} */
  const late = new Promise(resolve => { setTimeout(() => resolve(null), LATE_MS); });
  const module = Promise.race([early, late]).then(module => module ?? compile(ROOT, head.pool.wasm));
  module.then(module => worker.postMessage({ type: 'restore:module', module }),
    error => worker.postMessage({ type: 'restore:module', error: error.message }));
  worker.postMessage({ type: 'worker:restore', ...head.pool, bytes, gate, snapshot: head.snapshot }, [port]);
  // The browser opens its own database when it is first asked, which takes a while: the wallet's worker will not wait
  // for it.
  globalThis.indexedDB?.databases?.().catch(() => {});
  // The worker's start goes through this thread, which reads now.
  await new Promise(resolve => { setTimeout(resolve); });
  const { snapshot, needed, rest } = fill();
  // What is damaged is not given: whoever waits for `needed` ends that worker.
  snapshot.then(() => worker.postMessage({ type: 'restore:snapshot' }), () => {});
  needed.then(() => worker.postMessage({ type: 'restore:needed' }), () => {});
  return { head, bytes, gate, module, needed, rest };
}
