// @ts-check
/**
 * What the frame is handed: the runtime's files and Python's, each checked against the lock, and the memory snapshot of
 * the app where this browser keeps one. The frame is an app of its own (slice `notebook` alone) made of the same parts.
 */
import { checked, good } from '../../router/boot/checked-fetch.js';
import '../../router/offline/generations.js';

const { digest } = keriwasmGenerations;

const LOCK = 'static/lock.json';
const TOML = 'static/pyscript/0.7.31/toml-V4Savzlc.js';
const INSIDE = 'static/notebook/app/';
const OWN = ['inside.js', 'answers.js', 'cells.js', 'contents.js', 'editor.js', 'hints.js', 'packages.js',
  'panels.js', 'html.js'].map(name => INSIDE + name);
/** Without it cells are plain fields. */
const EDITOR = 'static/vendor/codemirror/6.43.15/codemirror.js';
const SCRIPTS = ['static/vendor/htmx/4.0.1/htmx.min.js', 'static/vendor/htmx/4.0.1/ext/hx-sse.min.js'];
const STYLES = ['static/vendor/pico/2.1.1/pico.min.css', 'static/css/app.css', 'static/notebook/app/app.css'];
const SLICES = { notebook: { module: 'slices.notebook', workers: 'all' } };
/** A person waits for a cell that does not stop; two interpreters, so that a cell that runs keeps nobody waiting. */
const POOL = { max_workers: 2, cancel_grace_ms: 200 };
/** What the frame is handed is there at once, so nothing needs to begin with a part: cells import what they like. */
const PARTS = 'static/wheels/first_packages.zip';
/** Of the wheels, by a module of each: what else was unpacked before a cell's first import costs a start. */
const AT_ONCE = ['cbor2', 'falcon', 'hio', 'jinja2', 'liboqs', 'markupsafe', 'msgpack', 'multidict', 'oqs',
  'ordered_set', 'sortedcontainers'];
const MAGIC = 8;
const LEAD = MAGIC + 4 + 32;

/**
 * @typedef {{ files: Map<string, Blob>, pack: Blob | null, entry: string, html: string, loader: string,
 *   scripts: Blob[], styles: Blob[] }} Supply
 */

const clean = (/** @type {string} */ path) => path.replace(/^\.\//, '');

/** A table as PyScript's own parser reads it.
 *  @param {{ [key: string]: any }} table @param {string} [name] @returns {string} */
export function toml(table, name = '') {
  const key = (/** @type {string} */ text) => /^[\w-]+$/.test(text) ? text : JSON.stringify(text);
  const within = (/** @type {any} */ value) => value && typeof value === 'object' && !Array.isArray(value);
  const entries = Object.entries(table);
  const plain = entries.filter(([, value]) => !within(value))
    .map(([at, value]) => `${key(at)} = ${JSON.stringify(value)}\n`);
  const deep = entries.filter(([, value]) => within(value))
    .map(([at, value]) => toml(value, name ? `${name}.${key(at)}` : key(at)));
  return `${name && `[${name}]\n`}${plain.join('')}${deep.join('')}`;
}

/** The app's manifest as the frame's: the slice of cells alone, and the whole library from the start.
 *  @param {{ [key: string]: any }} config @param {string} library where the whole one lies
 *  @returns {{ [key: string]: any }} */
function framed(config, library) {
  const late = Object.entries(config.postponed).filter(([path]) => clean(path) !== library);
  const first = late.filter(([, modules]) => AT_ONCE.some(name => modules.includes(name)));
  const { stdlib: _, ...pool } = config.pool;
  return {
    ...config, name: 'Notebook', slices: SLICES, pool: { ...pool, ...POOL },
    packages: [...config.packages.filter((/** @type {string} */ path) => clean(path) !== PARTS),
      ...first.map(([path]) => path)],
    postponed: Object.fromEntries(late.filter(each => !first.includes(each))),
  };
}

/** @param {URL} base folder of index.html @param {(done: number, total: number) => void} progress
 *  @returns {Promise<Supply>} */
export async function gather(base, progress) {
  const found = await findPack(base);
  // Of the version that the snapshot is of: the one that is kept.
  const root = found ? new URL(`@${found.head.generation}/`, base) : base;
  const [{ parse }, manifest, lock] = await Promise.all([
    import(new URL(TOML, base).href),
    read(root, 'pyscript.toml').then(blob => blob.text()), read(root, LOCK).then(blob => blob.text()),
  ]);
  const config = parse(manifest);
  const locked = new Map(JSON.parse(lock).assets.map((/** @type {any} */ asset) => [asset.path, asset.sha256]));
  const folder = (/** @type {string} */ path) => clean(path).replace(/[^/]*$/, '');
  const [pyodide, micropython] = [config.interpreter, config.micropython.interpreter].map(folder);
  const scripts = config.app.files.map(clean)
    .filter((/** @type {string} */ path) => /^(router|workers)\/.*\.js$/.test(path));
  const shell = await read(root, `${INSIDE}index.html`);
  const needed = [...scripts, ...OWN, TOML, clean(config.interpreter), `${pyodide}pyodide.asm.mjs`,
    `${pyodide}pyodide.asm.wasm`, clean(config.micropython.interpreter), `${micropython}micropython.wasm`];
  const library = `${pyodide}python_stdlib.zip`;
  const own = framed(config, library);
  const rest = [LOCK, `${pyodide}pyodide-lock.json`, library, ...own.router.files, ...Object.keys(own.files),
    ...own.packages, ...Object.keys(own.postponed)].map(clean);
  const pack = found && await alone(found, await shell.text()).catch(error => {
    console.warn(`[keriwasm] the notebook starts plainly: ${error.message}`);
    return null;
  });
  const paths = [...new Set(pack ? needed : [...needed, ...rest])];
  let done = 0;
  const take = async (/** @type {string} */ path) => {
    const blob = await read(root, path, locked.get(path));
    progress(++done, paths.length + 1);
    return /** @type {[string, Blob]} */ ([path, blob]);
  };
  const editor = take(EDITOR).catch(error => {
    console.warn(`[keriwasm] the notebook has no editor: ${error.message}`);
    return null;
  });
  const files = new Map((await Promise.all([...paths.map(take), editor])).filter(taken => taken !== null));
  files.set('pyscript.toml', new Blob([toml(own)])).set('index.html', shell);
  const seed = await (await read(root, 'router/capsule/seed.js')).text();
  const all = (/** @type {string[]} */ names) => Promise.all(names.map(path => read(root, path, locked.get(path))));
  return {
    files, pack, entry: `${found && pack ? `@${found.head.generation}/` : ''}${INSIDE}inside.js`,
    html: (await shell.text()).replace('<!-- seed -->', `${walls(await hashed(seed))}<script>${seed}</script>`),
    loader: await (await read(root, 'router/capsule/capsule.js')).text(),
    scripts: await all(SCRIPTS), styles: await all(STYLES),
  };
}

/**
 * The frame's own policy, narrower than the one that it inherits: no address but those of blobs made in it, so that
 * nothing leaves, not even to the server that this page came from. @param {string} seed the hash of its one script
 */
const walls = seed => `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src blob: `
  + `'wasm-unsafe-eval' 'sha256-${seed}'; style-src blob: 'unsafe-inline'; img-src data: blob:; font-src data:; `
  + 'worker-src blob:; base-uri https://capsule.invalid; form-action \'none\'">';

/** @param {string} text @returns {Promise<string>} as a policy names it */
const hashed = async text => btoa(String.fromCharCode(
  .../** @type {RegExpMatchArray} */ ((await digest(new TextEncoder().encode(text))).match(/../g))
    .map(pair => parseInt(pair, 16))));

/** @param {URL} base @param {string} path @param {string} [sha256] as the lock has it @returns {Promise<Blob>} */
async function read(base, path, sha256) {
  const url = new URL(path, base);
  return good(await (sha256 ? checked(url, path, sha256) : fetch(url, { cache: 'no-cache' })), path).blob();
}

/** The pack of a visit before, as a file, with its head; null where there is none. @param {URL} base */
async function findPack(base) {
  try {
    const folder = await navigator.storage.getDirectory();
    const handle = await folder.getFileHandle(`keriwasm-pack${base.pathname.replaceAll('/', '+')}`);
    const file = await handle.getFile();
    const lead = new Uint8Array(await file.slice(0, LEAD).arrayBuffer());
    const size = new DataView(lead.buffer).getUint32(MAGIC, false);
    const text = new Uint8Array(await file.slice(LEAD, LEAD + size).arrayBuffer());
    const hash = Array.from(lead.subarray(MAGIC + 4), byte => byte.toString(16).padStart(2, '0')).join('');
    if (await digest(text) !== hash) return null;
    return { file, lead, body: LEAD + size, head: JSON.parse(new TextDecoder().decode(text)) };
  } catch {
    return null;  // none is kept, or this browser keeps none: the frame starts plainly
  }
}

/** Stands for each hash in what is handed in: the frame cannot check any (router/capsule/capsule.js). */
const NOUGHT = '0'.repeat(64);
const PIECE = 512 << 10;

/** Rejects unless every piece is what the head says. @param {File} file @param {number} body @param {any} head */
async function check(file, body, head) {
  const hashes = head.pieces.filter((/** @type {string} */ hash) => hash !== '0');
  await Promise.all(hashes.map(async (/** @type {string} */ hash, /** @type {number} */ n) => {
    const piece = await file.slice(body + n * PIECE, body + (n + 1) * PIECE).arrayBuffer();
    if (await digest(new Uint8Array(piece)) !== hash) throw new Error('the memory snapshot is damaged');
  }));
}

/** The pack, checked, with a head for the notebook alone.
 *  @param {NonNullable<Awaited<ReturnType<typeof findPack>>>} found @param {string} shell */
async function alone({ file, lead, body, head }, shell) {
  const config = { ...head.pool.config, slices: SLICES, pool: { ...head.pool.config.pool, ...POOL } };
  const { pool } = config;
  const router = { ...head.router, shell, config: { ...head.router.config, name: 'Notebook', slices: SLICES, pool } };
  await check(file, body, head);
  const pieces = head.pieces.map((/** @type {string} */ hash) => hash === '0' ? hash : NOUGHT);
  const text = new TextEncoder().encode(JSON.stringify({ ...head, router, pieces, pool: { ...head.pool, config } }));
  const start = lead.slice();
  new DataView(start.buffer).setUint32(MAGIC, text.length);
  start.fill(0, MAGIC + 4);
  return new Blob([start, text, file.slice(body)]);
}
