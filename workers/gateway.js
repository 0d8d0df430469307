// @ts-check
/**
 * The gateway: the one worker whose policy (its own script's Content-Security-Policy, serve.py and
 * router/offline/generations.js) lets it ask other servers. It holds no keys, runs no slice and keeps nothing.
 *
 * What may leave is decided by router/policy/outside/gate.py; the origin is held against the allowed ones once more
 * here. Every request is sent without cookies and referrer, past all caches, ends by its deadline, and its answer is
 * counted while it is read, after decompression. Bodies are whole: nothing is streamed. A redirect is not followed:
 * `fetch` would ask the next server before anybody could, and does not tell a page which one it is.
 */

/**
 * @typedef {import('../router/protocol.js').GatewayFetch} GatewayFetch
 * @typedef {import('../router/protocol.js').RouterToGateway} RouterToGateway
 * @typedef {{ status: number, headers: Array<[string, string]>, body: ArrayBuffer | null, kind: string }} Outcome
 */

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const NONE_CAME = 599;
/** @type {Set<string>} */
let allowed = new Set();
/** What is under way. @type {Map<string, AbortController>} */
const flights = new Map();
/** Addresses that this worker's own policy forbade. @type {Set<string>} */
const barred = new Set();

scope.addEventListener('securitypolicyviolation', raised => {
  const event = /** @type {SecurityPolicyViolationEvent} */ (raised);
  if (URL.canParse(event.blockedURI)) barred.add(new URL(event.blockedURI).origin);
});

/** Why there is no answer: a kind that router/policy/outside/words.py has words for. */
class Refusal extends Error {
  /** @param {string} kind @param {number} [status] the server's, where it gave one */
  constructor(kind, status = NONE_CAME) {
    super(kind);
    this.kind = kind;
    this.status = status;
  }
}

/** Whether it may be asked: the router has looked already, with the same eyes. @param {URL} url */
const mayAsk = url => allowed.has(url.origin) && url.origin !== scope.location.origin && !url.username && !url.password
  && (url.protocol === 'http:' || url.protocol === 'https:');

/** The policy's own word comes as an event, after fetch has failed. @param {URL} url @param {any} error */
async function reason(url, error) {
  if (error instanceof Refusal) return error;
  await new Promise(resolve => { setTimeout(resolve); });
  if (barred.has(url.origin)) return new Refusal('host');
  return new Refusal(scope.navigator.onLine ? 'unreachable' : 'offline');
}

/** @param {Uint8Array[]} parts @param {number} size */
function whole(parts, size) {
  const bytes = new Uint8Array(size);
  parts.reduce((at, part) => { bytes.set(part, at); return at + part.length; }, 0);
  return bytes.buffer;
}

/** A web page where data was wanted: by its type, or by how it begins.
 *  @param {string} type @param {Uint8Array} [begin] */
const isPage = (type, begin) => /^(text\/html|application\/xhtml\+xml)\b/i.test(type)
  || Boolean(begin && /^\s*<(!doctype html|html[\s>])/i.test(new TextDecoder().decode(begin.subarray(0, 200))));

/**
 * Reads a body up to the limit. An event stream never ends: what came by the deadline is its answer.
 * @param {Response} response @param {number} limit @param {AbortSignal} signal
 */
async function read(response, limit, signal) {
  const type = response.headers.get('content-type') ?? '';
  const { status } = response;
  if (isPage(type)) throw new Refusal('html', status);
  if (Number(response.headers.get('content-length')) > limit) throw new Refusal('large', status);
  const reader = response.body?.getReader();
  /** @type {Uint8Array[]} */
  const parts = [];
  let size = 0;
  try {
    for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
      if (!size && isPage(type, next.value)) throw new Refusal('html', status);
      size += next.value.length;
      if (size > limit) throw new Refusal('large', status);
      parts.push(next.value);
    }
  } catch (error) {
    if (!signal.aborted) throw error instanceof Refusal ? error : new Refusal('broken', status);
    if (signal.reason.kind !== 'late' || !type.startsWith('text/event-stream')) throw signal.reason;
  }
  return size ? whole(parts, size) : null;
}

/** @param {GatewayFetch} message @param {AbortController} control @returns {Promise<Outcome>} */
async function ask({ method, url, headers, body, limit }, control) {
  const { signal } = control;
  const target = new URL(url);
  if (!mayAsk(target)) throw new Refusal('refused');
  const response = await fetch(target, { method, headers, body, signal, redirect: 'manual', mode: 'cors',
    credentials: 'omit', referrerPolicy: 'no-referrer', cache: 'no-store' }).catch(async error => {
    throw signal.aborted ? signal.reason : await reason(target, error);
  });
  if (response.type === 'opaqueredirect') throw new Refusal('redirect');
  const content = await read(response, limit, signal);
  return { status: response.status, headers: [...response.headers], body: content, kind: '' };
}

/** @param {GatewayFetch} message */
async function fly(message) {
  const { v, id, deadline } = message;
  const control = new AbortController();
  flights.set(id, control);
  const left = deadline - performance.timeOrigin - performance.now();
  const timer = setTimeout(() => control.abort(new Refusal('late')), Math.max(0, left));
  /** @type {Outcome} */
  const outcome = await ask(message, control).catch(error => {
    control.abort();  // the rest of a body that is not wanted
    const { kind = 'bad', status = NONE_CAME } = /** @type {Partial<Refusal>} */ (error);
    return { status, headers: [], body: null, kind };
  });
  clearTimeout(timer);
  // Called back, it is answered already.
  if (flights.delete(id)) {
    scope.postMessage({ v, type: 'gateway:answer', id, ...outcome }, outcome.body ? [outcome.body] : []);
  }
}

/** @param {string} id */
function callBack(id) {
  const control = flights.get(id);
  flights.delete(id);
  control?.abort(new Refusal('cancelled'));
}

/** @type {{ [type: string]: (message: any) => void }} */
const told = {
  'gateway:open': ({ origins }) => { allowed = new Set(origins); },
  'gateway:fetch': message => { fly(message); },
  'gateway:cancel': ({ id }) => callBack(id),
};

scope.onmessage = (/** @type {MessageEvent} */ { data }) => told[data.type]?.(data);
