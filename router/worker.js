// @ts-check
/**
 * The router worker's first step: where a kept app may be started from its pack, that is read (ahead.js) and restored into
 * the first pool worker at once, while the router itself (host.js) is still being loaded.
 */

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));
/** @type {MessageEvent[]} */
const waiting = [];
scope.onmessage = (/** @type {MessageEvent} */ event) => { waiting.push(event); };

const [, folder, generation] = /^(.*\/)@([0-9a-f]{16})\/router\/worker\.js$/.exec(new URL(import.meta.url).pathname) ?? [];

/** Whether a tab runs the pool already: then this worker was started in vain, and will be ended. The lock is that of
 *  leader.js; what it imports would be waited for here. */
async function led() {
  if (scope.name !== 'router, early') return false;
  const { held } = await navigator.locks.query();
  return Boolean(held?.some(lock => lock.name === `keriwasm-pool:${folder}`));
}

const host = import('./host.js');
/** Without shared memory what is read would have to be copied once it is there: then the host reads it itself. */
if (generation && crossOriginIsolated && navigator.locks && !await led()) {
  const worker = new Worker(new URL('../workers/worker.js', import.meta.url), { type: 'module', name: 'w1.1' });
  const found = import('./ahead.js').then(({ readAhead }) => readAhead(worker, folder, generation));
  found.catch(() => {});  // the host tells
  /** @type {any} */ (globalThis).keriwasmAhead = { worker, found };
}
const { receive } = await host;
scope.onmessage = receive;
for (const event of waiting.splice(0)) receive(event);
