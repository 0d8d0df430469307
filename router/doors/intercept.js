// @ts-check
/**
 * The page's door for htmx: what it asks under app/ goes to the router, without a detour over the service worker. No
 * routes, no slices: what is asked and answered passes through unread.
 */
import './door.js';
import { hold, intent, release, sayFailed, watch } from './hands.js';

/** @typedef {(action: string | URL, options?: any) => Promise<Response>} Fetch */

/** The door of this moment, or none: then who asks waits for the next one. */
export class Doorway {
  /** @type {any} */
  door = null;
  /** @type {Array<() => void>} */
  #waiting = [];

  /** @param {any} door null when there is none any more */
  use(door) {
    this.door = door;
    if (door) for (const go of this.#waiting.splice(0)) go();
  }

  /**
   * The door itself where there is one: a request leaves before anything else runs then.
   * @param {AbortSignal} signal @returns {any} it, or a promise of it that rejects when the signal fires first
   */
  any = signal => this.door ?? this.#next(signal);

  /** @param {AbortSignal} signal @returns {Promise<any>} */
  async #next(signal) {
    while (!this.door) {
      await new Promise((resolve, reject) => {
        this.#waiting.push(() => resolve(undefined));
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    }
    return this.door;
  }
}

/**
 * A door as a function. A GET whose router was lost under way is asked once more; what may change something is not:
 * nobody knows whether it was done.
 * @param {(signal: AbortSignal) => any} anyDoor one, or a promise where none is there yet
 * @param {() => boolean} failed no router will come any more
 * @returns {Fetch}
 */
export const through = (anyDoor, failed) => async (action,
  { signal = new AbortController().signal, method = 'GET', headers = {}, body = null } = {}) => {
  for (let again = method === 'GET'; ; again = false) {
    const coming = anyDoor(signal);
    const door = coming instanceof Promise ? await coming : coming;
    const request = new Request(new URL(action, document.baseURI), { method, headers, body });
    const response = await door.fetch(request, signal);
    if (!again || !door.closed || response.status !== 502 || failed()) return response;
  }
};

/** Requests in flight; one whose element was removed, by whomever, is aborted. @type {Set<any>} */
const flying = new Set();
const removals = new MutationObserver(() => {
  for (const { sourceElement, request } of flying) {
    if (!sourceElement.isConnected) request.abort(new DOMException('the element was removed', 'AbortError'));
  }
});

/** `server-timing` as {name: ms}. @param {Response} response */
const timings = ({ headers }) => Object.fromEntries(
  [...(headers.get('server-timing') ?? '').matchAll(/(\w+);dur=([\d.]+)/g)].map(([, name, ms]) => [name, Number(ms)]));

/**
 * Puts the door into htmx's way.
 * @param {URL} base @param {Fetch} fetch
 * @param {{ tell: (type: string, detail: object) => void, mark: (name: string) => void }} page
 */
export function intercept(base, fetch, { tell, mark }) {
  const extension = {
    /** @param {Element} _ @param {{ ctx: any }} detail */
    htmx_config_request(_, { ctx }) {
      if (ctx.request.method !== 'GET' && ctx.sourceElement.matches('form'))
        ctx.request.headers['Idempotency-Key'] = intent(ctx.sourceElement);
      const url = new URL(ctx.request.action, document.baseURI);
      // A page that was opened from elsewhere is not used by that.
      if (ctx.sourceElement?.id === 'boot') ctx.request.headers['X-Opening'] = '1';
      // Going back to the address without app/ (htmx asks for what the location says): home stands there.
      if (url.href.split(/[?#]/)[0].replace(/index\.html$/, '') === base.href)
        url.href = ctx.request.action = `${base.href}app/`;
      if (url.origin !== base.origin || !url.pathname.startsWith(`${base.pathname}app`)) return;
      ctx.fetch = async (/** @type {string} */ action, /** @type {any} */ options) => {
        const began = performance.now();
        const element = ctx.sourceElement;
        flying.add(ctx);
        removals.observe(document, { childList: true, subtree: true });
        try {
          const response = await fetch(action, options);
          ctx.answer = { target: ctx.target, source: element, status: response.status,
            timings: { ...timings(response), total: performance.now() - began },
            workers: (response.headers.get('x-worker') ?? '').split(/,\s*/).filter(Boolean) };
          if (response.status < 500) mark('answer');  // no deadline that passed, no router that was lost
          tell('answer', ctx.answer);
          return response;
        } finally {
          flying.delete(ctx);
          if (!flying.size) removals.disconnect();
        }
      };
    },
    /** What follows a swap (python/page) runs in a task of its own: the click is answered first.
     *  @param {Element} _ @param {{ ctx: any }} detail */
    htmx_after_swap(_, { ctx }) {
      setTimeout(() => tell('swapped', { context: ctx, answer: ctx.answer ?? null }));
    },
    /** @param {Element} _ @param {{ ctx?: any, error: Error }} detail */
    htmx_error(_, { ctx, error }) { if (ctx) sayFailed(htmx, ctx, error); },
    /** @param {Element} _ @param {{ ctx: any }} detail */
    htmx_before_request(_, { ctx }) { hold(ctx); },
    /** @param {Element} _ @param {{ ctx: any }} detail */
    htmx_finally_request(_, { ctx }) { release(ctx); },
  };

  htmx.registerExtension('keriwasm', extension);
  watch();
}
