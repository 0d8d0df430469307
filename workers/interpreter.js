// @ts-check
/**
 * Starts a Pyodide from what the router worker fetched: plainly, or from a memory snapshot; and makes such a snapshot.
 *
 * No policy: what is imported into a snapshot says pyscript.toml, what happens in Python says keriwasm/snapshot/snapshot.py.
 */

/** @typedef {{ v: number, type: string, [field: string]: any }} Envelope */
/** @typedef {(stage: string, done: number, detail: string) => void} Progress */
/** @typedef {{ at: number, size: number }} Slot */
/** @typedef {SharedArrayBuffer | ArrayBuffer} Bytes */

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const HOME = '/home/pyodide';
const SITE = '/lib/python3.14/site-packages';
const STDLIB = '/lib/python314.zip';
const PACKED = '/packed';
/** States of `gate` (router/boot/supplies.js), beside 0: not yet. */
const [THERE, FAILED] = [1, 2];
/** As Emscripten numbers it. */
const EIO = 29;
/** Bytes of a module that only gives a function of JavaScript's a type. */
const TINY = 128;

/** A file's bytes as they lie in the memory that all workers share. @param {{ [field: string]: any }} init @param {Slot} slot */
const view = ({ bytes }, { at, size }) => new Uint8Array(bytes, at, size);

/**
 * Pyodide fetches its wasm and its library by itself, in every worker. It has no public option to be given them, so for
 * the time of `loadPyodide` those two requests are answered with what the router worker already fetched, checked and
 * compiled: one download, one check and one compilation for the whole pool.
 * TextDecoder refuses shared memory, in which the snapshot lies: it gets a copy of what it is to read.
 * For each of 260 functions of its own that C may call Emscripten compiles a tiny module, which depends on the function's type
 * only: each of those is compiled once.
 * @template T @param {Promise<any>} module @param {ArrayBuffer} stdlib @param {() => Promise<T>} work @returns {Promise<T>}
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
    ({ module: await module, instance: await WebAssembly.instantiate(/** @type {WebAssembly.Module} */ (await module), imports) });
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
    return decode.call(this, globalThis.SharedArrayBuffer && input?.buffer instanceof SharedArrayBuffer ? input.slice() : input, options);
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
 * @param {Envelope} init @param {object} options of loadPyodide, beyond those that every worker has
 * @param {Promise<any>} module the compiled one @param {ArrayBuffer} stdlib
 */
async function load(init, options, module, stdlib) {
  const { loadPyodide } = await import(init.interpreter);
  return withSharedAssets(module, stdlib, () => loadPyodide({
    lockFileContents: JSON.stringify({ info: init.info, packages: {} }),
    packageBaseUrl: init.interpreter.replace(/[^/]*$/, ''),
    stdout: (/** @type {string} */ text) => console.info(`[${init.id}] ${text}`),
    stderr: (/** @type {string} */ text) => console.warn(`[${init.id}] ${text}`),
    ...options,
  }));
}

/** @param {any} python @param {Envelope} init */
function writeFiles(python, init) {
  const made = new Set();
  for (const file of init.files) {
    const target = file.path.startsWith('/') ? file.path : `${HOME}/${file.path.replace(/^\.\//, '')}`;
    const folder = target.replace(/\/[^/]*$/, '');
    if (!made.has(folder)) python.FS.mkdirTree(folder);
    made.add(folder);
    python.FS.writeFile(target, view(init, file));
  }
}

/** Wheels that stay packed until they are needed; only read, so no worker needs a copy. @param {any} python @param {Bytes} bytes @param {any[]} wheels */
function writeWheels(python, bytes, wheels) {
  python.FS.mkdirTree(PACKED);
  for (const wheel of wheels) python.FS.writeFile(`${PACKED}/${wheel.name}`, view({ bytes }, wheel), { canOwn: true });
}

/**
 * Returns once library and wheels are there, which are read after the first answer: until then the worker stands still, as
 * Python cannot wait inside of an import. False: they cannot be had, and the router has said why.
 * @param {Envelope} init
 */
function there({ gate, v, id, generation }) {
  if (!gate) return true;
  const state = new Int32Array(gate);
  if (Atomics.load(state, 0) !== THERE) {
    Atomics.compareExchange(state, 0, FAILED, 0);
    scope.postMessage({ v, type: 'worker:want', id, generation });
    Atomics.wait(state, 0, 0);
  }
  return Atomics.load(state, 0) === THERE;
}

/** Files whose bytes may not be there yet: whoever reads one waits. @param {any} python @param {Envelope} init @param {string[]} paths */
function gated(python, init, paths) {
  if (!init.gate) return;
  for (const path of paths) {
    const { node } = python.FS.lookupPath(path);
    const { read, mmap } = node.stream_ops;
    const first = (/** @type {(...args: any[]) => any} */ then) => (/** @type {any[]} */ ...args) => {
      if (!there(init)) throw new python.FS.ErrnoError(EIO);
      return then(...args);
    };
    node.stream_ops = { ...node.stream_ops, read: first(read), mmap: first(mmap) };
  }
}

/** The wheels that come later; keriwasm/imports/packed_wheels.py finds them. @param {any} python @param {Envelope} init @param {Bytes} bytes */
export const writeLater = (python, init, bytes) => writeWheels(python, bytes, init.later);

/** @param {any} python @param {Envelope} init @param {Slot} wheel */
const unpackWheel = (python, init, wheel) => python.unpackArchive(view(init, wheel).slice().buffer, 'wheel', { extractDir: SITE });

/** Module -> the packed wheel that keriwasm/imports/packed_wheels.py unpacks for it. @param {Envelope} init @returns {Record<string, string>} */
export const packedModules = init => Object.fromEntries(init.later.flatMap((/** @type {any} */ { name, modules }) =>
  modules.map((/** @type {string} */ module) => [module, `${PACKED}/${name}`])));

/** A plain boot: what every worker needs is unpacked, nothing imported. @param {Envelope} init @param {Progress} progress */
export async function fresh(init, progress) {
  progress('start', 0, 'Python');
  if (!there(init)) throw new Error('the library and the wheels could not be read');
  const python = await load(init, {}, init.module, view(init, init.stdlib).slice().buffer);
  for (const [at, wheel] of init.packages.entries()) {
    progress('install', at + 1, wheel.name);
    unpackWheel(python, init, wheel);
  }
  writeFiles(python, init);
  if (init.late) writeLater(python, init, init.late);
  return python;
}

/**
 * A boot from a snapshot: the memory is that of a worker which had imported everything. All wheels stay packed until
 * they are needed (keriwasm/imports/packed_wheels.py), because files are not part of a snapshot.
 * @param {Envelope} init @param {Progress} progress
 * @param {{ module?: Promise<any>, filled?: Promise<any>, needed?: Promise<any> }} [later] what is not there yet: the compiled
 *   module; the snapshot, and our own files, read and checked
 */
export async function restored(init, progress, { module = init.module, filled, needed } = {}) {
  progress('restore', 0, 'Python');
  const image = view(init, init.image);
  // What does not come is no fault of the snapshot, which is not given up for it.
  const fetched = Promise.all([import(init.interpreter.replace(/pyodide\.mjs$/, 'pyodide.asm.mjs')), import(init.interpreter)]);
  const [{ default: create }] = await fetched.catch(error => { throw Object.assign(error, { unfetched: true }); });
  const python = await load(init, {
    _loadSnapshot: image,
    // A snapshot larger than the first heap fails ("offset is out of bounds"), so the heap is grown before it is read;
    // the restored memory replaces the allocator's state as well.
    createPyodideModule: async (/** @type {any} */ settings) => {
      const created = await create(settings);
      while (created.HEAP8.length < image.byteLength) created._malloc(8 << 20);
      await filled;
      return created;
    },
  }, module, new ArrayBuffer(0));
  await needed;
  python.FS.writeFile(STDLIB, view(init, init.stdlib), { canOwn: true });  // read only, as the wheels: no worker needs a copy
  writeFiles(python, init);
  const packed = [...init.packages, ...init.later];
  writeWheels(python, init.bytes, packed);
  gated(python, init, [STDLIB, ...packed.map(({ name }) => `${PACKED}/${name}`)]);
  call(python, 'keriwasm.snapshot.snapshot', 'restored', PACKED);
  return python;
}

/** Texts only: a proxy that lives while a snapshot is taken would make it worthless. @param {any} python @param {string} module @param {string} name @param {string[]} texts */
const call = (python, module, name, ...texts) =>
  python.runPython(`import ${module}\n${module}.${name}(${texts.map(text => JSON.stringify(text)).join(', ')})\nNone`);

/**
 * Makes a snapshot in a worker that was started for nothing else.
 * @param {Envelope} init @param {Progress} progress @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function makeImage(init, progress) {
  progress('start', 0, 'Python');
  const python = await load(init, { _makeSnapshot: true }, init.module, view(init, init.stdlib).slice().buffer);
  writeFiles(python, init);
  for (const [at, wheel] of init.packages.entries()) {
    progress('install', at + 1, wheel.name);
    unpackWheel(python, init, wheel);
    call(python, 'keriwasm.snapshot.snapshot', 'note', wheel.name, SITE);
  }
  writeLater(python, init, init.late);
  progress('import', init.packages.length + 1, 'everything');
  const what = { ...init.config.snapshot, slices: init.config.slices, later: packedModules(init) };
  call(python, 'keriwasm.snapshot.snapshot', 'prepare', JSON.stringify(what));
  const native = Object.keys(python._module.LDSO.loadedLibsByName).filter(name => name !== '__main__');
  if (native.length) throw new Error(`native libraries were loaded before the snapshot: ${native.join(', ')}`);
  return python.makeMemorySnapshot();
}
