// @ts-check
/**
 * The notebook's page inside of its frame: the runtime's own doors and router, and what a hand does to cells. Text of
 * cells lives in the page's fields and nowhere else here; the page outside is told of every change, and keeps it.
 */
import '../../../router/doors/door.js';
import { intercept, through } from '../../../router/doors/intercept.js';
import { OwnRouter } from '../../../router/tabs/own-router.js';
import { answers } from './answers.js';
import { contents } from './contents.js';
import './packages.js';
import './panels.js';

const base = new URL(document.baseURI);
const root = document.documentElement;
/** @type {any} */
let door = null;
/** @type {Array<() => void>} */
let waiting = [];
/** @type {any} */
let status = { state: 'booting' };

/** @param {string} type @param {object} [fields] */
const tell = (type, fields = {}) => parent.postMessage({ type: `notebook:${type}`, ...fields }, '*');

/** @param {string} type @param {object} detail */
const inform = (type, detail) => document.dispatchEvent(new CustomEvent(`keriwasm:${type}`, { detail }));

const own = new OwnRouter(base, { workers: '2', faults: false }, {
  opened(opened) {
    door = opened;
    for (const go of waiting.splice(0)) go();
  },
  status(news) {
    const before = status;
    status = news;
    root.dataset.state = news.state;
    tell('status', { status: news });
    const [was, is] = [before, news].map(each => each.workers?.find((/** @type {any} */ w) => w.id === 'w1')?.state);
    if (was && was !== 'booting' && is === 'booting') inform('anew', {});
  },
  restarting(reason) { door = null; tell('trouble', { reason }); },
  failed(reason) { tell('failed', { reason }); },
  mismatch(reason) { tell('failed', { reason }); },
});

/** @param {AbortSignal} signal */
async function anyDoor(signal) {
  while (!door) {
    await new Promise((resolve, reject) => {
      waiting.push(() => resolve(undefined));
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }
  return door;
}

intercept(base, through(anyDoor, () => status.state === 'failed'), { tell: inform, mark() {} });
own.start();
answers(text => door?.post('router:typed', { text }));

// ------------------------------------------------------------------------------------------------------- cells

const cells = () => [.../** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll('form.cell'))];
/** @param {EventTarget | null} target @returns {HTMLFormElement | null} */
const cellOf = target => target instanceof Element ? target.closest('form.cell') : null;
/** @param {HTMLFormElement} cell */
const field = cell => /** @type {HTMLTextAreaElement} */ (cell.elements.namedItem('source'));

/** @param {HTMLFormElement} cell @param {string} words below what it has shown */
function say(cell, words) {
  const note = Object.assign(document.createElement('div'), { className: 'stopped', textContent: words });
  note.setAttribute('role', 'status');
  cell.querySelector('.output')?.append(note);
}

let due = 0;
/** A person has changed something: until then nothing of it is kept. */
let touched = false;
/** The page outside keeps what is here, soon. */
function changed() {
  clearTimeout(due);
  due = window.setTimeout(() => tell('changed', { touched, text: JSON.stringify(contents(cells()), null, 1) }), 300);
}

/** @param {HTMLFormElement} cell @returns {Promise<void>} once it has ended */
function run(cell) {
  return new Promise(resolve => {
    cell.addEventListener('htmx:finally:request', () => resolve(), { once: true });
    htmx.trigger(cell, 'run');
  });
}

/** @param {HTMLFormElement | null} after @param {string} kind */
async function add(after, kind) {
  const place = after ?? document.querySelector('#cells');
  await htmx.ajax('GET', `app/cell?kind=${kind}`,
    { target: place, source: place, swap: after ? 'afterend' : 'beforeend' });
  const added = after ? after.nextElementSibling : document.querySelector('#cells')?.lastElementChild;
  if (added instanceof HTMLFormElement) field(added).focus();
  changed();
}

/** @param {HTMLFormElement} cell */
async function onward(cell) {
  const next = cell.nextElementSibling;
  if (next instanceof HTMLFormElement) field(next).focus();
  else await add(cell, 'code');
}

/** A cell has so long to end by KeyboardInterrupt; one that goes on, or waits for something, ends with its request. */
const INTERRUPT_MS = 600;
let halted = false;
let runs = 0;
/** Runs all code cells, one after the other, until one fails or the run is stopped. */
async function runAll() {
  halted = false;
  for (const cell of cells()) {
    if (halted || !cell.isConnected) break;
    await run(cell);
    if (cell.querySelector('.output .traceback, .output .stopped')) break;
  }
  document.dispatchEvent(new Event('notebook:ran'));
}

/** @param {HTMLFormElement} cell */
function stop(cell) {
  halted = true;
  door?.post('router:interrupt', {});
  const { running } = cell.dataset;  // that run, not one that a hand begins meanwhile
  setTimeout(() => {
    if (!running || cell.dataset.running !== running) return;
    cell.dataset.aborted = '';
    htmx.trigger(cell, 'htmx:abort');
  }, INTERRUPT_MS);
}

document.addEventListener('keydown', event => {
  const cell = cellOf(event.target);
  if (!cell || event.isComposing || event.key !== 'Enter') return;
  if (!(event.shiftKey || event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  run(cell);
  if (event.shiftKey) onward(cell);
});

document.addEventListener('input', event => {
  const { target } = event;
  if (!(target instanceof HTMLTextAreaElement)) return;
  target.rows = Math.min(40, target.value.split('\n').length);
  touched = true;
  changed();
});

document.addEventListener('click', event => {
  const cell = cellOf(event.target);
  const button = event.target instanceof Element ? event.target.closest('button') : null;
  if (!cell || !button) return;
  if ('run' in button.dataset) run(cell);
  else if ('stop' in button.dataset) stop(cell);
  else if ('up' in button.dataset) cell.previousElementSibling?.before(cell);
  else if ('down' in button.dataset) cell.nextElementSibling?.after(cell);
  else if ('delete' in button.dataset) cell.remove();
  else return;
  button.focus();
  touched = true;
  changed();
});

document.addEventListener('htmx:before:request', event => {
  const cell = cellOf(event.target);
  if (cell?.dataset.kind !== 'code') return;
  cell.dataset.running = String(++runs);
  /** @type {HTMLElement} */ (cell.querySelector('[data-stop]')).hidden = false;
});
document.addEventListener('htmx:finally:request', event => {
  const cell = cellOf(event.target);
  if (!cell) return;
  delete cell.dataset.running;
  if ('aborted' in cell.dataset) say(cell, 'Stopped.');
  delete cell.dataset.aborted;
  /** @type {HTMLElement} */ (cell.querySelector('[data-stop]')).hidden = true;
  changed();
});
document.addEventListener('keriwasm:anew', () => {
  for (const cell of cells()) {
    const count = cell.querySelector('[data-count]');
    if (cell.dataset.kind === 'code' && count) count.textContent = '[ ]';
  }
  const last = document.querySelector('form.cell .stopped:last-child');
  if (last) last.textContent = 'Stopped. The interpreter was started anew: what the cells had made is gone.';
  tell('anew');
});

/** Shows a notebook; while no worker can answer it is asked again.
 *  @param {string} method @param {string} path @param {object} [values] */
async function shown(method, path, values = {}) {
  for (let again = true; again && status.state !== 'failed';) {
    let answered = 0;
    const heard = (/** @type {any} */ { detail }) => { answered = detail.status; };
    document.addEventListener('keriwasm:answer', heard, { once: true });
    await htmx.ajax(method, path, { source: '#main', target: '#main', swap: 'innerHTML', values });
    document.removeEventListener('keriwasm:answer', heard);
    again = !answered || answered >= 500;
    if (again) await new Promise(resolve => { setTimeout(resolve, 500); });
  }
  touched = false;
  tell('opened');
  changed();
}

/** What the page outside asks. @type {{ [type: string]: (message: any) => unknown }} */
const asked = {
  open: ({ text }) => shown('POST', 'app/open', { notebook: text }),
  fresh: () => shown('GET', 'app'),
  add: ({ kind }) => add(cellOf(document.activeElement) ?? cells().at(-1) ?? null, kind),
  run: runAll,
  stop() { for (const cell of cells()) if ('running' in cell.dataset) stop(cell); },
};
addEventListener('message', ({ source, data }) => {
  if (source === parent && typeof data?.type === 'string') asked[data.type.replace(/^notebook:/, '')]?.(data);
});
tell('there', { isolated: self.crossOriginIsolated });
