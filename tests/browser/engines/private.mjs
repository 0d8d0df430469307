// A private window of Debian's Firefox ESR (the pref makes every window one): node private.mjs URL; prints one JSON line.
import puppeteer from 'puppeteer-core';

const PASSCODE = 'a passcode of enough characters';
const browser = await puppeteer.launch({
  browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true, protocolTimeout: 280_000,
  extraPrefsFirefox: { 'browser.privatebrowsing.autostart': true },
});
try {
  const page = await browser.newPage();
  const errors = [];
  page.on('console', message => { if (message.type() === 'error') errors.push(message.text()); });
  page.on('pageerror', error => errors.push(String(error)));
  await page.goto(process.argv[2]);
  const seen = await page.evaluate(`(async () => {
    const wait = async condition => {
      const end = performance.now() + 150_000;
      while (!await condition()) {
        if (performance.now() > end) throw new Error('waited in vain for ' + condition + JSON.stringify(globalThis.keriwasm?.status));
        await new Promise(resolve => { setTimeout(resolve, 50); });
      }
    };
    const ask = async (path, json) => {
      const options = json ? { method: 'POST', body: JSON.stringify(json) } : {};
      const headers = { accept: 'application/json', 'content-type': 'application/json' };
      return (await keriwasm.fetch(path, { ...options, headers })).json();
    };
    const shown = selector => document.querySelector(selector)?.innerText ?? '';
    const root = document.documentElement.dataset;
    await wait(() => ['ready', 'failed'].includes(root.state) && root.page === 'ready');
    await wait(() => shown('[data-browser-note]') !== '');
    const wallet = await ask('app/wallet', { name: 'Mine', passcode: '${PASSCODE}' });
    const made = await ask('app/identifiers', { alias: 'one' });
    await wait(() => document.querySelector('.site-nav a[href="app/wallet"]'));
    document.querySelector('.site-nav a[href="app/wallet"]').click();
    await wait(() => shown('#main .note.warn') !== '');
    return { state: root.state, role: keriwasm.status.role, note: shown('[data-browser-note]'), storage: wallet.storage, sn: made.sn,
      warning: shown('#main .note.warn') };
  })()`);
  await page.goto(new URL('app/wallet?workers=1', process.argv[2]).href);  // a reload, with one worker: four would boot from nothing
  seen.again = await page.evaluate(`(async () => {
    const end = performance.now() + 150_000;
    while (document.documentElement.dataset.state !== 'ready') {
      if (performance.now() > end) throw new Error('waited in vain for a pool after the reload ' + JSON.stringify(globalThis.keriwasm?.status));
      await new Promise(resolve => { setTimeout(resolve, 50); });
    }
    const answer = await keriwasm.fetch('app/wallet', { headers: { accept: 'application/json' } });
    if (answer.status >= 500) throw new Error('waited in vain for an answer: ' + await answer.text());
    return answer.json();
  })()`);
  console.log(JSON.stringify({ ...seen, errors }));
} finally {
  await browser.close();
}
