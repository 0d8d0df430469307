// @ts-check
/**
 * What every pool worker is given to start with, and the router's own Python: out of the pack of a visit before
 * (pack.js) where there is one, else fetched (assets.js). No policy: what became of the memory snapshot is told,
 * router/policy/pool/snapshot.py decides what is done about it.
 */
import { compile } from './checked-fetch.js';
import { Pack, routerOf } from './pack.js';

/**
 * @typedef {import('../protocol.js').Bytes} Bytes
 * @typedef {import('../protocol.js').Slot} Slot
 * @typedef {{ bytes: Bytes, module: WebAssembly.Module, snapshot: null | Slot, postponedBytes: Bytes | null, gate:
 *   SharedArrayBuffer | null, first: number, interpreter: string, [field: string]: any }} Parts `bytes` holds the
 *   contents of all files, from `first` on, each by its `at` and `size`, and the memory snapshot if there is one;
 *   `postponedBytes` those of the postponed wheels, null until they are there; `gate` says of a pack whether library
 *   and wheels are in `bytes` already (THERE) or cannot be had (FAILED)
 * @typedef {import('./first-worker.js').Found} Found
 * @typedef {import('./first-worker.js').FirstWorker} FirstWorker
 */

/** Where the next thing may begin. @param {number} size */
const aligned = size => Math.ceil(size / 8) * 8;

/** A browser that does not open the pack's file (a worker that was ended may have it open for a while yet) keeps
 *  nobody from a plain start. */
const LATE_MS = 8000;
/** As workers/interpreter.js knows them. */
const [THERE, FAILED] = [1, 2];

export class Supplies {
  /**
   * @param {URL} files folder of the app's files: that of index.html, or one that names a kept generation
   * @param {string} folder path of the app
   * @param {string} version
   * @param {{ snapshot: (told: object) => void, progress: (bytes: { done: number, total: number }) => void }} tell
   * @param {FirstWorker | null} first the pack that is being read already, or what is being fetched
   */
  constructor(files, folder, version, tell, first) {
    this.files = files;
    this.version = version;
    this.tell = tell;
    this.generation = /\/@([0-9a-f]{16})\/$/.exec(files.pathname)?.[1] ?? '';
    this.pack = new Pack(folder);
    /** @type {Promise<ReturnType<typeof import('./assets.js').loadAssets>> | null} */
    this.loaded = first?.loaded ? Promise.resolve(first.loaded) : null;
    if (first) first.onprogress = tell.progress;
    /** @type {Promise<Parts> | null} */
    this.brought = null;
    /** @type {Promise<void> | null} */
    this.rest = null;
    this.found = this.generation ? this.#looked(first?.found ?? this.#read()) : Promise.resolve(null);
    if (!this.generation) this.#load().catch(() => {});  // whoever needs it learns of it
  }

  /** @returns {Promise<Found | null>} */
  async #read() {
    const lack = Pack.lack();
    if (lack) throw new DOMException(lack);
    const found = await this.pack.find(this.generation);
    return found && { ...found, module: compile(this.files, found.head.pool.wasm), ...found.fill() };
  }

  /** Tells what was found. @param {Promise<Found | null>} looking @returns {Promise<Found | null>} */
  async #looked(looking) {
    try {
      /** @type {Promise<never>} */
      const late = new Promise((_, reject) => {
        setTimeout(() => reject(new DOMException(`its file did not open within ${LATE_MS / 1000} s`)), LATE_MS);
      });
      const found = await Promise.race([looking, late]);
      // Whoever needs them learns of it.
      for (const promise of [found?.module, found?.needed]) promise?.catch(() => {});
      if (found) this.tell.progress({ done: 0, total: found.head.needed });
      else this.tell.snapshot({ state: 'none' });
      return found;
    } catch (error) {
      const { message } = /** @type {Error} */ (error);
      if (!(error instanceof DOMException)) return this.#damaged(message);
      // Something else has it open, or the browser keeps nothing here: no damage.
      this.tell.snapshot({ state: 'off', reason: `no memory snapshot can be read: ${message}` });
      return null;
    }
  }

  /** @param {string} reason @returns {null} */
  #damaged(reason) {
    this.tell.snapshot({ state: 'refused', reason: `the kept memory snapshot is damaged: ${reason}; it was deleted` });
    this.#drop();
    return null;
  }

  #drop() {
    this.pack.drop().catch(error =>
      console.warn(`[keriwasm] the memory snapshot could not be deleted: ${error.message}`));
  }

  /** From the server, or file by file from the kept app. */
  #load() {
    this.loaded ??= import('./assets.js').then(({ loadAssets }) =>
      loadAssets(this.files, this.version, this.tell.progress));
    return this.loaded;
  }

  /** The router's Python and what it is told. @returns {Promise<any>} */
  async router() {
    const found = await this.found;
    return found ? routerOf(found) : { ...await (await this.#load()).router, memory: null };
  }

  /** What workers get; after a failure it is tried anew at the next call. @returns {Promise<Parts>} */
  parts() {
    this.brought ??= this.#bring().catch(error => {
      this.brought = this.loaded = null;
      throw error;
    });
    return this.brought;
  }

  /** @returns {Promise<Parts>} */
  async #bring() {
    const found = await this.found;
    if (found) {
      const reason = await found.needed.then(() => '', error => error.message);
      if (!reason) {
        const { head, bytes, gate } = found;
        const module = await found.module.catch(() => compile(this.files, head.pool.wasm));  // the second try counts
        this.tell.progress({ done: head.needed, total: head.needed });
        this.tell.snapshot({ state: 'used', bytes: head.snapshot.size });
        return { ...head.pool, bytes, postponedBytes: bytes, gate, module, snapshot: head.snapshot,
          first: head.first,
          interpreter: new URL(head.pool.interpreter, this.files).href };
      }
      this.found = Promise.resolve(this.#damaged(reason));
    }
    const loaded = await (await this.#load()).pool;
    return { ...loaded, postponedBytes: null, gate: null, snapshot: null, first: 0,
      interpreter: new URL(loaded.interpreter, this.files).href };
  }

  /**
   * What comes after the first answer is there then: of a pack library and wheels, else the postponed wheels.
   * @returns {Promise<Bytes | null>} for workers that started without; null: all have them
   */
  async postponed() {
    const parts = await this.parts();
    if (parts.postponedBytes) return this.#whole(parts);
    const postponedBytes = await (await this.#load()).postponed();
    this.brought = Promise.resolve({ ...await this.parts(), postponedBytes });
    return postponedBytes;
  }

  /**
   * Reads what is missing of a pack, once; after a failure anew at the next call.
   * @param {Parts} parts @returns {Promise<null>}
   */
  async #whole({ gate, bytes }) {
    const found = await this.found;
    if (!gate || !found) return null;
    const tell = (/** @type {number} */ state) => {
      Atomics.store(new Int32Array(gate), 0, state);
      Atomics.notify(new Int32Array(gate), 0);
    };
    this.rest ??= found.rest().catch(error => {
      // Else it was deleted, or somebody else has it open.
      if (!(error instanceof DOMException)) this.#damaged(error.message);
      return this.#mend(found.head.pool, bytes);
    }).then(() => tell(THERE), error => {
      this.rest = this.loaded = null;
      tell(FAILED);
      throw error;
    });
    await this.rest;
    return null;
  }

  /**
   * Workers run on what was read of a pack: the rest they get from the app itself.
   * @param {any} slots where it belongs @param {Bytes} bytes
   */
  async #mend(slots, bytes) {
    const { pool, postponed } = await this.#load();
    const [loaded, late] = await Promise.all([pool, postponed()]);
    const from = (/** @type {any} */ memory, /** @type {any[]} */ slots) => slots
      .map(({ name, at, size }) => /** @type {[string, Uint8Array]} */ ([name, new Uint8Array(memory, at, size)]));
    const found = new Map([
      ...from(loaded.bytes, [loaded.stdlib, ...loaded.packages]), ...from(late, loaded.postponed),
    ]);
    for (const { name, at, size } of [slots.stdlib, ...slots.packages, ...slots.postponed])
      new Uint8Array(bytes, at, size).set(/** @type {Uint8Array} */ (found.get(name)));
  }

  /** Workers start plainly from now on. @param {string} reason */
  async refuse(reason) {
    const parts = await this.brought;
    if (!parts?.snapshot) return;
    this.tell.snapshot({ state: 'refused', reason });
    this.brought = this.#whole(parts).then(() => ({ ...parts, snapshot: null }), error => {
      this.brought = null;
      throw error;
    });
    await this.brought.catch(() => {});  // whoever needs it learns of it
    this.#drop();
  }

  /**
   * The page has found out which kept generation its files are, so that a pack can be made for it; or why there is
   * none.
   * @param {string} id @param {string} reason
   */
  async adopt(id, reason) {
    if (this.generation) return;
    this.generation = id;
    const lack = id ? Pack.lack() : reason;
    if (lack) return this.tell.snapshot({ state: 'off', reason: lack });
    const found = await this.pack.find(id).catch(() => null);
    found?.close();
    this.tell.snapshot(found ? { state: 'kept', bytes: found.head.snapshot.size } : { state: 'none' });
  }

  /**
   * Makes a pack of a snapshot, for the next visit.
   * @param {ArrayBuffer} snapshot @param {import('../host/policy.js').Memory | null} memory the router's
   */
  async keep(snapshot, memory) {
    await this.postponed();
    const { bytes, postponedBytes: late, module: _, gate, snapshot: none, first, interpreter, ...pool } =
      await this.parts();
    if (!late) throw new Error('the postponed wheels are not there');
    const { memory: _before, ...router } = await this.router();
    const policy = memory?.bytes ?? new Uint8Array();
    const start = aligned(snapshot.byteLength);
    const before = start + aligned(policy.length);
    const moved = (/** @type {{ at: number }} */ slot) => ({ ...slot, at: slot.at - first + before });
    const { stdlib, packages, postponed, files, ...rest } = pool;
    // What was first of library and wheels is in the whole ones again. Of a damaged pack all lies in one memory.
    const whole = late === bytes ? null : postponed.find((/** @type {any} */ { library }) => library);
    const kept = whole ? packages.filter((/** @type {any} */ { name }) => name.endsWith('.whl')) : packages;
    const end = (/** @type {Slot[]} */ slots) => Math.max(...slots.map(({ at, size }) => at + size));
    const size = whole ? end([...files, ...kept]) : bytes.byteLength;
    const behind = late === bytes ? 0 : aligned(size);
    const movedLate = (/** @type {{ at: number }} */ slot) => moved({ ...slot, at: slot.at + behind });
    const needed = end(files.map(moved));
    await this.pack.keep({
      generation: this.generation,
      router: { ...router, memory: memory && { ...memory, bytes: null, at: start, length: policy.length } },
      pool: { ...rest, interpreter: interpreter.slice(this.files.href.length),
        stdlib: whole ? movedLate(whole) : moved(stdlib),
        packages: kept.map(moved),
        postponed: postponed.filter((/** @type {any} */ slot) => slot !== whole).map(movedLate),
        files: files.map(moved) },
      snapshot: { at: 0, size: snapshot.byteLength }, needed, first: before,
    }, [
      new Uint8Array(snapshot), new Uint8Array(start - snapshot.byteLength),
      policy, new Uint8Array(before - start - policy.length),
      new Uint8Array(bytes, first, size - first),
      ...behind ? [new Uint8Array(behind - size), new Uint8Array(late)] : [],
    ]);
  }

  /** sha256 of our own files that were read; nothing on a warm start. @returns {Promise<{ [path: string]: string }>} */
  async digests() { return await (await this.loaded)?.digests() ?? {}; }
}
