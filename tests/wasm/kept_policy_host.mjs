// @ts-check
/**
 * The router's policy from its kept memory, under Node: router/host/policy.js itself, as a warm visit has it.
 *
 *   node kept_policy_host.mjs ROOT events.jsonl commands.jsonl report.json [size]
 *
 * One event per line in, the list of its commands per line out. `size`: the memory is that of another MicroPython. The report tells of what
 * was kept and what was warned of: {size, bytes, again, warned}; `again`: it was kept for the next visit as it came.
 */
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [root, given, made, report, spoil] = process.argv.slice(2);
globalThis.self = /** @type {any} */ (globalThis);
globalThis.fetch = /** @type {any} */ (async (/** @type {URL} */ url) =>
  new Response(fs.readFileSync(fileURLToPath(url)), { headers: { 'content-type': 'application/wasm' } }));
// Under Node MicroPython compiles what it reads itself; in a worker it has that streamed, which policy.js answers.
const { instantiate } = WebAssembly;
WebAssembly.instantiate = /** @type {any} */ ((/** @type {any} */ code, /** @type {any} */ imports) => code instanceof WebAssembly.Module
  ? instantiate(code, imports) : WebAssembly.instantiateStreaming(/** @type {any} */ (null), imports));
/** @type {string[]} */
const warned = [];
console.warn = text => { warned.push(text); };

const listed = fs.readFileSync(path.join(root, 'pyscript.toml'), 'utf8').split('[router]\n')[1].split(']')[0];
const python = Object.fromEntries([...listed.matchAll(/"\.\/(.+)"/g)].map(([, from]) => [from, fs.readFileSync(path.join(root, from), 'utf8')]));
const folder = `static/micropython/${fs.readdirSync(path.join(root, 'static', 'micropython'))[0]}`;
const lock = JSON.parse(fs.readFileSync(path.join(root, 'static', 'lock.json'), 'utf8'));
const wasm = lock.assets.find((/** @type {any} */ asset) => asset.path === `${folder}/micropython.wasm`);
const told = { micropython: `${folder}/micropython.mjs`, wasm, python, memory: null };

/** Each address is a module of its own, with a MicroPython of its own. @param {number} n */
const visit = async n => (await import(`${pathToFileURL(path.join(root, 'router', 'host', 'policy.js')).href}?${n}`)).load;
const { memory } = await (await visit(1))(told);
const kept = { ...memory, ...spoil ? { size: 4096 } : {} };
// Of what was there only this memory is left: no file, no text.
const policy = await (await visit(2))({ ...told, python: spoil ? python : {}, memory: kept });

const events = fs.readFileSync(given, 'utf8').split('\n').filter(line => line);
fs.writeFileSync(made, events.map(line => `${policy.handle(JSON.stringify(JSON.parse(line)))}\n`).join(''));
fs.writeFileSync(report, JSON.stringify({ size: memory.size, bytes: memory.bytes.length, again: policy.memory === kept, warned }));
