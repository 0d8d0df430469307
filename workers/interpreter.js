// @ts-check
/** Starts a Pyodide from what the router worker fetched: plainly, or from a memory snapshot. */

import {
  PACKED, STDLIB, gated, library, there, unpackWheel, view, writeFiles, writePostponed, writeWheels,
} from './files.js';

/**
 * @typedef {import('../router/protocol.js').WorkerInit} Init
 * @typedef {(stage: string, done: number, detail: string) => void} Progress
 */

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));
/** Bytes of a module that only gives a function of JavaScript's a type. */
const TINY = 128;

/**
 * Pyodide fetches its wasm and its library by itself, in every worker. It has no public option to be given them, so for
 * the time of `loadPyodide` those two requests are answered with what the router worker already fetched, checked and
 * compiled: one download, one check and one compilation for the whole pool. TextDecoder refuses shared memory, in which
 * the snapshot lies: it gets a copy of what it is to read. For each of 260 functions of its own that C may call
 * Emscripten compiles a tiny module, which depends on the function's type only: each of those is compiled once.
 * @template T @param {Promise<any>} module @param {ArrayBuffer} stdlib @param {() => Promise<T>} work @returns
 *   {Promise<T>}
 */
async function withSharedAssets(module, stdlib, work) {
  const { fetch } = scope;
  const { instantiateStreaming, Module } = WebAssembly;
  const { decode } = TextDecoder.prototype;
  scope.fetch = (request, options) => {
    const url = String(request);
    if (url.endsWith('.asm.wasm')) return Promise.resolve(new Response(null));
    if (url.endsWith('python_stdlib.zip')) return Promise.resolve(new Response(stdlib));
    return fetch.call(scope, request, options);
  };
  WebAssembly.instantiateStreaming = async (_, imports) =>
    ({ module: await module,
        instance: await WebAssembly.instantiate(/** @type {WebAssembly.Module} */ (await module), imports) });
  /** @type {Map<string, WebAssembly.Module>} */
  const compiled = new Map();
  WebAssembly.Module = new Proxy(Module, {
    construct(_, [bytes]) {
      const key = bytes.length <= TINY ? String(bytes) : '';
      const module = compiled.get(key) ?? new Module(bytes);
      if (key) compiled.set(key, module);
      return module;
    },
  });
  TextDecoder.prototype.decode = function (/** @type {any} */ input, /** @type {any} */ options) {
    return decode.call(this,
      globalThis.SharedArrayBuffer && input?.buffer instanceof SharedArrayBuffer ? input.slice() : input, options);
  };
  try {
    return await work();
  } finally {
    scope.fetch = fetch;
    Object.assign(WebAssembly, { instantiateStreaming, Module });
    TextDecoder.prototype.decode = decode;
  }
}

/**
 * @param {{ id: string, [part: string]: any }} init
 * @param {object} options of loadPyodide, beyond those that every worker has
 * @param {Promise<any>} module the compiled one @param {ArrayBuffer} stdlib
 */
export async function load(init, options, module, stdlib) {
  const { loadPyodide } = await import(init.interpreter);
  return withSharedAssets(module, stdlib, () => loadPyodide({
    lockFileContents: JSON.stringify({ info: init.info, packages: {} }),
    packageBaseUrl: init.interpreter.replace(/[^/]*$/, ''),
    stdout: (/** @type {string} */ text) => console.info(`[${init.id}] ${text}`),
    stderr: (/** @type {string} */ text) => console.warn(`[${init.id}] ${text}`),
    ...options,
  }));
}

/**
 * A plain boot: what every worker needs is unpacked, nothing imported.
 * @param {Init} init @param {Progress} progress @param {Promise<any> | null} begun an interpreter that has started
 */
export async function fresh(init, progress, begun) {
  progress('start', 0, 'Python');
  if (!there(init)) throw new Error('the library and the wheels could not be read');
  const python = await (begun ?? load(init, {}, init.module, library(init).slice().buffer));
  for (const [at, wheel] of init.packages.entries()) {
    progress('install', at + 1, wheel.name);
    unpackWheel(python, init, wheel);
  }
  writeFiles(python, init);
  if (init.postponedBytes) writePostponed(python, init, init.postponedBytes);
  return python;
}

/**
 * A boot from a snapshot: the memory is that of a worker which had imported everything. All wheels stay packed until
 * they are needed, because files are not part of a snapshot.
 * @param {Init} init @param {Progress} progress
 * @param {{ module?: Promise<any>, filled?: Promise<any>, needed?: Promise<any> }} [coming] what is not there yet: the
 *   compiled module; the snapshot, and our own files, read and checked
 */
export async function restored(init, progress, { module = init.module, filled, needed } = {}) {
  progress('restore', 0, 'Python');
  const snapshot = view(init, init.snapshot);
  // What does not come is no fault of the snapshot, which is not given up for it.
  const fetched = Promise.all([
    import(init.interpreter.replace(/pyodide\.mjs$/, 'pyodide.asm.mjs')), import(init.interpreter),
  ]);
  const [{ default: create }] = await fetched.catch(error => { throw Object.assign(error, { unfetched: true }); });
  const python = await load(init, {
    _loadSnapshot: snapshot,
    // A snapshot larger than the first heap fails ("offset is out of bounds"), so the heap is grown before it is read;
    // the restored memory replaces the allocator's state as well.
    createPyodideModule: async (/** @type {any} */ settings) => {
      const created = await create(settings);
      while (created.HEAP8.length < snapshot.byteLength) created._malloc(8 << 20);
      await filled;
      return created;
    },
  }, module, new ArrayBuffer(0));
  await needed;
  // Read only, as the wheels: no worker needs a copy.
  python.FS.writeFile(STDLIB, view(init, init.stdlib), { canOwn: true });
  writeFiles(python, init);
  const packed = [...init.packages, ...init.postponed];
  writeWheels(python, init.bytes, packed);
  gated(python, init, [STDLIB, ...packed.map(({ name }) => `${PACKED}/${name}`)]);
  call(python, 'keriwasm.snapshot.snapshot', 'restored', PACKED);
  return python;
}

/**
 * Texts only: a proxy that lives while a snapshot is taken would make it worthless.
 * @param {any} python @param {string} module @param {string} name @param {string[]} texts
 */
export const call = (python, module, name, ...texts) =>
  python.runPython(`import ${module}\n${module}.${name}(${texts.map(text => JSON.stringify(text)).join(', ')})\nNone`);
