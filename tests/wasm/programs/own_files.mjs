// @ts-check
// What a worker's own files are to Python (workers/files.js): node own_files.mjs PYODIDE FILES_JS; prints one line of JSON.
import { pathToFileURL } from 'node:url';

const [folder, module] = process.argv.slice(2);
Object.assign(globalThis, { self: globalThis });
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`).href);
const { writeFiles } = await import(pathToFileURL(module).href);
const text = new TextEncoder().encode('answer = 42\n# größer\n');
const bytes = new SharedArrayBuffer(text.length + 8);
new Uint8Array(bytes).set(text, 8);
const files = [{ path: 'own/deep/part.py', at: 8, size: text.length }, { path: '/elsewhere/empty.txt', at: 8, size: 0 }];
const python = await loadPyodide();
writeFiles(python, { bytes, files });
const told = python.runPython(`
import importlib, json, os, stat
importlib.invalidate_caches()
from own.deep import part

def refused(path, mode):
    try:
        open(path, mode).close()
    except OSError as ex:
        return type(ex).__name__
    return "opened"

at = part.__file__
json.dumps({
    "answer": part.answer, "text": open(at, encoding="utf-8").read(), "size": os.stat(at).st_size,
    "plain": stat.S_ISREG(os.stat(at).st_mode), "listed": os.listdir(os.path.dirname(at)),
    "empty": open("/elsewhere/empty.txt").read(), "written": {mode: refused(at, mode) for mode in ("w", "a", "r+")},
})
`);
const same = Buffer.from(new Uint8Array(bytes).slice(8)).equals(Buffer.from(text));
console.log(JSON.stringify({ ...JSON.parse(told), same }));
