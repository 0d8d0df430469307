// @ts-check
/**
 * The policy (router/policy) on MicroPython, which needs nothing of the host: a warm start loads it as soon as the pack
 * is read, while the page is still being parsed (worker.js).
 */
import { ROOT } from '../root.js';

/**
 * @typedef {{ handle: (event: string) => string, collect: () => void }} Policy `handle`: an event in, its commands out,
 *   both JSON; `collect` collects garbage
 */

/** Where MicroPython finds router/policy. */
const FOLDER = '/policy';

/** @type {Promise<Policy> | null} */
let loaded = null;

/**
 * Once: MicroPython keeps itself in globals, so that a second one would take them from the first. Whoever starts a
 * router worker anew starts this anew as well.
 * @param {string} micropython @param {{ [path: string]: string }} python @returns {Promise<Policy>}
 */
export function load(micropython, python) {
  loaded ??= start(micropython, python);
  return loaded;
}

/** @param {string} micropython @param {{ [path: string]: string }} python @returns {Promise<Policy>} */
async function start(micropython, python) {
  const { loadMicroPython } = await import(new URL(micropython, ROOT).href);
  const interpreter = await loadMicroPython({ heapsize: 4 << 20, linebuffer: true });
  const encoder = new TextEncoder();  // MicroPython's own is JavaScript
  for (const [path, text] of Object.entries(python)) {
    interpreter.FS.mkdirTree(`${FOLDER}/${path.replace(/[^/]*$/, '')}`);
    interpreter.FS.writeFile(`${FOLDER}/${path}`, encoder.encode(text), { canOwn: true });
  }
  interpreter.runPython(`import sys\nsys.path[:0] = ["${FOLDER}", "${FOLDER}/python"]`);
  interpreter.runPython('from router.policy.router import handle_json');
  // MicroPython collects garbage at the end of a call once 16 KB were allocated: after almost every event, and before
  // its commands are carried out. It is done when nothing happens instead; a rush still ends in it, a megabyte later.
  interpreter.runPython('import gc\ngc.threshold(1 << 20)\ndef collect():\n    gc.collect()');
  return { handle: interpreter.globals.get('handle_json'), collect: interpreter.globals.get('collect') };
}
