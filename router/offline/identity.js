// @ts-check
/**
 * What this page was made of, for whoever wants to compare it, and whether a new version is asked for first. Fetched
 * when the pool page wants it; both come from what the browser keeps (router/offline/generations.js).
 */
import '../doors/door.js';
import './versions.js';
import './generations.js';

const { Generations, release } = keriwasmGenerations;

/**
 * @param {URL} base @param {string} id of the generation that the page runs, '' when it came straight from the server
 * @returns {Promise<{ release: string, files: number, bytes: number, ask: boolean, kept: boolean }>} release: '' when
 *   it is not kept
 */
export async function identity(base, id) {
  if (!('caches' in globalThis)) return { release: '', files: 0, bytes: 0, ask: false, kept: false };
  const generations = new Generations(base);
  const [generation, { ask, current }] = await Promise.all([generations.generation(id), generations.state()]);
  const files = Object.values(generation?.files ?? {});
  return { release: generation ? await release(generation) : '', files: files.length,
    bytes: files.reduce((sum, file) => sum + file.size, 0), ask: Boolean(ask), kept: Boolean(current) };
}

/** @param {URL} base @param {boolean} ask */
export const askFirst = async (base, ask) => { await new Generations(base).update(() => ({ ask, accepted: null })); };

/** The offered version is taken. @param {URL} base @returns {Promise<boolean>} whether it was free to come by itself */
export async function accept(base) {
  const { ask } = await new Generations(base).update(state => state.ask ? { accepted: state.next } : {});
  return !ask;
}
