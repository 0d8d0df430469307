// @ts-check
/**
 * Host of a pool worker: boots one Pyodide from what the router worker fetched, then hands over to workers/main.py.
 *
 * What a worker does is Python's to say (scheduler, Doers, slices). This file moves messages; interpreter.js starts
 * Python.
 */
import { packedModules, writePostponed } from './files.js';
import { call, fresh, load, restored } from './interpreter.js';
import { asking, interruptible } from './interrupt.js';
import { begin } from './restore-first.js';

/**
 * @typedef {import('../router/protocol.js').WorkerInit} Init
 * @typedef {import('../router/protocol.js').RouterToWorker} RouterToWorker
 */

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));
/** Messages that came before main.py took over. @type {RouterToWorker[]} */
const waiting = [];
/** @type {(message: RouterToWorker) => void} */
let deliver = message => { waiting.push(message); };

/** A restore that was begun before it was known who this worker is. @type {null | ReturnType<typeof begin>} */
let begun = null;
/** The interpreter of a first visit, begun likewise. @type {Promise<any> | null} */
let plain = null;

scope.onmessage = (/** @type {MessageEvent} */ { data, ports }) => {
  if (data.type === 'worker:init') boot(data).catch(error => fail(data, error));
  else if (data.type === 'worker:begin') {
    plain = load({ ...data, id: 'w1' }, {}, data.module, data.library);
    plain.catch(() => {});  // whoever waits for it learns of it
  } else if (data.type === 'worker:restore') begun = begin(data, ports[0]);
  else if (data.type.startsWith('restore:')) begun?.give[data.type.slice('restore:'.length)](data);
  else deliver(data);
};

/** @param {Init} init @param {any} error */
function fail({ v, id, generation }, error) {
  scope.postMessage({ v, type: 'worker:fault', id, generation, fatal: true, unfetched: error?.unfetched === true,
    error: { type: error?.name ?? 'Error', message: String(error?.message ?? error).slice(-4000), traceback: '' } });
}

/** The slices of the manifest that this worker is to carry. @param {Init} init */
const chosen = init => Object.fromEntries(init.slices.map(name => [name, init.config.slices[name]]));

/** @param {Init} told */
async function boot(told) {
  /** @type {Init} */
  const init = Object.assign(await begun?.parts ?? {}, told);
  const started = performance.timeOrigin + performance.now();
  const steps = init.packages.length + 3;
  /** @type {(type: string, fields: object, transfer?: Transferable[]) => void} */
  const post = (type, fields, transfer = []) =>
    scope.postMessage({ v: init.v, type, id: init.id, generation: init.generation, ...fields }, transfer);
  const progress = (/** @type {string} */ stage, /** @type {number} */ done, /** @type {string} */ detail) =>
    post('worker:progress', { stage, done, total: steps, detail });
  if (init.spare) {
    const { makeSnapshot } = await import('./make-snapshot.js');
    const { buffer: snapshot } = await makeSnapshot(init, progress);
    return post('worker:snapshot', { snapshot, ms: performance.timeOrigin + performance.now() - started }, [snapshot]);
  }
  /** @type {any} */
  let python = null;
  if (init.snapshot) {
    // A snapshot that does not start must cost no worker: it is refused, and this one boots plainly.
    python = await (begun?.python ?? restored(init, progress)).catch(error => {
      if (error?.unfetched) throw error;
      post('worker:unusable', { reason: String(error?.message ?? error).slice(-500) });
    });
  }
  python ??= await fresh(init, progress, plain);
  const late = { packed: packedModules(init), lazy: init.snapshot ? [] : init.config.snapshot?.lazy ?? [] };
  call(python, 'keriwasm.imports.lazy_native', 'begin', JSON.stringify(late));
  progress('import', steps - 1, 'slices');
  // One JSON text and at most one buffer cross into Python and out of it: no proxies, so nothing to destroy.
  const host = {
    post(/** @type {string} */ text, /** @type {Uint8Array<ArrayBuffer> | undefined} */ body) {
      const message = JSON.parse(text);
      if (body !== undefined) message.body = body.buffer;
      scope.postMessage(message, body === undefined ? [] : [message.body]);
    },
    now: () => performance.timeOrigin + performance.now(),
    heap_bytes: () => python._module.HEAPU8.length,
    interruptible: interruptible(python, init.interrupt ?? null),
    line: asking(init.interrupt ?? null),
    crash(/** @type {string} */ reason) { setTimeout(() => { throw new Error(reason); }); },
  };
  const { id, generation, version, base, faults, form, config: { pool } } = init;
  const settings = { id, generation, version, base, faults, form, pool, heartbeat_ms: pool.heartbeat_ms,
    slices: chosen(init), packed: packedModules(init), started };
  const receive = await python.pyimport('main').start(host, JSON.stringify(settings));
  deliver = message => {
    if (message.type === 'worker:postponed') {
      if (!init.postponedBytes) writePostponed(python, init, message.bytes);
    } else {
      const { body, ...rest } = /** @type {RouterToWorker & { body?: ArrayBuffer | null }} */ (message);
      receive(JSON.stringify(rest), body ?? undefined);
    }
  };
  for (const message of waiting.splice(0)) deliver(message);
}
