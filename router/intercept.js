// @ts-check
/**
 * The page's door: starts the router worker, hands htmx's requests to it, keeps the service worker supplied with a port,
 * and mirrors the pool's state on <html> and in events. No routes, no slices: what htmx asks goes through unread.
 *
 * Events on document: keriwasm:status, keriwasm:ready, keriwasm:answer, keriwasm:connection (see README).
 */
import './door.js';

/** @typedef {{ state: string, size: number, ready: number, workers: any[], bytes?: { done: number, total: number }, reason?: string }} Status */

const { Door, PROTOCOL, VERSION } = /** @type {any} */ (globalThis).keriwasmDoor;
const base = new URL('.', document.baseURI);
const root = document.documentElement;
const query = new URLSearchParams(location.search);
const local = ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname);

/** How often the router is asked for a sign of life, and how long it may be silent: longer at its start, when engines
 *  compile Pyodide on its thread. A tab that slept is not a router that died: a check that itself came late starts
 *  counting anew. */
const PING_MS = 1000;
const SILENCE_MS = 8000;
const START_MS = 45_000;
const RESTARTS = 5;

/** @type {any} */
let door = null;
/** @type {Worker | null} */
let router = null;
let generation = 0;
let failures = 0;
let heard = 0;
let spoke = false;
/** What the service worker lacks, if anything: '' once it answers. */
let missing = 'the service worker is starting';
let announced = false;
/** @type {Status} */
let status = { state: 'booting', size: 0, ready: 0, workers: [], bytes: { done: 0, total: 0 } };

/** @param {string} type @param {object} detail */
const tell = (type, detail) => document.dispatchEvent(new CustomEvent(`keriwasm:${type}`, { detail }));

/** Mirrors the pool's and the doors' state for tests, styles and page.py. */
function show() {
  const workers = Array.isArray(status.workers) ? status.workers : [];
  const doors = missing === '' || !('serviceWorker' in navigator);
  const state = status.state === 'ready' && !doors ? (missing.startsWith('the') ? 'booting' : 'degraded') : status.state;
  root.dataset.state = state;
  root.dataset.workers = String(status.size);
  root.dataset.workersReady = String(status.ready);
  Object.assign(/** @type {any} */ (globalThis).keriwasm, { status: { ...status, state, workers, missing } });
  tell('status', { ...status, state, workers, missing });
  if (state === 'ready' && !announced) {
    announced = true;
    tell('ready', { workers: status.size });
  }
}

/** @param {any} message what the router says beside its replies */
function onother(message) {
  if (message.type === 'router:pong') heard = performance.now();
  else if (message.type === 'pool:status') {
    status = message.status;
    spoke ||= status.ready > 0;
    show();
  }
}

/** Starts the router worker, or starts it anew. @param {string} [reason] */
function startRouter(reason) {
  if (reason) {
    console.error(`[keriwasm] the router is started anew: ${reason}`);
    tell('connection', { state: 'restarting', reason });
  }
  router?.terminate();
  door?.close(`The router was lost (${reason}). It is being started anew: try again in a moment.`);
  const worker = router = new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'router' });
  const channel = new MessageChannel();
  const count = query.get('workers');
  heard = performance.now();
  spoke = false;
  generation += 1;
  door = new Door(channel.port1, base.pathname);
  door.onother = onother;
  worker.onerror = event => { event.preventDefault(); lost(worker, event.message || 'its script could not be loaded'); };
  worker.onmessage = ({ data }) => {
    if (data.type === 'router:mismatch') update(`The page is version ${VERSION}, the router ${data.version}.`);
    else if (data.type === 'router:failed') lost(worker, data.error.message);
  };
  worker.postMessage({ v: PROTOCOL, type: 'router:init', version: VERSION, door: `page-${generation}`, base: base.pathname,
    workers: count === null ? null : count, faults: local && query.get('faults') === '1' }, [channel.port2]);
  if (reason) handPort();
}

/** @param {Worker} worker @param {string} reason */
function lost(worker, reason) {
  if (worker !== router) return;
  failures += 1;
  if (failures <= RESTARTS) return startRouter(reason);
  worker.terminate();
  router = null;
  door.close(`The router could not be started: ${reason}`);
  status = { ...status, state: 'failed', ready: 0, reason };
  show();
  tell('connection', { state: 'failed', reason });
}

function watch() {
  let last = performance.now();
  setInterval(() => {
    const time = performance.now();
    if (time - last > 3 * PING_MS) heard = time;
    last = time;
    if (!router) return;
    if (time - heard > (spoke ? SILENCE_MS : START_MS)) lost(router, `no sign of life for ${Math.round((time - heard) / 1000)} s`);
    else {
      door.post('router:ping', { t: time });
      if (status.state === 'ready') failures = 0;
    }
  }, PING_MS);
}

/** A newer version is here: offered, never mixed. @param {string} reason */
function update(reason) {
  missing = `A new version is installed. ${reason}`;
  tell('connection', { state: 'update', reason: `${reason} Reload the page to use the new version.` });
  show();
}

let ports = 0;
/** Gives the service worker a port of its own to the router. The port before it may still carry answers of a service
 *  worker that is being replaced: it is shut a minute later, so that a long-lived page does not collect dead ports. */
function handPort() {
  const controller = navigator.serviceWorker?.controller;
  if (!controller || !router) return;
  const channel = new MessageChannel();
  if (ports) {
    const before = { v: PROTOCOL, type: 'door:shut', version: VERSION, door: `sw-${ports}` };
    setTimeout(() => router?.postMessage(before), 60_000);
  }
  ports += 1;
  router.postMessage({ v: PROTOCOL, type: 'door:open', version: VERSION, door: `sw-${ports}` }, [channel.port1]);
  controller.postMessage({ v: PROTOCOL, type: 'door:port', version: VERSION }, [channel.port2]);
}

async function startServiceWorker() {
  const { serviceWorker } = navigator;
  serviceWorker.addEventListener('controllerchange', handPort);
  serviceWorker.addEventListener('message', ({ data }) => {
    if (data.type === 'door:ask') handPort();
    else if (data.type === 'door:open') { missing = ''; show(); }
    else if (data.type === 'door:mismatch') update(`The page is version ${VERSION}, the service worker ${data.version}.`);
  });
  serviceWorker.startMessages();
  const registration = await serviceWorker.register(new URL('service-worker.js', base), { scope: base.pathname, updateViaCache: 'none' });
  if (serviceWorker.controller) handPort();
  else {
    // First visit, or a page reloaded with the cache off: such a page is not controlled until it is claimed.
    await serviceWorker.ready;
    registration.active?.postMessage({ v: PROTOCOL, type: 'door:claim', version: VERSION });
  }
}

/**
 * This page's own door as a function: `fetch`, for what lies under app/, without the service worker.
 * @param {string | URL} action @param {any} [options]
 */
function throughDoor(action, { signal = new AbortController().signal, method = 'GET', headers = {}, body = null } = {}) {
  return door.fetch(new Request(new URL(action, document.baseURI), { method, headers, body }), signal);
}

/** Requests in flight; one whose element was removed, by whomever, is aborted. @type {Set<any>} */
const flying = new Set();
const removals = new MutationObserver(() => {
  for (const { sourceElement, request } of flying) {
    if (!sourceElement.isConnected) request.abort(new DOMException('the element was removed', 'AbortError'));
  }
});

const extension = {
  /** @param {Element} _ @param {{ ctx: any }} detail */
  htmx_config_request(_, { ctx }) {
    const url = new URL(ctx.request.action, document.baseURI);
    // Going back to the address without app/ (htmx asks for what the location says): home stands there.
    if (url.href.split(/[?#]/)[0].replace(/index\.html$/, '') === base.href) url.href = ctx.request.action = `${base.href}app/`;
    if (url.origin !== location.origin || !url.pathname.startsWith(`${base.pathname}app`)) return;
    ctx.fetch = async (/** @type {string} */ action, /** @type {any} */ options) => {
      const began = performance.now();
      const element = ctx.sourceElement;
      flying.add(ctx);
      removals.observe(document, { childList: true, subtree: true });
      try {
        const response = await throughDoor(action, options);
        const timings = Object.fromEntries([...(response.headers.get('server-timing') ?? '').matchAll(/(\w+);dur=([\d.]+)/g)]
          .map(([, name, ms]) => [name, Number(ms)]));
        tell('answer', { target: ctx.target, source: element, status: response.status,
          timings: { ...timings, total: performance.now() - began },
          workers: (response.headers.get('x-worker') ?? '').split(/,\s*/).filter(Boolean) });
        return response;
      } finally {
        flying.delete(ctx);
        if (!flying.size) removals.disconnect();
      }
    };
  },
};

/** The path under app/ that this address asks for; the bare folder means home. */
function wanted() {
  const path = location.pathname.slice(base.pathname.length);
  return path.startsWith('app/') ? path + location.search : 'app/';
}

/** Asks for this address's page until it comes. The router keeps the request until a worker is ready; the boot screen stands
 *  meanwhile, and lets no 5xx replace it (hx-status in index.html): a deadline passed or a router lost means to ask again. */
async function firstPage() {
  while (document.querySelector('#boot') && status.state !== 'failed') {
    const began = performance.now();
    await htmx.ajax('GET', wanted(), { source: '#boot', target: '#main', swap: 'innerHTML', timeout: 0 });
    await new Promise(resolve => setTimeout(resolve, Math.max(0, began + 1000 - performance.now())));
  }
}

Object.assign(globalThis, { keriwasm: { version: VERSION, status, fetch: throughDoor } });
startRouter();
watch();
const { htmx } = /** @type {any} */ (globalThis);
htmx.registerExtension('keriwasm', extension);
if ('serviceWorker' in navigator) {
  startServiceWorker().catch(error => {
    missing = `No service worker: ${error.message}`;
    console.warn(`[keriwasm] ${missing}`);
    show();
  });
}
addEventListener('pagehide', (/** @type {PageTransitionEvent} */ event) => { if (!event.persisted) door.post('door:close', {}); });
show();
firstPage();
