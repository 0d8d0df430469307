// @ts-check
/**
 * The pool's workers as the host has them: started, told who they are and what they start with (boot/supplies.js),
 * listened to, ended. When one is started or ended is the policy's to say.
 */
import '../doors/door.js';
import { ROOT } from '../root.js';

/**
 * @typedef {import('../boot/first-worker.js').FirstWorker} FirstWorker
 * @typedef {import('../boot/supplies.js').Supplies} Supplies
 * @typedef {import('../protocol.js').WorkerToRouter} WorkerToRouter
 * @typedef {import('../protocol.js').RouterToWorker} RouterToWorker
 * @typedef {{ worker: Worker, generation: number, restoring: boolean, interrupt: Int32Array | null }} Entry
 *   `interrupt` stops code that runs in it (workers/interrupt.js), where memory can be shared; `restoring`: it starts
 *   from the memory snapshot, and has neither come up nor found out that something did not come
 */

const { PROTOCOL, VERSION, blame } = keriwasmDoor;

/** A spare worker that makes a memory snapshot may take so long. */
const SPARE_MS = 120_000;
// The memory shared with each worker: protocol.d.ts, `interrupt`.
const [SIGNAL, RUNS, ASKS, SIZE] = [0, 1, 2, 3];
const HEAD = 16;
const LINE_BYTES = 1 << 16;

const start = (/** @type {string} */ name) => new Worker(new URL('workers/worker.js', ROOT), { type: 'module', name });

export class PoolWorkers {
  /**
   * @param {Supplies} supplies
   * @param {{ base?: string, faults?: boolean, form?: string }} page what all are told of the page; `form`: what stands
   *   in every form, and no other site can know (keriwasm/web/form/tokens.py)
   * @param {{ message: (id: string, generation: number, message: WorkerToRouter) => void, fault: (id: string,
   *           generation: number, type: string, message: string) => void }} tell `fault`: a fatal one
   */
  constructor(supplies, page, tell) {
    this.supplies = supplies;
    this.page = page;
    this.tell = tell;
    /** By id. @type {Map<string, Entry>} */
    this.entries = new Map();
  }

  /** @param {string} id @param {RouterToWorker} message @param {Transferable[]} [transfer] */
  post(id, message, transfer = []) { this.entries.get(id)?.worker.postMessage(message, transfer); }

  /** @param {RouterToWorker} message */
  postAll(message) { for (const { worker } of this.entries.values()) worker.postMessage(message); }

  /** Stops the code of a person that runs, wherever it runs. */
  interrupt() {
    for (const { interrupt } of this.entries.values()) {
      if (!interrupt) continue;
      if (Atomics.load(interrupt, RUNS)) Atomics.store(interrupt, SIGNAL, 2);
      if (Atomics.compareExchange(interrupt, ASKS, 1, 0) === 1) Atomics.notify(interrupt, ASKS);
    }
  }

  /** What a person wrote, to the code that waits for it. @param {string | null} text null: there is no more to come */
  answer(text) {
    const bytes = new TextEncoder().encode(text ?? '');
    if (bytes.length > LINE_BYTES) throw new RangeError(`a line of ${bytes.length} bytes: ${LINE_BYTES} are the most`);
    for (const { interrupt } of this.entries.values()) {
      if (!interrupt || Atomics.load(interrupt, ASKS) !== 1) continue;
      new Uint8Array(interrupt.buffer, HEAD, bytes.length).set(bytes);
      Atomics.store(interrupt, SIZE, bytes.length);
      Atomics.compareExchange(interrupt, ASKS, 1, text === null ? 3 : 2);
      Atomics.notify(interrupt, ASKS);
    }
  }

  /** It came up, or what it lacks is no fault of the snapshot. @param {string} id */
  settle(id) { Object.assign(this.entries.get(id) ?? {}, { restoring: false }); }

  /** @param {string} id @param {number} generation @param {string[]} slices */
  spawn(id, generation, slices) {
    if (this.entries.get(id)?.generation === generation) return;  // the first one: see adopt
    const worker = this.#employ(start(`${id}.${generation}`), id, generation);
    this.supplies.parts().then(parts => {
      const { snapshot } = parts;
      if (this.entries.get(id)?.worker === worker)
        this.#introduce(worker, id, generation, slices, parts, Boolean(snapshot));
    }, error => this.#unsupplied(id, generation, error));
  }

  /** @param {string} id @param {number} generation */
  kill(id, generation) {
    const entry = this.entries.get(id);
    if (!entry || entry.generation !== generation) return;
    entry.worker.terminate();
    this.entries.delete(id);
    if (entry.restoring) this.supplies.refuse(`${id} did not start from it`);
  }

  /**
   * The worker that restores the snapshot already (boot/first-worker.js) is the policy's first one, which carries every
   * slice: it need not wait until MicroPython is there to say so. With nothing to restore it is ended. On a first visit
   * it has begun its interpreter (first-visit.js).
   * @param {FirstWorker} first
   */
  adopt(first) { this.#adopt(first).catch(error => this.#unsupplied('w1', 1, error)); }

  /** @param {FirstWorker} first */
  async #adopt({ worker, failed, loaded }) {
    this.#employ(worker, 'w1', 1);
    if (failed) throw new Error(failed);
    const parts = await this.supplies.parts();
    const { snapshot, config } = parts;
    if (this.entries.get('w1')?.worker !== worker) return;
    const slices = Object.keys(config.slices).sort();
    if (snapshot) return this.#introduce(worker, 'w1', 1, slices, {}, true);
    if (loaded) return this.#introduce(worker, 'w1', 1, slices, parts, false);
    const plain = this.#employ(start('w1.1'), 'w1', 1);
    worker.terminate();
    this.#introduce(plain, 'w1', 1, slices, parts, false);
  }

  /** What a worker starts with does not come. @param {string} id @param {number} generation @param {Error} error */
  #unsupplied(id, generation, { name, message }) { this.tell.fault(id, generation, name, message); }

  /**
   * Tells a worker who it is and what it starts with.
   * @param {Worker} worker @param {string} id @param {number} generation @param {string[]} slices
   * @param {object} parts nothing for one that has them already @param {boolean} restoring
   */
  #introduce(worker, id, generation, slices, parts, restoring) {
    const interrupt = globalThis.crossOriginIsolated && globalThis.SharedArrayBuffer
      ? new Int32Array(new SharedArrayBuffer(HEAD + LINE_BYTES)) : null;
    Object.assign(this.entries.get(id) ?? {}, { restoring, interrupt });
    worker.postMessage({ v: PROTOCOL, type: 'worker:init', id, generation, slices, version: VERSION,
      interrupt, ...this.page, ...parts });
  }

  /**
   * Listens to a pool worker.
   * @param {Worker} worker @param {string} id @param {number} generation @returns {Worker}
   */
  #employ(worker, id, generation) {
    this.entries.set(id, { worker, generation, restoring: false, interrupt: null });
    worker.onmessage = ({ data }) => this.tell.message(id, generation, data);
    worker.onerror = event => {
      event.preventDefault();  // the policy logs the cause, once
      if (!event.message) this.settle(id);  // its script did not come
      this.tell.fault(id, generation, 'WorkerError', blame(event, 'the worker script could not be loaded'));
    };
    worker.onmessageerror = () => this.tell.fault(id, generation, 'MessageError', 'a message could not be read');
    return worker;
  }

  /**
   * A spare worker makes a memory snapshot; it serves nothing and is ended then.
   * @returns {Promise<import('../protocol.js').WorkerSnapshot>}
   */
  async makeSnapshot() {
    const parts = await this.supplies.parts();
    return new Promise((resolve, reject) => {
      const spare = start('spare');
      const end = (/** @type {() => void} */ then) => { clearTimeout(late); spare.terminate(); then(); };
      const fail = (/** @type {string} */ reason) => end(() => reject(new Error(reason)));
      const late = setTimeout(() => fail('it took longer than two minutes'), SPARE_MS);
      spare.onmessage = ({ data }) => {
        if (data.type === 'worker:snapshot') end(() => resolve(data));
        else if (data.type === 'worker:fault') fail(data.error.message);
      };
      spare.onerror = event => {
        event.preventDefault();
        fail(event.message || 'the spare worker did not start');
      };
      spare.postMessage({ v: PROTOCOL, type: 'worker:init', id: 'spare', generation: 0, slices: [], spare: true,
        ...parts });
    });
  }
}
