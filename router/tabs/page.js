// @ts-check
/**
 * The page of a tab: has the router at hand, be it its own (own-router.js) or another tab's (leader.js says which),
 * asks it for the first content, keeps the service worker supplied with a port, and mirrors the pool's state on <html>
 * and in events.
 *
 * Events on document: keriwasm:status, keriwasm:ready, keriwasm:answer, keriwasm:swapped, keriwasm:connection,
 * keriwasm:offline (README).
 */
import '../doors/door.js';
import { Doorway, intercept, through } from '../doors/intercept.js';
import { Leadership } from './leader.js';
import { Offline } from '../offline/offline.js';
import { OwnRouter, START_MS } from './own-router.js';

/**
 * @typedef {{ state: string, size: number, ready: number, workers: any[], bytes?: { done: number, total: number },
 *   reason?: string }} Status
 */
/**
 * @typedef {Status & { missing?: string, role?: string, refused?: string, ignored?: boolean }} Shown what is told of it
 */

const { PROTOCOL, VERSION, problem } = keriwasmDoor;
const base = new URL('.', document.baseURI);
const root = document.documentElement;
const query = new URLSearchParams(location.search);
const local = ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname);
const settings = { workers: query.get('workers'), faults: local && query.get('faults') === '1' };

/** To the router: this page's own, the leader's, or none. */
const doorway = new Doorway();
/** What the service worker lacks, if anything: '' once it answers. */
let missing = 'the service worker is starting';
let announced = false;
/** Of the app's files: in this module's own address when they were kept, '' when they came from the server. */
let generation = /\/@([0-9a-f]{16})\//.exec(import.meta.url)?.[1] ?? '';
/** @type {Status} */
const NOTHING = { state: 'booting', size: 0, ready: 0, workers: [], bytes: { done: 0, total: 0 } };
let status = NOTHING;

/** The page's Python, which shows what is told, may not be there yet: it finds the last news of the connection here.
 *  @param {string} type @param {object} detail */
function tell(type, detail) {
  if (type === 'connection') Object.assign(globalThis.keriwasm ?? {}, { connection: detail });
  document.dispatchEvent(new CustomEvent(`keriwasm:${type}`, { detail }));
}

/**
 * Since navigation, for whoever measures: keriwasm:answer, the first one; keriwasm:pool, the first time that it was
 * whole.
 * @param {string} name
 */
function mark(name) {
  if (!performance.getEntriesByName(`keriwasm:${name}`).length) performance.mark(`keriwasm:${name}`);
}

/** Mirrors the pool's and the doors' state for tests, styles and page.py. */
function show() {
  if (status.size && status.ready === status.size) mark('pool');
  const workers = Array.isArray(status.workers) ? status.workers : [];
  const { role } = leadership;
  const doors = missing === '' || !('serviceWorker' in navigator) || role === 'follower' || role === 'alone';
  let { state } = status;
  if (state === 'ready' && !doors) state = missing.startsWith('the') ? 'booting' : 'degraded';
  if (state === 'ready' && role === 'follower') state = 'follower';
  root.dataset.state = state;
  root.dataset.workers = String(status.size);
  root.dataset.workersReady = String(status.ready);
  const shown = { ...status, state, workers, missing, role, refused: leadership.refused,
    ignored: role === 'follower' && (settings.workers !== null || settings.faults) };
  Object.assign(globalThis.keriwasm ?? {}, { status: shown });
  tell('status', shown);
  if (state === 'ready' || state === 'degraded' && status.ready && missing === '') offline.begin();
  if (state === 'failed') offline.fail(reason());
  if (!announced && (state === 'ready' || state === 'follower')) {
    announced = true;
    tell('ready', { workers: status.size });
  }
}

/** Why the pool was given up. */
const reason = () => status.reason || status.workers?.find(worker => worker.error)?.error
  || 'no worker could be started';

/** @param {Status} news */
function take(news) {
  status = news;
  show();
}

const own = new OwnRouter(base, settings, {
  opened: opened => { doorway.use(opened); handPort(); },
  status: take,
  restarting: reason => {
    console.error(`[keriwasm] the router is started anew: ${reason}`);
    tell('connection', { state: 'restarting', reason });
    leadership.announce();
  },
  failed: reason => {
    take({ ...status, state: 'failed', ready: 0, reason });
    tell('connection', { state: 'failed', reason });
  },
  mismatch: reason => update(reason),
});

const leadership = new Leadership(base, () => generation,
  () => serviceWorker.then(registration => registration?.active ?? null), {
  lead(why) {
    if (why) tell('connection', { state: 'takeover', reason: why });
    take(NOTHING);
    own.start();
  },
  unlead(why) {
    own.end(why);
    doorway.use(null);
    serviceWorker.then(registration => registration?.active?.postMessage(
      { v: PROTOCOL, type: 'door:none', version: VERSION, reason: why }));
    take(NOTHING);
    tell('connection', { state: 'robbed', reason: why });
  },
  follow(opened) { doorway.use(opened); show(); },
  unfollow() { doorway.use(null); take({ ...NOTHING, size: status.size }); },
  status: take,
  outdated: reason => update(reason),
  retired() {
    const refused = problem.bind(null, 503, 'The app runs in another tab now. Take it over here, then try again.');
    doorway.use({ closed: false, post() {},
      fetch: async (/** @type {Request} */ request) => refused(request.headers.get('accept') ?? '') });
    tell('connection', { state: 'retired', reason: '' });
  },
});

const offline = new Offline(base, {
  version: VERSION,
  generation: () => generation,
  adopt(id) { generation = id; own.adopt(id); handPort(); },
  unkept: reason => own.adopt('', reason),
  digests: () => own.digests,
  registration: () => serviceWorker,
  offer: reason => tell('connection', { state: 'update', reason }),
  alone: () => leadership.role === 'alone',
  leads: () => leadership.role === 'leader',
  given: reason => tell('connection', { state: 'given-up', reason }),
});

/** A newer version is here: offered, never mixed. @param {string} reason */
function update(reason) {
  missing = `A new version is installed. ${reason}`;
  tell('connection', { state: 'update', reason: `${reason} Reload the page to use the new version.` });
  show();
}

let port = '';
/**
 * Gives the service worker a port of its own to the router. The port before it may still carry answers of a service
 * worker that is being replaced: it is shut when it carries none, so that a long-lived page does not collect dead
 * ports.
 */
async function handPort() {
  const active = (await serviceWorker)?.active;
  if (!active || !own.worker) return;
  const channel = new MessageChannel();
  if (port) own.retire(port);
  port = own.open('sw', channel.port1);
  active.postMessage({ v: PROTOCOL, type: 'door:port', version: VERSION, generation }, [channel.port2]);
}

/** Registers the service worker; resolves once one is active. @returns {Promise<ServiceWorkerRegistration | null>} */
async function startServiceWorker() {
  const { serviceWorker: container } = navigator;
  container.addEventListener('controllerchange', handPort);
  container.addEventListener('message', ({ data, ports }) => {
    if (data.type === 'door:ask') handPort();
    else if (data.type === 'door:open') { missing = ''; show(); }
    else if (data.type === 'door:mismatch')
      update(`The page is version ${VERSION}, the service worker ${data.version}.`);
    else if (data.type === 'leader:port') leadership.admit(data, ports[0], to => own.open('page-f', to));
    else if (data.type === 'app:reload') location.reload();
    else if (data.type === 'app:instead') offline.instead();
    else if (data.type === 'app:look') offline.look();
    else if (data.type === 'app:given') tell('connection', { state: 'given-up', reason: data.reason });
    else if (data.type === 'app:trouble') tell('offline', { ...offline.report, trouble: data.text });
  });
  container.startMessages();
  const registration = await container.register(
    new URL('service-worker.js', base), { scope: base.pathname, updateViaCache: 'none' });
  await Promise.race([container.ready, new Promise((_, reject) => {
    setTimeout(() => reject(new Error('it did not start in time')), START_MS);
  })]);
  // First visit, or a page reloaded with the cache off: such a page is not controlled until it is claimed.
  if (!container.controller) registration.active?.postMessage({ v: PROTOCOL, type: 'door:claim', version: VERSION });
  return registration;
}

/** The path under app/ that this address asks for; the bare folder means home. */
function wanted() {
  const path = location.pathname.slice(base.pathname.length);
  return path.startsWith('app/') ? path + location.search : 'app/';
}

/**
 * Asks for this address's page until it comes. The router keeps the request until a worker is ready; the boot screen
 * stands meanwhile, and lets no 5xx replace it (hx-status in index.html): a deadline passed or a router lost means to
 * ask again.
 */
async function firstPage() {
  while (document.querySelector('#boot') && status.state !== 'failed') {
    const began = performance.now();
    await htmx.ajax('GET', wanted(), { source: '#boot', target: '#main', swap: 'innerHTML', timeout: 0 });
    await new Promise(resolve => setTimeout(resolve, Math.max(0, began + 1000 - performance.now())));
  }
}

/** This page's own door as a function: `fetch`, for what lies under app/, without the service worker. */
const throughDoor = through(doorway.any, () => status.state === 'failed');

globalThis.keriwasm = { version: VERSION, status, connection: null, fetch: throughDoor, offline,
  reload: () => offline.reload(), lead: () => leadership.take('') };
intercept(base, throughDoor, { tell, mark });
const serviceWorker = 'serviceWorker' in navigator ? startServiceWorker().catch(error => {
  missing = `No service worker: ${error.message}`;
  console.warn(`[keriwasm] ${missing}`);
  show();
  return null;
}) : Promise.resolve(null);
addEventListener('pagehide', (/** @type {PageTransitionEvent} */ event) => {
  if (event.persisted) leadership.leave('This tab was put aside.');  // another one may run the pool meanwhile
  else doorway.door?.post('door:close', {});
});
addEventListener('pageshow', (/** @type {PageTransitionEvent} */ event) => { if (event.persisted) leadership.join(); });
show();
leadership.join().then(() => own.dismiss());
firstPage();
