// @ts-check
/// <reference lib="webworker" />
/**
 * The kept app: what the keeper (router/offline/keeper.js) stores, and what the service worker serves from it.
 *
 * A generation is a list: every file of the app by path with its sha256, and the host's isolation headers; its id is
 * the hash of that list. A page that was served from a generation names it in its addresses
 * (`@ID/router/tabs/page.js`), and so do, relative to it, its modules, its workers and theirs: all of one load come
 * from one generation, whatever happens to the server meanwhile. Each generation has a cache of its own, its files
 * under just those addresses: only for such entries, handed on untouched, does Chromium keep compiled code. So it is
 * with Pyodide's, which the browser itself checks; of all others the bytes that were checked are served.
 *
 * Used by the service worker (a classic script) and by the keeper (a module): hence a global, as in door.js.
 */
var keriwasmGenerations = (() => {
  /** Of the host's headers only these are kept: they isolate the page and say what may run. */
  const HEADERS =
    /^(content-security-policy|cross-origin-[a-z-]+|permissions-policy|referrer-policy|x-content-type-options)$/;
  /** The one script whose worker asks other servers: its policy lets it, on every host, and no other file's does. */
  /**
   * What stands in another policy than that of all other files (serve.py sends the same). The gateway asks other
   * servers; the notebook's page makes a frame of opaque origin, which inherits its policy and begins with one inline
   * script: router/capsule/seed.js, by its hash.
   * @type {{ [path: string]: { [directive: string]: string } }}
   */
  const OWN_POLICIES = {
    'workers/gateway.js': { 'connect-src': 'http: https:' },
    'static/notebook/index.html': {
      'script-src': "'self' blob: 'sha256-Q21zDMDxHFWgfyR5/FSmsNjm5rUNlZpDTvGNx6SHmNo=' 'wasm-unsafe-eval'",
      'style-src': "'self' blob: 'unsafe-inline'", 'worker-src': "'self' blob:", 'frame-src': 'blob:',
      'base-uri': "'self' https://capsule.invalid",
    },
  };
  const ID = /^@([0-9a-f]{16})\//;

  /**
   * @typedef {typeof keriwasmVersions.NOTHING} State
   * @typedef {{ sha256: string, size: number, type: string }} File
   * @typedef {{ id: string, version: string, headers: { [name: string]: string }, files: { [path: string]: File } }}
   *   Generation
   */

  /** @param {BufferSource} bytes @returns {Promise<string>} sha256 as hex */
  async function digest(bytes) {
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    return Array.from(hash, byte => byte.toString(16).padStart(2, '0')).join('');
  }

  /** As in door.js, which the service worker loads before this; the keeper, which has no door, makes no answers. */
  /** @type {typeof keriwasmDoor.made} */
  const made = (...what) => keriwasmDoor.made(...what);

  /**
   * The release that a generation is: one number over the hashes of all its files, as `python wheels/vendor.py release`
   * prints it for a checkout. Unlike the id it leaves the host's headers out: the same files are the same release on
   * every host.
   * @param {Generation} generation
   */
  function release({ files }) {
    const lines = Object.keys(files).sort().map(path => `${files[path].sha256}  ${path}\n`);
    return digest(new TextEncoder().encode(lines.join('')));
  }

  class Generations {
    /** @param {URL} base folder of index.html */
    constructor(base) {
      this.base = base;
      this.name = `keriwasm-kept:${base.pathname}`;
      /** @type {Map<string, Generation>} */
      this.known = new Map();
      /** Open caches by generation: to open one takes as long as to find a file in it. @type {Map<string, Cache>} */
      this.open = new Map();
    }

    /** A name in the cache that no file of the app has. @param {string} path */
    url(path) { return new URL(`kept/${path}`, this.base).href; }

    /** A file's address, also its key in the generation's cache. @param {string} id @param {string} path */
    address(id, path) { return new URL(`@${id}/${path}`, this.base).href; }

    /** The cache of a generation; without an id, that of the state. @param {string} [id] */
    cache(id) { return caches.open(id ? `${this.name}@${id}` : this.name); }

    /** @returns {Promise<State>} */
    async state() {
      const response = await (await this.cache()).match(this.url('state.json'));
      return { ...keriwasmVersions.NOTHING, ...await response?.json() };
    }

    /** Changes the state (router/offline/versions.js); one at a time over all pages and workers.
     *  @param {(state: State) => Partial<State>} change @returns {Promise<State>} */
    async update(change) {
      return await navigator.locks.request(this.name, async () => {
        const before = await this.state();
        const after = { ...before, ...change(before) };
        await (await this.cache()).put(this.url('state.json'), Response.json(after));
        return after;
      });
    }

    /** @param {string} id @param {string} address */
    async find(id, address) {
      const open = this.open.get(id);
      const found = await open?.match(address);
      if (open && found) return { cache: open, found };
      const cache = await this.cache(id);  // for the first time, or it was deleted and made anew
      this.open.set(id, cache);
      return { cache, found: await cache.match(address) };
    }

    /** @param {string | null} id @returns {Promise<Generation | null>} */
    async generation(id) {
      if (!id) return null;
      const known = this.known.get(id);
      if (known) return known;
      if (!await caches.has(`${this.name}@${id}`)) return null;
      const response = await (await this.cache(id)).match(this.url('generation.json'));
      if (!response) return null;  // not whole yet: the list is written last
      const generation = await response.json();
      this.known.set(id, generation);
      return generation;
    }

    /** Deletes every generation but these. @param {Array<string | null>} ids */
    async sweep(ids) {
      for (const name of await caches.keys()) {
        if (name.startsWith(`${this.name}@`) && !ids.includes(name.slice(this.name.length + 1)))
          await caches.delete(name);
      }
    }

    /** What an address asks for: the generation that it names and the path below it. @param {URL} url */
    read(url) {
      const path = url.pathname.slice(this.base.pathname.length);
      const id = ID.exec(path)?.[1] ?? null;
      return { id, path: id ? path.slice(id.length + 2) : path };
    }

    /**
     * A file of a generation, its bytes checked. A damaged or missing one is fetched anew where the server still has
     * it.
     * @param {Generation} generation @param {string} path
     * @param {(text: string) => void} ontrouble told what was damaged, and what came of it
     * @param {boolean} [checked] the browser itself checks what comes (integrity), and asks again if it is wrong
     * @returns {Promise<Response>}
     */
    async file(generation, path, ontrouble, checked = false) {
      const entry = generation.files[path];
      if (!entry) return made(404, `${path} is no file of this app`);
      const address = this.address(generation.id, path);
      const { cache, found } = await this.find(generation.id, address);
      if (found && checked) return found;
      const bytes = await found?.arrayBuffer().catch(() => undefined);
      if (found && bytes && await digest(bytes) === entry.sha256)
        return new Response(bytes, { headers: found.headers });
      const what = found ? 'damaged' : 'missing';
      try {
        const response = await fetch(new URL(path, this.base), { cache: 'reload' });
        const fresh = await response.arrayBuffer();
        if (!response.ok || await digest(fresh) !== entry.sha256)
          throw new Error('the server has another version of it');
        await cache.put(address, this.response(generation, path, fresh));
        ontrouble(`The kept copy of ${path} was ${what}; it was fetched anew.`);
        return this.response(generation, path, fresh);
      } catch (error) {
        const { message } = /** @type {Error} */ (error);
        const text = `The kept copy of ${path} is ${what} and could not be fetched anew: ${message}`;
        ontrouble(text);
        return made(502, text, 'text/plain', { 'x-kept-problem': encodeURIComponent(text) });
      }
    }

    /** @param {Generation} generation @param {string} path @param {BodyInit} bytes */
    response(generation, path, bytes) {
      const { type } = generation.files[path];
      return this.opened(path, new Response(bytes, { headers:
        { ...generation.headers, 'content-type': type, 'cache-control': 'no-cache' } }));
    }

    /**
     * A script or a page with a policy of its own, which a host that sends one for all does not know; any other file as
     * it is.
     * @param {string} path @param {Response} response
     */
    opened(path, response) {
      const policy = response.headers.get('content-security-policy');
      const own = OWN_POLICIES[path];
      if (!own || !policy) return response;
      const headers = new Headers(response.headers);
      const others = policy.split(';').filter(part => !(part.trim().split(/\s/)[0] in own)).map(part => part.trim());
      headers.set('content-security-policy',
        [...others, ...Object.entries(own).map(([name, value]) => `${name} ${value}`)].filter(Boolean).join('; '));
      return new Response(response.body, { status: response.status, headers });
    }

    /**
     * The shell of a generation: its own files by their pinned addresses; deep under app/ its <base> names the folder.
     * @param {string} html @param {string} id @param {boolean} deep
     */
    pin(html, id, deep) {
      const pinned = html.replace(/\b(href|src)="(static|router|python)\//g, `$1="@${id}/$2/`);
      return deep ? this.deep(pinned) : pinned;
    }

    /** A page for an address deep under app/: its <base> names the app's folder. @param {string} text */
    deep(text) {
      const { html } = keriwasmDoor;
      return text.replace('<base href="./">', () => html`<base href="${this.base.pathname}">`);
    }
  }

  return { Generations, HEADERS, digest, release };
})();
globalThis.keriwasmGenerations = keriwasmGenerations;
