// @ts-check
/**
 * A page that a server answers (python -m keriwasm.server): htmx asks it straight, by the browser's own fetch. What a
 * hand means (one act per intent, no double clicks) is kept by the same code as in the app; the page's own Python comes
 * where there is WebAssembly to run it.
 */
import '../../router/doors/door.js';
import { intercept } from '../../router/doors/intercept.js';

const base = new URL('.', document.baseURI);
const root = document.documentElement;
/** @type {{ state: string, size: number, ready: number, workers: any[] }} */
const status = { state: 'ready', size: 0, ready: 0, workers: [] };

/** @param {string} type @param {object} detail */
const tell = (type, detail) => document.dispatchEvent(new CustomEvent(`keriwasm:${type}`, { detail }));

/** @param {string} name */
function mark(name) {
  if (!performance.getEntriesByName(`keriwasm:${name}`).length) performance.mark(`keriwasm:${name}`);
}

/** How the server's pool stands, for the chip in the head of the page. */
async function look() {
  const answer = await fetch(new URL('app/pool', base), { headers: { accept: 'application/json' } });
  const { state, size, workers } = await answer.json();
  Object.assign(status, { state, size, ready: workers.filter((/** @type {any} */ each) =>
    ['ready', 'busy'].includes(each.state)).length, workers });
  root.dataset.workers = String(size);
  root.dataset.workersReady = String(status.ready);
  tell('status', { ...status });
}

/** @type {import('../../router/doors/intercept.js').Fetch} */
const plain = (action, options) => fetch(new URL(action, document.baseURI), options);

const nothing = { report: {}, begin() {}, fail() {} };
globalThis.keriwasm = /** @type {any} */ ({ version: keriwasmDoor.VERSION, status, connection: null, fetch: plain,
  offline: nothing, reload: () => location.reload(), lead() {} });
intercept(base, plain, { tell, mark });
const chip = document.querySelector('[data-pool-chip]');
look().then(() => {
  if (chip && typeof WebAssembly !== 'object') chip.textContent = `${status.ready} of ${status.size}`;
  tell('ready', { workers: status.size });
}, error => console.warn('[keriwasm] the server does not say how its pool stands:', error.message));
if (typeof WebAssembly === 'object') import('./start.js');
