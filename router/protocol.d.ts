// Every message that JavaScript posts, by who says it to whom. `domain:verb`; `v` is PROTOCOL (doors/door.js), which
// all sides compare. What Python reads or writes of it stands once more in router/policy/protocol.py;
// tests/unit/router/test_protocol.py compares the two, and looks for messages that stand in neither.
//
// Pages, tabs and the service worker may be of different versions of the app: `app:`, `door:` and `leader:` keep their
// names and fields. All else is spoken within one generation.

type Message<Type extends string, Fields = {}> = { v: number; type: Type } & Fields;
/** Between parties that may be of different versions. */
type Versioned<Type extends string, Fields = {}> = Message<Type, { version: string } & Fields>;
type Body = ArrayBuffer | null;
type Headers = { [name: string]: string };
type Problem = { type: string; message: string; traceback: string };
/** A place in the memory that all workers get. */
export type Slot = { at: number; size: number };
export type Bytes = SharedArrayBuffer | ArrayBuffer;

// ---- HTTP, by whoever asks (a door, or a worker that asks others) and whoever answers

export type HttpRequest = Message<'http:request', {
  id: string; method: string; path: string; query: string; headers: Headers; body: Body;
  /** Epoch ms; null: the route's own. */
  deadline: number | null;
  /** The request for whose sake it is. */
  parent: string | null;
  priority: string | null;
  /** Whose it is, as the door saw it (doors/door.js, `look`). */
  origin?: string; navigated?: boolean; framed?: boolean;
  /** What only the router says to a worker. */
  context?: object; faults?: boolean; quiet?: boolean; again?: boolean;
}>;
export type HttpReply = Message<'http:reply', {
  id: string; status: number; headers: Headers; body: Body | string; stream: boolean;
  timings?: { run: number; render: number; commit: number };
}>;
export type HttpChunk = Message<'http:chunk', { id: string; body: ArrayBuffer | string }>;
export type HttpEnd = Message<'http:end', { id: string; error: string | null }>;
export type HttpCancel = Message<'http:cancel', { id: string; reason: string }>;
export type HttpCancelled = Message<'http:cancelled', { id: string }>;
/** The reader of a stream takes n more chunks. */
export type HttpCredit = Message<'http:credit', { id: string; n: number }>;

// ---- a door and the router

export type RouterPing = Message<'router:ping', { t: number }>;
export type RouterPong = Message<'router:pong', { t: number }>;
/** Stops the code of a person that runs in a worker, and lets the rest be. */
export type RouterInterrupt = Message<'router:interrupt'>;
/** What a person wrote for code that waits for it; null: no more is to come. */
export type RouterTyped = Message<'router:typed', { text: string | null }>;
export type DoorClose = Message<'door:close'>;
export type PoolStatus = Message<'pool:status', { status: Status }>;
export type Status = {
  state: string; size: number; ready: number;
  workers: Array<{ id: string; state: string;
    stage?: string | null; done?: number | null; total?: number | null; error?: string; one?: boolean }>;
  bytes?: { done: number; total: number }; reason?: string;
  /** What leaves the browser: `last` is when something did. */
  network?: { enabled: boolean; allowed: number; asked: number; last: number | null };
};
export type DoorToRouter = HttpRequest | HttpCancel | HttpCredit | RouterPing | RouterInterrupt
  | RouterTyped | DoorClose;
export type RouterToDoor = HttpReply | HttpChunk | HttpEnd | RouterPong | PoolStatus;

// ---- the page and its router worker

/** Ports: the page's own door. */
export type RouterInit = Versioned<'router:init', {
  door: string; base: string; workers: string | null; faults: boolean;
}>;
/** Ports: the door. */
export type RouterDoor = Versioned<'router:door', { door: string }>;
export type RouterRetire = Versioned<'router:retire', { door: string }>;
/** Which kept generation the page's files are; '': none, for that reason. */
export type RouterGeneration = Versioned<'router:generation', { id: string; reason: string }>;
/** Whether the browser is online; told at the start and whenever it changes. */
export type RouterLine = Versioned<'router:line', { online: boolean }>;
export type RouterMismatch = Versioned<'router:mismatch'>;
export type RouterFailed = Message<'router:failed', { error: { type: string; message: string } }>;
export type RouterDigests = Message<'router:digests', { digests: { [path: string]: string } }>;
/** Pyodide's code, compiled while the page was built; null: it did not come. */
export type EarlyModule = { type: 'early:module'; module: WebAssembly.Module | null };
/** From a kept generation, ports: brings the module to the first pool worker as well; else what Pyodide's code is. */
export type EarlyStart = { type: 'early:start'; folder: string; generation: string; wasm?: string; integrity?: string };
export type PageToRouter = RouterInit | RouterDoor | RouterRetire | RouterGeneration | RouterLine | EarlyModule
  | EarlyStart;
export type RouterToPage = RouterMismatch | RouterFailed | RouterDigests;

// ---- the router and a pool worker

/**
 * `interrupt`, shared: a signal, whether a person's code runs, whether it waits for a line (1: it does, 2: here it is,
 * 3: none comes), the line's bytes; behind these four numbers the line.
 *
 * Who it is, and what it starts with (`Parts` of boot/supplies.js; nothing where a restore was begun).
 */
export type WorkerInit = Message<'worker:init', {
  id: string; generation: number; slices: string[]; version?: string; spare?: boolean;
  base?: string; faults?: boolean; form?: string; interrupt?: Int32Array | null;
  [part: string]: any;
}>;
/** The wheels that were postponed; their places came with worker:init. */
export type WorkerPostponed = Message<'worker:postponed', { bytes: Bytes }>;
export type WorkerDrain = Message<'worker:drain'>;
export type WorkerInject = Message<'worker:inject', { kind: string; ms: number }>;
export type PoolDone = Message<'pool:done', { id: string; ok: boolean; error: string | null; pool: object }>;
/** To the first worker of a first visit, before worker:init: what its interpreter starts with. */
export type WorkerBegin = { type: 'worker:begin'; interpreter: string; info: object; module: WebAssembly.Module;
  library: ArrayBuffer };
/** To the first worker of a warm start, before worker:init; ports: brings the module. */
export type WorkerRestore = { type: 'worker:restore'; [part: string]: any };
export type RestoreModule = { type: 'restore:module'; module?: WebAssembly.Module; error?: string };
/** The snapshot is read and checked; then all that is needed at once. */
export type RestoreSnapshot = { type: 'restore:snapshot' };
export type RestoreNeeded = { type: 'restore:needed' };
/** The one answer to outside:send; status 599: no server's. */
export type OutsideAnswer = Message<'outside:answer', {
  id: string; status: number; headers: Array<[string, string]>; body: Body; problem: string; kind: string;
}>;
/** To the worker that told of consent: what left, what was asked about; again until it is noted. */
export type OutsideNews = Message<'outside:news', { news: object[] }>;
/** To the same: what waits for the line may leave now (the network is on, the browser online), or not any more. */
export type OutsideLine = Message<'outside:line', { open: boolean }>;
export type RouterToWorker = OutsideAnswer | OutsideNews | OutsideLine
  | HttpRequest | HttpReply | HttpChunk | HttpEnd | HttpCredit | HttpCancel
  | WorkerInit | WorkerPostponed
  | WorkerDrain | WorkerInject | PoolDone | WorkerRestore | RestoreModule | RestoreSnapshot | RestoreNeeded;

type Own<Type extends string, Fields = {}> = Message<Type, { id: string; generation: number } & Fields>;
export type WorkerProgress = Own<'worker:progress', { stage: string; done: number; total: number; detail: string }>;
export type WorkerReady = Own<'worker:ready', {
  slices: string[]; boot_ms: number | null; heap_bytes: number; python: string;
}>;
export type WorkerHeartbeat = Own<'worker:heartbeat', {
  tyme: number; inflight: string[]; heap_bytes: number; handled: number; failed: number; held: boolean;
}>;
/** `unfetched`: what did not come is no fault of the snapshot. */
export type WorkerFault = Own<'worker:fault', {
  error: Problem; fatal: boolean; unfetched?: boolean; fault?: string; about?: object;
}>;
export type WorkerDrained = Own<'worker:drained'>;
/** It stands still until library and wheels are there. */
export type WorkerWant = Own<'worker:want'>;
/** It could not start from the snapshot, and boots plainly. */
export type WorkerUnusable = Own<'worker:unusable', { reason: string }>;
/** What a spare worker made. */
export type WorkerSnapshot = Own<'worker:snapshot', { snapshot: ArrayBuffer; ms: number }>;
export type PoolResize = Message<'pool:resize', { id: string; parent: string | null; workers: number }>;
export type PoolInject = Message<'pool:inject', {
  id: string; parent: string | null; worker: string; kind: string; ms: number;
}>;
/** To another server, by the gateway worker; who asks and why is said to the user. `deadline`: epoch ms. */
export type OutsideSend = Message<'outside:send', {
  id: string; method: string; url: string; headers: Array<[string, string]>; body: Body;
  deadline: number; limit: number; who: string; reason: string;
}>;
export type OutsideCancel = Message<'outside:cancel', { id: string }>;
/** What the user allows, by the slice that keeps it: true, false, null for a question; `last`: a request left then. */
export type OutsideConsent = Message<'outside:consent', {
  enabled: boolean; origins: { [origin: string]: boolean | null }; last: number | null;
}>;
/** News up to this number are kept. */
export type OutsideNoted = Message<'outside:noted', { n: number }>;
export type WorkerToRouter = OutsideSend | OutsideCancel | OutsideConsent | OutsideNoted
  | HttpRequest | HttpReply | HttpChunk | HttpEnd | HttpCancel | HttpCancelled
  | HttpCredit | WorkerProgress
  | WorkerReady | WorkerHeartbeat | WorkerFault | WorkerDrained | WorkerWant | WorkerUnusable
  | WorkerSnapshot | PoolResize | PoolInject;

// ---- the router and the gateway worker

/** The only origins that it may ask from now on. */
export type GatewayOpen = Message<'gateway:open', { origins: string[] }>;
export type GatewayFetch = Message<'gateway:fetch', {
  id: string; method: string; url: string; headers: Array<[string, string]>; body: Body;
  deadline: number; limit: number;
}>;
export type GatewayCancel = Message<'gateway:cancel', { id: string }>;
export type RouterToGateway = GatewayOpen | GatewayFetch | GatewayCancel;
/** `kind`: '' or why there is no answer to be given on (router/policy/outside/words.py). */
export type GatewayAnswer = Message<'gateway:answer', {
  id: string; status: number; headers: Array<[string, string]>; body: Body; kind: string;
}>;

// ---- pages and the service worker

/** Ports: a door to the router of a page that runs a pool. */
export type DoorPort = Versioned<'door:port', { generation: string }>;
export type DoorNone = Versioned<'door:none', { reason: string }>;
export type DoorClaim = Versioned<'door:claim'>;
/** A follower looks for the page that runs the pool; ports: its way there. */
export type LeaderAsk = Versioned<'leader:ask', { generation: string }>;
export type AppSkip = Message<'app:skip'>;
export type AppAccept = { type: 'app:accept' | 'app:accept-alone' };
/** The version did not start; `scripts`: not even its scripts; `asked`: a person gives it up. */
export type AppFailed = { type: 'app:failed'; id: string; reason: string; scripts?: boolean; asked?: boolean };
/** It was ready; it answers; it ran straight from the server. */
export type AppWord = { type: 'app:proven' | 'app:alive' | 'app:ran'; id: string };
/** Is the server's version one that was given up? It is to be tried once more. */
export type AppAsk = { type: 'app:known' | 'app:again' };
export type PageToServiceWorker = DoorPort | DoorNone | DoorClaim | LeaderAsk | AppSkip
  | AppAccept | AppFailed | AppWord | AppAsk;

export type DoorAsk = Versioned<'door:ask'>;
export type DoorOpen = Versioned<'door:open'>;
export type DoorMismatch = Versioned<'door:mismatch'>;
/** LeaderAsk, handed on; `current`: what navigations get. Ports: the follower's. */
export type LeaderPort = Versioned<'leader:port', { generation: string; current: string | null }>;
export type AppReload = Versioned<'app:reload' | 'app:instead' | 'app:look'>;
export type AppGiven = Versioned<'app:given', { reason: string }>;
export type AppTrouble = Versioned<'app:trouble', { text: string }>;
export type ServiceWorkerToPage = DoorAsk | DoorOpen | DoorMismatch | LeaderPort | AppReload | AppGiven | AppTrouble;

/** On the port that a follower sent: from the service worker or from the page that runs the pool. */
export type LeaderAnswer = Message<'leader:here' | 'leader:none' | 'leader:mismatch', { reason?: string }>;
