// @ts-check
/// <reference lib="webworker" />
/**
 * The service worker: the second door, and the app without a server. Loaded by /service-worker.js.
 *
 * Everything under app/ that htmx does not ask itself (a navigation, a download, an event stream that reconnects, a
 * plain fetch) becomes the same envelope to the same router. All else comes from the generation that its address names,
 * or, without a name (a first visit, a reload past the cache, serve.py --dev), from the server.
 */
(() => {
  const scope = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
  const { barred, made, problem, PROTOCOL, VERSION } = keriwasmDoor;
  const { Generations, HEADERS, digest } = keriwasmGenerations;
  const { advance, again, alive, free, giveUp, needed, proven, ran, sent } = keriwasmVersions;
  const { Relay, PORT_MS } = keriwasmRelay;
  const base = new URL('.', scope.location.href);
  const generations = new Generations(base);
  const relay = new Relay(scope, base);
  const OWN = ['service-worker.js', 'router/doors/door.js', 'router/offline/versions.js',
    'router/offline/generations.js', 'router/doors/relay.js', 'router/doors/service-worker.js'];
  /** A page of its own, beside the app's: from the server, and without one as it was kept. */
  const NOTEBOOK = 'static/notebook/index.html';
  const NAVIGATION_MS = 2000;
  const LIFELESS_MS = 45_000;
  /** What a page that starts a pool asks for first: read and checked while it does not know yet that it will. */
  const FIRST = ['router/boot/trusted.js', 'router/boot/early.js', 'router/host/worker.js', 'router/root.js',
    'router/host/host.js', 'router/boot/first-worker.js', 'workers/worker.js', 'workers/restore-first.js',
    'workers/interpreter.js', 'workers/files.js', 'workers/interrupt.js', 'router/boot/pack.js',
    'router/boot/checked-fetch.js', 'router/offline/generations.js', 'router/host/policy.js', 'router/doors/door.js',
    'router/boot/supplies.js', 'router/host/bodies.js', 'router/host/gateway.js', 'router/host/pool-workers.js',
    'router/tabs/page.js', 'router/doors/intercept.js', 'router/tabs/leader.js', 'router/tabs/own-router.js',
    'router/offline/offline.js', 'router/doors/hands.js'];
  /** And of what is vendored, whatever its version: the scripts that start the interpreters. */
  const STARTERS = /^static\/(pyodide|micropython)\/[^/]+\/(pyodide|pyodide\.asm|micropython)\.mjs$/;

  /** @param {object} message */
  async function tellAll(message) {
    for (const page of await relay.pages()) page.postMessage({ v: PROTOCOL, version: VERSION, ...message });
  }

  /** @param {string} text */
  function trouble(text) {
    console.warn(`[keriwasm] ${text}`);
    tellAll({ type: 'app:trouble', text });
  }

  /** Which of the kept generations these very scripts belong to. */
  async function ours() {
    const state = await generations.state();
    const now = await Promise.all(OWN.map(async path =>
      digest(await (await fetch(new URL(path, base), { cache: 'no-cache' })).arrayBuffer())));
    for (const id of needed(state)) {
      const generation = await generations.generation(id);
      if (generation && OWN.every((path, at) => generation.files[path]?.sha256 === now[at])) return id;
    }
    return null;
  }

  // A service worker of a new version is not installed before that version is kept as a whole, and does not come to
  // power before it is accepted (or no page is open): so it does not serve the version before it, unless its own did
  // not start. If pages are open and none comes to life (apps before this one took what they kept for good), or none
  // can be opened of a version that was not ready yet (its service worker may slip at every request), any other is let
  // in: it may be the cure. Never while a page lives: what it is just loading would go past the service worker that is
  // replaced.
  let cure = false;
  scope.addEventListener('install', event => event.waitUntil((async () => {
    const { current, unproven } = await generations.state();
    const id = current && await ours();
    const open = (await relay.pages()).length > 0;
    if (current && !id && !open && unproven === current) return scope.skipWaiting();
    if (current && !id && open && await relay.lifeless(LIFELESS_MS)) {
      await generations.update(state => giveUp(state, current, 'no page came to life'));
      cure = true;
      return scope.skipWaiting();
    }
    if (current && !id) throw new Error('this version of the app is not kept yet: the service worker before it stays');
    if (!current) {
      const url = new URL('index.html', base);
      await (await generations.cache()).put(generations.url('shell.html'), await fetch(url, { cache: 'no-cache' }));
    }
    if (id === current) return scope.skipWaiting();
    // Installed, it would come to power by itself once no page is open.
    if (!free(await generations.state()))
      throw new Error('a new version is asked for first: the service worker before it stays');
    await generations.update(() => ({ waiting: id }));
  })()));

  scope.addEventListener('activate', event => event.waitUntil((async () => {
    const { waiting, next } = await generations.state();
    if (waiting && waiting === next) await accept();
    await scope.clients.claim();
    if (!cure) return;
    // Not waited for: the navigation itself waits until this one is active.
    for (const page of await relay.pages()) /** @type {WindowClient} */ (page).navigate(page.url).catch(() => {});
  })()));

  /** The offered version becomes the one that is served; every open page is told to load itself anew. */
  async function accept() {
    await generations.update(advance);
    await tellAll({ type: 'app:reload' });
  }

  /**
   * Versions of which a kept file is damaged and could not be had anew: what fails then is no fault of theirs, and
   * loading again may mend it. The value: whether a person asked for that already.
   * @type {Map<string, boolean>}
   */
  const spoilt = new Map();

  /**
   * A page says that its version did not start: it is given up for the one before or for what the server has, and the
   * page told to load itself anew, once. One that was ready before is only given up when its scripts cannot run at all,
   * or when asked.
   * @param {Client} page @param {{ id: string, reason: string, scripts?: boolean, asked?: boolean }} told
   */
  async function failed(page, { id, reason, scripts, asked }) {
    const { current, unproven, failed: known } = await generations.state();
    if (current === id && !asked) {
      if (known[id] || spoilt.has(id) || unproven !== id && !scripts) return;
      console.warn(`[keriwasm] the version ${id} did not start and is given up: ${reason}`);
    }
    if (asked && spoilt.get(id) === false) spoilt.set(id, true);
    else await generations.update(state => giveUp(state, id, reason));
    page.postMessage({ v: PROTOCOL, version: VERSION, type: 'app:instead' });
  }

  /**
   * What pages say of versions, whatever their own is.
   * @type {{ [type: string]: (data: any, page: Client) => Promise<unknown> }}
   */
  const versions = {
    'app:failed': (data, page) => failed(page, data),
    'app:proven': async ({ id }) => {
      const { unproven, before, failed: known } = await generations.state();
      if (unproven === id || before || known[id])
        await generations.sweep(needed(await generations.update(state => proven(state, id))));
    },
    'app:known': async (_, page) => {
      const { current, network, failed: known } = await generations.state();
      if (network && network !== current && known[network])
        page.postMessage({ v: PROTOCOL, version: VERSION, type: 'app:given', reason: known[network] });
    },
    'app:alive': async ({ id }) => {
      if ((await generations.state()).tries) await generations.update(state => alive(state, id));
    },
    'app:ran': ({ id }) => generations.update(state => ran(state, id)),
    'app:again': async (_, page) => {
      await generations.update(again);
      page.postMessage({ v: PROTOCOL, version: VERSION, type: 'app:look' });
    },
    // A page that does not start has nothing to lose, but it speaks for itself only.
    'app:accept-alone': async () => { if ((await relay.pages()).length === 1) await accept(); },
  };

  scope.addEventListener('message', event => {
    const { data, source, ports } = event;
    if (data.type === 'app:skip') return event.waitUntil(scope.skipWaiting());
    if (!source || !('id' in source)) return;
    if (data.type === 'app:accept') {
      const { waiting } = scope.registration;
      if (waiting && waiting !== scope.registration.active) waiting.postMessage({ v: PROTOCOL, type: 'app:skip' });
      else event.waitUntil(accept());
    } else if (versions[data.type]) event.waitUntil(versions[data.type](data, source));
    else if (data.v !== PROTOCOL || data.version !== VERSION) {
      source.postMessage({ v: PROTOCOL, type: 'door:mismatch', version: VERSION });
    } else if (data.type === 'door:claim') event.waitUntil(scope.clients.claim());
    else if (data.type === 'door:port') relay.take(source, ports[0], data.generation ?? '');
    else if (data.type === 'door:none') relay.drop(source.id, data.reason);
    else if (data.type === 'leader:ask') {
      event.waitUntil(generations.state().then(
        state => relay.introduce(data, ports[0], source.id, state.current)));
    }
  });

  /** index.html as the server has it, for as long as nothing is kept. @param {boolean} deep */
  async function serverShell(deep) {
    let response;
    try {
      response = await fetch(new URL('index.html', base), { cache: 'no-cache' });
    } catch {
      return problem(503, 'The server cannot be reached, and this browser has not kept the app yet.', 'text/html');
    }
    if (!response.ok || !deep) return response;
    const text = generations.deep(await response.text());
    const headers = new Headers(response.headers);
    for (const name of ['content-length', 'content-encoding', 'etag', 'last-modified']) headers.delete(name);
    return new Response(text, { status: 200, headers });
  }

  /** Files of FIRST that were not asked for yet, by generation and path, and what was damaged of them.
   *  @type {Map<string, { response: Promise<Response>, troubles: string[] }>} */
  let readied = new Map();

  /** @param {any} generation */
  function ready(generation) {
    const starters = Object.keys(generation.files).filter(path => STARTERS.test(path));
    readied = new Map([...FIRST, ...starters].map(path => {
      /** @type {string[]} */
      const troubles = [];
      const response = generations.file(generation, path, (/** @type {string} */ text) => troubles.push(text));
      response.catch(() => {});  // whoever asks for it learns of it
      return [`${generation.id}/${path}`, { response, troubles }];
    }));
  }

  /**
   * A file of FIRST, once; there is a page now that can be told.
   * @param {{ response: Promise<Response>, troubles: string[] }} file @param {string} generation
   */
  async function handOut({ response, troubles }, generation) {
    const answer = await response;
    if (answer.status === 502 && !spoilt.has(generation)) spoilt.set(generation, false);
    troubles.forEach(trouble);
    return answer;
  }

  /** index.html of a generation, with its addresses pinned to it. @param {any} generation @param {boolean} deep */
  async function keptShell(generation, deep) {
    const shell = generations.file(generation, 'index.html', trouble);
    ready(generation);
    const response = await shell;
    if (!response.ok) return problem(503, await response.text(), 'text/html');
    return new Response(generations.pin(await response.text(), generation.id, deep), { headers: response.headers });
  }

  /** The isolation headers that a page made by the pool must carry as well. @param {any} generation */
  async function isolation(generation) {
    const shell = generation ? null : await (await generations.cache()).match(generations.url('shell.html'));
    return generation?.headers ?? Object.fromEntries([...shell?.headers ?? []].filter(([name]) => HEADERS.test(name)));
  }

  /**
   * The version that a navigation gets: a new one without being asked only while no page of the app is open. Of one
   * that did not start, with none before it, the server's is wanted, and the kept one is the last resort.
   * @returns {Promise<{ generation: any, resort: any, state: any }>} nulls: the server's
   */
  async function wanted() {
    let state = await generations.state();
    if (state.dev) return { generation: null, resort: null, state };
    if (state.next && !state.waiting && free(state) && !(await relay.pages()).length)
      state = await generations.update(advance);
    const current = await generations.generation(state.current);
    return current && state.failed[current.id] ? { generation: null, resort: current, state }
      : { generation: current, resort: null, state };
  }

  /** The shell that a page starts from. @param {any} version of `wanted` @param {boolean} deep */
  async function shell({ generation, resort, state }, deep) {
    if (generation && state.unproven === generation.id) {
      state = await generations.update(state => sent(state, generation.id));
      if (state.current !== generation.id || state.failed[generation.id]) return shell(await wanted(), deep);
    }
    if (generation) return keptShell(generation, deep);
    const response = await serverShell(deep);
    return resort && !(response.ok && await isOurs(response.clone())) ? keptShell(resort, deep) : response;
  }

  /** Whether it is the app's page, not one of whoever else answers. @param {Response} response */
  // By its script, now and before.
  const isOurs = async response => /router\/(tabs\/page|intercept)\.js/.test(await response.text());

  /**
   * A navigation leaves the page whose pool could answer it, but that page lives until the answer commits: it is asked,
   * for a short while. Otherwise the shell comes, and asks for the content itself once its own pool is up. An address
   * with ?download is no page but a file to be saved: its page stays, so it is waited for, and the shell is never saved
   * for it.
   * @param {Request} request @param {URL} url
   */
  async function navigate(request, url) {
    const version = await wanted();
    const { generation } = version;
    const inner = url.pathname.startsWith(`${base.pathname}app/`);
    const saving = inner && url.searchParams.has('download');
    const limit = request.method === 'GET' && !saving ? NAVIGATION_MS : 30000;
    // With serve.py --dev a page is loaded anew because something was edited: the pool before does not have it.
    const edited = limit === NAVIGATION_MS && version.state.dev;
    const door = inner && !edited ? await relay.door('', Math.min(limit, PORT_MS)) : null;
    // Only a pool of the same version: the pages it makes name files of its own, which may be kept no more.
    if (door && door.generation === (generation?.id ?? '')) {
      const abort = new AbortController();
      const timer = setTimeout(() => abort.abort(), limit);
      try {
        // Read whole: a stream would end with the page that is being left.
        const response = await door.fetch(request, abort.signal);
        /** @type {BodyInit | null} */
        let body = await response.arrayBuffer();
        if (response.status < 502) {
          const headers = new Headers(response.headers);
          for (const [name, value] of Object.entries(await isolation(generation))) headers.set(name, String(value));
          if ((headers.get('content-type') ?? '').startsWith('text/html')) {
            if (generation)
              body = generations.pin(new TextDecoder().decode(/** @type {ArrayBuffer} */ (body)), generation.id, false);
          }
          return new Response([204, 205, 304].includes(response.status) ? null : body,
            { status: response.status, headers });
        }
      } catch (error) {
        if (!abort.signal.aborted) console.warn('[keriwasm] a navigation was answered by the shell:', error);
      } finally {
        clearTimeout(timer);
      }
    }
    if (saving) return problem(503, 'No worker answered in time, so there is nothing to save. Try again.', '');
    return shell(version, inner);
  }

  /** @param {FetchEvent} event */
  async function answer({ request, clientId }) {
    const door = await relay.door(clientId);
    if (door) return door.fetch(request);
    return problem(503, 'No page of this app runs a pool right now. Open the app, then try again.',
      request.headers.get('accept') ?? '');
  }

  /**
   * A file by the address that names its generation.
   * @param {Request} request @param {string} id @param {string} path
   */
  async function pinned(request, id, path) {
    const file = readied.get(`${id}/${path}`);
    if (file && readied.delete(`${id}/${path}`)) return handOut(file, id);
    const generation = await generations.generation(id);
    if (!generation) return made(410, 'This version of the app is not kept any more: load the page again.');
    if (path === 'index.html') return keptShell(generation, false);
    const checked = request.integrity !== '' && request.cache !== 'reload';
    const response = await generations.file(generation, path, trouble, checked);
    if (response.status === 502 && !spoilt.has(id)) spoilt.set(id, false);
    return response;
  }

  /**
   * A file from the server; without one from what it had when it was last asked.
   * @param {Request} request @param {string} path
   */
  async function fromServer(request, path) {
    try {
      return generations.opened(path, await fetch(request));
    } catch (error) {
      const generation = await generations.generation((await generations.state()).network);
      if (!generation?.files[path]) throw error;
      return generations.file(generation, path, trouble);
    }
  }

  /**
   * A page that nobody can frame, whatever the host's headers say or lack; what it asks for tells others nothing of it.
   * @param {Response | Promise<Response>} answered
   */
  async function walled(answered) {
    const response = await answered;
    const headers = new Headers(response.headers);
    headers.set('x-frame-options', 'DENY');
    headers.set('referrer-policy', 'same-origin');
    return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
  }

  scope.addEventListener('fetch', event => {
    const { request } = event;
    const url = new URL(request.url);
    if (url.origin !== base.origin || !url.pathname.startsWith(base.pathname)) return;
    const { id, path } = generations.read(url);
    const why = barred(request, base.pathname);
    if (why) event.respondWith(walled(problem(403, why, request.headers.get('accept') ?? '')));
    else if (id) event.respondWith(pinned(request, id, path));
    else if (request.mode === 'navigate') {
      if (path === '' || path === 'index.html' || path.startsWith('app/')) {
        event.respondWith(walled(navigate(request, url)).catch(error => {
          console.warn('[keriwasm] a navigation was left to the server:', error);
          return fetch(request);
        }));
      } else if (path === NOTEBOOK) event.respondWith(walled(fromServer(request, path)));
    } else if (path.startsWith('app/')) event.respondWith(answer(event));
    // The keeper wants the server's word, not what was kept of it.
    else if (request.method === 'GET' && !request.headers.has('x-keeper') && !path.startsWith('__dev__/')) {
      event.respondWith(fromServer(request, path));
    }
  });
})();
