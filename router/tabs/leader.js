// @ts-check
/**
 * One origin, one pool: of all tabs of the app the one that holds the Web Lock runs the router and the pool, the others
 * follow it through a port of their own, which the service worker passes on.
 *
 * A leader that is closed or crashes loses its lock, and the next in the queue gets it. One that is frozen keeps it: a
 * follower whose pings and knocks stay unanswered takes the lock from it by force. Whoever lost the lock ends its pool
 * at once; what it may still have been writing is fenced off by the store's own generation number
 * (keriwasm/disk/disk.py).
 */
import '../doors/door.js';
import { START_MS, pulse } from './own-router.js';

const { Door, PROTOCOL, VERSION } = keriwasmDoor;

/**
 * How long a pool that was whole may be silent before the follower knocks anew, and how long a knock may be unanswered.
 */
const SILENCE_MS = 4000;
const KNOCK_MS = 5000;
const AGAIN_MS = 700;

/** @typedef {'joining' | 'leader' | 'follower' | 'alone' | 'retired'} Role */

const sleep = (/** @type {number} */ ms) => new Promise(resolve => { setTimeout(resolve, ms); });

export class Leadership {
  /**
   * @param {URL} base
   * @param {() => string} generation of the app's files that this page runs; '' when it came straight from the server
   * @param {() => Promise<ServiceWorker | null>} relay the service worker, whether it controls this page or not
   * @param {{ lead: (why: string) => void, unlead: (why: string) => void, follow: (door: any) => void,
   *           unfollow: (why: string) => void, status: (status: any) => void, outdated: (why: string) => void,
   *           retired: () => void }} tell
   *   `lead` with the reason why it takes over, '' for the first; `unfollow` while it looks for a leader again
   */
  constructor(base, generation, relay, tell) {
    this.base = base;
    this.generation = generation;
    this.relay = relay;
    this.tell = tell;
    this.name = `keriwasm-pool:${base.pathname}`;
    /** @type {Role} */
    this.role = 'joining';
    /** Ends the hold on the lock. @type {(() => void) | null} */
    this.release = null;
    /** Ends the wait for the lock. @type {AbortController | null} */
    this.queue = null;
    /** @type {any} */
    this.door = null;
    /** @type {ReturnType<typeof pulse> | null} */
    this.pulse = null;
    this.seeking = false;
    /** Why the browser gives no lock, if it was asked for one. */
    this.refused = '';
    /** Whether it ever worked through a leader's pool. */
    this.followed = false;
    /** @type {BroadcastChannel | null} */
    this.channel = null;
  }

  /** Leads or follows, whichever it is to be. */
  async join() {
    if (!navigator.locks) return this.stayAlone();
    this.channel = new BroadcastChannel(this.name);
    this.channel.onmessage = ({ data }) => {
      if (data === 'leader' && this.role === 'follower') this.seek('The pool was started anew. Try again in a moment.');
    };
    const free = await new Promise((resolve, reject) => {
      this.lock({ ifAvailable: true }, '', resolve).catch(reject);
    })
      .catch(error => { this.stayAlone(error.message); });
    if (free === false) this.follow();
  }

  /** No tab here can learn of another: this one runs a pool of its own. @param {string} [why] no lock is to be had */
  stayAlone(why = '') {
    if (why) console.warn(`[keriwasm] this tab runs a pool of its own: ${why}`);
    this.refused = why;
    this.channel?.close();
    this.channel = null;
    this.role = 'alone';
    this.tell.lead('');
  }

  /**
   * Asks for the lock and holds it until `release`.
   * @param {LockOptions} options @param {string} why the reason to tell when it is granted
   * @param {(granted: boolean) => void} [answered]
   * @returns {Promise<any>} rejects where the browser gives no locks: it does so for a page whose site data it blocks
   */
  lock(options, why, answered) {
    let holding = false;
    return navigator.locks.request(this.name, options, lock => {
      answered?.(Boolean(lock));
      if (!lock) return undefined;
      holding = true;
      // The page before in this same tab may be a moment late with its goodbye: that is no takeover to tell of.
      if (options.signal && !this.followed) why = '';
      this.unfollow(why);
      this.queue?.abort();
      this.queue = null;
      this.role = 'leader';
      /** @type {Promise<void>} */
      const held = new Promise(resolve => { this.release = resolve; });
      this.tell.lead(why);
      this.announce();
      return held;
    }).catch(error => {
      if (error.name !== 'AbortError') throw error;
      if (holding) this.robbed();  // else it only left the queue
    });
  }

  /** Another tab took the lock by force, because this one had not answered: it slept, or it hung. */
  async robbed() {
    this.release = null;
    this.role = 'joining';
    this.tell.unlead('Another tab took over, because this one had not answered for a while.');
    if (await this.relay()) return this.follow();
    this.role = 'retired';  // two tabs that cannot share must not take the lock from each other in turns
    this.tell.retired();
  }

  /** Tells the others that a pool can be asked here. */
  announce() { this.channel?.postMessage('leader'); }

  /** Waits in line for the lock, and looks for whoever holds it. */
  follow() {
    this.role = 'follower';
    this.queue = new AbortController();
    this.lock({ signal: this.queue.signal }, 'The tab that ran the pool is closed: this tab takes over.');
    this.seek('');
  }

  /** Lets go of the leader's door. @param {string} why */
  unfollow(why) {
    this.pulse?.stop();
    this.pulse = null;
    if (!this.door) return;
    this.door.close(why || 'The tab that ran the pool is gone.');
    this.door = null;
    this.tell.unfollow(why);
  }

  /** Finds the leader; takes its place when it does not answer. @param {string} why the door before is given up */
  async seek(why) {
    if (this.seeking) return;
    this.seeking = true;
    try {
      this.unfollow(why);
      if (await this.knock()) return;
      // One successor at a time: the second finds the first one leading.
      const asked = performance.now();
      await navigator.locks.request(`${this.name}:succession`, async () => {
        if (this.role !== 'follower') return;
        if (performance.now() - asked > 500 && await this.knock()) return;
        await this.take('The tab that ran the pool does not answer: this tab takes over.');
      });
    } finally {
      this.seeking = false;
    }
  }

  /** Takes the lock from whoever holds it. @param {string} why */
  take(why) {
    return new Promise(resolve => this.lock({ steal: true }, why, resolve));
  }

  /** Asks the leader for a port to its pool. @returns {Promise<boolean>} whether this page needs nothing more */
  async knock() {
    const relay = await this.relay();
    if (!relay) {
      const why = 'This browser has no service worker here that would let tabs share a pool: the newest tab runs it.';
      await this.take(why);
      return true;
    }
    const end = performance.now() + KNOCK_MS;
    /** @type {(found: [MessagePort, any]) => void} */
    let heard = () => {};
    /** @type {Promise<[MessagePort, any]>} */
    const answer = new Promise(resolve => { heard = resolve; });
    /** @type {MessagePort[]} */
    const ports = [];
    // Again and again: the first knock may have gone to one that hangs, or have come before a successor was known.
    while (this.role === 'follower' && performance.now() < end) {
      const { port1, port2 } = new MessageChannel();
      ports.push(port1);
      port1.onmessage = ({ data }) => { if (data.type !== 'leader:none') heard([port1, data]); };
      relay.postMessage({ v: PROTOCOL, version: VERSION, type: 'leader:ask', generation: this.generation() }, [port2]);
      const found = await Promise.race([answer, sleep(Math.min(AGAIN_MS, end - performance.now()))]);
      if (!found) continue;
      const [port, said] = /** @type {[MessagePort, any]} */ (found);
      for (const other of ports) if (other !== port) other.close();
      if (this.role !== 'follower') return true;
      if (said.type === 'leader:mismatch') this.tell.outdated(said.reason);
      else this.attach(port);
      return true;
    }
    for (const port of ports) port.close();
    return this.role !== 'follower';
  }

  /** @param {MessagePort} port to the leader's router */
  attach(port) {
    const door = this.door = new Door(port, this.base.pathname);
    this.followed = true;
    let spoke = false;
    this.pulse = pulse({
      ping: time => door.post('router:ping', { t: time }),
      limit: () => spoke ? SILENCE_MS : START_MS,
      overdue: () => this.seek('The tab that ran the pool does not answer. Try again in a moment.'),
    });
    door.onother = (/** @type {any} */ message) => {
      if (message.type === 'router:pong') this.pulse?.heard();
      else if (message.type === 'pool:status' && this.door === door) {
        spoke ||= message.status.ready > 0;
        this.tell.status(message.status);
      }
    };
    this.tell.follow(door);
  }

  /**
   * A follower asks for a port: the leader says yes and passes it to its router.
   * @param {any} message @param {MessagePort} port @param {(port: MessagePort) => void} open
   */
  admit(message, port, open) {
    const answer = (/** @type {string} */ type, reason = '') => port.postMessage({ v: PROTOCOL, type, reason });
    if (this.role !== 'leader') return answer('leader:none');
    const own = this.generation();
    if (message.generation && own && message.generation !== own) {
      if (message.current !== message.generation)
        return answer('leader:mismatch', 'Another tab runs another version of the app.');
      // The other one has the version that was accepted: it gets the pool.
      this.leave('A newer version of the app runs in another tab.');
      this.tell.outdated('A newer version of the app runs in another tab.');
      return answer('leader:none');
    }
    answer('leader:here');
    open(port);
  }

  /** Steps down: the page is put aside (bfcache), and comes back by `join`. @param {string} why */
  leave(why) {
    this.queue?.abort();
    this.queue = null;
    this.unfollow(why);
    if (this.role === 'leader' || this.role === 'alone') this.tell.unlead(why);
    this.role = 'joining';
    this.release?.();
    this.release = null;
    this.channel?.close();
  }
}
