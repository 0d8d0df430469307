// @ts-check
/**
 * Reads the pack (pack.js) in the router worker while the first pool worker (workers/ahead.js) fetches and compiles Pyodide
 * and begins to restore the memory snapshot into it: two cores do what one would do in turn.
 */
import { Pack } from './pack.js';

/**
 * @typedef {{ head: import('./pack.js').Head, bytes: SharedArrayBuffer | ArrayBuffer, module: Promise<WebAssembly.Module>,
 *             all: Promise<void> }} Found
 *   a pack; `all` once its body is read and checked
 * @typedef {{ worker: Worker, found: Promise<Found | null> }} Ahead the first pool worker, and what it restores
 */

/**
 * @param {Worker} worker just started @param {string} folder path of the app @param {string} generation
 * @returns {Promise<Found | null>} rejects as Pack.find does
 */
export async function readAhead(worker, folder, generation) {
  const pack = await new Pack(folder).find(generation);
  if (!pack) return null;
  const { head, bytes, fill } = pack;
  /** @type {Promise<WebAssembly.Module>} */
  const module = new Promise((resolve, reject) => {
    worker.addEventListener('message', ({ data }) => {
      if (data.type === 'ahead:module') data.error ? reject(new Error(data.error)) : resolve(data.module);
    });
    worker.addEventListener('error', event => {
      event.preventDefault();
      reject(new Error(event.message || 'the first worker could not be loaded'));
    });
  });
  worker.postMessage({ type: 'worker:ahead', ...head.pool, bytes, image: head.image });
  await new Promise(resolve => { setTimeout(resolve); });  // the worker's start goes through this thread, which reads now
  const { image, all } = fill();
  // What is damaged is not given: whoever waits for `all` ends that worker.
  image.then(() => worker.postMessage({ type: 'ahead:image' }), () => {});
  all.then(() => worker.postMessage({ type: 'ahead:all' }), () => {});
  return { head, bytes, module, all };
}
