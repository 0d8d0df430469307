// Another site's attacks on the app in Debian's Firefox ESR, by WebDriver BiDi: node foreign.mjs APP THEIR-PORT JOBS.json
// JOBS: programs of test_foreign_engines.py, {posts: [[address, fields], …], files: [address, …]}. Prints one JSON line: what was
// answered, and the state before, after, and after a form of our own.
import fs from 'node:fs';
import puppeteer from 'puppeteer-core';

const [app, port, jobs] = process.argv.slice(2);
const { setup, state, send, own, posts, files } = JSON.parse(fs.readFileSync(jobs, 'utf8'));
const browser = await puppeteer.launch({ browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true, protocolTimeout: 280_000 });
try {
  const mine = await browser.newPage();
  await mine.goto(`${app}?workers=1`);
  const aid = await mine.evaluate(`(${setup})()`);
  const seen = () => mine.evaluate(`(${state})()`);
  const result = { before: await seen(), answers: [] };
  const theirs = await browser.newPage();
  for (const [host, policy, target] of [['localhost', '', '_self'], ['localhost', '?no-referrer', '_self'],
    ['localhost', '?unsafe-url', '_self'], ['127.0.0.1', '', 'frame']]) {
    for (const [address, fields] of [...posts, ...files.map(file => [file, null])]) {
      await theirs.goto(`http://${host}:${port}/app/wallet${policy}`);
      const action = app + address.replace('{aid}', aid);
      const answered = target === 'frame' ? null : theirs.waitForNavigation();
      await theirs.evaluate(`(${send})(${JSON.stringify({ action, method: fields ? 'post' : 'get', fields: fields ?? { download: '1' }, target })})`);
      if (target === 'frame') {
        // A frame that was refused shows the browser's own page: what is to be seen is that nothing has changed.
        await new Promise(resolve => setTimeout(resolve, 300));
        continue;
      }
      const status = (await answered)?.status();
      result.answers.push([address, status, await theirs.evaluate('document.body.innerText')]);
    }
  }
  result.after = await seen();
  // A form of our own, sent by the browser itself.
  await theirs.goto(`${app}app/identifiers/${aid}`);
  await theirs.waitForSelector('#rename-form');
  await Promise.all([theirs.waitForNavigation(), theirs.evaluate(`(${own})()`)]);
  result.own = await seen();
  console.log(JSON.stringify(result));
} finally {
  await browser.close();
}
