// @ts-check
/**
 * Host of the router worker: runs router.py on MicroPython and carries out its commands.
 *
 * Everything that decides is Python. This file moves messages between ports and workers, keeps the bodies (they never
 * enter Python), owns the one timer, and hands every pool worker what it starts with (supplies.js). Times are epoch milliseconds.
 */
import '../doors/door.js';
import { ROOT } from '../root.js';
import { Supplies } from '../boot/supplies.js';

/** @typedef {{ v: number, type: string, [field: string]: any }} Envelope */
/** @typedef {{ do: string, [field: string]: any }} Command */

const { PROTOCOL, VERSION, blame } = /** @type {any} */ (globalThis).keriwasmDoor;
const now = () => performance.timeOrigin + performance.now();
const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const encoder = new TextEncoder();

/** Doors by name: "page-1", "sw-2". @type {Map<string, MessagePort>} */
const doors = new Map();
/** When the doors of pages last asked for a sign of life. A tab that follows this pool and crashed says no goodbye: its
 *  door is shut when it has been silent for longer than a hidden tab's timers are held back (a minute).
 *  @type {Map<string, number>} */
const pinged = new Map();
const SILENT_MS = 180_000;
/** How often a door that was replaced is looked at (router/doors/relay.js does so too): with nothing under way in it it is shut. */
const RETIRE_MS = 60_000;
setInterval(() => {
  for (const [name, time] of pinged) if (name.startsWith('page-f') && now() - time > SILENT_MS) shutDoor(name);
}, 60_000);
/** Pool workers by id. @type {Map<string, { worker: Worker, generation: number, restoring?: boolean }>} */
const workers = new Map();
/** Bodies of requests until the router forgets them. @type {Map<string, ArrayBuffer | null>} */
const bodies = new Map();
/** Bodies of replies by dispatch id, until a door took them. @type {Map<string, ArrayBuffer | string | null>} */
const answers = new Map();
/** Open streams: dispatch id -> who reads it, and which worker makes it. @type {Map<string, { door: string, id: string, worker: string }>} */
const streams = new Map();
/** Which worker announced a stream. @type {Map<string, string>} */
const makers = new Map();

/** @type {null | ((event: object) => void)} */
let policy = null;
/** @type {object[]} events that came before MicroPython was there */
const early = [];
/** What pool workers start with. @type {Supplies} */
let supplies;
let timer = 0;
/** Where MicroPython finds router/policy/. */
const POLICY = '/policy';
/** Garbage is collected when no event came for so long. */
const REST_MS = 30;
let rest = 0;
let lastStatus = { state: 'booting', size: 0, ready: 0, workers: [] };
let bytes = { done: 0, total: 0 };

/** @param {object} event */
function feed(event) {
  const stamped = { ...event, now: now() };
  if (policy) policy(stamped);
  else early.push(stamped);
}

/** Tells every page. @param {string} type @param {object} fields */
function broadcast(type, fields) {
  for (const [name, port] of doors) if (name.startsWith('page')) port.postMessage({ v: PROTOCOL, type, ...fields });
}

/** A request id is unique over all doors: the door's name, then the id that the door gave. */
const outer = (/** @type {string} */ door, /** @type {string} */ id) => id.slice(door.length + 1);

/**
 * Posts to a door, be it a port or the pool worker that asked.
 * @param {string} door @param {Envelope} message @param {Transferable[]} [transfer]
 */
function toDoor(door, message, transfer = []) {
  if (door.startsWith('worker:')) workers.get(door.slice(7))?.worker.postMessage(message, transfer);
  else doors.get(door)?.postMessage(message, transfer);
}

/**
 * Joins what the policy named (texts of its own, bodies of replies) into one body.
 * @param {Array<{ text?: string, source?: string }>} pieces @returns {ArrayBuffer | null}
 */
function join(pieces) {
  const parts = pieces.map(piece => {
    if (piece.text !== undefined) return encoder.encode(piece.text);
    const body = answers.get(/** @type {string} */ (piece.source)) ?? '';
    answers.delete(/** @type {string} */ (piece.source));
    return typeof body === 'string' ? encoder.encode(body) : new Uint8Array(body);
  });
  if (parts.length === 0) return null;
  if (parts.length === 1) return tight(parts[0]);
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => { whole.set(part, at); return at + part.length; }, 0);
  return whole.buffer;
}

/** @param {Uint8Array} part @returns {ArrayBuffer} */
function tight(part) {
  const whole = part.byteOffset === 0 && part.byteLength === part.buffer.byteLength;
  return /** @type {ArrayBuffer} */ (whole ? part.buffer : part.slice().buffer);
}

/** @type {{ [name: string]: (command: Command) => void }} */
const perform = {
  spawn({ worker: id, generation, slices }) {
    if (workers.get(id)?.generation === generation) return;  // the first one: see begin
    const worker = employ(newWorker(`${id}.${generation}`), id, generation);
    supplies.parts().then(parts => {
      if (workers.get(id)?.worker === worker) introduce(worker, id, generation, slices, parts, Boolean(parts.image));
    }, error => unsupplied(id, generation, error));
  },
  kill({ worker: id, generation }) {
    const entry = workers.get(id);
    if (!entry || entry.generation !== generation) return;
    entry.worker.terminate();
    workers.delete(id);
    if (entry.restoring) supplies.refuse(`${id} did not start from it`);
  },
  dispatch({ do: _, worker: id, source, ...fields }) {
    const body = bodies.get(source) ?? null;
    workers.get(id)?.worker.postMessage({ v: PROTOCOL, type: 'http:request', ...fields, body });
  },
  send({ worker: id, message }) {
    workers.get(id)?.worker.postMessage({ v: PROTOCOL, ...message });
  },
  reply({ door, id, status, headers, pieces, stream, more }) {
    if (stream) streams.set(id, { door, id: outer(door, id), worker: makers.get(id) ?? '' });
    const body = join(pieces);
    toDoor(door, { v: PROTOCOL, type: 'http:reply', id: outer(door, id), status, headers, body, stream: stream || more },
      body ? [body] : []);
  },
  piece({ door, id, pieces, more }) {
    const body = join(pieces);
    if (body) toDoor(door, { v: PROTOCOL, type: 'http:chunk', id: outer(door, id), body }, [body]);
    if (!more) toDoor(door, { v: PROTOCOL, type: 'http:end', id: outer(door, id), error: null });
  },
  end({ door, id, error }) {
    streams.delete(id);
    toDoor(door, { v: PROTOCOL, type: 'http:end', id: outer(door, id), error: error ?? null });
  },
  forget({ ids }) {
    for (const id of ids) for (const kept of [bodies, answers, streams, makers]) kept.delete(id);
  },
  fetch_later() {
    supplies.later().then(bytes => {
      if (bytes) for (const { worker } of workers.values()) worker.postMessage({ v: PROTOCOL, type: 'worker:later', bytes });
      feed({ type: 'later' });
    }).catch(error => feed({ type: 'later', reason: error.message }));
  },
  make_image() {
    supplies.later().then(() => supplies.parts()).then(makeImage).then(async ({ image, ms }) => {
      await supplies.keep(image);
      feed({ type: 'image', state: 'kept', bytes: image.byteLength, ms });
    }).catch(error => feed({ type: 'image', state: 'failed', reason: error.message }));
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
    broadcast('pool:status', { status: { ...status, bytes } });
  },
  log({ level, text }) {
    (level === 'error' ? console.error : level === 'warning' || level === 'warn' ? console.warn : console.info)(`[keriwasm] ${text}`);
  },
};

const newWorker = (/** @type {string} */ name) => new Worker(new URL('workers/worker.js', ROOT), { type: 'module', name });

/** What workers start with does not come. @param {string} id @param {number} generation @param {Error} error */
const unsupplied = (id, generation, { name, message }) =>
  feed({ type: 'fault', worker: id, generation, fatal: true, error: { type: name, message, traceback: '' } });

/**
 * Tells a worker who it is and what it starts with.
 * @param {Worker} worker @param {string} id @param {number} generation @param {string[]} slices @param {object} parts
 * @param {boolean} restoring
 */
function introduce(worker, id, generation, slices, parts, restoring) {
  Object.assign(workers.get(id) ?? {}, { restoring });
  worker.postMessage({ v: PROTOCOL, type: 'worker:init', id, generation, slices, version: VERSION, ...common, ...parts });
}

/**
 * The worker that restores the snapshot already (ahead.js) is the policy's first one, which carries every slice: it need not
 * wait until MicroPython is there to say so. What it tells meanwhile waits in `early`. With nothing to restore it is ended.
 * @param {import('../boot/first-worker.js').Ahead} ahead
 */
async function begin({ worker, failed }) {
  employ(worker, 'w1', 1);
  if (failed) throw new Error(failed);
  const { image, config } = await supplies.parts();
  if (workers.get('w1')?.worker !== worker) return;
  if (image) return introduce(worker, 'w1', 1, Object.keys(config.slices).sort(), {}, true);
  const plain = employ(newWorker('w1.1'), 'w1', 1);
  worker.terminate();
  introduce(plain, 'w1', 1, Object.keys(config.slices).sort(), await supplies.parts(), false);
}

/** Listens to a pool worker. @param {Worker} worker @param {string} id @param {number} generation @returns {Worker} */
function employ(worker, id, generation) {
  workers.set(id, { worker, generation });
  worker.onmessage = ({ data }) => fromWorker(id, generation, data);
  worker.onerror = event => {
    event.preventDefault();  // the policy logs the cause, once
    if (!event.message) Object.assign(workers.get(id) ?? {}, { restoring: false });  // its script did not come
    feed({ type: 'fault', worker: id, generation, fatal: true,
      error: { type: 'WorkerError', message: blame(event, 'the worker script could not be loaded'), traceback: '' } });
  };
  worker.onmessageerror = () => feed({ type: 'fault', worker: id, generation, fatal: true,
    error: { type: 'MessageError', message: 'a message could not be read', traceback: '' } });
  return worker;
}

/** A spare worker makes a memory snapshot; it serves nothing and is ended then. @param {any} parts @returns {Promise<any>} */
function makeImage(parts) {
  return new Promise((resolve, reject) => {
    const spare = newWorker('spare');
    const end = (/** @type {() => void} */ then) => { clearTimeout(late); spare.terminate(); then(); };
    const late = setTimeout(() => end(() => reject(new Error('it took longer than two minutes'))), 120_000);
    spare.onmessage = ({ data }) => {
      if (data.type === 'worker:image') end(() => resolve(data));
      else if (data.type === 'worker:fault') end(() => reject(new Error(data.error.message)));
    };
    spare.onerror = event => { event.preventDefault(); end(() => reject(new Error(event.message || 'the spare worker did not start'))); };
    spare.postMessage({ v: PROTOCOL, type: 'worker:init', id: 'spare', generation: 0, slices: [], spare: true, ...parts });
  });
}

/** @param {string} id @param {number} generation @param {Envelope} message */
function fromWorker(id, generation, message) {
  const { v, type, body, ...fields } = message;
  const [domain, verb] = type.split(':');
  if (type === 'http:request') return accept(`worker:${id}`, message);
  if (type === 'http:reply') {
    answers.set(fields.id, body ?? null);
    if (message.stream) makers.set(fields.id, id);
    const body_bytes = typeof body === 'string' ? body.length : body?.byteLength ?? 0;
    feed({ ...fields, type: 'reply', worker: id, generation, body_bytes });
    return;
  }
  if (type === 'http:chunk') {
    const reader = streams.get(fields.id);
    if (reader) toDoor(reader.door, { v: PROTOCOL, type, id: reader.id, body }, body instanceof ArrayBuffer ? [body] : []);
    return;
  }
  if (type === 'http:end') {
    const reader = streams.get(fields.id);
    streams.delete(fields.id);
    makers.delete(fields.id);
    if (reader) toDoor(reader.door, { v: PROTOCOL, type, id: reader.id, error: fields.error ?? null });
    feed({ ...fields, type: 'end', worker: id, generation });
    return;
  }
  if (type === 'http:cancel') return feed({ type: 'cancel', id: `worker:${id}/${fields.id}`, door: `worker:${id}`, reason: fields.reason });
  if (type === 'http:credit') return credit(`worker:${id}`, message);
  if (type === 'worker:unusable') return supplies.refuse(`${id}: ${fields.reason}`);
  if (type === 'worker:ready' || fields.unfetched) Object.assign(workers.get(id) ?? {}, { restoring: false });
  if (domain === 'pool') return feed({ ...fields, type: verb, door: `worker:${id}` });
  // Heartbeats, progress, ready, drained, fault, cancelled: the policy reads them; the host says whom they are from.
  feed({ ...fields, worker: id, type: verb, generation });
}

/** A request enters. @param {string} door @param {Envelope} message */
function accept(door, message) {
  const { v, type, body, ...fields } = message;
  const id = `${door}/${message.id}`;
  bodies.set(id, body ?? null);
  feed({ ...fields, type: 'request', id, door, body_bytes: body?.byteLength ?? 0 });
}

/** The reader of a stream allows more chunks. @param {string} door @param {Envelope} message */
function credit(door, message) {
  for (const [source, reader] of streams) {
    if (reader.door === door && reader.id === message.id) toDoor(`worker:${reader.worker}`, { ...message, id: source });
  }
}

/** @param {string} name @param {MessagePort} port */
function openDoor(name, port) {
  doors.set(name, port);
  pinged.set(name, now());
  port.onmessage = ({ data: message }) => {
    if (message.type === 'http:request') accept(name, message);
    else if (message.type === 'http:cancel') feed({ type: 'cancel', id: `${name}/${message.id}`, door: name, reason: message.reason });
    else if (message.type === 'http:credit') credit(name, message);
    else if (message.type === 'router:ping') {
      pinged.set(name, now());
      port.postMessage({ v: PROTOCOL, type: 'router:pong', t: message.t });
    } else if (message.type === 'door:close') shutDoor(name);
  };
  port.start();
  port.postMessage({ v: PROTOCOL, type: 'pool:status', status: { ...lastStatus, bytes } });
}

/** A replaced door is shut when it carries nothing any more, or when the service worker that had it is gone. @param {string} name */
function retireDoor(name) {
  scope.setTimeout(() => {
    const busy = [...bodies.keys()].some(id => id.startsWith(`${name}/`));  // a request is there until the policy forgets it
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

/** What all pool workers are told of the page; `form`: what stands in every form, and no other site can know (keriwasm/web/form/tokens.py).
 *  @type {{ base?: string, faults?: boolean, form?: string }} */
const common = {};

/**
 * Starts the policy: MicroPython with router/policy, then the events that waited.
 * @param {Envelope} init
 */
async function start(init) {
  const form = Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('');
  Object.assign(common, { base: init.base, faults: init.faults, form });
  /** A worker that restores the memory snapshot already (worker.js). @type {import('../boot/first-worker.js').Ahead | null} */
  const ahead = /** @type {any} */ (globalThis).keriwasmAhead ?? null;
  supplies = new Supplies(ROOT, init.base, VERSION, {
    image: told => feed({ ...told, type: 'image' }),
    progress(progress) {
      bytes = progress;
      broadcast('pool:status', { status: { ...lastStatus, bytes } });
    },
  }, ahead);
  if (ahead) begin(ahead).catch(error => unsupplied('w1', 1, error));
  // They tell which kept version these files are: where nothing can be hashed (an insecure address) nothing is kept either.
  if (globalThis.crypto?.subtle) {
    supplies.parts().then(async () => scope.postMessage({ v: PROTOCOL, type: 'router:digests', digests: await supplies.digests() }), () => {});
  }
  const { config, shell, python, micropython } = await supplies.router();
  const { loadMicroPython } = await import(new URL(micropython, ROOT).href);
  const interpreter = await loadMicroPython({ heapsize: 4 << 20, linebuffer: true });
  for (const [path, text] of Object.entries(python)) {
    interpreter.FS.mkdirTree(`${POLICY}/${path.replace(/[^/]*$/, '')}`);
    interpreter.FS.writeFile(`${POLICY}/${path}`, text);
  }
  interpreter.runPython(`import sys\nsys.path.insert(0, "${POLICY}")\nfrom router.policy.router import handle_json`);
  // MicroPython collects garbage at the end of a call once 16 KB were allocated: after almost every event, and before its
  // commands are carried out. It is done when nothing happens instead; a rush still ends in it, a megabyte later.
  interpreter.runPython('import gc\ngc.threshold(1 << 20)\ndef collect():\n    gc.collect()');
  const handle = interpreter.globals.get('handle_json');
  const collect = interpreter.globals.get('collect');
  policy = event => {
    const commands = JSON.parse(handle(JSON.stringify(event)));
    for (const command of commands) perform[command.do](command);
    clearTimeout(rest);
    rest = scope.setTimeout(collect, REST_MS);
  };
  policy({ type: 'init', config, workers: init.workers, cores: navigator.hardwareConcurrency || 2, faults: init.faults,
    base: init.base, shell, version: VERSION, warm: Boolean(await supplies.found), now: now() });
  for (const event of early.splice(0)) policy(event);
}

/** What the page tells. @param {MessageEvent} event */
export function receive({ data: message, ports }) {
  if (message.v !== PROTOCOL || message.version !== VERSION) {
    scope.postMessage({ v: PROTOCOL, type: 'router:mismatch', version: VERSION });
  } else if (message.type === 'router:init') {
    openDoor(message.door, ports[0]);
    start(message).catch(error => {
      console.error('[keriwasm] the router did not start:', error);
      scope.postMessage({ v: PROTOCOL, type: 'router:failed', error: { type: error.name, message: error.message } });
    });
  } else if (message.type === 'door:open') openDoor(message.door, ports[0]);
  else if (message.type === 'door:retire') retireDoor(message.door);
  else if (message.type === 'router:kept') supplies.adopt(message.id, message.reason);
}
