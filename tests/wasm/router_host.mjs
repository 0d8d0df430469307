// @ts-check
/**
 * Runs the router's policy on MicroPython under Node, loaded as router/host/worker.js loads it.
 *
 *   node router_host.mjs ROOT events.jsonl commands.jsonl [report.json]
 *
 * One event per line in, the list of its commands per line out. The report tells what it took:
 * {events, boot_ms, wall_ms, cpu_ms, alloc: [bytes of live objects, sampled over the run]}.
 */
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [root, given, made, report] = process.argv.slice(2);
const folder = path.join(root, 'static', 'micropython');
const version = fs.readdirSync(folder)[0];
const began = performance.now();
const { loadMicroPython } = await import(pathToFileURL(path.join(folder, version, 'micropython.mjs')).href);
const interpreter = await loadMicroPython({ heapsize: 4 << 20, linebuffer: true });
const listed = fs.readFileSync(path.join(root, 'pyscript.toml'), 'utf8').split('[router]\n')[1].split(']')[0];
for (const [, from] of listed.matchAll(/"\.\/(.+)"/g)) {
  interpreter.FS.mkdirTree(path.dirname(`/policy/${from}`));
  interpreter.FS.writeFile(`/policy/${from}`, fs.readFileSync(path.join(root, from)));
}
interpreter.runPython('import sys\nsys.path[:0] = ["/policy", "/policy/python"]\nfrom router.policy.router import handle_json');
interpreter.runPython('import gc\ngc.threshold(1 << 20)\ndef measure():\n    gc.collect()\n    return gc.mem_alloc()\n');
const handle = interpreter.globals.get('handle_json');
const measure = interpreter.globals.get('measure');
const boot_ms = performance.now() - began;

const events = fs.readFileSync(given, 'utf8').split('\n').filter(line => line);
/** @type {string[]} */
const commands = [];
/** @type {number[]} */
const alloc = [];
const every = Math.max(1, Math.floor(events.length / 10));
let wall_ms = 0;
let cpu_ms = 0;
for (let start = 0; start < events.length; start += every) {
  const batch = events.slice(start, start + every).map(line => JSON.parse(line));
  const before = process.cpuUsage();
  const time = performance.now();
  for (const event of batch) {
    // As in router/host/worker.js: text in, text out, both ways through JSON.
    const answer = handle(JSON.stringify(event));
    JSON.parse(answer);
    commands.push(answer);
  }
  wall_ms += performance.now() - time;
  const used = process.cpuUsage(before);
  cpu_ms += (used.user + used.system) / 1000;
  alloc.push(measure());
}
fs.writeFileSync(made, commands.join('\n') + '\n');
if (report) fs.writeFileSync(report, JSON.stringify({ events: events.length, boot_ms, wall_ms, cpu_ms, alloc }));
