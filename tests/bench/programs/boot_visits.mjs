// Visits for boot.py, alike in every engine: node boot_visits.mjs warm|cold ENGINE URL ROUNDS; prints one line of JSON.
// warm: one profile on disk in which app and memory snapshot are kept; per round a bare loadPyodide, a visit, a hung worker.
// cold: per round an empty profile for a bare loadPyodide, and one for a visit up to its first answer.
// What is measured of a visit, the page has marked itself (keriwasm:answer, keriwasm:pool).
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import puppeteer from 'puppeteer-core';

const [mode, engine, url, rounds] = process.argv.slice(2);
const FLAGS = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'];
const SETTLE_MS = 180_000;
/** So long nobody looks at a visit. */
const ALONE_MS = 8000;
/** The same of those that fill the cache of compiled code: Chromium writes it when no function was compiled anew for two seconds. */
const FILL_MS = 25_000;
/** The same while a hang is found out (hang_ms in pyscript.toml) and made good. */
const HANG_MS = 8000;
const pause = ms => new Promise(resolve => { setTimeout(resolve, ms); });

/** Chromium, in which pages are opened without a debugger: one that is attached stops every worker at its start until it is
 *  told to go on, and is told of every request. Only whoever evaluates something attaches, and lets go again. */
async function chromium() {
  const profile = mkdtempSync(`${tmpdir()}/keriwasm-boot-`);
  const child = spawn('/usr/bin/chromium', [...FLAGS, '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'], { stdio: 'ignore' });
  const ended = new Promise(resolve => child.once('exit', resolve));
  const told = `${profile}/DevToolsActivePort`;
  while (!existsSync(told)) await pause(50);
  const browserURL = `http://127.0.0.1:${readFileSync(told, 'utf8').split('\n')[0]}`;
  return {
    open: async url => (await (await fetch(`${browserURL}/json/new?${encodeURIComponent(url)}`, { method: 'PUT' })).json()).id,
    async evaluate(tab, what) {
      const browser = await puppeteer.connect({ browserURL, protocolTimeout: 280_000 });
      try {
        const target = await browser.waitForTarget(async each => each.type() === 'page' && await identity(each) === tab);
        const page = await target.page();
        // A new tab is an empty page until its own one has come: on a busy machine that is seen, and asked again.
        const moved = error => /context was destroyed/.test(error.message) ? page.evaluate(what) : Promise.reject(error);
        return await page.evaluate(what).catch(moved);
      } finally {
        await browser.disconnect();
      }
    },
    close: tab => fetch(`${browserURL}/json/close/${tab}`),
    async end() {
      child.kill();
      await ended;
      await removed(profile);
    },
  };
}

/** A profile, away: Chromium's children end after it, and write until then, which rmSync's own retries do not outlast. */
async function removed(folder) {
  for (let tries = 50; ; tries--) {
    try {
      return rmSync(folder, { recursive: true, force: true });
    } catch (error) {
      if (!tries || error.code !== 'ENOTEMPTY') throw error;
      await pause(200);
    }
  }
}

/** As /json/new names it. */
async function identity(target) {
  const session = await target.createCDPSession();
  const { targetInfo } = await session.send('Target.getTargetInfo');
  await session.detach();
  return targetInfo.targetId;
}

/** Firefox, likewise: whoever is attached is told of every request, through the process that opens windows and files. */
async function firefox() {
  const launched = await puppeteer.launch({ browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true });
  const browserWSEndpoint = launched.wsEndpoint();
  await launched.disconnect();
  const attached = async what => {
    const browser = await puppeteer.connect({ browserWSEndpoint, protocol: 'webDriverBiDi', protocolTimeout: 280_000 });
    try {
      return await what(browser);
    } finally {
      await browser.disconnect();
    }
  };
  const last = what => attached(async browser => what((await browser.pages()).at(-1)));  // one is open at a time
  return {
    open: url => attached(async browser => { await (await browser.newPage()).goto(url); }),
    evaluate: (_, what) => last(page => page.evaluate(what)),
    close: () => last(page => page.close()),
    async end() {
      launched.process().kill();
      await new Promise(resolve => launched.process().once('exit', resolve));
    },
  };
}

/** What is kept for the next visits: of the memory snapshot and of the app. */
async function kept() {
  const state = document.documentElement.dataset.state;
  if (state !== 'ready') return { state };
  const pool = await (await keriwasm.fetch('app/pool', { headers: { accept: 'application/json' } })).json();
  const told = pool.snapshot ?? pool.image;  // as older versions called it
  return { state, image: told.state, reason: told.reason, offline: document.documentElement.dataset.offline };
}

/** A worker hangs; from the moment at which that is found out until it answers a request again. */
async function hang() {
  let hung = 0;
  document.addEventListener('keriwasm:status', ({ detail }) => {
    if (detail.workers?.some(worker => worker.state === 'hung')) hung ||= performance.now();
  });
  keriwasm.fetch('app/faults/w2', { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ kind: 'hang', ms: 0 }) }).catch(() => {});
  while (!hung) await new Promise(resolve => { setTimeout(resolve, 10); });
  const state = () => keriwasm.status.workers.find(worker => worker.id === 'w2')?.state;
  while (state() !== 'ready') await new Promise(resolve => { setTimeout(resolve, 5); });
  for (;;) {
    const answers = await Promise.all(Array.from({ length: 4 }, () => keriwasm.fetch('app/crypto/hash', { method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json' }, body: JSON.stringify({ algorithm: 'sha2-256', text: 'x' }) })));
    if (answers.some(answer => answer.headers.get('x-worker') === 'w2')) return performance.now() - hung;
  }
}

/** Looks now and then, from inside of the page: to be asked from outside every few milliseconds would slow down what is measured. */
const until = done => `new Promise((resolve, reject) => {
  const mark = name => performance.getEntriesByName('keriwasm:' + name)[0]?.startTime;
  const look = () => {
    const value = ${done};
    if (value) resolve(value);
    else if (performance.now() > ${SETTLE_MS}) reject(new Error('not within ${SETTLE_MS} ms; ' + JSON.stringify(globalThis.keriwasm?.status)));
    else setTimeout(look, 100);
  };
  look();
})`;
const answered = until("mark('answer') && { click: mark('answer'), epoch: performance.timeOrigin + mark('answer'), began: performance.timeOrigin }");
const loaded = until('globalThis.whole && { bare: globalThis.whole }');
const whole = until(`document.documentElement.dataset.state === 'ready' && mark('answer') && mark('pool')
  && { click: mark('answer'), pool: mark('pool') }`);
const took = until('globalThis.took');

const start = { chromium, firefox }[engine];
const rows = [];
if (mode === 'cold') {
  for (let round = 0; round < Number(rounds); round++) {
    const row = {};
    for (const [path, what] of [['bench/bare', loaded], ['?workers=4', answered]]) {
      const browser = await start();
      try {
        Object.assign(row, await browser.evaluate(await browser.open(`${url}${path}`), what));
      } finally {
        await browser.end();
      }
    }
    rows.push(row);
  }
} else {
  const browser = await start();
  try {
    const first = await browser.open(`${url}?workers=4`);
    const end = Date.now() + SETTLE_MS;
    for (let now = {}; now.image !== 'kept' || now.offline !== 'kept'; now = await browser.evaluate(first, kept)) {
      if (Date.now() > end) throw new Error(`nothing is kept: ${JSON.stringify(now)}`);
      await pause(1000);
    }
    await browser.close(first);
    for (let round = -1; round < Number(rounds); round++) {
      const alone = round < 0 ? FILL_MS : ALONE_MS;
      const blank = await browser.open(`${url}bench/go?/bench/bare`);
      await pause(alone);
      const row = { bare: await browser.evaluate(blank, took) };
      await browser.close(blank);
      const tab = await browser.open(`${url}bench/go?${encodeURIComponent('/?workers=4&faults=1')}`);
      await pause(alone);
      Object.assign(row, await browser.evaluate(tab, whole), { image: (await browser.evaluate(tab, kept)).image });
      await browser.evaluate(tab, `(${hang})().then(ms => { globalThis.replaced = ms; }); undefined`);
      await pause(HANG_MS);
      row.hang = await browser.evaluate(tab, until('globalThis.replaced'));
      await browser.close(tab);
      if (round >= 0) rows.push(row);
    }
  } finally {
    await browser.end();
  }
}
console.log(JSON.stringify(rows));
