// @ts-check
/**
 * What both doors share: an HTTP request becomes one envelope on a MessagePort, the replies become one Response.
 *
 * The page loads this file as a module, the service worker by `importScripts` (a classic script, because not every
 * engine has module service workers), so it exports nothing and hangs one object on the global scope instead.
 * It knows nothing of routes: what is asked and what is answered passes through unread.
 */
var keriwasmDoor = (() => {
  /** Protocol and application version: page, service worker, router and workers refuse to mix different ones. */
  const PROTOCOL = 1;
  const VERSION = '0.1.0';
  const LOST = 'The router is being started anew. Try again in a moment.';

  /**
   * @typedef {{ v: number, type: string, id?: string, [field: string]: any }} Envelope
   * @typedef {{ resolve: (response: Response) => void, reject: (reason: any) => void, head: boolean,
   *             stream: ReadableStreamDefaultController | null, release: () => void, asked: number,
   *             accept: string }} Pending
   */

  /** Nobody tells which one it was, or why: what the form held cannot be read any more. */
  const GONE = 'It was deleted or changed since it was chosen, or it is a folder. '
    + 'Choose it again, then send the form once more. Nothing was done.';

  /** @param {any} signal */
  const abortReason = signal => signal.reason instanceof Error ? signal.reason
    : new DOMException(String(signal.reason ?? 'aborted'), 'AbortError');

  /** HTML in which every value is escaped: the only way in which this folder makes any.
   *  @param {TemplateStringsArray} parts @param {...unknown} values */
  const html = (parts, ...values) => String.raw({ raw: parts }, ...values.map(value => String(value)
    .replace(/[&<>"']/g, letter => `&#${letter.charCodeAt(0)};`)));

  /**
   * What a door or the service worker says by itself, rather than hands on: its type is said and not guessed, and
   * nothing in it may run, load or be framed, whatever got into its text.
   * @param {number} status @param {string} text @param {string} [type] @param {{ [name: string]: string }} [headers]
   */
  function made(status, text, type = 'text/plain', headers = {}) {
    return new Response(text, { status, headers: {
      'cache-control': 'no-store', 'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      'content-type': type.startsWith('text/') ? `${type}; charset=utf-8` : type, ...headers,
    } });
  }

  /**
   * Where a request comes from. Only a service worker ever sees what may not be ours, and only as a navigation: of all
   * else it gets what its own clients ask, which are pages and workers of this folder. All engines tell it a
   * navigation's referrer: our pages' policy is `same-origin`, and nobody else can have an address of ours for one.
   * Chromium tells `Origin` of a form too. What this does not catch: another app in a folder above or below ours; it is
   * of our origin and can do what we can. A browser that hides every referrer makes our own forms, sent without script,
   * unknown.
   * @param {Request} request @param {string} base
   * @returns {{ origin: 'own' | 'foreign' | 'unknown', navigated: boolean, framed: boolean }}
   */
  function look(request, base) {
    if (request.mode !== 'navigate') return { origin: 'own', navigated: false, framed: false };
    const home = new URL(base, request.url);
    const from = request.referrer === 'about:client' ? '' : request.referrer;
    const said = request.headers.get('origin') ?? home.origin;
    const origin = said !== home.origin ? 'foreign' : from.startsWith(home.href) ? 'own' : from ? 'foreign' : 'unknown';
    return { origin, navigated: true, framed: request.destination !== 'document' };
  }

  /**
   * Why a request is not let in, '' if it is: the first wall. The second is the router's
   * (router/policy/http/origins.py).
   * @param {Request} request @param {string} base
   */
  function barred(request, base) {
    const { origin, framed } = look(request, base);
    if (framed) return 'It was asked for inside of another page. Open it in a tab of its own.';
    if (origin === 'own') return '';
    const { searchParams } = new URL(request.url);
    if (request.method === 'GET' || request.method === 'HEAD') {
      return searchParams.has('download')
        ? 'A file is given to pages of this app only. Open the page that offers it, and save it there.'
        : '';
    }
    return origin === 'foreign' ? 'Another site sent this. Nothing was done. If you meant to, do it in this app.'
      : 'The browser does not say that a page of this app sent this. Nothing was done. Do it in the app, with scripts '
        + 'allowed.';
  }

  /**
   * The one answer that a door makes by itself: nobody behind it can speak, or nobody behind it shall hear of it.
   * @param {number} status @param {string} detail @param {string} accept
   */
  function problem(status, detail, accept) {
    const title = { 400: 'A file cannot be read', 403: 'Not from this app', 503: 'The pool is not there yet' }[status]
      ?? 'The router was lost';
    const headers = { 'retry-after': '1', 'x-worker': 'none' };
    if (accept.includes('application/json')) {
      return made(status, JSON.stringify({ type: 'about:blank', title, status, detail }),
        'application/problem+json', headers);
    }
    return made(status, html`<section class="panel error" role="alert"><h2>${title}</h2><p>${detail}</p></section>`,
      'text/html', headers);
  }

  /**
   * What a script's or worker's error event says, with the file that it names.
   * @param {ErrorEvent} event @param {string} [otherwise]
   */
  function blame({ message, filename }, otherwise = 'its script could not be loaded') {
    const file = filename && new URL(filename).pathname.replace(/^.*\/@[0-9a-f]{16}\//, '').replace(/^\//, '');
    return message ? (file ? `${file}: ${message}` : message) : otherwise;
  }

  const decoder = new TextDecoder();

  /** An answer that came whole: its text is at hand. The engine's own `text()` waits for a turn of the event loop. */
  class Whole extends Response {
    /** @param {ArrayBuffer} body @param {ResponseInit} init */
    constructor(body, init) {
      super(body, init);
      this.whole = body;
    }

    async text() { return decoder.decode(this.whole); }
  }

  class Door {
    /**
     * @param {MessagePort} port to the router worker
     * @param {string} base path of the folder of index.html, with slashes at both ends
     */
    constructor(port, base) {
      this.port = port;
      this.base = base;
      this.count = 0;
      this.closed = false;
      /** The kept generation that the page behind it runs, where the relay knows it. @type {string} */
      this.generation = '';
      /** Requests whose bodies are being read: under way, and not pending yet. */
      this.reading = 0;
      /** @type {Map<string, Pending>} */
      this.pending = new Map();
      /** @type {(message: Envelope) => void} called with what is not a reply */
      this.onother = () => {};
      port.onmessage = ({ data }) => this.receive(data);
      port.start();
    }

    /** @param {string} type @param {object} fields @param {Transferable[]} [transfer] */
    post(type, fields, transfer = []) {
      this.port.postMessage({ v: PROTOCOL, type, ...fields }, transfer);
    }

    /**
     * Closes the door when it has been looked at and nothing was under way in it, streams included; else says that it
     * lives.
     * @param {string} reason @param {number} ms until each look
     */
    retire(reason, ms) {
      setTimeout(() => {
        if (this.closed) return;
        if (!this.pending.size && !this.reading) return this.close(reason);
        this.post('router:ping', { t: performance.now() });
        this.retire(reason, ms);
      }, ms);
    }

    /** Ends the door: every request still waiting is answered. @param {string} reason */
    close(reason) {
      this.closed = true;
      for (const [id, entry] of this.pending) {
        if (entry.stream) entry.stream.error(new TypeError(reason));
        else entry.resolve(problem(502, reason, entry.accept));
        entry.release();
        this.pending.delete(id);
      }
      this.port.close();
    }

    /**
     * Answers a request as `fetch` would.
     * @param {Request} request @param {AbortSignal} [signal]
     * @returns {Promise<Response>} rejects with an AbortError when the signal fires first
     */
    async fetch(request, signal = request.signal) {
      const accept = request.headers.get('accept') ?? '';
      if (this.closed) return problem(502, LOST, accept);
      if (signal.aborted) throw abortReason(signal);
      const url = new URL(request.url);
      const hasBody = request.method !== 'GET' && request.method !== 'HEAD';
      this.reading += 1;
      const body = hasBody ? await request.arrayBuffer().catch(() => undefined) : null;
      this.reading -= 1;
      if (body === undefined && !signal.aborted) return problem(400, GONE, accept);
      if (signal.aborted) throw abortReason(signal);
      if (this.closed) return problem(502, LOST, accept);
      const id = String(++this.count);
      return new Promise((resolve, reject) => {
        const abort = () => {
          const entry = this.pending.get(id);
          if (!entry) return;
          this.pending.delete(id);
          this.post('http:cancel', { id, reason: String(signal.reason?.message ?? signal.reason ?? 'aborted') });
          if (entry.stream) entry.stream.error(abortReason(signal));
          else reject(abortReason(signal));
        };
        signal.addEventListener('abort', abort, { once: true });
        this.pending.set(id, {
          resolve, reject, stream: null, asked: 0, accept, head: request.method === 'HEAD',
          release: () => signal.removeEventListener('abort', abort),
        });
        this.post('http:request', {
          id, method: request.method, path: '/' + url.pathname.slice(this.base.length), query: url.search.slice(1),
          headers: Object.fromEntries(request.headers), body, deadline: null, parent: null, priority: null,
          ...look(request, this.base),
        }, body ? [body] : []);
      });
    }

    /** @param {Envelope} message */
    receive(message) {
      const entry = message.id === undefined ? undefined : this.pending.get(message.id);
      if (message.type === 'http:reply') { if (entry) this.reply(entry, message); }
      else if (message.type === 'http:chunk') { if (entry?.stream) this.chunk(entry, message.body); }
      else if (message.type === 'http:end') { if (entry) this.end(entry, message); }
      else this.onother(message);
    }

    /** @param {Pending} entry @param {Envelope} message */
    reply(entry, message) {
      const id = /** @type {string} */ (message.id);
      const bodyless = entry.head || [204, 205, 304].includes(message.status);
      /** @type {BodyInit | null} */
      let body = bodyless ? null : message.body;
      if (message.stream && !bodyless) {
        body = new ReadableStream({
          start: controller => { entry.stream = controller; },
          // Called when the reader wants more: back-pressure reaches the worker as credits.
          pull: () => { if (entry.asked) { this.post('http:credit', { id, n: entry.asked }); entry.asked = 0; } },
          cancel: () => {
            this.pending.delete(id);
            entry.release();
            this.post('http:cancel', { id, reason: 'reader left' });
          },
        }, new CountQueuingStrategy({ highWaterMark: 16 }));
        if (message.body) this.chunk(entry, message.body, false);
      } else {
        this.pending.delete(id);
        entry.release();
      }
      const init = { status: message.status, headers: message.headers };
      entry.resolve(body instanceof ArrayBuffer ? new Whole(body, init) : new Response(body, init));
    }

    /** @param {Pending} entry @param {ArrayBuffer | string} body @param {boolean} [credit] */
    chunk(entry, body, credit = true) {
      const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : new Uint8Array(body);
      if (credit) entry.asked += 1;
      /** @type {ReadableStreamDefaultController} */ (entry.stream).enqueue(bytes);
    }

    /** @param {Pending} entry @param {Envelope} message */
    end(entry, message) {
      this.pending.delete(/** @type {string} */ (message.id));
      entry.release();
      if (message.error) entry.stream?.error(new TypeError(String(message.error)));
      else entry.stream?.close();
    }
  }

  return { PROTOCOL, VERSION, Door, barred, html, made, problem, blame };
})();
globalThis.keriwasmDoor = keriwasmDoor;
