// @ts-check
/**
 * A first visit, in the router worker: what the pool needs is fetched while page and router are still being loaded, and
 * the first pool worker starts its interpreter while the rest of it is on its way.
 */
import { loadAssets } from '../boot/assets.js';
import { compile } from '../boot/checked-fetch.js';
import '../doors/door.js';
import { ROOT } from '../root.js';

const { VERSION } = keriwasmDoor;

/**
 * @param {Worker} worker just started
 * @param {string} wasm path of Pyodide's code, as index.html names it @param {string} integrity
 * @returns {import('../boot/first-worker.js').FirstWorker}
 */
export function fetchFor(worker, wasm, integrity) {
  const sha256 = Array.from(atob(integrity.replace('sha256-', '')),
    byte => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  const early = { path: wasm, sha256, module: compile(ROOT, { path: wasm, sha256 }) };
  early.module.catch(() => {});  // whoever needs it learns of it
  /** @type {import('../boot/first-worker.js').FirstWorker} */
  const first = { worker, failed: '', found: null, onprogress: null,
    loaded: loadAssets(ROOT, VERSION, bytes => first.onprogress?.(bytes), early) };
  first.loaded?.interpreter.then(parts => worker.postMessage({ type: 'worker:begin', ...parts }), () => {});
  return first;
}
