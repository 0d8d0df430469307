// Runs job.js in Debian's Firefox ESR by WebDriver BiDi: node firefox.mjs URL; prints one JSON line.
import fs from 'node:fs';
import puppeteer from 'puppeteer-core';

const job = fs.readFileSync(new URL('./job.js', import.meta.url), 'utf8');
const browser = await puppeteer.launch({ browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true, protocolTimeout: 280_000 });
try {
  const page = await browser.newPage();
  const errors = [];
  page.on('console', message => { if (message.type() === 'error') errors.push(message.text()); });
  page.on('pageerror', error => errors.push(String(error)));
  await page.goto(process.argv[2]);
  const result = await page.evaluate(`${job.trim()}()`);
  console.log(JSON.stringify({ ...result, errors }));
} finally {
  await browser.close();
}
