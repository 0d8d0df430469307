// @ts-check
// Starts the page's Python (python/page/main.py, MicroPython by PyScript, on this thread). No request waits for it.
//
// It is JavaScript for three reasons only. The addresses below come from import.meta.url, for PyScript resolves
// relative ones against the location, and that is wrong on a deep link such as app/pool (not from router/root.js: what
// may have failed is just that). PyScript's default worker hook builds a function from text, which the
// Content-Security-Policy forbids, so it is cleared before anything uses it. And what helps when Python cannot start
// (no WebAssembly, "Try again") cannot be Python.

const here = (/** @type {string} */ path) => new URL(`../../${path}`, import.meta.url).href;

/** What this browser lacks of what cannot be done without; names as in index.html's data-needs. */
function missing() {
  const lacks = [];
  if (typeof WebAssembly !== 'object') lacks.push('wasm');
  if (typeof Worker !== 'function' || !window.MessageChannel) lacks.push('worker');
  if (!window.isSecureContext) lacks.push('secure');
  return lacks;
}

document.addEventListener('click', (event) => {
  const target = /** @type {Element} */ (event.target);
  if (!target.closest?.('[data-reload]')) return;
  // Once more from the server, past the kept version that did not start.
  if (document.documentElement.dataset.state === 'failed' && pinned && tell({ asked: true, reason: said() }))
    setTimeout(() => location.reload(), 3000);
  // The door's own reload takes a version that was offered with it; the door may be what failed.
  else (globalThis.keriwasm?.reload ?? (() => location.reload()))();
});

/** The kept version that this page was loaded from; '' when it came from the server. */
const pinned = /\/@([0-9a-f]{16})\//.exec(import.meta.url)?.[1] ?? '';

/**
 * Has the service worker give up this version (router/offline/versions.js); it answers app:instead.
 * @param {object} fields
 */
function tell(fields) {
  const controller = navigator.serviceWorker?.controller;
  controller?.postMessage({ type: 'app:failed', id: pinned, ...fields });
  return Boolean(controller);
}

/** What the page shows as the reason. */
const said = () => document.querySelector('#boot-reason')?.textContent ?? '';

/** The first error of a script of the page, which cannot say so itself. */
function slip() {
  const { trouble } = globalThis.keriwasmEarly ?? {};
  if (!trouble?.filename) return '';
  return `${new URL(trouble.filename).pathname.replace(/^.*\/@[0-9a-f]{16}\//, '')}: ${trouble.message}`;
}

/** What the service worker last said of a kept file that is damaged. */
let trouble = '';

/** Shows why the runtime was given up. JavaScript, because what failed may be MicroPython itself. */
function reason() {
  const { status } = globalThis.keriwasm ?? { status: { state: 'failed', reason: trouble || slip(), workers: [] } };
  if (status?.state !== 'failed') return;
  const why = status.reason || status.workers.find((/** @type {any} */ worker) => worker.error)?.error;
  const place = document.querySelector('#boot-reason');
  if (place && (why || trouble)) place.textContent = [why, why === trouble ? '' : trouble].filter(Boolean).join(' ');
}
document.addEventListener('keriwasm:status', reason);
navigator.serviceWorker?.addEventListener('message', ({ data }) => {
  if (data.type === 'app:trouble') { trouble = data.text; reason(); }
  // The door answers this itself, unless it is what failed or a person asked.
  if (data.type === 'app:instead' && document.documentElement.dataset.state === 'failed') location.reload();
});
navigator.serviceWorker?.startMessages();
reason();
// Modules run in order: without the door's object its module, or one that it needs, did not come.
if (!globalThis.keriwasm) {
  document.documentElement.dataset.state = 'failed';
  if (pinned && !globalThis.keriwasmEarly?.again) tell({ scripts: true, reason: said() });
}

for (const need of missing()) {
  document.querySelector(`[data-needs="${need}"]`)?.removeAttribute('hidden');
  // Without these no worker will ever start; "secure" alone costs the service worker and some APIs, not the page.
  if (need !== 'secure') document.documentElement.dataset.state = 'failed';
}

// From a kept app the whole pool is there about as soon as this thread could have Python: the pool goes first.
const FIRST_MS = 2000;
if (import.meta.url.includes('/@') && !['ready', 'follower'].includes(document.documentElement.dataset.state ?? '')) {
  await new Promise(resolve => {
    document.addEventListener('keriwasm:ready', resolve, { once: true });
    setTimeout(resolve, FIRST_MS);
  });
}

// Not needed here, and the first four are not vendored. "!error" keeps PyScript's messages in the console.
const plugins = ['!codemirror', '!py-editor', '!py-game', '!py-terminal', '!donkey', '!deprecations-manager', '!error'];

// Both elements must stand in the page before core.js is evaluated: it reads their configs there, once.
const script = document.createElement('script');
script.type = 'mpy';
script.src = here('python/page/main.py');
script.setAttribute('config', JSON.stringify({
  interpreter: here('static/micropython/1.27.0/micropython.mjs'),
  files: Object.fromEntries(['acts', 'dom', 'offline', 'passcode', 'places', 'status', 'words']
    .map(name => [here(`python/page/${name}.py`), `./page/${name}.py`])),
  plugins,
}));
// PyScript readies its Pyodide type too, though no element here has it: without this it would load that type's plugins.
const unused = document.createElement('py-config');
unused.hidden = true;
unused.textContent = JSON.stringify({ plugins });
document.body.append(unused, script);

// PyScript opens a database of its own as it loads. Where the browser refuses that (it blocks this site's data) nobody
// there hears of it, and nothing here needs it: the footer says what is blocked.
addEventListener('unhandledrejection', event => {
  if (event.reason instanceof Event && event.reason.target instanceof IDBOpenDBRequest) event.preventDefault();
});
addEventListener('error', event => {
  if (event.error?.name === 'InvalidStateError' && event.filename.includes('/static/pyscript/')) event.preventDefault();
});

try {
  const { hooks } = await import(here('static/pyscript/0.7.31/core.js'));
  hooks.worker.onBeforeRunAsync.clear();
} catch (error) {
  // The page still works: doors, router and workers do not use PyScript. Boot progress, theme button and copying do.
  console.error('PyScript did not start; the page goes on without its conveniences.', error);
}
