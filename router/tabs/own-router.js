// @ts-check
/**
 * The router worker of the page that runs the pool: starts it, listens to its pulse, starts it anew, ends it, and opens
 * doors to it: the page's own, one for the service worker, one for each tab that follows.
 */
import '../doors/door.js';

const { Door, PROTOCOL, VERSION, blame } = keriwasmDoor;

/** How often the router is asked for a sign of life, and how long it may be silent: longer at its start, when engines
 *  compile Pyodide on its thread. A tab that slept is not a router that died: a check that itself came late starts
 *  counting anew. */
export const PING_MS = 1000;
const SILENCE_MS = 8000;
export const START_MS = 45_000;
const RESTARTS = 5;

/**
 * Calls `overdue` when nothing was heard for too long.
 * @param {{ ping: (time: number) => void, limit: () => number, overdue: (silence: number) => void }} how
 * @returns {{ heard: () => void, stop: () => void }}
 */
export function pulse({ ping, limit, overdue }) {
  let heard = performance.now();
  let last = heard;
  const timer = setInterval(() => {
    const time = performance.now();
    if (time - last > 3 * PING_MS) heard = time;
    last = time;
    if (time - heard > limit()) overdue(time - heard);
    else ping(time);
  }, PING_MS);
  return { heard: () => { heard = performance.now(); }, stop: () => clearInterval(timer) };
}

export class OwnRouter {
  /**
   * @param {URL} base
   * @param {{ workers: string | null, faults: boolean }} settings
   * @param {{ opened: (door: any) => void, status: (status: any) => void, restarting: (reason: string) => void,
   *           failed: (reason: string) => void, mismatch: (reason: string) => void }} tell
   *   `opened`: the page's door to a new router; `restarting` comes before it when the router before was lost
   */
  constructor(base, settings, tell) {
    this.base = base;
    this.settings = settings;
    this.tell = tell;
    /** @type {Worker | null} */
    this.worker = null;
    /** @type {any} */
    this.door = null;
    this.generation = 0;
    this.failures = 0;
    this.count = 0;
    /** @type {ReturnType<typeof pulse> | null} */
    this.pulse = null;
    for (const type of ['online', 'offline']) addEventListener(type, () => this.#line());
  }

  /** What waits for the line goes out when it is back. */
  #line() {
    this.worker?.postMessage({ v: PROTOCOL, type: 'router:line', version: VERSION, online: navigator.onLine });
  }

  /** Starts the router worker, or starts it anew. @param {string} [reason] */
  start(reason) {
    try {
      this.#start(reason);
    } catch (error) {  // no worker may be started here: what this page was made of may be broken
      this.tell.failed(/** @type {Error} */ (error).message);
    }
  }

  /** @param {string} [reason] */
  #start(reason) {
    this.end(`The router was lost (${reason}). It is being started anew: try again in a moment.`);
    const early = this.#early();
    const worker = this.worker = early
      ?? new Worker(new URL('../host/worker.js', import.meta.url), { type: 'module', name: 'router' });
    const channel = new MessageChannel();
    let spoke = false;
    let whole = false;
    this.generation += 1;
    const door = this.door = new Door(channel.port1, this.base.pathname);
    this.pulse = pulse({
      ping: time => { door.post('router:ping', { t: time }); if (whole) this.failures = 0; },
      limit: () => spoke ? SILENCE_MS : START_MS,
      overdue: silence => this.lost(worker, `no sign of life for ${Math.round(silence / 1000)} s`),
    });
    door.onother = (/** @type {any} */ message) => {
      if (message.type === 'router:pong') this.pulse?.heard();
      else if (message.type === 'pool:status') {
        spoke ||= message.status.ready > 0;
        whole = message.status.state === 'ready';
        this.tell.status(message.status);
      }
    };
    worker.onerror = event => { event.preventDefault(); this.lost(worker, blame(event)); };
    worker.onmessage = ({ data }) => {
      if (data.type === 'router:mismatch')
        this.tell.mismatch(`The page is version ${VERSION}, the router ${data.version}.`);
      else if (data.type === 'router:failed') this.lost(worker, data.error.message);
      else if (data.type === 'router:digests') this.digests = data.digests;
    };
    worker.postMessage({ v: PROTOCOL, type: 'router:init', version: VERSION, door: `page-${this.generation}`,
      base: this.base.pathname, ...this.settings }, [channel.port2]);
    this.#line();
    if (reason) this.tell.restarting(reason);
    this.tell.opened(door);
  }

  /**
   * The router worker that router/boot/early.js started, once; null if there is none that works.
   * @returns {Worker | null}
   */
  #early() {
    const early = globalThis.keriwasmEarly;
    globalThis.keriwasmEarly = null;
    return early && !early.error ? early.worker : null;
  }

  /** This page does not run the pool: what was started early for it ends. */
  dismiss() { this.#early()?.terminate(); }

  /** @param {Worker} worker @param {string} reason */
  lost(worker, reason) {
    if (worker !== this.worker) return;
    this.failures += 1;
    if (this.failures <= RESTARTS) return this.start(reason);
    this.end(`The router could not be started: ${reason}`);
    this.tell.failed(reason);
  }

  /**
   * Another way in: the service worker's, a follower's.
   * @param {string} kind @param {MessagePort} port @returns {string} its name
   */
  open(kind, port) {
    const name = `${kind}-${this.generation}.${++this.count}`;
    this.worker?.postMessage({ v: PROTOCOL, type: 'router:door', version: VERSION, door: name }, [port]);
    return name;
  }

  /**
   * Which kept generation of the app this page's files are, or why none is kept.
   * @param {string} id @param {string} [reason]
   */
  adopt(id, reason = '') {
    this.worker?.postMessage({ v: PROTOCOL, type: 'router:generation', version: VERSION, id, reason });
  }

  /** A door that another one has replaced. @param {string} name */
  retire(name) { this.worker?.postMessage({ v: PROTOCOL, type: 'router:retire', version: VERSION, door: name }); }

  /** Ends router and pool at once; what waits at the page's door is answered with the reason. @param {string} reason */
  end(reason) {
    this.pulse?.stop();
    this.worker?.terminate();
    this.door?.close(reason);
    this.worker = this.pulse = null;
  }
}
