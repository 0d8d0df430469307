// @ts-check
/** Fetching what static/lock.json names: nothing that differs from its sha256 is handed on. */

/** @param {string} hex @returns {string} a Subresource Integrity value */
function integrity(hex) {
  const bytes = /** @type {RegExpMatchArray} */ (hex.match(/../g)).map(pair => parseInt(pair, 16));
  return `sha256-${btoa(String.fromCharCode(...bytes))}`;
}

/**
 * Fetches an asset of the lock. Answers come from the network or the HTTP cache; one that fails its check is fetched
 * once more.
 * @param {URL} url @param {string} name as the lock writes it @param {string} sha256 @returns {Promise<Response>}
 */
export async function checked(url, name, sha256) {
  const options = { integrity: integrity(sha256) };
  try {
    return await fetch(url, options);
  } catch {
    return fetch(url, { ...options, cache: 'reload' }).catch(() => {
      throw new Error(`${name} could not be fetched, or it is not what static/lock.json says (sha256 ${sha256})`);
    });
  }
}

/** @param {Response} response @param {string} name */
export function good(response, name) {
  if (response.ok) return response;
  const why = response.headers.get('x-kept-problem');
  throw new Error(why ? decodeURIComponent(why) : `${name} could not be fetched: HTTP ${response.status}`);
}

/**
 * Pyodide's code, compiled once for all workers, or MicroPython's.
 * @param {URL} base @param {{ path: string, sha256: string }} wasm
 */
export const compile = async (base, { path, sha256 }) =>
  WebAssembly.compileStreaming(good(await checked(new URL(path, base), path, sha256), path));
