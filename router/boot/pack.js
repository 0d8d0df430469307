// @ts-check
/**
 * The pack: one file in the browser's private file system with all that the workers of a warm start need: the memory
 * snapshot and, beside it, the library, the wheels and the files that a first visit fetched one by one and checked.
 *
 * It belongs to one kept generation of the app (router/offline/generations.js), whose id is the hash of all its files:
 * with another id it is not looked at. Read synchronously in a worker it is there in a fraction of what the same bytes
 * take out of the browser's cache, or as 150 files through the service worker. When a snapshot is made, and what it
 * means to the pool, decides router/policy/pool/snapshot.py.
 *
 * Layout: MAGIC, size of the head (u32), sha256 of the head, the head (JSON), the body. The first part is written last,
 * so that a file whose writer was killed is none. Pieces of zeros (a quarter of a snapshot) are left out, and not read.
 * Of the body the snapshot, the router's memory and our own files come first: the library and the wheels behind them,
 * which a worker only reads when it imports what the snapshot does not hold, are read later where memory can be shared.
 * What the hashes do not catch: somebody who can write to this origin's storage writes them as well.
 */
import '../offline/generations.js';

const { digest } = keriwasmGenerations;

const MAGIC = 'KWPACK1\n';
const LEAD = MAGIC.length + 4 + 32;
/**
 * Pieces of the body have a hash each. Where the browser hashes on another thread the next one is read meanwhile;
 * Chromium does it on this one, and twice as fast while its copy of a piece stays below a megabyte.
 */
const PIECE = 512 << 10;
/** Stands for the hash of a piece of zeros, which is not in the file. */
const ZEROS = '0';

/**
 * @typedef {{ generation: string, size: number, pieces: string[], pool: any, router: any, needed: number,
 *   snapshot: { at: number, size: number }, first: number }} Head `needed`: so much of the body no worker starts
 *   without; `first`: where the files begin
 * @typedef {{ head: Head, bytes: SharedArrayBuffer | ArrayBuffer, gate: SharedArrayBuffer | null, fill: () => Filling,
 *   close: () => void }} Opened `gate` tells workers whether the rest is there (workers/interpreter.js); null: it is
 *   read before any starts
 * @typedef {{ snapshot: Promise<void>, needed: Promise<void>, rest: () => Promise<void> }} Filling each part is read
 *   into `bytes` and checked when its promise resolves, which rejects when something is damaged; `rest` is read when it
 *   is called, from the file opened anew
 */

const hex = (/** @type {Uint8Array} */ bytes) => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
const unhex = (/** @type {string} */ text) => Uint8Array.from(
  /** @type {RegExpMatchArray} */ (text.match(/../g)), pair => parseInt(pair, 16));

/**
 * What the router starts with, read and checked; without its kept memory (host/policy.js) where that is damaged.
 * @param {{ head: Head, bytes: SharedArrayBuffer | ArrayBuffer, needed: Promise<void> }} found
 */
export async function routerOf({ head: { router: { memory, ...router } }, bytes, needed }) {
  const whole = memory && await needed.then(() => true, () => false);
  return { ...router, memory: whole ? { ...memory, bytes: new Uint8Array(bytes, memory.at, memory.length) } : null };
}

/** Memory that all workers see at once where the page is isolated; else each gets a copy. @param {number} size */
export const memory = size => globalThis.crossOriginIsolated && globalThis.SharedArrayBuffer
  ? new SharedArrayBuffer(size) : new ArrayBuffer(size);

export class Pack {
  /** @param {string} folder path of the app below its origin: another copy of the app has a pack of its own */
  constructor(folder) {
    this.name = `keriwasm-pack${folder.replaceAll('/', '+')}`;
  }

  /** Why this browser can keep none; '' if it can. */
  static lack() {
    return globalThis.FileSystemFileHandle && 'createSyncAccessHandle' in FileSystemFileHandle.prototype
      && globalThis.crypto?.subtle
      ? '' : 'this browser has no file system of its own for pages';
  }

  /** @param {boolean} create @returns {Promise<any>} the file, held by nobody else until it is closed */
  async open(create) {
    const folder = await navigator.storage.getDirectory();
    const file = /** @type {any} */ (await folder.getFileHandle(this.name, { create }));
    return file.createSyncAccessHandle();
  }

  /**
   * The head, checked, if there is a pack of that generation. Rejects when it is damaged or cannot be read.
   * @param {string} generation
   * @returns {Promise<Opened | null>} `fill` reads what workers start with and closes the file
   */
  async find(generation) {
    const file = await this.open(false).catch(error => { if (error.name !== 'NotFoundError') throw error; });
    if (!file) return null;
    try {
      const lead = new Uint8Array(LEAD);
      if (file.read(lead, { at: 0 }) < LEAD
        || new TextDecoder().decode(lead.subarray(0, MAGIC.length)) !== MAGIC)
        return file.close() ?? null;
      const text = new Uint8Array(Math.min(new DataView(lead.buffer).getUint32(MAGIC.length), file.getSize()));
      file.read(text, { at: LEAD });
      if (await digest(text) !== hex(lead.subarray(MAGIC.length + 4)))
        throw new Error('its head is damaged (sha256 differs)');
      /** @type {Head} */
      const head = JSON.parse(new TextDecoder().decode(text));
      if (head.generation !== generation) return file.close() ?? null;
      const bytes = memory(head.size);
      const start = LEAD + text.length;
      const gate = bytes instanceof ArrayBuffer ? null : new SharedArrayBuffer(4);
      const ends = [0, head.snapshot.size, gate ? head.needed : head.size, head.size]
        .map(end => Math.ceil(end / PIECE));
      const part = (/** @type {any} */ file, /** @type {number} */ n) =>
        this.#read(file, head, start, bytes, ends[n], ends[n + 1]);
      const fill = () => {
        const snapshot = part(file, 0);
        const needed = snapshot.then(() => part(file, 1));
        needed.catch(() => {}).finally(() => file.close());
        const rest = async () => {
          const again = await this.open(false);
          await part(again, 2).finally(() => again.close());
        };
        return { snapshot, needed, rest };
      };
      return { head, bytes, gate, fill, close: () => file.close() };
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /**
   * Some pieces of the body. One may be hashed on another thread while the next is read.
   * @param {any} file @param {Head} head @param {number} start of the body @param {SharedArrayBuffer | ArrayBuffer}
   *   bytes
   * @param {number} from @param {number} to
   */
  async #read(file, head, start, bytes, from, to) {
    /** @type {null | { at: number, hash: Promise<string> }} */
    let before = null;
    const copy = new Uint8Array(PIECE);  // no digest of shared memory
    const check = async () => {
      if (before && await before.hash !== head.pieces[before.at]) {
        throw new Error(`piece ${before.at + 1} of ${head.pieces.length} is damaged (sha256 differs)`);
      }
    };
    let place = start + head.pieces.slice(0, from).filter(hash => hash !== ZEROS).length * PIECE;
    for (let at = from; at < to; at += 1) {
      if (head.pieces[at] === ZEROS) continue;  // as the memory is
      const part = new Uint8Array(bytes, at * PIECE, Math.min(PIECE, head.size - at * PIECE));
      if (file.read(part, { at: place }) < part.length) throw new Error('it ends too early');
      place += PIECE;
      await check();
      copy.set(part);
      before = { at, hash: digest(copy.subarray(0, part.length)) };  // it takes its own copy at once
    }
    await check();
  }

  /**
   * Writes a pack in place of the one before. Rejects when the browser has no room; then there is none.
   * @param {Omit<Head, 'size' | 'pieces'>} about @param {Uint8Array[]} parts the body
   */
  async keep(about, parts) {
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    const body = new Uint8Array(size);
    parts.reduce((at, part) => { body.set(part, at); return at + part.length; }, 0);
    const pieces = [];
    for (let at = 0; at < size; at += PIECE) {
      const piece = body.subarray(at, at + PIECE);
      pieces.push(piece.some(byte => byte !== 0) ? await digest(piece) : ZEROS);
    }
    const head = new TextEncoder().encode(JSON.stringify({ ...about, size, pieces }));
    const lead = new Uint8Array(LEAD);
    lead.set(new TextEncoder().encode(MAGIC));
    new DataView(lead.buffer).setUint32(MAGIC.length, head.length);
    lead.set(unhex(await digest(head)), MAGIC.length + 4);
    const file = await this.open(true);
    try {
      file.truncate(0);
      const write = (/** @type {Uint8Array} */ bytes, /** @type {number} */ at) => {
        if (file.write(bytes, { at }) < bytes.length) throw new Error('the browser has no room for it');
      };
      write(head, LEAD);
      let place = LEAD + head.length;
      for (const [at, hash] of pieces.entries()) {
        if (hash === ZEROS) continue;
        write(body.subarray(at * PIECE, (at + 1) * PIECE), place);
        place += PIECE;
        await new Promise(resolve => { setTimeout(resolve); });  // a click meanwhile waits for one piece only
      }
      file.flush();
      file.write(lead, { at: 0 });
      file.flush();
    } catch (error) {
      file.truncate(0);
      throw error;
    } finally {
      file.close();
    }
  }

  /** Deletes it. */
  async drop() {
    await (await navigator.storage.getDirectory()).removeEntry(this.name).catch(error => {
      if (error.name !== 'NotFoundError') throw error;
    });
  }
}
