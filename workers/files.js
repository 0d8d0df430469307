// @ts-check
/**
 * A pool worker's files: what Pyodide's file system is given of the memory that the router worker filled. Wheels that
 * nobody needs at once stay packed; what is not read yet makes its reader wait.
 */

/**
 * @typedef {import('../router/protocol.js').WorkerInit} Init
 * @typedef {import('../router/protocol.js').Slot} Slot
 * @typedef {import('../router/protocol.js').Bytes} Bytes
 */

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const HOME = '/home/pyodide';
export const SITE = '/lib/python3.14/site-packages';
export const STDLIB = '/lib/python314.zip';
export const PACKED = '/packed';
/** States of `gate` (router/boot/supplies.js), beside 0: not yet. */
const [THERE, FAILED] = [1, 2];
/** As Emscripten numbers it. */
const EIO = 29;
/** A plain file that nobody writes. */
const READ_ONLY = 0o100444;

/**
 * A file's bytes as they lie in the memory that all workers share.
 * @param {{ [part: string]: any }} init @param {Slot} slot
 */
export const view = ({ bytes }, { at, size }) => new Uint8Array(bytes, at, size);

/**
 * Our own files, which are only read: no worker needs a copy, and none can write into what all of them see. Made as
 * Emscripten's `writeFile` makes them in the end; to open, copy and close each of four hundred took longer than to
 * restore the interpreter's memory.
 * @param {any} python @param {Init} init
 */
export function writeFiles(python, init) {
  const folders = new Map();
  for (const file of init.files) {
    const target = file.path.startsWith('/') ? file.path : `${HOME}/${file.path.replace(/^\.\//, '')}`;
    const end = target.lastIndexOf('/');
    const path = target.slice(0, end);
    let folder = folders.get(path);
    if (!folder) {
      python.FS.mkdirTree(path);
      folders.set(path, folder = python.FS.lookupPath(path).node);
    }
    const node = folder.node_ops.mknod(folder, target.slice(end + 1), READ_ONLY, 0);
    Object.assign(node, { contents: view(init, file), usedBytes: file.size });
  }
}

/**
 * Wheels that stay packed until they are needed; only read, so no worker needs a copy.
 * @param {any} python @param {Bytes} bytes @param {Array<Slot & { name: string }>} wheels
 */
export function writeWheels(python, bytes, wheels) {
  python.FS.mkdirTree(PACKED);
  for (const wheel of wheels) python.FS.writeFile(`${PACKED}/${wheel.name}`, view({ bytes }, wheel), { canOwn: true });
}

/**
 * The postponed wheels; Python finds them at the first import.
 * @param {any} python @param {Init} init @param {Bytes} bytes
 */
export const writePostponed = (python, init, bytes) => writeWheels(python, bytes, init.postponed);

/** @param {any} python @param {Init} init @param {Slot} wheel */
export const unpackWheel = (python, init, wheel) =>
  python.unpackArchive(view(init, wheel).slice().buffer, 'wheel', { extractDir: SITE });

/** The library to start with: the whole one, where it was postponed, as soon as it is there. @param {Init} init */
export const library = ({ bytes, stdlib, postponed, postponedBytes: late }) => {
  const whole = late && postponed.find((/** @type {any} */ { library }) => library);
  return whole ? view({ bytes: late }, whole) : view({ bytes }, stdlib);
};

/** Module -> the packed wheel that Python unpacks for it. @param {Init} init @returns {Record<string, string>} */
export const packedModules = ({ postponed, postponedBytes }) => Object.fromEntries(postponed
  .filter((/** @type {any} */ { library }) => !library || !postponedBytes)  // it started with that
  .flatMap((/** @type {any} */ { name, modules }) =>
    modules.map((/** @type {string} */ module) => [module, `${PACKED}/${name}`])));

/**
 * Returns once library and wheels are there, which are read after the first answer: until then the worker stands still,
 * as Python cannot wait inside of an import. False: they cannot be had, and the router has said why.
 * @param {Init} init
 */
export function there({ gate, v, id, generation }) {
  if (!gate) return true;
  const state = new Int32Array(gate);
  if (Atomics.load(state, 0) !== THERE) {
    Atomics.compareExchange(state, 0, FAILED, 0);
    scope.postMessage({ v, type: 'worker:want', id, generation });
    Atomics.wait(state, 0, 0);
  }
  return Atomics.load(state, 0) === THERE;
}

/**
 * Files whose bytes may not be there yet: whoever reads one waits.
 * @param {any} python @param {Init} init @param {string[]} paths
 */
export function gated(python, init, paths) {
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
