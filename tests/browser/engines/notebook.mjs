// The notebook in Debian's Firefox ESR: node notebook.mjs URL JOBS.json; prints one JSON line.
// JOBS: {cells: [[name, source, seconds until Stop or 0, answer to its input()], …], inside: {name: expression, …}}: what each cell shows, and what the frame's own
// script finds. A name of a BroadcastChannel on which nothing may be heard is `heard`.
import fs from 'node:fs';
import puppeteer from 'puppeteer-core';

const [, , url, jobs] = process.argv;
const { cells, inside, channel } = JSON.parse(fs.readFileSync(jobs, 'utf8'));
const browser = await puppeteer.launch({ browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true, protocolTimeout: 280_000 });
try {
  const page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 900 });
  const errors = [];
  page.on('console', message => { if (message.type() === 'error') errors.push(message.text()); });
  page.on('pageerror', error => errors.push(String(error)));
  await page.goto(url);
  const until = async (/** @type {() => Promise<unknown>} */ condition, /** @type {string} */ what, ms = 150_000) => {
    const end = Date.now() + ms;
    for (;;) {
      const got = await condition();
      if (got) return got;
      if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  };
  await page.evaluate(`globalThis.overheard = [];
    new BroadcastChannel(${JSON.stringify(channel)}).onmessage = event => { overheard.push(event.data); };`);
  await until(() => page.evaluate(`!document.querySelector('[data-act=runAll]').disabled`), 'cells');
  const frame = page.frames().find(each => each !== page.mainFrame());
  if (!frame) throw new Error('there is no frame');
  const seen = { cells: {}, inside: {}, note: '' };
  const running = () => frame.evaluate(`document.querySelectorAll('form.cell[data-running]').length`);
  const count = () => frame.evaluate(`document.querySelector('[data-count]').innerText`);
  for (const [name, source, stop, answer] of cells) {
    const before = await count();
    await frame.evaluate(`(source => {
      const cell = document.querySelector('form.cell');
      cell.querySelector('textarea').value = source;
      cell.querySelector('[data-run]').click();
    })(${JSON.stringify(source)})`);
    if (answer) {
      await until(() => frame.$('.ask input'), `${name} asks`);
      await frame.type('.ask input', answer);
      await frame.focus('.ask input');
      await page.keyboard.press('Enter');
    }
    if (stop) {
      await until(running, `${name} runs`);
      await new Promise(resolve => setTimeout(resolve, stop * 1000));
      await frame.click('[data-stop]');
    } else await until(async () => await count() !== before, `${name} is counted`);
    await until(async () => !await running(), `${name} has ended`);
    seen.cells[name] = await frame.evaluate(`document.querySelector('form.cell .output').innerText`);
  }
  for (const [name, expression] of Object.entries(inside)) seen.inside[name] = await frame.evaluate(expression);
  seen.heard = await page.evaluate('overheard');
  seen.note = await page.evaluate(`document.querySelector('#note').textContent`);
  console.log(JSON.stringify({ ...seen, isolated: await frame.evaluate('crossOriginIsolated'), errors }));
} finally {
  await browser.close();
}
