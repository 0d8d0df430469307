import puppeteer from 'puppeteer-core';
const browser = await puppeteer.launch({ browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true, protocolTimeout: 280_000,
  extraPrefsFirefox: { 'browser.privatebrowsing.autostart': true } });
try {
  const page = await browser.newPage();
  page.on('console', m => console.log('console', m.type(), m.text()));
  page.on('pageerror', e => console.log('pageerror', String(e)));
  await page.goto(process.argv[2]);
  const r = await page.evaluate(`(async () => {
    const end = performance.now() + 150000;
    while (!['ready','failed','degraded'].includes(document.documentElement.dataset.state) && performance.now() < end) await new Promise(r => setTimeout(r, 100));
    await new Promise(r => setTimeout(r, 4000));
    const t = async f => { try { return String(await f()); } catch (e) { return 'X ' + e; } };
    return { data: {...document.documentElement.dataset}, status: globalThis.keriwasm?.status, footer: document.querySelector('footer').innerText, banner: document.querySelector('#banner')?.innerText,
      sw: 'serviceWorker' in navigator, reg: await t(() => navigator.serviceWorker.ready.then(r => r.scope)), ctrl: String(navigator.serviceWorker?.controller), caches: await t(() => caches.keys()), cacheopen: await t(() => caches.open('x')), opfs: await t(() => navigator.storage.getDirectory()), idb: await t(() => new Promise((s, f) => { const q = indexedDB.open('t'); q.onsuccess = () => s('ok'); q.onerror = () => f(q.error); })),
      persist: await t(() => navigator.storage.persisted()), est: await t(async () => JSON.stringify(await navigator.storage.estimate())), locks: await t(() => navigator.locks.request('x', () => 1)), ls: await t(() => localStorage.length) };
  })()`);
  console.log(JSON.stringify(r, null, 1));
  const w = await page.evaluate(`(async () => { const a = await keriwasm.fetch('app/wallet', {method:'POST', headers:{accept:'application/json','content-type':'application/json'}, body: JSON.stringify({name:'Mine', passcode:'a passcode of enough characters'})}); return [a.status, await a.text()]; })()`);
  console.log(w);
  await page.evaluate(`(async () => { document.querySelector('.site-nav a[href="app/wallet"]')?.click(); await new Promise(r => setTimeout(r, 3000)); })()`);
  console.log(await page.evaluate(`document.querySelector('#main').innerText`));
} finally { await browser.close(); }
