// @ts-check
/**
 * How a person reaches code that does not give way: memory that this worker and the router worker share
 * (router/protocol.d.ts, `interrupt`; router/host/pool-workers.js writes).
 *
 * Pyodide looks at the first number now and then and raises KeyboardInterrupt for a 2, which is written while the
 * second says that a person's code runs: nothing else may be interrupted. What this does not catch: code that ended
 * between the host's two steps; the next that runs begins with a 0. The third is 1 while code waits for a line of text.
 */
const [SIGNAL, RUNS, ASKS, SIZE] = [0, 1, 2, 3];
const HEAD = 16;

/** @param {any} python @param {Int32Array | null} numbers */
export const interruptible = (python, numbers) => (/** @type {boolean} */ on) => {
  if (!numbers) return;
  Atomics.store(numbers, RUNS, 0);
  Atomics.store(numbers, SIGNAL, 0);
  python.setInterruptBuffer(on ? numbers : undefined);
  Atomics.store(numbers, RUNS, on ? 1 : 0);
};

/**
 * Waits, all of this worker with it, for a line that a person writes: "line:" and the text, "end" where there is
 * none to come, "stop" for one who wants the code to end, "none" where no memory is shared: nobody could answer.
 * @param {Int32Array | null} numbers
 */
export const asking = numbers => () => {
  if (!numbers) return 'none';
  Atomics.store(numbers, ASKS, 1);
  while (Atomics.load(numbers, ASKS) === 1) Atomics.wait(numbers, ASKS, 1);
  const outcome = Atomics.exchange(numbers, ASKS, 0);
  if (outcome === 2) return `line:${new TextDecoder().decode(
    new Uint8Array(numbers.buffer, HEAD, Atomics.load(numbers, SIZE)).slice())}`;
  if (outcome === 3) return 'end';
  Atomics.store(numbers, SIGNAL, 0);
  return 'stop';
};
