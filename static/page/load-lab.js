// @ts-check
// The load lab's part of the page; fetched with its pages only. While <load-lab data-run="ID"> stands in the
// page it asks that run for jobs, does them (peers in a worker of their own, the htmx round trip here), and watches how
// late this thread's clock is. What to measure, when and how often is decided in python/keriwasm/slices/load.
//
// It is JavaScript because the libraries that it measures are, and because the probe must not run what it would slow
// down.

import { Histogram, resolution } from '../../workers/lab/clock.js';

const PROBE_MS = 10;

/** How late timers of this thread ring: `{samples, p50_ms, p95_ms, max_ms}`. */
class Probe {
  constructor() {
    /** @type {number[]} */
    this.late = [];
    this.timer = 0;
    this.#next();
  }

  #next() {
    const due = performance.now() + PROBE_MS;
    this.timer = window.setTimeout(() => {
      // A hidden page's timers are held back by the browser: that is no jank.
      if (!document.hidden) this.late.push(Math.max(0, performance.now() - due));
      this.#next();
    }, PROBE_MS);
  }

  /** @returns {{samples: number, p50_ms: number, p95_ms: number, max_ms: number}} */
  told() {
    const sorted = [...this.late].sort((a, b) => a - b);
    const at = (/** @type {number} */ share) =>
      Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 100) / 100;
    return { samples: sorted.length, p50_ms: at(0.5), p95_ms: at(0.95), max_ms: at(1) };
  }

  stop() { clearTimeout(this.timer); }
}

/** The worker in which peers run; made at the first job for one. */
class Peers {
  /** @type {Worker | null} */ #worker = null;
  /** @type {((result: any) => void) | null} */ #answer = null;

  /** @param {any} job @returns {Promise<any>} */
  ask(job) {
    if (!this.#worker) {
      this.#worker = new Worker(new URL('../../workers/lab/peers.js', import.meta.url), { type: 'module' });
      this.#worker.onmessage = ({ data }) => { this.#answer?.(data); this.#answer = null; };
      this.#worker.onerror = event => {
        event.preventDefault();
        this.#answer?.({ error: `the peers' worker failed: ${event.message ?? 'it could not be loaded'}` });
        this.#answer = null;
        this.stop();
      };
    }
    const worker = this.#worker;
    return new Promise(resolve => { this.#answer = resolve; worker.postMessage(job); });
  }

  stop() { this.#worker?.terminate(); this.#worker = null; }
}

/** One htmx round trip: a request by the htmx door, its fragment swapped into an element that is not shown. */
async function roundTrip(/** @type {HTMLElement} */ place) {
  const response = await keriwasm.fetch('app/load/panel', { headers: { 'HX-Request': 'true' } });
  const text = await response.text();
  if (!response.ok) throw new Error(`the round trip was answered with ${response.status}`);
  place.innerHTML = text;
  htmx.process(place);
}

/** What the page itself measures. @param {any} job @param {HTMLElement} place */
async function inPage(job, place) {
  if (job.operation !== 'htmx') throw new Error(`the page knows no operation ${job.operation}`);
  if (job.kind === 'prepare') {
    const until = performance.now() + job.warm_s * 1000;
    let runs = 0;
    const began = performance.now();
    do { await roundTrip(place); runs++; } while (performance.now() < until);
    return { one_ns: (performance.now() - began) / runs * 1e6, resolution_ns: resolution() };
  }
  await new Promise(resolve =>
    setTimeout(resolve, Math.max(0, job.start_ms - performance.timeOrigin - performance.now())));
  const histogram = new Histogram();
  const began = performance.now();
  const late_ms = Math.max(0, performance.timeOrigin + began - job.start_ms);
  let here = began;
  while (here < began + job.seconds * 1000) {
    const before = here;
    await roundTrip(place);
    here = performance.now();
    histogram.record((here - before) * 1e6);
  }
  return { ops: histogram.count, wall_ns: Math.round((here - began) * 1e6), late_ms, histogram: histogram.told() };
}

class LoadLab extends HTMLElement {
  /** @type {AbortController | null} */ #stop = null;

  connectedCallback() {
    const stop = this.#stop = new AbortController();
    this.serve(this.dataset.run ?? '', stop.signal).catch(error => {
      if (!stop.signal.aborted) console.error('The load lab lost its run:', error);
    });
  }

  disconnectedCallback() { this.#stop?.abort(); }

  /** Asks for jobs and does them until the run has ended. @param {string} run @param {AbortSignal} signal */
  async serve(run, signal) {
    const probe = new Probe();
    const peers = new Peers();
    const place = document.createElement('div');
    place.hidden = true;
    this.append(place);
    signal.addEventListener('abort', () => peers.stop());
    try {
      for (let result = null; !signal.aborted;) {
        /** @type {Response} */
        const response = await fetch(new URL(`app/load/runs/${run}/page`, document.baseURI), {
          method: 'POST', signal, body: JSON.stringify({ result, jank: probe.told() }),
          headers: { 'content-type': 'application/json', accept: 'application/json' } });
        if (!response.ok) return; // the run is over and forgotten, or another took its place
        /** @type {{job: any, ended: boolean}} */
        const { job, ended } = await response.json();
        if (ended) return;
        result = null;
        if (!job) continue;
        if (job.kind === 'look') { // the run is over and wants to know how this thread's clock was
          result = { job: job.job };
          continue;
        }
        try {
          result = { ...await (job.contender === 'page' ? inPage(job, place) : peers.ask(job)), job: job.job };
        } catch (error) {
          result = { error: String(error instanceof Error ? error.message : error), job: job.job };
        }
      }
    } finally {
      probe.stop();
      peers.stop();
    }
  }
}
if (!customElements.get('load-lab')) customElements.define('load-lab', LoadLab);

/** Sorts a table by a column: numbers by `data-value`, words by their text. @param {HTMLTableCellElement} head */
function sort(head) {
  const table = /** @type {HTMLTableElement} */ (head.closest('table'));
  const up = head.getAttribute('aria-sort') !== 'ascending';
  for (const other of table.querySelectorAll('th[aria-sort]')) other.removeAttribute('aria-sort');
  head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
  const key = (/** @type {HTMLTableRowElement} */ row) =>
    row.cells[head.cellIndex].dataset.value ?? row.cells[head.cellIndex].textContent ?? '';
  const order = (/** @type {string} */ a, /** @type {string} */ b) =>
    a !== '' && b !== '' && Number.isFinite(+a) && Number.isFinite(+b) ? +a - +b : a.localeCompare(b);
  const body = table.tBodies[0];
  body.append(...[...body.rows].sort((a, b) => (up ? 1 : -1) * order(key(a), key(b))));
}

/** Gives the heads of sortable tables their buttons. */
function ready() {
  for (const head of document.querySelectorAll('table[data-sortable] thead th:not(:has(button))')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    button.addEventListener('click', () => sort(/** @type {HTMLTableCellElement} */ (head)));
    head.append(button);
  }
}
document.addEventListener('htmx:after:swap', () => ready());
ready();
