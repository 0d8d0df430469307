// @ts-check
/**
 * The notebook's page: makes the frame in which cells are shown and run, hands in what that one needs, and keeps the
 * notebooks. It runs nothing of a notebook, and shows nothing of one but its title, as text. What the frame says is a
 * guest's word: it may say how its own notebook reads, and that it is ready; nothing else is done for it.
 */
import { pack, unpack } from './links.js';
import { outside } from './outside.js';
import * as store from './store.js';
import { gather } from './supply.js';
import { fromScript, toScript } from './scripts.js';

const TEXT_MOST = 20 << 20;
const base = new URL('.', document.baseURI);
const element = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const title = /** @type {HTMLInputElement} */ (element('title'));

/** The one that is shown; `kept`: it is in this browser, and changes are kept; `locked`: a stranger's, to be read. */
let current = { id: '', title: '', text: '', kept: false, locked: false };
/** @type {HTMLIFrameElement | null} */
let frame = null;
let there = false;

/** @param {string} words */
function note(words) {
  element('note').textContent = words;
  element('note').hidden = !words;
}

/** @param {string} words */
function trouble(words) {
  element('trouble').textContent = words;
  element('trouble').hidden = !words;
}

/** @param {string} kind @param {string} words */
function chip(kind, words) {
  element('chip').dataset.kind = kind;
  if (element('chip-text').textContent !== words) element('chip-text').textContent = words;
}

/** @param {string} type @param {object} [fields] */
const ask = (type, fields = {}) => frame?.contentWindow?.postMessage({ type: `notebook:${type}`, ...fields }, '*');

/** @param {string} text @param {string} name @param {string} type */
function download(text, name, type) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = `${(current.title || 'notebook').replace(/[^\w .-]+/g, '_').slice(0, 80)}.${name}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// ------------------------------------------------------------------------------------------------- what is shown

/** @param {{ id?: string, title: string, text: string, kept?: boolean, locked?: boolean }} what no text: a new one */
function show({ id = crypto.randomUUID(), title: name, text, kept = false, locked = false }) {
  current = { id, title: name, text, kept, locked };
  guest();
  title.value = name;
  document.title = `${name || 'Notebook'} · KeriWasm`;
  trouble('');
  note('');
  if (there) ask(text ? 'open' : 'fresh', { text, locked });
}

/** What can be done with the notebook that is shown. */
function guest() {
  const { locked } = current;
  element('guest').hidden = !locked;
  title.readOnly = locked;
  for (const each of document.querySelectorAll('.notebook-bar [data-act=code], .notebook-bar [data-act=markdown]'))
    each.toggleAttribute('hidden', locked);
}

async function keep() {
  if (!current.text) return;
  try {
    await store.put({ id: current.id, title: current.title, changed: Date.now(), text: current.text });
    if (!current.kept) {
      current.kept = true;
      history.replaceState(null, '', `${location.pathname}#id=${current.id}`);  // the page has a <base>
    }
    list();
  } catch (error) {
    trouble(`It is not kept: ${/** @type {Error} */ (error).message}. Save it as a file, so that nothing is lost.`);
  }
}

async function list() {
  const found = await store.list().catch(() => []);
  const rows = found.map(each => {
    const row = document.createElement('li');
    const link = Object.assign(document.createElement('a'), { href: `static/notebook/index.html#id=${each.id}`,
      textContent: each.title || 'Untitled' });
    const when = Object.assign(document.createElement('span'), { className: 'muted',
      textContent: new Date(each.changed).toLocaleString() });
    link.append(when);
    row.append(link);
    return row;
  });
  if (!rows.length) rows.push(Object.assign(document.createElement('li'), { 
      textContent: 'None is kept yet: what you write is, as you write it.' }));
  element('kept').replaceChildren(...rows);
}

/** Opens what the address names: one that is kept, one that came in a link, or a new one. */
async function opened() {
  const hash = new URLSearchParams(location.hash.slice(1));
  const [id, code, example] = ['id', 'code', 'example'].map(name => hash.get(name));
  try {
    if (code) {
      const came = await unpack(code);
      show({ ...came, locked: true });
    } else if (example && /^[a-z]+$/.test(example)) {
      const response = await fetch(new URL(`static/notebook/examples/${example}.py`, base));
      if (!response.ok) throw new Error(`There is no example of the name ${example}.`);
      const book = fromScript(await response.text());
      show({ title: book.cells[0].source.match(/^# (.*)/)?.[1] ?? example, text: JSON.stringify(book) });
      note('An example. Run its cells in turn; your first change keeps a copy here.');
    } else if (id && id !== current.id) {
      const kept = await store.get(id);
      if (kept) show({ ...kept, kept: true });
      else {
        show({ title: '', text: '' });
        note('There is no such notebook in this browser. This is a new one.');
      }
    } else if (!current.id) show({ title: '', text: '' });
  } catch (error) {
    show({ title: '', text: '' });
    trouble(/** @type {Error} */ (error).message);
  }
}

/** @param {File} file */
async function take(file) {
  if (file.name.endsWith('.whl')) return ask('package', { name: file.name, bytes: await file.arrayBuffer() });
  const [size, most] = [file.size, TEXT_MOST].map(each => each.toLocaleString('en'));
  if (file.size > TEXT_MOST) return trouble(`${file.name} has ${size} bytes; ${most} are the most.`);
  const text = await file.text();
  const script = file.name.endsWith('.py');
  history.replaceState(null, '', location.pathname);
  show({ title: file.name.replace(/\.(ipynb|py)$/, ''), text: script ? JSON.stringify(fromScript(text)) : text });
  note('It is shown as it was saved: nothing of it has run.');
}

/** @type {{ [name: string]: () => unknown }} */
const acts = {
  runAll: () => ask('run'),
  try: () => ask('run'),
  mine() {
    current.locked = false;
    guest();
    ask('unlock');
    note('It is yours now: changes are kept in this browser.');
  },
  stop: () => ask('stop'),
  package: outside(base, (name, bytes) => ask('package', { name, bytes }), note),
  code: () => ask('add', { kind: 'code' }),
  markdown: () => ask('add', { kind: 'markdown' }),
  fresh() { history.replaceState(null, '', location.pathname); show({ title: '', text: '' }); },
  ipynb: () => download(current.text, 'ipynb', 'application/x-ipynb+json'),
  py: () => download(toScript(JSON.parse(current.text)), 'py', 'text/x-python'),
  async link() {
    try {
      const address = new URL(`#${await pack(current.title, JSON.parse(current.text))}`, location.href).href;
      await navigator.clipboard.writeText(address);
      note(`The link is in the clipboard (${address.length.toLocaleString('en')} characters): `
        + 'it holds the code, not what came of it.');
    } catch (error) {
      trouble(/** @type {Error} */ (error).message);
    }
  },
  async remove() {
    if (!confirm(`Delete “${current.title || 'Untitled'}” from this browser? It cannot be brought back.`)) return;
    await store.remove(current.id);
    acts.fresh();
    list();
  },
};

document.addEventListener('click', event => {
  const button = event.target instanceof Element ? event.target.closest('[data-act]') : null;
  if (!(button instanceof HTMLElement)) return;
  button.closest('details')?.removeAttribute('open');
  acts[button.dataset.act ?? '']?.();
});
element('file').addEventListener('change', event => {
  const input = /** @type {HTMLInputElement} */ (event.target);
  input.closest('details')?.removeAttribute('open');
  if (input.files?.[0]) take(input.files[0]);
  input.value = '';
});
title.addEventListener('input', () => {
  current.title = title.value;
  document.title = `${title.value || 'Notebook'} · KeriWasm`;
  keep();
});
addEventListener('hashchange', opened);

// ------------------------------------------------------------------------------------------------- the frame

/** What the frame says. @type {{ [type: string]: (message: any) => unknown }} */
const heard = {
  'notebook:there'() {
    there = true;
    ask(current.text ? 'open' : 'fresh', { text: current.text, locked: current.locked });
  },
  'notebook:opened'() {
    for (const each of document.querySelectorAll('[data-act]')) each.removeAttribute('disabled');
    title.disabled = false;
    element('wait').hidden = true;
  },
  'notebook:changed'({ text, touched }) {
    if (typeof text !== 'string' || text.length > TEXT_MOST) return;
    current.text = text;
    if (!current.locked && (touched || current.kept)) keep();
  },
  'notebook:status'({ status }) {
    const ready = status?.state === 'ready' || status?.ready > 0;
    chip(ready ? 'ok' : 'busy', ready ? 'Python is ready' : 'Python is starting');
  },
  'notebook:anew'() {
    note('The interpreter was started anew: what the cells had made is gone. Run them again from the top.');
  },
  'notebook:failed'({ reason }) {
    chip('bad', 'Python did not start');
    element('wait').hidden = true;
    trouble(`Python did not start here: ${String(reason).slice(0, 500)}. Load the page again; what is kept stays.`);
  },
};

async function start() {
  const progress = /** @type {HTMLProgressElement} */ (element('progress'));
  const supply = await gather(base, (done, total) => {
    Object.assign(progress, { max: total, value: done });
    chip('busy', `loading ${done} of ${total}`);
  });
  progress.removeAttribute('value');
  frame = document.createElement('iframe');
  frame.title = 'The notebook’s cells';
  frame.setAttribute('sandbox', 'allow-scripts');
  frame.setAttribute('allow', 'cross-origin-isolated');
  const theme = document.documentElement.dataset.theme;
  const html = theme ? supply.html.replace('<html ', `<html data-theme="${theme}" `) : supply.html;
  frame.src = URL.createObjectURL(new Blob([html], { type: 'text/html' }));
  addEventListener('message', ({ source, data }) => {
    if (source !== frame?.contentWindow || typeof data?.type !== 'string') return;
    if (data.type === 'capsule:there') frame?.contentWindow?.postMessage({ type: 'capsule:begin', ...supply }, '*');
    else heard[data.type]?.(data);
  });
  element('frame').append(frame);
}

list();
await opened();
start().catch(error => heard['notebook:failed']({ reason: error.message }));
