// @ts-check
/** The first pool worker of a warm start: restores the memory snapshot before it is known who it is. */
import { ROOT } from '../router/root.js';
import { restored } from './interpreter.js';

/** @typedef {import('../router/protocol.js').WorkerInit} Init */

/**
 * @param {any} told what worker:init would have brought, but for the compiled module, and with bytes that are being
 *   read still
 * @param {MessagePort} port brings the module, or null: then it comes otherwise
 * @returns {{ parts: Promise<Partial<Init>>, python: Promise<any>, give: { [name: string]: (told: any) => void } }} the
 *   same, whole (one object, which the interpreter's files look into as well), and the interpreter; `give` is told the
 *   `module`, or why there is none, and when the `snapshot` and when all that is `needed` is read and checked
 */
export function begin(told, port) {
  const parts = { ...told, interpreter: new URL(told.interpreter, ROOT).href, id: 'w1' };
  /** @type {{ [name: string]: (told: any) => void }} */
  const give = {};
  const [compiled, filled, needed] = ['module', 'snapshot', 'needed']
    .map(name => new Promise(resolve => { give[name] = resolve; }));
  port.onmessage = ({ data: module }) => { if (module) give.module({ module }); };
  const module = compiled.then(({ module, error }) =>
    module ?? Promise.reject(Object.assign(new Error(error), { unfetched: true })));
  const python = restored(parts, () => {}, { module, filled, needed });
  python.catch(() => {});  // whoever waits for it learns of it
  const whole = module.then(module => Object.assign(parts, { module }));
  whole.catch(() => {});
  return { parts: whole, python, give };
}
