// @ts-check
/**
 * Host of a pool worker: boots one Pyodide from what the router worker fetched, then hands over to workers/main.py.
 *
 * All policy is Python (scheduler, Doers, slices). This file imports and moves messages; interpreter.js starts the interpreter.
 */
import { begin } from './restore-first.js';
import { fresh, makeImage, packedModules, restored, writeLater } from './interpreter.js';

/** @typedef {{ v: number, type: string, [field: string]: any }} Envelope */

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));
/** @type {Envelope[]} messages that came before main.py took over */
const waiting = [];
/** @type {(message: Envelope) => void} */
let deliver = message => { waiting.push(message); };

/** A restore that was begun before it was known who this worker is. @type {null | ReturnType<typeof begin>} */
let ahead = null;

scope.onmessage = (/** @type {MessageEvent} */ { data, ports }) => {
  if (data.type === 'worker:init') boot(data).catch(error => fail(data, error));
  else if (data.type === 'worker:ahead') ahead = begin(data, ports[0]);
  else if (data.type.startsWith('ahead:')) ahead?.give[data.type.slice('ahead:'.length)](data);
  else deliver(data);
};

/** @param {Envelope} init @param {any} error */
function fail(init, error) {
  scope.postMessage({ v: init.v, type: 'worker:fault', id: init.id, generation: init.generation, fatal: true,
    unfetched: error?.unfetched === true,
    error: { type: error?.name ?? 'Error', message: String(error?.message ?? error).slice(-4000), traceback: '' } });
}

/** The slices of the manifest that this worker is to carry. @param {Envelope} init */
const chosen = init => Object.fromEntries(init.slices.map((/** @type {string} */ name) => [name, init.config.slices[name]]));

/** @param {Envelope} told */
async function boot(told) {
  /** @type {Envelope} */
  const init = Object.assign(await ahead?.parts ?? {}, told);
  const started = performance.timeOrigin + performance.now();
  const steps = init.packages.length + 3;
  const post = (/** @type {string} */ type, /** @type {object} */ fields, /** @type {Transferable[]} */ transfer = []) =>
    scope.postMessage({ v: init.v, type, id: init.id, generation: init.generation, ...fields }, transfer);
  const progress = (/** @type {string} */ stage, /** @type {number} */ done, /** @type {string} */ detail) =>
    post('worker:progress', { stage, done, total: steps, detail });
  if (init.spare) {
    const image = await makeImage(init, progress);
    return post('worker:image', { image: image.buffer, ms: performance.timeOrigin + performance.now() - started }, [image.buffer]);
  }
  /** @type {any} */
  let python = null;
  if (init.image) {
    // A snapshot that does not start must cost no worker: it is refused, and this one boots plainly.
    python = await (ahead?.python ?? restored(init, progress)).catch(error => {
      if (error?.unfetched) throw error;
      post('worker:unusable', { reason: String(error?.message ?? error).slice(-500) });
    });
  }
  const image = Boolean(python);
  python ??= await fresh(init, progress);
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
    crash(/** @type {string} */ reason) { setTimeout(() => { throw new Error(reason); }); },
  };
  const { module, bytes, late, first, gate, stdlib, wasm, packages, files, config, info, image: _, ...plain } = init;
  const settings = { ...plain, pool: config.pool, heartbeat_ms: config.pool.heartbeat_ms, slices: chosen(init),
    later: packedModules(init), image, started };
  const receive = await python.pyimport('main').start(host, JSON.stringify(settings));
  deliver = ({ body, ...rest }) => {
    if (rest.type === 'worker:later') {
      if (!late) writeLater(python, init, rest.bytes);
    } else receive(JSON.stringify(rest), body ?? undefined);
  };
  for (const message of waiting.splice(0)) deliver(message);
}
