// @ts-check
/**
 * What a hand does to cells. Their text is in their fields and nowhere else; an editor (editor.js) lies over a field
 * when the cell comes into view, for a long notebook has hundreds.
 */
import { enter, write } from './editor.js';

/**
 * @typedef {object} Hands what cells ask of the page
 * @property {() => void} interrupt what runs is to end by KeyboardInterrupt
 * @property {(touched: boolean) => void} changed
 */

const root = document.documentElement;
/** @type {Hands} */
let hands;
/** @type {import('./editor.js').Editors | null} */
let editors = null;
/** A person has changed something: until then nothing of it is kept. */
let touched = false;
/** The notebook is looked at, and not to be changed. */
let locked = false;

export const cells = () => [.../** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll('form.cell'))];
/** @param {EventTarget | null} target @returns {HTMLFormElement | null} */
const cellOf = target => target instanceof Element ? target.closest('form.cell') : null;
/** @param {HTMLFormElement} cell */
const field = cell => /** @type {HTMLTextAreaElement} */ (cell.elements.namedItem('source'));
/** @param {Element} cell @param {string} name @returns {HTMLElement} */
const part = (cell, name) => /** @type {HTMLElement} */ (cell.querySelector(name));

/** The cell before or after. @param {Element} cell @param {-1 | 1} step @returns {HTMLFormElement | null} */
function beside(cell, step) {
  for (let at = /** @type {Element | null} */ (cell); at;) {
    at = step > 0 ? at.nextElementSibling : at.previousElementSibling;
    if (at instanceof HTMLFormElement) return at;
  }
  return null;
}

/** What a screen reader says of a cell. @param {HTMLElement} cell */
export const label = cell =>
  `${cell.dataset.kind === 'code' ? 'Python' : 'Text'}, cell ${cells().findIndex(each => each === cell) + 1}`;

/** The page outside keeps what is here. @param {boolean} [byHand] */
export function changed(byHand = false) {
  touched ||= byHand;
  hands.changed(touched);
}

/** @param {HTMLFormElement} cell @param {string} words below what it has shown */
function say(cell, words) {
  const note = Object.assign(document.createElement('div'), { className: 'stopped', textContent: words });
  note.setAttribute('role', 'status');
  part(cell, '.output').append(note);
}

/** A text cell shows its field again. @param {HTMLFormElement} cell */
function edit(cell) {
  delete cell.dataset.shown;
  enter(cell, 'end');
}

/** Goes to a cell, to write in it or, where it is text that is shown, to its first button.
 *  @param {HTMLFormElement} cell @param {'start' | 'end' | null} [at] */
const go = (cell, at = null) => 'shown' in cell.dataset ? part(cell, '[data-edit]').focus() : enter(cell, at);

/** The cursor leaves a cell. @param {HTMLElement} cell @param {-1 | 1} step @returns {boolean} */
export function leave(cell, step) {
  const next = beside(cell, step);
  if (next) go(next, step > 0 ? 'start' : 'end');
  return !!next;
}

/** @param {HTMLFormElement} cell @returns {Promise<void>} once it has ended */
function run(cell) {
  return new Promise(resolve => {
    cell.addEventListener('htmx:finally:request', () => resolve(), { once: true });
    htmx.trigger(cell, 'run');
  });
}

/** @param {Element | null} after @param {string} kind @param {string} [source] @returns {Promise<HTMLFormElement>} */
async function add(after, kind, source = '') {
  const list = /** @type {Element} */ (document.querySelector('#cells'));
  const place = after ?? list;
  await htmx.ajax('GET', `app/cell?kind=${kind}`,
    { target: place, source: place, swap: after ? 'afterend' : 'beforeend' });
  const added = /** @type {HTMLFormElement} */ (after ? after.nextElementSibling : list.lastElementChild);
  if (source) write(added, source);
  enter(added, 'end');
  changed(true);
  return added;
}

/** Adds one behind that in which somebody writes, else at the end. @param {string} kind */
export const append = kind => add(cellOf(document.activeElement) ?? cells().at(-1) ?? null, kind);

/** @param {HTMLFormElement} cell */
async function onward(cell) {
  const next = beside(cell, 1);
  if (next) go(next);
  else if (!locked) await add(cell, 'code');
}

/** A cell has so long to end by KeyboardInterrupt; one that goes on, or waits for something, ends with its request. */
const INTERRUPT_MS = 600;
let halted = false;
let runs = 0;
/** Runs all code cells, one after the other, until one fails or the run is stopped. */
export async function runAll() {
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
  hands.interrupt();
  const { running } = cell.dataset;  // that run, not one that a hand begins meanwhile
  setTimeout(() => {
    if (!running || cell.dataset.running !== running) return;
    cell.dataset.aborted = '';
    htmx.trigger(cell, 'htmx:abort');
  }, INTERRUPT_MS);
}

export const busy = () => cells().some(cell => 'running' in cell.dataset);
export const stopAll = () => { for (const cell of cells()) if ('running' in cell.dataset) stop(cell); };

/** Takes a cell away; a line in its place brings it back. @param {HTMLFormElement} cell */
function remove(cell) {
  const line = Object.assign(document.createElement('p'), { className: 'gone', textContent: 'The cell is deleted. ' });
  line.setAttribute('role', 'status');
  const undo = Object.assign(document.createElement('button'), { type: 'button', textContent: 'Undo' });
  undo.addEventListener('click', () => {
    line.replaceWith(cell);
    go(cell);
    changed(true);
  });
  line.append(undo);
  cell.replaceWith(line);
  undo.focus();
}

/** Copies what a cell has shown. This place has no clipboard of its own: the browser copies a selection.
 *  @param {HTMLElement} button @param {HTMLFormElement} cell */
function copy(button, cell) {
  const text = Object.assign(document.createElement('textarea'), { value: part(cell, '.output').innerText });
  cell.append(text);
  text.select();
  const done = document.execCommand('copy');
  text.remove();
  button.textContent = done ? 'Copied' : 'Not copied: select it instead';
  setTimeout(() => { button.textContent = 'Copy'; }, 2000);
}

/** What the buttons of a cell do; true: it changed the notebook.
 *  @type {{ [name: string]: (cell: HTMLFormElement, button: HTMLElement) => unknown }} */
const acts = {
  run: cell => { run(cell); },
  stop,
  edit: cell => edit(cell),
  copy: (cell, button) => copy(button, cell),
  up: cell => { beside(cell, -1)?.before(cell); return true; },
  down: cell => { beside(cell, 1)?.after(cell); return true; },
  async turn(cell) {
    const made = await add(cell, cell.dataset.kind === 'code' ? 'markdown' : 'code', field(cell).value);
    cell.remove();
    changed(true);
    enter(made);
  },
  delete: cell => { remove(cell); return true; },
};

/** Puts an editor over the field of each cell that comes into view. */
const views = new IntersectionObserver(entries => {
  for (const { target, isIntersecting } of entries) if (isIntersecting) {
    views.unobserve(target);
    editors?.mount(/** @type {HTMLFormElement} */ (target));
  }
}, { rootMargin: '600px' });

/** Editors for all cells, present and coming. @param {import('./editor.js').Editors} made */
export function use(made) {
  editors = made;
  made.lock([], locked);
  const watch = () => { for (const cell of cells()) if (!field(cell).hidden) views.observe(cell); };
  const main = /** @type {Node} */ (document.querySelector('#main'));
  new MutationObserver(watch).observe(main, { childList: true, subtree: true });
  watch();
}

/** A notebook has been opened. @param {boolean} readOnly it is looked at first */
export function begin(readOnly) {
  touched = false;
  lock(readOnly);
}

/** @param {boolean} now */
export function lock(now) {
  locked = now;
  root.toggleAttribute('data-locked', now);
  for (const cell of cells()) field(cell).readOnly = now;
  editors?.lock(cells(), now);
}

/** @param {Hands} given */
export function listen(given) {
  hands = given;
  document.addEventListener('keydown', event => {
    const cell = cellOf(event.target);
    if (!cell || event.isComposing || event.key !== 'Enter') return;
    if (!(event.shiftKey || event.ctrlKey || event.metaKey || event.altKey)) return;
    if (/** @type {Element} */ (event.target).closest('.cm-panel')) return;  // its own keys
    event.preventDefault();
    event.stopPropagation();  // an editor would begin a line
    run(cell);
    if (event.altKey) { if (!locked) add(cell, 'code'); }
    else if (event.shiftKey) onward(cell);
  }, true);

  document.addEventListener('input', ({ target }) => {
    if (!(target instanceof HTMLTextAreaElement) || target.name !== 'source') return;
    target.rows = Math.min(40, target.value.split('\n').length);
    changed(true);
  });

  document.addEventListener('click', async ({ target }) => {
    const cell = cellOf(target);
    const button = target instanceof Element ? target.closest('button') : null;
    const name = cell && Object.keys(button?.dataset ?? {}).find(each => each in acts);
    if (!cell || !button || !name) return;
    const told = acts[name](cell, button);
    if (told !== true) return;
    if (button.isConnected) button.focus();
    changed(true);
  });
  document.addEventListener('dblclick', ({ target }) => {
    const cell = cellOf(target);
    if (cell && !locked && 'shown' in cell.dataset) edit(cell);
  });

  document.addEventListener('htmx:before:request', ({ target }) => {
    const cell = cellOf(target);
    if (cell?.dataset.kind === 'code') cell.dataset.running = String(++runs);
  });
  document.addEventListener('htmx:finally:request', ({ target }) => {
    const cell = cellOf(target);
    if (!cell) return;
    const held = cell.contains(document.activeElement);
    delete cell.dataset.running;
    if ('aborted' in cell.dataset) say(cell, 'Stopped.');
    delete cell.dataset.aborted;
    if (cell.dataset.kind !== 'code' && field(cell).value.trim() && part(cell, '.output').textContent) {
      cell.dataset.shown = '';
      if (held) part(cell, '[data-edit]').focus();
    }
    changed();
  });
  document.addEventListener('keriwasm:anew', () => {
    for (const cell of cells()) if (cell.dataset.kind === 'code') part(cell, '[data-count]').textContent = '[ ]';
    const last = document.querySelector('form.cell .stopped:last-child');
    if (last) last.textContent = 'Stopped. The interpreter was started anew: what the cells had made is gone.';
  });
}
