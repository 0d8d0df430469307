// Visits for boot.py, alike in every engine: node boot_visits.mjs warm|cold ENGINE URL ROUNDS; prints one line of JSON.
// warm: one profile on disk in which app and memory snapshot are kept; per round a bare loadPyodide, a visit, a hung worker.
// cold: per round an empty profile and one visit up to its first answer.
import puppeteer from 'puppeteer-core';

const [mode, engine, url, rounds] = process.argv.slice(2);
const ENGINES = {
  chromium: { browser: 'chrome', executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] },
  firefox: { browser: 'firefox', executablePath: '/usr/bin/firefox-esr' },
};
const SETTLE_MS = 180_000;
const pause = ms => new Promise(resolve => { setTimeout(resolve, ms); });

/** In the page before its scripts: times since navigation of the first answer and of the whole pool. */
function clock() {
  const marks = globalThis.marks = {};
  document.addEventListener('keriwasm:answer', () => {
    marks.click ??= performance.now();
    marks.epoch ??= performance.timeOrigin + marks.click;
  });
  document.addEventListener('keriwasm:status', ({ detail }) => {
    if (detail.size && detail.ready === detail.size) marks.pool ??= performance.now();
    if (detail.workers?.some(worker => worker.state === 'hung')) marks.hung ??= performance.now();
  });
}

/** One bare loadPyodide, in a module worker of its own, from upstream's own files. */
function bare() {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const worker = new Worker('/bench/bare.js', { type: 'module' });
    worker.onerror = error => reject(new Error(error.message));
    worker.onmessage = () => { resolve(performance.now() - began); worker.terminate(); };
  });
}

/** What is kept for the next visits: of the memory snapshot and of the app. */
async function kept() {
  const state = document.documentElement.dataset.state;
  if (state !== 'ready') return { state };
  const pool = await (await keriwasm.fetch('app/pool', { headers: { accept: 'application/json' } })).json();
  return { state, image: pool.image.state, reason: pool.image.reason, offline: document.documentElement.dataset.offline };
}

/** A worker hangs; from the moment at which that is found out until it answers a request again. */
async function hang() {
  delete marks.hung;
  keriwasm.fetch('app/faults/w2', { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ kind: 'hang', ms: 0 }) }).catch(() => {});
  while (!marks.hung) await new Promise(resolve => { setTimeout(resolve, 10); });
  const state = () => keriwasm.status.workers.find(worker => worker.id === 'w2')?.state;
  while (state() !== 'ready') await new Promise(resolve => { setTimeout(resolve, 5); });
  for (;;) {
    const answers = await Promise.all(Array.from({ length: 4 }, () => keriwasm.fetch('app/crypto/hash', { method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' }, body: JSON.stringify({ algorithm: 'sha2-256', text: 'x' }) })));
    if (answers.some(answer => answer.headers.get('x-worker') === 'w2')) return performance.now() - marks.hung;
  }
}

const launch = () => puppeteer.launch({ ...ENGINES[engine], headless: true, protocolTimeout: 280_000 });

async function visit(browser, query) {
  const page = await browser.newPage();
  await page.evaluateOnNewDocument(clock);
  await page.goto(url + query);
  return page;
}

/** Looks now and then from inside of the page: to be asked from outside every few milliseconds would slow down what is measured. */
const until = (page, done, limit) => page.evaluate(`new Promise((resolve, reject) => {
  const end = performance.now() + ${limit};
  const look = () => {
    const value = ${done};
    if (value) resolve(value);
    else if (performance.now() > end) reject(new Error('not within ${limit} ms; ' + JSON.stringify(globalThis.keriwasm?.status)));
    else setTimeout(look, 100);
  };
  look();
})`);

const whole = 'marks.click && marks.pool && document.documentElement.dataset.state === "ready" && marks';
const rows = [];
if (mode === 'cold') {
  for (let round = 0; round < Number(rounds); round++) {
    const browser = await launch();
    try {
      rows.push(await until(await visit(browser, '?workers=4'), 'marks.click && marks', SETTLE_MS));
    } finally {
      await browser.close();
    }
  }
} else {
  const browser = await launch();
  try {
    const first = await visit(browser, '?workers=4');
    const end = Date.now() + SETTLE_MS;
    for (let now = {}; now.image !== 'kept' || now.offline !== 'kept'; now = await first.evaluate(kept)) {
      if (Date.now() > end) throw new Error(`nothing is kept: ${JSON.stringify(now)}`);
      await pause(1000);
    }
    await first.close();
    for (let round = -1; round < Number(rounds); round++) { // the first of them fills the cache of compiled code
      const blank = await browser.newPage();
      await blank.goto(`${url}bench/`);
      const row = { bare: await blank.evaluate(bare) };
      await blank.close();
      const page = await visit(browser, '?workers=4&faults=1');
      Object.assign(row, await until(page, whole, SETTLE_MS), { image: (await page.evaluate(kept)).image });
      await pause(1000);
      row.hang = await page.evaluate(hang);
      await page.close();
      if (round >= 0) rows.push(row);
    }
  } finally {
    await browser.close();
  }
}
console.log(JSON.stringify(rows));
