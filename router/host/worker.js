// @ts-check
/**
 * The router worker's first step: where early.js says so, the pack of a kept app is read (boot/first-worker.js) and
 * restored into the first pool worker at once, while the router itself (host.js) is still being loaded; on a first
 * visit, what the workers need is fetched meanwhile (first-visit.js).
 */

import { ROOT } from '../root.js';

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));
/** @type {MessageEvent[]} */
const waiting = [];
/** @type {typeof import('./host.js').receive} */
let receive = event => { waiting.push(event); };
let begun = false;
/**
 * The pool worker that was started first, which the host takes over.
 * @type {import('../boot/first-worker.js').FirstWorker | null}
 */
let first = null;
/** @type {(module: WebAssembly.Module | null) => void} */
let compiled = () => {};
/** @type {Promise<WebAssembly.Module | null>} */
const module = new Promise(resolve => { compiled = resolve; });

scope.onmessage = (/** @type {MessageEvent} */ event) => {
  if (event.data.type === 'early:module') return compiled(event.data.module);
  if (event.data.type !== 'early:start') {
    begun = true;
    receive(event, first);
  } else if (!begun) startFirst(event.data, event.ports[0]);  // the host begins without it, if that was sooner
};

/**
 * Not where a tab leads already: this worker was started in vain then, and must not be ended while it has the pack's
 * file open.
 * @param {{ folder: string, generation: string, wasm: string, integrity: string }} told
 * @param {MessagePort} port brings the compiled code as well
 */
async function startFirst({ folder, generation, wasm, integrity }, port) {
  // No locks to be had here: leader.js says so.
  const { held } = await navigator.locks.query().catch(() => ({ held: [] }));
  if (begun || held?.some(lock => lock.name === `keriwasm-pool:${folder}`)) return;  // the lock of leader.js
  const worker = new Worker(new URL('workers/worker.js', ROOT), { type: 'module', name: 'w1.1' });
  if (!generation) {
    const { fetchFor } = await import('./first-visit.js');
    return employ(fetchFor(worker, wasm, integrity));
  }
  const found = import('../boot/first-worker.js')
    .then(({ readFor }) => readFor(worker, folder, generation, module, port));
  found.catch(() => {});  // the host tells
  // Before the page says what the router is to be: it is loading still, and nothing here depends on it. After what the
  // first worker needs was read, which both would wait for.
  Promise.all([found, import('./policy.js'), import('../boot/pack.js')]).then(async ([found, policy, { routerOf }]) => {
    if (!found) return;
    policy.prepare(found.head.router);
    await policy.load(await routerOf(found));
  }).catch(() => {});  // the host asks for all of it as well, and tells
  employ({ worker, found, failed: '', loaded: null, onprogress: null });
}

/** @param {import('../boot/first-worker.js').FirstWorker} started */
function employ(started) {
  first = started;
  started.worker.onerror = event => {
    event.preventDefault();
    started.failed = event.message || 'its script could not be loaded';
  };
}

({ receive } = await import('./host.js'));
for (const event of waiting.splice(0)) receive(event, first);
