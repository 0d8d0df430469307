// @ts-check
/**
 * Starts a Pyodide from what the router worker fetched: plainly, or from a memory snapshot; and makes such a snapshot.
 *
 * No policy: what is imported into a snapshot says pyscript.toml, what happens in Python says keriwasm/snapshot.py.
 */

/** @typedef {{ v: number, type: string, [field: string]: any }} Envelope */
/** @typedef {(stage: string, done: number, detail: string) => void} Progress */

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const HOME = '/home/pyodide';
const SITE = '/lib/python3.14/site-packages';
const PACKED = '/packed';

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

/** @param {Envelope} init @param {object} options of loadPyodide, beyond those that every worker has */
async function load(init, options) {
  const { loadPyodide } = await import(init.interpreter);
  return withSharedAssets(init, () => loadPyodide({
    lockFileContents: JSON.stringify({ info: init.info, packages: {} }),
    packageBaseUrl: init.interpreter.replace(/[^/]*$/, ''),
    stdout: (/** @type {string} */ text) => console.info(`[${init.id}] ${text}`),
    stderr: (/** @type {string} */ text) => console.warn(`[${init.id}] ${text}`),
    ...options,
  }));
}

/** @param {any} python @param {Envelope} init */
function writeFiles(python, init) {
  for (const { path, bytes } of init.files) {
    const target = path.startsWith('/') ? path : `${HOME}/${path.replace(/^\.\//, '')}`;
    python.FS.mkdirTree(target.replace(/\/[^/]*$/, ''));
    python.FS.writeFile(target, new Uint8Array(bytes));
  }
}

/** Wheels that stay packed until they are needed. @param {any} python @param {any[]} wheels */
function writeWheels(python, wheels) {
  python.FS.mkdirTree(PACKED);
  for (const { name, bytes } of wheels) python.FS.writeFile(`${PACKED}/${name}`, new Uint8Array(bytes), { canOwn: true });
}

/** @param {any} python @param {ArrayBuffer} bytes */
const unpackWheel = (python, bytes) => python.unpackArchive(bytes, 'wheel', { extractDir: SITE });

/** Module -> the packed wheel that keriwasm/later.py unpacks for it. @param {Envelope} init @returns {Record<string, string>} */
export const packedModules = init => Object.fromEntries(init.later.flatMap((/** @type {any} */ { name, modules }) =>
  modules.map((/** @type {string} */ module) => [module, `${PACKED}/${name}`])));

/** A plain boot: what every worker needs is unpacked, nothing imported. @param {Envelope} init @param {Progress} progress */
export async function fresh(init, progress) {
  progress('start', 0, 'Python');
  const python = await load(init, {});
  for (const [at, { name, bytes }] of init.packages.entries()) {
    progress('install', at + 1, name);
    unpackWheel(python, bytes);
  }
  writeFiles(python, init);
  writeWheels(python, init.later);
  return python;
}

/**
 * A boot from a snapshot: the memory is that of a worker which had imported everything. All wheels stay packed until
 * they are needed (keriwasm/later.py), because files are not part of a snapshot.
 * @param {Envelope} init @param {Progress} progress
 */
export async function restored(init, progress) {
  progress('restore', 0, 'Python');
  // TextDecoder refuses shared memory, so each worker takes a copy of its own.
  const image = new Uint8Array(init.image).slice();
  const { default: create } = await import(init.interpreter.replace(/pyodide\.mjs$/, 'pyodide.asm.mjs'));
  const python = await load(init, {
    _loadSnapshot: image,
    // A snapshot larger than the first heap fails ("offset is out of bounds"), so the heap is grown before it is read;
    // the restored memory replaces the allocator's state as well.
    createPyodideModule: async (/** @type {any} */ settings) => {
      const module = await create(settings);
      while (module.HEAP8.length < image.byteLength) module._malloc(8 << 20);
      return module;
    },
  });
  writeFiles(python, init);
  writeWheels(python, [...init.packages, ...init.later]);
  call(python, 'keriwasm.snapshot', 'restored', PACKED);
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
  const python = await load(init, { _makeSnapshot: true });
  writeFiles(python, init);
  for (const [at, { name, bytes }] of init.packages.entries()) {
    progress('install', at + 1, name);
    unpackWheel(python, bytes);
    call(python, 'keriwasm.snapshot', 'note', name, SITE);
  }
  writeWheels(python, init.later);
  progress('import', init.packages.length + 1, 'everything');
  const what = { ...init.config.snapshot, slices: init.config.slices, later: packedModules(init) };
  call(python, 'keriwasm.snapshot', 'prepare', JSON.stringify(what));
  const native = Object.keys(python._module.LDSO.loadedLibsByName).filter(name => name !== '__main__');
  if (native.length) throw new Error(`native libraries were loaded before the snapshot: ${native.join(', ')}`);
  return python.makeMemorySnapshot();
}
