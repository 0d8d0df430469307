// What a person's hand does, in Debian's Firefox ESR by WebDriver BiDi: node hand.mjs URL FILE; prints one JSON line.
// The cases are those of tests/browser/page/test_hand.py: typed lines, double clicks, a file that is gone when it is sent, a name with
// joiners; and of test_credentials.py: a challenge answered by somebody whom only the ledger knows.
import fs from 'node:fs';
import puppeteer from 'puppeteer-core';

const [, , url, file] = process.argv;
const PASSCODE = 'Xk4WQ-tP9aB-7mZrC-hHd3F-uN2sY';
const NAME = 'می\u200cرود 👩\u200d🚀';
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
    await page.evaluate(`document.querySelectorAll('#main details').forEach(each => { each.open = true; })`);
  };
  const ask = (/** @type {string} */ path, /** @type {object | null} */ json = null, method = 'POST') => page.evaluate(`(async () => {
    const json = ${JSON.stringify(json)};
    const options = json ? {method: '${method}', body: JSON.stringify(json), headers: {accept: 'application/json', 'content-type': 'application/json'}}
      : {headers: {accept: 'application/json'}};
    return await (await fetch(new URL(${JSON.stringify(path)}, document.baseURI), options)).json();
  })()`);
  const lines = async (/** @type {string} */ selector) => {
    await page.click(selector);
    await page.keyboard.type('a');
    await page.keyboard.press('Enter');
    await page.keyboard.type('b');
  };
  const double = async (/** @type {string} */ selector, /** @type {number} */ gap) => {
    await page.$eval(selector, element => element.scrollIntoView({ block: 'center' }));
    const box = await (await page.$(selector)).boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    for (const [clickCount, wait] of [[1, gap], [2, 0]]) {
      await page.mouse.down({ clickCount });
      await page.mouse.up({ clickCount });
      await new Promise(resolve => setTimeout(resolve, wait));
    }
  };
  await until(`document.documentElement.dataset.state === 'ready' && document.documentElement.dataset.page === 'ready'`);
  const seen = {};

  await visit('app/crypto/hash', '#hash-form');
  await lines('#hash-text');
  await page.click('#hash-form [type=submit]');
  await until(`document.querySelector('#hash-result output') !== null`);
  seen.digest = await page.$eval('#hash-result', element => element.textContent);

  const input = await page.$('#hash-file');
  await page.$eval('#hash-text', element => { element.value = ''; });
  await input.uploadFile(file);
  fs.unlinkSync(file);
  await page.click('#hash-form [type=submit]');
  await until(`document.querySelector('#hash-result [role=alert]') !== null`);
  seen.gone = await page.$eval('#hash-result', element => element.textContent);

  await ask('app/wallet', { name: 'w', passcode: PASSCODE });
  await visit('app/identifiers', '#new-form');
  await page.type('#new-alias', 'twice');
  await double('#new-form [type=submit]', 60);
  await until(`document.querySelector('#rotate-form input[name=sn]')?.value === '0'`);
  await new Promise(resolve => setTimeout(resolve, 500));
  seen.made = await page.$$eval('#main .problem', found => found.length);
  await double('#rotate-form [type=submit]', 60);
  await until(`document.querySelector('#rotate-form input[name=sn]')?.value === '1'`);
  await new Promise(resolve => setTimeout(resolve, 500));
  seen.rotated = await page.$$eval('#main .problem', found => found.length);
  seen.identifiers = (await ask('app/identifiers')).identifiers.map(each => [each.alias, each.sn]);

  const text = (/** @type {string} */ selector) => page.$eval(selector, element => element.textContent.trim());
  const paste = (/** @type {string} */ selector, /** @type {string} */ value) => page.$eval(selector, (element, value) => { element.value = value; }, value);
  await page.$eval('#rename-alias', element => element.select());
  await page.type('#rename-alias', NAME);
  await page.click('#rename-form [type=submit]');
  await until(`document.querySelector('#main h1').textContent !== 'twice'`);
  seen.name = await text('#main h1');

  await visit('app/wallet/challenge', '#words-form');
  await page.click('#words-form [type=submit]');
  await until(`document.querySelector('#words-result output') !== null`);
  const words = await text('#words-result output');
  await page.type('#answer-1-words', words);
  await page.click('#answer-1-form [type=submit]');
  await until(`document.querySelector('#answer-1-result output') !== null`);
  const [answer, { identifiers }] = [await text('#answer-1-result output'), await ask('app/identifiers')];
  const log = await page.evaluate(`fetch(new URL('app/identifiers/${identifiers[0].aid}/kel', document.baseURI)).then(each => each.text())`);
  await ask('app/wallet', { name: 'w', passcode: PASSCODE }, 'DELETE');
  await ask('app/wallet', { name: 'another', passcode: PASSCODE });
  await visit('app/ledger', '#ledger-form');
  await paste('#ledger-text', log);
  await page.click('#ledger-form [type=submit]');
  await until(`document.querySelector('#ledger-result .result') !== null`);
  await visit('app/wallet/challenge', '#check-form');
  await page.type('#check-words', words);
  await paste('#check-response', answer);
  await page.click('#check-form [type=submit]');
  await until(`document.querySelector('#check-result').children.length > 0`);
  seen.challenge = await text('#check-result');
  console.log(JSON.stringify({ ...seen, errors }));
} finally {
  await browser.close();
}
