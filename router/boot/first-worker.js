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
 * @typedef {Omit<import('./pack.js').Opened, 'fill' | 'close'> & Omit<import('./pack.js').Filling, 'image'>
 *   & { module: Promise<WebAssembly.Module> }} Found   a pack
 * @typedef {{ worker: Worker, found: Promise<Found | null>, failed: string }} Ahead the first pool worker, what it restores, and
 *   why it is none
 */

/**
 * @param {Worker} worker just started @param {string} folder path of the app @param {string} generation
 * @param {Promise<WebAssembly.Module | null>} early the compiled code, or null: it did not come, or was not what it should be
 * @param {MessagePort} port brings it to the worker sooner than this thread could
 * @returns {Promise<Found | null>} rejects as Pack.find does
 */
export async function readAhead(worker, folder, generation, early, port) {
  const pack = await new Pack(folder).find(generation);
  if (!pack) return null;
  const { head, bytes, gate, fill } = pack;
  // The page's own promise may never settle (it was seen once in some hundred visits): nobody waits for ever.
  /** @type {Promise<null>} */
  const late = new Promise(resolve => { setTimeout(() => resolve(null), LATE_MS); });
  const module = Promise.race([early, late]).then(module => module ?? compile(ROOT, head.pool.wasm));
  module.then(module => worker.postMessage({ type: 'ahead:module', module }),
    error => worker.postMessage({ type: 'ahead:module', error: error.message }));
  worker.postMessage({ type: 'worker:ahead', ...head.pool, bytes, gate, image: head.image }, [port]);
  // The browser opens its own database when it is first asked, which takes a while: the wallet's worker will not wait for it.
  globalThis.indexedDB?.databases?.().catch(() => {});
  await new Promise(resolve => { setTimeout(resolve); });  // the worker's start goes through this thread, which reads now
  import(new URL(head.router.micropython, ROOT).href).catch(() => {});  // the host tells; it comes meanwhile
  const { image, needed, rest } = fill();
  // What is damaged is not given: whoever waits for `needed` ends that worker.
  image.then(() => worker.postMessage({ type: 'ahead:image' }), () => {});
  needed.then(() => worker.postMessage({ type: 'ahead:needed' }), () => {});
  return { head, bytes, gate, module, needed, rest };
}
