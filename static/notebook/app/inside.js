// @ts-check
/**
 * The notebook's page inside of its frame: the runtime's own doors and router, and what the page outside asks. Text
 * of cells lives in the page's fields and nowhere else here; the page outside is told of every change, and keeps it.
 */
import '../../../router/doors/door.js';
import { Doorway, intercept, through } from '../../../router/doors/intercept.js';
import { OwnRouter } from '../../../router/tabs/own-router.js';
import { answers } from './answers.js';
import { append, begin, busy, cells, changed, label, leave, listen, lock, runAll, stopAll, use } from './cells.js';
import { contents } from './contents.js';
import { editors } from './editor.js';
import './html.js';
import './packages.js';
import './panels.js';

const base = new URL(document.baseURI);
const root = document.documentElement;
const doorway = new Doorway();
/** @type {any} */
let status = { state: 'booting' };

/** @param {string} type @param {object} [fields] */
const tell = (type, fields = {}) => parent.postMessage({ type: `notebook:${type}`, ...fields }, '*');

/** @param {string} type @param {object} detail */
const inform = (type, detail) => document.dispatchEvent(new CustomEvent(`keriwasm:${type}`, { detail }));

const own = new OwnRouter(base, { workers: '2', faults: false }, {
  opened: opened => doorway.use(opened),
  status(news) {
    const before = status;
    status = news;
    root.dataset.state = news.state;
    tell('status', { status: news });
    const [was, is] = [before, news].map(each => each.workers?.find((/** @type {any} */ worker) => worker.one));
    if (was && is && was.state !== 'booting' && (is.id !== was.id || is.state === 'booting')) inform('anew', {});
  },
  restarting(reason) { doorway.use(null); tell('trouble', { reason }); },
  failed(reason) { tell('failed', { reason }); },
  mismatch(reason) { tell('failed', { reason }); },
});

const throughDoor = through(doorway.any, () => status.state === 'failed');
intercept(base, throughDoor, { tell: inform, mark() {} });
own.start();
answers(text => doorway.door?.post('router:typed', { text }));

let due = 0;
listen({
  interrupt: () => doorway.door?.post('router:interrupt', {}),
  changed(touched) {
    clearTimeout(due);
    due = window.setTimeout(() => tell('changed', { touched, text: JSON.stringify(contents(cells()), null, 1) }), 300);
  },
});
document.addEventListener('keriwasm:anew', () => tell('anew'));

/** How long an answer is of use to somebody who goes on writing. */
const ANSWER_MS = 1500;
/** What the interpreter knows, for the editor. It has one thread: while a cell runs it is not asked at all.
 *  @type {import('./hints.js').Ask} */
async function ask(what, at, signal) {
  if (!doorway.door || busy()) return null;
  const late = AbortSignal.timeout(ANSWER_MS);
  try {
    const response = await throughDoor(`app/${what}`, { method: 'POST', body: JSON.stringify(at),
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      signal: AbortSignal.any([signal, late]) });
    return response.ok ? await response.json() : null;
  } catch (error) {
    if (signal.aborted || late.aborted) return null;
    throw error;
  }
}

editors({ label, leave, ask }).then(use, error => {
  const note = /** @type {HTMLElement} */ (document.querySelector('#plain'));
  note.textContent = `The editor could not be loaded (${error.message}): cells are plain text fields.`;
  note.hidden = false;
});

/** Shows a notebook; while no worker can answer it is asked again.
 *  @param {string} method @param {string} path @param {object} [values] @param {boolean} [readOnly] */
async function shown(method, path, values = {}, readOnly = false) {
  for (let again = true; again && status.state !== 'failed';) {
    let answered = 0;
    const heard = (/** @type {any} */ { detail }) => { answered = detail.status; };
    document.addEventListener('keriwasm:answer', heard, { once: true });
    await htmx.ajax(method, path, { source: '#main', target: '#main', swap: 'innerHTML', values });
    document.removeEventListener('keriwasm:answer', heard);
    again = !answered || answered >= 500;
    if (again) await new Promise(resolve => { setTimeout(resolve, 500); });
  }
  begin(readOnly);
  tell('opened');
  changed();
}

/** What the page outside asks. @type {{ [type: string]: (message: any) => unknown }} */
const asked = {
  open: ({ text, locked }) => shown('POST', 'app/open', { notebook: text }, locked === true),
  fresh: () => shown('GET', 'app'),
  unlock() { lock(false); changed(true); },
  add: ({ kind }) => append(kind),
  run: runAll,
  stop: stopAll,
};
addEventListener('message', ({ source, data }) => {
  if (source === parent && typeof data?.type === 'string') asked[data.type.replace(/^notebook:/, '')]?.(data);
});
tell('there', { isolated: self.crossOriginIsolated });
