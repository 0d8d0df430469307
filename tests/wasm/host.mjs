// @ts-check
// Runs one Python program in Pyodide under Node: node host.mjs JOB.json
//
// The job names the folder of Pyodide, the wheels to unpack, the folders of this machine to mount, a Python file that
// defines main(args), its arguments, and the file for the result. The same runtime, wheels and unpacking as in a pool
// worker, without a browser.
import fs from 'node:fs';
import { pathToFileURL } from 'node:url';

/**
 * @typedef {object} Job
 * @property {string} pyodide  folder of pyodide.mjs
 * @property {string[]} wheels
 * @property {Record<string, string>} mounts  path in Pyodide -> folder here
 * @property {string[]} path  what to put first on sys.path
 * @property {string | null} stdlib  another standard library than that in `pyodide`
 * @property {string} program
 * @property {string} args  as JSON: text, because a JavaScript number would round Python's large integers
 * @property {string} result
 */

/** @type {Job} */
const job = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));

/** @param {string} file */
const bytes = (file) => {
  const data = fs.readFileSync(file);
  return data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
};

try {
  const { loadPyodide } = await import(pathToFileURL(`${job.pyodide}/pyodide.mjs`).href);
  const pyodide = await loadPyodide({ ...job.stdlib ? { stdLibURL: job.stdlib } : {}, env: { HOME: '/home/pyodide', PYTHONDONTWRITEBYTECODE: '1' } });
  for (const wheel of job.wheels) {
    pyodide.unpackArchive(bytes(wheel), 'wheel', { extractDir: '/lib/python3.14/site-packages' });
  }
  for (const [inside, outside] of Object.entries(job.mounts)) {
    pyodide.FS.mkdirTree(inside);
    pyodide.mountNodeFS(inside, outside);
  }
  const globals = pyodide.toPy({ PATH: job.path, ARGS: job.args, SOURCE: fs.readFileSync(job.program, 'utf8'), NAME: job.program });
  const text = await pyodide.runPythonAsync(
    `
import importlib, inspect, json, sys
sys.path[:0] = PATH
importlib.invalidate_caches()
namespace = {"__name__": "program", "__file__": NAME}
exec(compile(SOURCE, NAME, "exec"), namespace)
result = namespace["main"](json.loads(ARGS))
if inspect.isawaitable(result):
    result = await result
json.dumps(result)
`,
    { globals },
  );
  fs.writeFileSync(job.result, text);
} catch (error) {
  // Not an uncaught error: Node would print the line it came from, and Pyodide's is a megabyte long.
  const text = String(error instanceof Error ? error.stack : error);
  console.error(text.split('\n').map((line) => line.slice(0, 400)).join('\n'));
  process.exitCode = 1;
}
