// @ts-check
/**
 * What this page was made of, for whoever wants to compare it. Fetched when the pool page wants it; it comes from what the
 * browser keeps (router/kept.js).
 */
import './door.js';
import './kept.js';

const { Kept, release } = /** @type {any} */ (globalThis).keriwasmKept;

/**
 * @param {URL} base @param {string} id of the generation that the page runs, '' when it came straight from the server
 * @returns {Promise<{ release: string, files: number, bytes: number }>} release: '' when it is not kept
 */
export async function identity(base, id) {
  const generation = id && 'caches' in globalThis ? await new Kept(base).generation(id) : null;
  const files = Object.values(generation?.files ?? {});
  return { release: generation ? await release(generation) : '', files: files.length,
    bytes: files.reduce((sum, file) => sum + file.size, 0) };
}
