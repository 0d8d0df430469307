// @ts-check
/**
 * The page's side of the kept app: starts the keeper once the page is ready, says what it did, offers a new version and,
 * when that is accepted, has the service worker change over. Event keriwasm:offline on document; `data-offline` on <html>.
 */
import { START_MS } from './own.js';

/** After ready the first clicks come first; then a look for a new version now and then. */
const AFTER_READY_MS = 2500;
const AGAIN_MS = 3_600_000;
const AWAKE_MS = 600_000;

/** Why this page's app is not kept, by the state of the report. */
const UNKEPT = {
  off: 'this browser keeps no apps for this address', ask: 'this browser was asked to save data, so the app is not kept',
  dev: 'the server is one for development', failed: 'the app could not be kept',
};

/** @typedef {{ state: string, done?: number, total?: number, reason?: string, id?: string, current?: string | null, next?: string | null,
 *             size?: number, version?: string, digests?: { [path: string]: string } }} Report */

export class Offline {
  /**
   * @param {URL} base
   * @param {{ version: string, generation: () => string, adopt: (id: string) => void,
   *           unkept: (reason: string) => void, digests: () => { [path: string]: string } | undefined,
   *           registration: () => Promise<ServiceWorkerRegistration | null>, offer: (reason: string) => void,
   *           alone: () => boolean }} page
   *   `generation` that this page runs, '' when it came straight from the server; `adopt` tells it which one that was,
   *   `unkept` why none is kept
   */
  constructor(base, page) {
    this.base = base;
    this.page = page;
    /** @type {Worker | null} */
    this.keeper = null;
    this.offered = false;
    this.looked = 0;
    this.begun = false;
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
    const { digests, ...detail } = report;
    document.dispatchEvent(new CustomEvent('keriwasm:offline', { detail }));
  }

  /** The page is ready and runs the pool: from now on the app is kept and looked after. */
  begin() {
    if (this.begun) return;
    this.begun = true;
    if (!('serviceWorker' in navigator) || !('caches' in globalThis) || this.page.alone()) return this.tell({ state: 'off' });
    const look = () => { if (performance.now() - this.looked > AWAKE_MS && !document.hidden) this.look(); };
    if (/** @type {any} */ (navigator).connection?.saveData && !this.page.generation()) this.tell({ state: 'ask' });
    else setTimeout(() => this.look(), AFTER_READY_MS);
    setInterval(() => this.look(), AGAIN_MS);
    addEventListener('online', look);
    document.addEventListener('visibilitychange', look);
  }

  /** Keeps what is not kept yet, and finds out whether there is a new version. */
  look() {
    if (this.keeper) return;
    this.looked = performance.now();
    const keeper = this.keeper = new Worker(new URL('./keeper.js', import.meta.url), { type: 'module', name: 'keeper' });
    const end = (/** @type {Report} */ report) => {
      keeper.terminate();
      this.keeper = null;
      this.finish(report).catch(error => this.tell({ state: 'failed', reason: error.message }));
    };
    keeper.onerror = event => { event.preventDefault(); end({ state: 'failed', reason: event.message || 'router/keeper.js could not be loaded' }); };
    keeper.onmessage = ({ data }) => { if (data.state === 'keeping') this.tell(data); else end(data); };
    keeper.postMessage({ base: this.base.pathname });
  }

  /** @param {Report} report */
  async finish(report) {
    const runs = this.page.generation();
    if (report.state === 'failed' && runs && report.current === runs) {
      // No server, or one that answers nonsense: what is kept stays good.
      return this.tell({ ...report, state: 'kept' });
    }
    if (report.state === 'dev' && runs) return location.reload();  // a server for development took over this address
    this.tell(report);
    if (report.state !== 'kept' || report.id === runs) return;
    if (!runs) {
      const { id, digests = {} } = report;
      const mine = this.page.digests();
      if (mine && Object.entries(mine).every(([path, sha256]) => digests[path] === undefined || digests[path] === sha256)) {
        if (id === report.current) this.page.adopt(/** @type {string} */ (id));
        return;
      }
    }
    await this.install();
    this.offered = true;
    this.page.offer(report.version === this.page.version ? '' : String(report.version));
  }

  /** A new version has perhaps a new service worker: it is installed, and waits to be accepted as the rest does. */
  async install() {
    const registration = await this.page.registration();
    await registration?.update().catch(() => undefined);  // no server any more: the old service worker serves the new version
    const installing = registration?.installing;
    if (!installing) return;
    await new Promise(resolve => {
      installing.addEventListener('statechange', resolve, { once: true });
      setTimeout(resolve, START_MS);
    });
  }

  /** Loads the page anew, with the version that was offered if there is one. All open tabs go with it. */
  async reload() {
    const registration = this.offered ? await this.page.registration() : null;
    if (!registration?.active) return location.reload();
    registration.active.postMessage({ type: 'app:accept' });
    setTimeout(() => location.reload(), 5000);  // the service worker tells every page to; this one does not wait for ever
  }
}
