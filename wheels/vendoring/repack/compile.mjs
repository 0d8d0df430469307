// @ts-check
// Compiles a folder of Python modules with a vendored Pyodide under Node: node compile.mjs PYODIDE_DIR SRC OUT PREFIX
// The work is in compile_tree.py, which runs inside Pyodide; this only gives it the two folders.
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [dist, source, out, prefix] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(path.resolve(dist, 'pyodide.mjs')).href);
// A fixed hash seed: nothing that lands in bytecode may depend on the order of a set.
const pyodide = await loadPyodide({ env: { HOME: '/tmp', PYTHONHASHSEED: '0' } });
pyodide.FS.mkdir('/source');
pyodide.FS.mkdir('/out');
pyodide.mountNodeFS('/source', path.resolve(source));
pyodide.mountNodeFS('/out', path.resolve(out));
const code = fs.readFileSync(new URL('compile_tree.py', import.meta.url), 'utf8');
const report = pyodide.runPython(`${code}\ncompile_tree("/source", "/out", ${JSON.stringify(prefix)})`);
console.log(report);
