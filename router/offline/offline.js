// @ts-check
/**
 * The page's side of the kept app: starts the keeper once the page is ready, says what it did, offers a new version
 * and, when that is accepted, has the service worker change over. Event keriwasm:offline on document; `data-offline` on
 * <html>.
 *
 * It also tells the service worker how a kept version did (router/offline/versions.js): ready once, which is when the
 * pool has answered, the page's Python stands and the keeper spoke (a version that cannot look for the next one would
 * be the last); or that it did not start. A page of which not even this script runs is told of by static/page/start.js.
 */
import '../doors/door.js';

const { blame } = keriwasmDoor;

/** After ready the first clicks come first; then a look for a new version now and then. */
const AFTER_READY_MS = 2500;
const AGAIN_MS = 3_600_000;
const AWAKE_MS = 600_000;
/** A page that did not start looks sooner: what it is replaced by comes first. */
const AFTER_FAILURE_MS = 1500;
/** So long the first page, or a new service worker, may take to come. */
const START_MS = 45_000;

/** Why this page's app is not kept, by the state of the report. */
const UNKEPT = {
  off: 'this browser keeps no apps for this address',
  ask: 'this browser was asked to save data, so the app is not kept',
  dev: 'the server is one for development', failed: 'the app could not be kept',
};

/**
 * @typedef {{ state: string, done?: number, total?: number, reason?: string, id?: string, current?: string | null,
 *   next?: string | null, name?: string, size?: number, version?: string, failed?: string, digests?: { [path: string]:
 *   string } }} Report
 */

export class Offline {
  /**
   * @param {URL} base
   * @param {{ version: string, generation: () => string, adopt: (id: string) => void,
   *           unkept: (reason: string) => void, digests: () => { [path: string]: string } | undefined,
   *           registration: () => Promise<ServiceWorkerRegistration | null>, offer: (reason: string) => void,
   *           alone: () => boolean, leads: () => boolean, given: (reason: string) => void }} page
   *   `generation` that this page runs, '' when it came straight from the server; `adopt` tells it which one that was,
   *   `unkept` why none is kept; `given` up was the server's version, which did not start
   */
  constructor(base, page) {
    this.base = base;
    this.page = page;
    /** @type {Worker | null} */
    this.keeper = null;
    this.offered = false;
    this.looked = 0;
    this.begun = false;
    /** What this page was loaded from: its files are pinned to it, whatever is adopted later. */
    this.pinned = page.generation();
    /** Whether this page did not start. */
    this.dead = false;
    this.settled = false;
    /** A person asked for the version that did not start. */
    this.retrying = false;
    /** A page that came from a generation that is kept whole is proof of it. @type {Report} */
    this.report = { state: page.generation() ? 'kept' : 'none' };
    document.documentElement.dataset.offline = this.report.state;
  }

  /** @param {Report} report */
  tell(report) {
    this.report = report;
    document.documentElement.dataset.offline = report.state;
    const { [report.state]: unkept } = /** @type {{ [state: string]: string }} */ (UNKEPT);
    if (unkept && !this.page.generation()) this.page.unkept(unkept);
    if (report.state === 'kept' && report.failed !== undefined) this.page.given(report.failed);
    const { digests, ...detail } = report;
    document.dispatchEvent(new CustomEvent('keriwasm:offline', { detail }));
  }

  /** The page is ready and runs the pool: from now on the app is kept and looked after. */
  begin() {
    if (this.begun) return;
    this.begun = true;
    if (!('serviceWorker' in navigator) || !('caches' in globalThis) || this.page.alone())
      return this.tell({ state: 'off' });
    if (this.pinned && !this.dead) this.ask({ type: 'app:alive', id: this.pinned });
    this.ask({ type: 'app:known' });  // answered by app:given
    const look = () => { if (performance.now() - this.looked > AWAKE_MS && !document.hidden) this.look(); };
    if (/** @type {any} */ (navigator).connection?.saveData && !this.page.generation()) this.tell({ state: 'ask' });
    else setTimeout(() => this.look(), this.dead ? AFTER_FAILURE_MS : AFTER_READY_MS);
    setInterval(() => this.look(), AGAIN_MS);
    addEventListener('online', look);
    document.addEventListener('visibilitychange', look);
  }

  /** Keeps what is not kept yet, and finds out whether there is a new version. */
  look() {
    if (this.keeper) return;
    this.looked = performance.now();
    const keeper = this.keeper =
      new Worker(new URL('./keeper.js', import.meta.url), { type: 'module', name: 'keeper' });
    const end = (/** @type {Report} */ report) => {
      keeper.terminate();
      this.keeper = null;
      this.finish(report).catch(error => this.tell({ state: 'failed', reason: error.message }));
    };
    keeper.onerror = event => {
      event.preventDefault();
      const reason = blame(event, 'router/offline/keeper.js could not be loaded');
      this.giveUp(reason);
      end({ state: 'failed', reason });
    };
    keeper.onmessage = ({ data }) => { if (data.state === 'keeping') this.tell(data); else end(data); };
    keeper.postMessage({ base: this.base.pathname });
  }

  /** @param {Report} report */
  async finish(report) {
    const runs = this.page.generation();
    if (report.name !== undefined || report.state !== 'failed') this.prove();  // the keeper itself spoke
    if (report.state === 'failed' && runs && report.current === runs) {
      // No server, or one that answers nonsense: what is kept stays good.
      return this.tell({ ...report, state: 'kept' });
    }
    if (report.state === 'dev' && runs) return location.reload();  // a server for development took over this address
    this.tell(report);
    if (report.state !== 'kept' || report.id === runs || report.failed !== undefined && runs) return;
    if (!runs) {
      const { id, digests = {} } = report;
      const mine = this.page.digests();
      if (mine && Object.entries(mine).every(
          ([path, sha256]) => digests[path] === undefined || digests[path] === sha256)) {
        this.ask({ type: 'app:ran', id });
        if (id === report.current) this.page.adopt(/** @type {string} */ (id));
        return;
      }
    }
    await this.install();
    this.offered = true;
    if (this.dead) return this.ask({ type: 'app:accept-alone' });
    if (this.retrying) return this.reload();
    this.page.offer(report.version === this.page.version ? '' : String(report.version));
  }

  /** @param {object} message to the service worker */
  async ask(message) {
    (navigator.serviceWorker.controller ?? (await this.page.registration())?.active)?.postMessage(message);
  }

  /** This page does not start. @param {string} reason */
  fail(reason) {
    if (this.dead || this.settled) return;
    this.dead = true;
    this.giveUp(reason);
    if (this.pinned) this.begin();
  }

  /**
   * The version that this page was loaded from did not start: the service worker says what comes instead.
   * @param {string} reason
   */
  giveUp(reason) {
    if (this.pinned && !this.settled) this.ask({ type: 'app:failed', id: this.pinned, reason });
  }

  /**
   * Something else comes in place of this version: at once, but for what somebody has typed, which the next load would
   * lose.
   */
  instead() {
    const fields = /** @type {NodeListOf<HTMLInputElement>} */
      (document.querySelectorAll('#main :is(input, textarea)'));
    if (this.dead || !Array.from(fields).some(field => field.value !== field.defaultValue)) location.reload();
    else this.page.offer('the one that runs here is not whole');
  }

  /** The version that this page was loaded from was ready, unless its content or the page's Python does not come. */
  async prove() {
    if (!this.pinned || this.settled || this.dead || !this.page.leads()) return;
    this.settled = true;
    const lacks = () => document.querySelector('#boot') ? 'its first page did not come'
      : document.documentElement.dataset.page === 'ready' ? ''
      : 'static/page/start.js and python/page/main.py did not start';
    const end = performance.now() + START_MS;
    while (lacks() && performance.now() < end) await new Promise(resolve => { setTimeout(resolve, 250); });
    if (!lacks()) return this.ask({ type: 'app:proven', id: this.pinned });
    this.settled = false;
    this.giveUp(lacks());
  }

  /** A person wants the version that did not start to be tried once more. */
  retry() {
    this.retrying = true;
    this.ask({ type: 'app:again' });  // answered by app:look
  }

  /** A new version has perhaps a new service worker: it is installed, and waits to be accepted as the rest does. */
  async install() {
    const registration = await this.page.registration();
    // No server any more: the old service worker serves the new version.
    await registration?.update().catch(() => undefined);
    const installing = registration?.installing;
    if (!installing) return;
    await new Promise(resolve => {
      installing.addEventListener('statechange', resolve, { once: true });
      setTimeout(resolve, START_MS);
    });
  }

  /** What this page was made of, and whether updates are asked for first. */
  async identity() { return (await import('./identity.js')).identity(this.base, this.page.generation()); }

  /** @param {boolean} ask before every update, from now on; kept in this browser */
  async askFirst(ask) { await (await import('./identity.js')).askFirst(this.base, ask); }

  /** A person takes the version that was offered. Whether its service worker was free to be installed before. */
  async accepted() { return (await import('./identity.js')).accept(this.base); }

  /** Loads the page anew, with the version that was offered if there is one. All open tabs go with it. */
  async reload() {
    const registration = this.offered ? await this.page.registration() : null;
    if (!registration?.active) return location.reload();
    if (!await this.accepted()) await this.install();
    registration.active.postMessage({ type: 'app:accept' });
    // The service worker tells every page to; this one does not wait for ever.
    setTimeout(() => location.reload(), 5000);
  }
}
