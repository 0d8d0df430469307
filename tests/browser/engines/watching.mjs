// The network in Debian's Firefox ESR: node watching.mjs URL JSON; prints one JSON line. JSON: {servers, oobis, aid,
// passcode}: what is allowed, what is resolved in the ledger's form, and whose page is refreshed then. At last an
// identifier is made with the first two of oobis as its witnesses, and rotated without the one it shows first.
import puppeteer from 'puppeteer-core';

const [, , url, given] = process.argv;
const { servers, oobis, aid, passcode } = JSON.parse(given);
const browser = await puppeteer.launch({ browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true, protocolTimeout: 280_000 });
try {
  const page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 900 });
  const errors = [];
  page.on('console', message => { if (message.type() === 'error') errors.push(message.text()); });
  page.on('pageerror', error => errors.push(String(error)));
  await page.goto(url);
  const until = async (/** @type {string} */ expression, ms = 120_000) => {
    const end = Date.now() + ms;
    while (!await page.evaluate(expression)) {
      if (Date.now() > end) throw new Error(`not within ${ms} ms: ${expression}`);
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  };
  const visit = async (/** @type {string} */ path, /** @type {string} */ selector) => {
    await page.evaluate(`htmx.ajax('GET', ${JSON.stringify(path)}, {target: '#main', swap: 'innerHTML'})`);
    await until(`document.querySelector(${JSON.stringify(selector)}) !== null`);
  };
  const text = (/** @type {string} */ selector) => page.$eval(selector, element => element.textContent.replace(/\s+/g, ' ').trim());
  await until(`document.documentElement.dataset.state === 'ready' && document.documentElement.dataset.page === 'ready'`);

  await visit('app/network', '#network');
  await page.click('#network button[type=submit]');
  await until(`document.querySelector('#main .note')?.textContent.includes('is on')`);
  for (const origin of servers)
    await page.evaluate(`keriwasm.fetch('app/network/origins', {method: 'POST', body: JSON.stringify({origin: '${origin}', allowed: true}),
      headers: {accept: 'application/json', 'content-type': 'application/json'}}).then(each => each.status)`);
  const resolved = [];
  await visit('app/ledger', '#oobi-form');
  for (const oobi of oobis) {
    await page.$eval('#oobi-result', element => element.replaceChildren());
    await page.$eval('#oobi-url', (element, value) => { element.value = value; }, oobi);
    await page.$eval('#oobi-form', form => form.requestSubmit());
    await until(`document.querySelector('#oobi-result .result, #oobi-result .problem') !== null`);
    resolved.push(await text('#oobi-result h3'));
  }
  await visit(`app/ledger/${aid}`, '#refresh-form');
  await page.$eval('#refresh-form', form => form.requestSubmit());
  await until(`document.querySelector('#main .note')?.textContent.includes('as the latest')`);
  const seen = { resolved, note: await text('#main .note'), witnesses: await text('#watched') };

  const status = await page.evaluate(`keriwasm.fetch('app/wallet', {method: 'POST', body: JSON.stringify({name: 'Mine', passcode: '${passcode}',
    tier: 'low'}), headers: {accept: 'application/json', 'content-type': 'application/json'}}).then(each => each.status)`);
  if (status !== 201) throw new Error(`no wallet: ${status}`);
  await visit('app/identifiers', '#new-form');
  await page.$eval('#new-alias', element => { element.value = 'Fox'; });
  await page.$eval('#new-witnesses', (element, value) => { element.value = value; }, oobis.slice(0, 2).join('\n'));
  await page.$eval('#new-form', form => form.requestSubmit());
  const collected = (/** @type {string} */ words) => until(`document.getElementById('receipts')?.textContent.replace(/\\s+/g, ' ')
    .includes(${JSON.stringify(words)}) && !document.getElementById('receipts').textContent.includes('being collected')`);
  await collected('all 2 have answered for event 0');
  const receipts = [await text('#receipts > p')];
  await page.$eval('#rotate-form input[name=cut]', (/** @type {HTMLInputElement} */ element) => { element.checked = true; });
  await page.$eval('#rotate-form', form => form.requestSubmit());
  await collected('it has answered for event 1');
  receipts.push(await text('#receipts > p'));
  const made = await page.evaluate(`keriwasm.fetch('app/identifiers', {headers: {accept: 'application/json'}}).then(each => each.json())`);
  console.log(JSON.stringify({ ...seen, receipts, aid: made.identifiers[0].aid, errors }));
} finally {
  await browser.close();
}
