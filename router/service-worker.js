// @ts-check
/// <reference lib="webworker" />
/**
 * The service worker's door: everything under app/ that htmx does not ask itself (a navigation, a download, an event
 * stream that reconnects, a plain fetch) becomes the same envelope to the same router. Loaded by /service-worker.js.
 *
 * It is stopped by the browser whenever it is idle, and forgets its ports then: it asks the page for a new one.
 */
(() => {
  const scope = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
  const { Door, problem, PROTOCOL, VERSION } = /** @type {any} */ (globalThis).keriwasmDoor;
  const base = new URL('.', scope.location.href);
  const SHELL = `keriwasm-shell-${VERSION}`;
  const PORT_MS = 3000;
  const NAVIGATION_MS = 2000;

  /** Doors by the id of the page whose router they lead to. @type {Map<string, any>} */
  const doors = new Map();
  /** Who waits for which page's port. @type {Map<string, Array<(door: any) => void>>} */
  const waiting = new Map();

  const sleep = (/** @type {number} */ ms) => new Promise(resolve => { setTimeout(resolve, ms); });

  scope.addEventListener('install', event => event.waitUntil((async () => {
    const cache = await caches.open(SHELL);
    await cache.add(new Request(new URL('index.html', base), { cache: 'no-cache' }));
    await scope.skipWaiting();
  })()));

  scope.addEventListener('activate', event => event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith('keriwasm-shell-') && name !== SHELL) await caches.delete(name);
    await scope.clients.claim();
  })()));

  scope.addEventListener('message', event => {
    const { data, source } = event;
    if (!source || !('id' in source)) return;
    if (data.v !== PROTOCOL || data.version !== VERSION) {
      source.postMessage({ v: PROTOCOL, type: 'door:mismatch', version: VERSION });
    } else if (data.type === 'door:claim') {
      event.waitUntil(scope.clients.claim());
    } else if (data.type === 'door:port') {
      const before = doors.get(source.id);
      if (before) setTimeout(() => before.close('The page opened a new door.'), 60_000);  // it may still carry answers
      const door = new Door(event.ports[0], base.pathname);
      doors.set(source.id, door);
      for (const resolve of waiting.get(source.id) ?? []) resolve(door);
      waiting.delete(source.id);
      source.postMessage({ v: PROTOCOL, type: 'door:open', version: VERSION });
    }
  });

  /** Drops the doors of pages that are gone, and answers what waited behind them. */
  async function sweep() {
    for (const [id, door] of doors) {
      if (await scope.clients.get(id)) continue;
      doors.delete(id);
      door.close('The page that ran the pool was closed.');
    }
  }

  /**
   * The door of a page; a page that was not asked yet, or whose port was lost with the last service worker, is asked.
   * @param {string} id @param {number} ms how long to wait for it
   */
  async function doorOf(id, ms) {
    const known = doors.get(id);
    if (known) return known;
    const client = id && await scope.clients.get(id);
    if (!client || client.type !== 'window') return null;
    /** @type {Promise<any>} */
    const asked = new Promise(resolve => waiting.set(id, [...waiting.get(id) ?? [], resolve]));
    client.postMessage({ v: PROTOCOL, type: 'door:ask', version: VERSION });
    return Promise.race([asked, sleep(ms).then(() => null)]);
  }

  /** Any page's door, for a request that no living page makes: a navigation. @param {number} ms */
  async function anyDoor(ms) {
    await sweep();
    const pages = await scope.clients.matchAll({ type: 'window' });
    for (const page of pages) if (doors.has(page.id)) return doors.get(page.id);
    return pages.length ? Promise.race(pages.map(page => doorOf(page.id, ms))) : null;
  }

  /** The shell as the server sends it, else as it was kept; its headers isolate the page. */
  async function shell() {
    const cache = await caches.open(SHELL);
    const url = new URL('index.html', base);
    try {
      const response = await fetch(url, { cache: 'no-cache' });
      if (response.ok) {
        await cache.put(url, response.clone());
        return response;
      }
    } catch { /* no server: the kept shell serves below */ }
    return await cache.match(url) ?? problem(503, 'The server cannot be reached, and this browser has not kept the page yet.', 'text/html');
  }

  /** The shell for a deep link: its base must name the folder, whatever the address. */
  async function deepShell() {
    const response = await shell();
    if (!response.ok) return response;
    const text = (await response.text()).replace('<base href="./">', `<base href="${base.pathname}">`);
    const headers = new Headers(response.headers);
    for (const name of ['content-length', 'content-encoding', 'etag', 'last-modified']) headers.delete(name);
    return new Response(text, { status: 200, headers });
  }

  /**
   * A navigation leaves the page whose pool could answer it, but that page lives until the answer commits: it is asked,
   * for a short while. Otherwise the shell comes, and asks for the content itself once its own pool is up.
   * @param {Request} request
   */
  async function navigate(request) {
    const limit = request.method === 'GET' ? NAVIGATION_MS : 30000;
    const door = await anyDoor(Math.min(limit, PORT_MS));
    if (door) {
      const abort = new AbortController();
      const timer = setTimeout(() => abort.abort(), limit);
      try {
        // Read whole: a stream would end with the page that is being left.
        const response = await door.fetch(request, abort.signal);
        const body = await response.arrayBuffer();
        if (response.status < 502) {
          const headers = new Headers(response.headers);
          if ((headers.get('content-type') ?? '').startsWith('text/html')) {
            const kept = await (await caches.open(SHELL)).match(new URL('index.html', base));
            for (const [name, value] of kept?.headers ?? []) {
              if (/^(content-security-policy|cross-origin-|permissions-policy|referrer-policy|x-content-type-options)/.test(name)) headers.set(name, value);
            }
          }
          return new Response([204, 205, 304].includes(response.status) ? null : body, { status: response.status, headers });
        }
      } catch (error) {
        if (!abort.signal.aborted) console.warn('[keriwasm] a navigation was answered by the shell:', error);
      } finally {
        clearTimeout(timer);
      }
    }
    return deepShell();
  }

  /** @param {FetchEvent} event */
  async function answer({ request, clientId }) {
    if (request.mode === 'navigate') return navigate(request);
    const door = await doorOf(clientId, PORT_MS) ?? await anyDoor(PORT_MS);
    if (door) return door.fetch(request);
    return problem(503, 'No page of this app runs a pool right now. Open the app, then try again.', request.headers.get('accept') ?? '');
  }

  scope.addEventListener('fetch', event => {
    const url = new URL(event.request.url);
    if (url.origin !== base.origin || !url.pathname.startsWith(`${base.pathname}app/`)) return;
    event.respondWith(answer(event));
  });
})();
