// @ts-check
/**
 * How code that does not give way is stopped: two numbers in shared memory. Pyodide looks at the first now and then and
 * raises KeyboardInterrupt for a 2, which the host writes (router/host/pool-workers.js) while the second says that a
 * person's code runs: nothing else may be interrupted. What this does not catch: code that ended between the host's two
 * steps; the next that runs begins with a 0.
 * @param {any} python @param {Int32Array | null} numbers
 */
export const interruptible = (python, numbers) => (/** @type {boolean} */ on) => {
  if (!numbers) return;
  Atomics.store(numbers, 1, 0);
  Atomics.store(numbers, 0, 0);
  python.setInterruptBuffer(on ? numbers : undefined);
  Atomics.store(numbers, 1, on ? 1 : 0);
};
