// @ts-check
/**
 * Host of a pool worker: boots one Pyodide from what the router worker fetched, then hands over to workers/main.py.
 *
 * All policy is Python (scheduler, Doers, slices). This file unpacks, imports and moves messages.
 */

/** @typedef {{ v: number, type: string, [field: string]: any }} Envelope */

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const HOME = '/home/pyodide';
const SITE = '/lib/python3.14/site-packages';
const PACKED = '/packed';

/** @type {Envelope[]} messages that came before main.py took over */
const waiting = [];
/** @type {(message: Envelope) => void} */
let deliver = message => { waiting.push(message); };

scope.onmessage = (/** @type {MessageEvent} */ { data }) => {
  if (data.type === 'worker:init') boot(data).catch(error => fail(data, error));
  else deliver(data);
};

/** @param {Envelope} init @param {any} error */
function fail(init, error) {
  scope.postMessage({ v: init.v, type: 'worker:fault', id: init.id, generation: init.generation, fatal: true,
    error: { type: error?.name ?? 'Error', message: String(error?.message ?? error).slice(-4000), traceback: '' } });
}

/**
 * Pyodide fetches its wasm and its library by itself, in every worker. It has no public option to be given them, so for
 * the time of `loadPyodide` those two requests are answered with what the router worker already fetched, checked and
 * compiled: one download, one check and one compilation for the whole pool.
 * @template T @param {Envelope} init @param {() => Promise<T>} work @returns {Promise<T>}
 */
async function withSharedAssets(init, work) {
  const { fetch } = scope;
  const { instantiateStreaming } = WebAssembly;
  scope.fetch = (request, options) => {
    const url = String(request);
    if (url.endsWith('.asm.wasm')) return Promise.resolve(new Response(null));
    if (url.endsWith('python_stdlib.zip')) return Promise.resolve(new Response(init.stdlib));
    return fetch.call(scope, request, options);
  };
  const module = /** @type {WebAssembly.Module} */ (init.module);
  WebAssembly.instantiateStreaming = async (_, imports) => ({ module, instance: await WebAssembly.instantiate(module, imports) });
  try {
    return await work();
  } finally {
    scope.fetch = fetch;
    WebAssembly.instantiateStreaming = instantiateStreaming;
  }
}

/** The slices of the manifest that this worker is to carry. @param {Envelope} init */
const chosen = init => Object.fromEntries(init.slices.map((/** @type {string} */ name) => [name, init.config.slices[name]]));

/** @param {Envelope} init */
async function boot(init) {
  const started = performance.timeOrigin + performance.now();
  const steps = init.packages.length + 3;
  const progress = (/** @type {string} */ stage, /** @type {number} */ done, /** @type {string} */ detail) => scope.postMessage({
    v: init.v, type: 'worker:progress', id: init.id, generation: init.generation, stage, done, total: steps, detail });
  progress('start', 0, 'Python');
  const { loadPyodide } = await import(init.interpreter);
  const python = await withSharedAssets(init, () => loadPyodide({
    lockFileContents: JSON.stringify({ info: init.info, packages: {} }),
    packageBaseUrl: init.interpreter.replace(/[^/]*$/, ''),
    stdout: (/** @type {string} */ text) => console.info(`[${init.id}] ${text}`),
    stderr: (/** @type {string} */ text) => console.warn(`[${init.id}] ${text}`),
  }));
  for (const [at, { name, bytes }] of init.packages.entries()) {
    progress('install', at + 1, name);
    python.unpackArchive(bytes, 'wheel', { extractDir: SITE });
  }
  for (const { path, bytes } of init.files) {
    const target = path.startsWith('/') ? path : `${HOME}/${path.replace(/^\.\//, '')}`;
    python.FS.mkdirTree(target.replace(/\/[^/]*$/, ''));
    python.FS.writeFile(target, new Uint8Array(bytes));
  }
  python.FS.mkdirTree(PACKED);
  /** @type {Record<string, string>} module -> the wheel that python/keriwasm/later.py unpacks for it */
  const later = {};
  for (const { name, modules, bytes } of init.later) {
    python.FS.writeFile(`${PACKED}/${name}`, new Uint8Array(bytes), { canOwn: true });
    for (const module of modules) later[module] = `${PACKED}/${name}`;
  }
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
  const { module, stdlib, packages, later: _, files, config, info, ...plain } = init;
  const settings = { ...plain, pool: config.pool, heartbeat_ms: config.pool.heartbeat_ms, slices: chosen(init), later, started };
  const receive = await python.pyimport('main').start(host, JSON.stringify(settings));
  deliver = ({ body, ...rest }) => receive(JSON.stringify(rest), body ?? undefined);
  for (const message of waiting.splice(0)) deliver(message);
}
