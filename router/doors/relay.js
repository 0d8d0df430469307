// @ts-check
/// <reference lib="webworker" />
/**
 * The service worker's ways to the pool: ports that the pages that run one hand over, and the relay by which another
 * tab gets a port of its own to the first one's pool.
 *
 * A service worker is stopped whenever it is idle and forgets its ports then: it asks the pages for new ones. It is the
 * relay because a port can be sent to one page only through it (SharedWorker is missing in Chrome for Android).
 */
var keriwasmRelay = (() => {
  const { Door, PROTOCOL, VERSION } = keriwasmDoor;
  const PORT_MS = 3000;
  /**
   * How long a door that was replaced is kept at least, and how often it is looked at then: it may still carry answers.
   */
  const RETIRE_MS = 60_000;
  const ASK_MS = 2000;

  class Relay {
    /** @param {ServiceWorkerGlobalScope} scope @param {URL} base */
    constructor(scope, base) {
      this.scope = scope;
      this.base = base;
      /** Doors by the id of the page whose pool they lead to: one, unless tabs run alone. @type {Map<string, any>} */
      this.doors = new Map();
      /** Who waits for any page's door. @type {Array<(door: any) => void>} */
      this.waiting = [];
    }

    /**
     * A page that runs a pool hands over a port.
     * @param {Client} page @param {MessagePort} port @param {string} generation
     */
    take(page, port, generation) {
      this.doors.get(page.id)?.retire('The page opened a new door.', RETIRE_MS);
      const door = new Door(port, this.base.pathname);
      door.generation = generation;
      this.doors.set(page.id, door);
      for (const resolve of this.waiting.splice(0)) resolve(door);
      page.postMessage({ v: PROTOCOL, type: 'door:open', version: VERSION });
    }

    /** A page does not run the pool any more. @param {string} id @param {string} reason */
    drop(id, reason) {
      this.doors.get(id)?.close(reason);
      this.doors.delete(id);
    }

    /** Drops the doors of pages that are gone, and answers what waited behind them. */
    async sweep() {
      for (const id of this.doors.keys()) {
        if (!await this.scope.clients.get(id))
          this.drop(id, 'The page that ran the pool was closed. Try again in a moment.');
      }
    }

    pages() { return this.scope.clients.matchAll({ type: 'window', includeUncontrolled: true }); }

    /**
     * A door: that of the page itself, else any; pages are asked when none is known.
     * @param {string} own id of the page that asks @param {number} [ms] how long to wait for one
     * @returns {Promise<any>}
     */
    async door(own, ms = PORT_MS) {
      await this.sweep();
      const known = this.doors.get(own) ?? [...this.doors.values()].pop();
      if (known) return known;
      const pages = await this.pages();
      if (!pages.length) return null;
      /** @type {Promise<any>} */
      const asked = new Promise(resolve => this.waiting.push(resolve));
      for (const page of pages) page.postMessage({ v: PROTOCOL, type: 'door:ask', version: VERSION });
      return Promise.race([asked, new Promise(resolve => { setTimeout(() => resolve(null), ms); })]);
    }

    /**
     * Whether pages are open of which none comes to run a pool, for so long. They are asked as a follower asks, which
     * pages of every version answer.
     * @param {number} ms
     */
    async lifeless(ms) {
      for (const end = Date.now() + ms; Date.now() < end;
          await new Promise(resolve => { setTimeout(resolve, ASK_MS); })) {
        const pages = await this.pages();
        if (!pages.length || (await Promise.all(pages.map(page => this.#lives(page)))).includes(true)) return false;
      }
      return true;
    }

    /** @param {Client} page @returns {Promise<boolean>} whether it runs a pool that has not failed */
    async #lives(page) {
      const { port1, port2 } = new MessageChannel();
      page.postMessage({ v: PROTOCOL, version: VERSION, type: 'leader:port', generation: '', current: null }, [port2]);
      const lives = await new Promise(resolve => {
        port1.onmessage = ({ data }) => {
          if (data.type === 'pool:status') resolve(data.status.state !== 'failed');
          else if (data.type === 'leader:mismatch') resolve(true);
        };
        setTimeout(() => resolve(false), ASK_MS);
      });
      port1.postMessage({ v: PROTOCOL, type: 'door:close' });
      port1.close();
      return lives;
    }

    /**
     * Passes a follower's port to the page that runs the pool.
     * @param {any} message @param {MessagePort} port @param {string} from
     * @param {string | null} current generation that navigations get
     */
    async introduce(message, port, from, current) {
      const door = await this.door('');
      const id = [...this.doors].find(([, each]) => each === door)?.[0];
      const page = id && id !== from ? await this.scope.clients.get(id) : undefined;
      if (page) page.postMessage({ ...message, type: 'leader:port', current }, [port]);
      else port.postMessage({ v: PROTOCOL, type: 'leader:none' });
    }
  }

  return { Relay, PORT_MS };
})();
globalThis.keriwasmRelay = keriwasmRelay;
