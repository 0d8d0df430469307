// @ts-check
/**
 * Host of the router worker: runs the policy (router/policy) on MicroPython and carries out its commands.
 *
 * What is asked and answered is decided in Python. This file moves messages between doors and workers, keeps the bodies
 * (bodies.js), and owns the one timer. Times are epoch milliseconds.
 */
import '../doors/door.js';
import { Supplies } from '../boot/supplies.js';
import { ROOT } from '../root.js';
import { Bodies, size } from './bodies.js';
import { address, Gateway } from './gateway.js';
import { load } from './policy.js';
import { PoolWorkers } from './pool-workers.js';

/**
 * @typedef {import('../protocol.js').HttpRequest} HttpRequest
 * @typedef {import('../protocol.js').HttpCredit} HttpCredit
 * @typedef {import('../protocol.js').RouterInit} RouterInit
 * @typedef {import('../protocol.js').DoorToRouter} DoorToRouter
 * @typedef {import('../protocol.js').RouterToDoor} RouterToDoor
 * @typedef {import('../protocol.js').WorkerToRouter} WorkerToRouter
 * @typedef {import('../protocol.js').Status} Status
 * @typedef {import('../boot/first-worker.js').FirstWorker} FirstWorker
 * @typedef {{ do: string, [field: string]: any }} Command
 */

const { PROTOCOL, VERSION } = keriwasmDoor;
const now = () => performance.timeOrigin + performance.now();
const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));

/**
 * A tab that follows this pool and crashed says no goodbye: its door is shut when it has been silent for longer than a
 * hidden tab's timers are held back (a minute).
 */
const SILENT_MS = 180_000;
const LOOK_MS = 60_000;
/**
 * How often a door that was replaced is looked at (doors/relay.js does so too): with nothing under way in it it is
 * shut.
 */
const RETIRE_MS = 60_000;
/** Garbage is collected when no event came for so long. */
const REST_MS = 30;

/** Doors by name: "page-1", "sw-2". @type {Map<string, MessagePort>} */
const doors = new Map();
/** When each of them last asked for a sign of life. @type {Map<string, number>} */
const pinged = new Map();
const bodies = new Bodies();
/** Open streams: dispatch id -> who reads it, and which worker makes it.
 *  @type {Map<string, { door: string, id: string, worker: string }>} */
const streams = new Map();
/** Which worker announced a stream. @type {Map<string, string>} */
const makers = new Map();

/** @type {null | ((event: object) => void)} */
let policy = null;
/** Of MicroPython, as the next visit is to find it. @type {import('./policy.js').Memory | null} */
let memory = null;
/** Events that came before MicroPython was there. @type {object[]} */
const early = [];
/** @type {Supplies} */
let supplies;
/** @type {PoolWorkers} */
let pool;
let timer = 0;
let rest = 0;
/** @type {Status} */
let lastStatus = { state: 'booting', size: 0, ready: 0, workers: [] };
let bytes = { done: 0, total: 0 };
/** What leaves the browser, for the foot of the page. @type {Status['network']} */
let network;
const gateway = new Gateway((generation, { v, type, body, ...fields }) => {
  bodies.replies.set(fields.id, body);
  feed({ ...fields, type: 'gateway_answer', generation, body_bytes: size(body) });
}, (generation, reason) => feed({ type: 'gateway_lost', generation, reason }));

setInterval(() => {
  for (const [name, time] of pinged) if (name.startsWith('page-f') && now() - time > SILENT_MS) shutDoor(name);
}, LOOK_MS);

/** @param {object} event */
function feed(event) {
  const stamped = { ...event, now: now() };
  if (policy) policy(stamped);
  else early.push(stamped);
}

/** @param {string} id @param {number} generation @param {string} type @param {string} message */
const feedFault = (id, generation, type, message) =>
  feed({ type: 'fault', worker: id, generation, fatal: true, error: { type, message, traceback: '' } });

/** Tells every page how the pool is. */
function tellStatus() {
  for (const [name, port] of doors) if (name.startsWith('page')) port.postMessage(poolStatus());
}

const poolStatus = () => ({ v: PROTOCOL, type: 'pool:status', status: { ...lastStatus, bytes, network } });

/** A request id is unique over all doors: the door's name, then the id that the door gave. */
const outer = (/** @type {string} */ door, /** @type {string} */ id) => id.slice(door.length + 1);

/**
 * Posts to a door, be it a port or the pool worker that asked.
 * @param {string} door @param {RouterToDoor | HttpCredit} message @param {ArrayBuffer | string | null} [body] goes
 *   along
 */
function toDoor(door, message, body = null) {
  const transfer = body instanceof ArrayBuffer ? [body] : [];
  if (door.startsWith('worker:')) pool.post(door.slice(7), /** @type {HttpCredit} */ (message), transfer);
  else doors.get(door)?.postMessage(message, transfer);
}

/** What the policy commands. @type {{ [name: string]: (command: Command) => void }} */
const perform = {
  spawn({ worker: id, generation, slices }) { pool.spawn(id, generation, slices); },
  kill({ worker: id, generation }) { pool.kill(id, generation); },
  dispatch({ do: _, worker: id, source, ...fields }) {
    const request = /** @type {HttpRequest} */ ({ v: PROTOCOL, type: 'http:request', ...fields });
    pool.post(id, { ...request, body: bodies.requests.get(source) ?? null });
  },
  send({ worker: id, message }) { pool.post(id, { v: PROTOCOL, ...message }); },
  reply({ door, id, status, headers, pieces, stream, more }) {
    if (stream) streams.set(id, { door, id: outer(door, id), worker: makers.get(id) ?? '' });
    const body = bodies.join(pieces);
    toDoor(door, { v: PROTOCOL, type: 'http:reply', id: outer(door, id), status, headers, body,
      stream: stream || more }, body);
  },
  piece({ door, id, pieces, more }) {
    const body = bodies.join(pieces);
    if (body) toDoor(door, { v: PROTOCOL, type: 'http:chunk', id: outer(door, id), body }, body);
    if (!more) toDoor(door, { v: PROTOCOL, type: 'http:end', id: outer(door, id), error: null });
  },
  end({ door, id, error }) {
    streams.delete(id);
    toDoor(door, { v: PROTOCOL, type: 'http:end', id: outer(door, id), error: error ?? null });
  },
  forget({ ids }) {
    for (const id of ids) {
      bodies.forget(id);
      streams.delete(id);
      makers.delete(id);
    }
  },
  fetch_postponed() {
    supplies.postponed().then(bytes => {
      if (bytes) pool.postAll({ v: PROTOCOL, type: 'worker:postponed', bytes });
      feed({ type: 'postponed' });
    }).catch(error => feed({ type: 'postponed', reason: error.message }));
  },
  make_snapshot() {
    supplies.postponed().then(() => pool.makeSnapshot()).then(async ({ snapshot, ms }) => {
      await supplies.keep(snapshot, memory);
      feed({ type: 'snapshot', state: 'kept', bytes: snapshot.byteLength, ms });
    }).catch(error => feed({ type: 'snapshot', state: 'failed', reason: error.message }));
  },
  wake({ at }) {
    clearTimeout(timer);
    // A timer may fire a fraction of a millisecond early, but a tick before its time would be the last one.
    const wait = () => {
      const left = at - now();
      if (left > 0) timer = scope.setTimeout(wait, Math.ceil(left));
      else feed({ type: 'tick' });
    };
    timer = scope.setTimeout(wait);
  },
  status({ status }) {
    lastStatus = status;
    tellStatus();
  },
  network({ network: told }) {
    network = told;
    tellStatus();
  },
  gateway_start({ generation }) { gateway.start(generation); },
  gateway_stop() { gateway.stop(); },
  gateway_send({ message, source }) {
    gateway.post(source ? { ...message, body: bodies.requests.get(source) ?? null } : message);
  },
  outside_answer({ worker: id, message, source }) {
    const body = bodies.join(source ? [{ source }] : []);
    pool.post(id, { ...message, body }, body ? [body] : []);
  },
  fail({ reason }) {
    throw new Error(reason);  // at the very beginning: start() tells the page
  },
  log({ level, text }) {
    const say = level === 'error' ? console.error : ['warning', 'warn'].includes(level) ? console.warn : console.info;
    say(`[keriwasm] ${text}`);
  },
};

/** A request enters. @param {string} door @param {HttpRequest} message */
function accept(door, { v, type, body, ...fields }) {
  const id = `${door}/${fields.id}`;
  bodies.requests.set(id, body ?? null);
  feed({ ...fields, type: 'request', id, door, body_bytes: size(body) });
}

/** The reader of a stream allows more chunks. @param {string} door @param {HttpCredit} message */
function credit(door, message) {
  for (const [source, reader] of streams) {
    if (reader.door === door && reader.id === message.id) toDoor(`worker:${reader.worker}`, { ...message, id: source });
  }
}

/** @param {string} door @param {string} id @param {string} reason */
const cancel = (door, id, reason) => feed({ type: 'cancel', id: `${door}/${id}`, door, reason });

/** @param {string} id @param {number} generation @param {WorkerToRouter} message */
function outside(id, generation, { v, type, ...fields }) {
  feed({ ...fields, type: type.replace(':', '_'), worker: id, generation });
}

/** What a worker says and the host does something about; all else the policy reads, and the host says whom it is from.
 *  @type {{ [type: string]: (id: string, generation: number, message: any) => unknown }} */
const heard = {
  'http:request': (id, _, message) => accept(`worker:${id}`, message),
  'http:cancel': (id, _, message) => cancel(`worker:${id}`, message.id, message.reason),
  'http:credit': (id, _, message) => credit(`worker:${id}`, message),
  'http:reply'(id, generation, { v, type, body, ...fields }) {
    bodies.replies.set(fields.id, body ?? null);
    if (fields.stream) makers.set(fields.id, id);
    feed({ ...fields, type: 'reply', worker: id, generation, body_bytes: size(body) });
  },
  'http:chunk'(_, __, message) {
    const reader = streams.get(message.id);
    if (reader)
      toDoor(reader.door, { v: PROTOCOL, type: 'http:chunk', id: reader.id, body: message.body }, message.body);
  },
  'http:end'(id, generation, { v, type, body, ...fields }) {
    const reader = streams.get(fields.id);
    streams.delete(fields.id);
    makers.delete(fields.id);
    if (reader) toDoor(reader.door, { v: PROTOCOL, type: 'http:end', id: reader.id, error: fields.error ?? null });
    feed({ ...fields, type: 'end', worker: id, generation });
  },
  'pool:resize': (id, _, { v, type, ...fields }) => feed({ ...fields, type: 'resize', door: `worker:${id}` }),
  'pool:inject': (id, _, { v, type, ...fields }) => feed({ ...fields, type: 'inject', door: `worker:${id}` }),
  'outside:send'(id, generation, { v, type, body, ...fields }) {
    bodies.requests.set(fields.id, body ?? null);
    feed({ ...fields, type: 'outside_send', worker: id, generation, body_bytes: size(body),
      address: address(fields.url) });
  },
  'outside:cancel': outside,
  'outside:consent': outside,
  'outside:noted': outside,
  'worker:unusable': (id, _, { reason }) => supplies.refuse(`${id}: ${reason}`),
};

/** @param {string} id @param {number} generation @param {WorkerToRouter} message */
function fromWorker(id, generation, message) {
  if (heard[message.type]) return heard[message.type](id, generation, message);
  if (message.type === 'worker:ready' || 'unfetched' in message && message.unfetched) pool.settle(id);
  const { v, type, ...fields } = message;
  feed({ ...fields, worker: id, type: type.slice(type.indexOf(':') + 1), generation });
}

/** What a door says. @type {{ [type: string]: (name: string, message: any) => void }} */
const asked = {
  'http:request': accept,
  'http:cancel': (name, { id, reason }) => cancel(name, id, reason),
  'http:credit': credit,
  'router:ping'(name, { t }) {
    pinged.set(name, now());
    toDoor(name, { v: PROTOCOL, type: 'router:pong', t });
  },
  'router:interrupt'() { pool.interrupt(); },
  'router:typed'(name, { text }) { pool.answer(text); },
  'door:close': shutDoor,
};

/** @param {string} name @param {MessagePort} port */
function openDoor(name, port) {
  doors.set(name, port);
  pinged.set(name, now());
  port.onmessage = ({ data: message }) => asked[message.type]?.(name, message);
  port.start();
  port.postMessage(poolStatus());
}

/** A replaced door is shut when it carries nothing any more, or when the service worker that had it is gone.
 *  @param {string} name */
function retireDoor(name) {
  scope.setTimeout(() => {
    // A request is there until the policy forgets it.
    const busy = [...bodies.requests.keys()].some(id => id.startsWith(`${name}/`));
    if (busy && now() - (pinged.get(name) ?? 0) < SILENT_MS) retireDoor(name);
    else shutDoor(name);
  }, RETIRE_MS);
}

/** @param {string} name */
function shutDoor(name) {
  pinged.delete(name);
  doors.get(name)?.close();
  if (doors.delete(name)) feed({ type: 'door_closed', door: name });
}

/**
 * The policy with its commands carried out.
 * @param {import('./policy.js').Policy} loaded @returns {(event: object) => void}
 */
function running({ handle, collect }) {
  return event => {
    for (const command of JSON.parse(handle(JSON.stringify(event)))) perform[command.do](command);
    clearTimeout(rest);
    rest = scope.setTimeout(collect, REST_MS);
  };
}

/**
 * Starts the policy, which gets the events that waited, and what the pool starts with.
 * @param {RouterInit} init @param {FirstWorker | null} first a worker that restores the snapshot already
 */
async function start({ base, faults, workers }, first) {
  const form = Array.from(crypto.getRandomValues(new Uint8Array(16)),
    byte => byte.toString(16).padStart(2, '0')).join('');
  supplies = new Supplies(ROOT, base, VERSION, {
    snapshot: told => feed({ ...told, type: 'snapshot' }),
    progress(progress) { bytes = progress; tellStatus(); },
  }, first);
  pool = new PoolWorkers(supplies, { base, faults, form }, { message: fromWorker, fault: feedFault });
  if (first) pool.adopt(first);  // what it tells meanwhile waits in `early`
  // They tell which kept version these files are: where nothing can be hashed (an insecure address) nothing is kept
  // either.
  if (globalThis.crypto?.subtle) {
    supplies.parts().then(() => supplies.digests()).then(
      digests => scope.postMessage({ v: PROTOCOL, type: 'router:digests', digests }), () => {});
  }
  const router = await supplies.router();
  const { config, shell } = router;
  const warm = Boolean(await supplies.found);
  const loaded = await load(router);
  memory = loaded.memory;
  policy = running(loaded);
  policy({ type: 'init', config, workers, cores: navigator.hardwareConcurrency || 2, faults, base, shell,
    warm, secure: location.protocol === 'https:', now: now() });
  for (const event of early.splice(0)) policy(event);
}

/**
 * What the page says.
 * @type {{ [type: string]: (message: any, port: MessagePort, first: FirstWorker | null) => void }}
 */
const told = {
  'router:init'(message, port, first) {
    openDoor(message.door, port);
    start(message, first).catch(error => {
      console.error('[keriwasm] the router did not start:', error);
      scope.postMessage({ v: PROTOCOL, type: 'router:failed', error: { type: error.name, message: error.message } });
    });
  },
  'router:door': ({ door }, port) => openDoor(door, port),
  'router:retire': ({ door }) => retireDoor(door),
  'router:generation': ({ id, reason }) => { supplies.adopt(id, reason); },
  'router:line': ({ online }) => feed({ type: 'line', online }),
};

/** @param {MessageEvent} event @param {FirstWorker | null} first what worker.js started meanwhile */
export function receive({ data: message, ports }, first) {
  if (message.v === PROTOCOL && message.version === VERSION) told[message.type]?.(message, ports[0], first);
  else scope.postMessage({ v: PROTOCOL, type: 'router:mismatch', version: VERSION });
}
