// @ts-check
/** The first pool worker of a warm start: compiles Pyodide and restores the memory snapshot before it is known who it is. */
import { compile } from '../router/checked.js';
import { restored } from './pyodide.js';

const files = new URL('..', import.meta.url);
const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));

/**
 * @param {any} told what worker:init would have brought, but for the compiled module, and with bytes that are being read still
 * @returns {{ parts: Promise<any>, python: Promise<any>, give: { [name: string]: (value?: any) => void } }} the same, whole,
 *   and the interpreter; `give` is told when `image` and when `all` bytes are read and checked
 */
export function begin(told) {
  const parts = { ...told, interpreter: new URL(told.interpreter, files).href };
  /** @type {{ [name: string]: (value?: any) => void }} */
  const give = {};
  const [filled, all] = ['image', 'all'].map(name => new Promise(resolve => { give[name] = resolve; }));
  const module = compile(files, told.wasm);
  module.then(module => scope.postMessage({ type: 'ahead:module', module }),
    error => scope.postMessage({ type: 'ahead:module', error: error.message }));
  const python = restored({ ...parts, id: 'w1' }, () => {}, { module, filled, all });
  python.catch(() => {});  // whoever waits for it learns of it
  const whole = module.then(module => ({ ...parts, module }));
  whole.catch(() => {});
  return { parts: whole, python, give };
}
