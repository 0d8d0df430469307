// @ts-check
/**
 * Keeps the memory snapshot that pool workers start from, in the browser's cache: one, under the hash of all that it was
 * made of. When one is made, and what it means to the pool, decides router/image.py.
 */

const CACHE = 'keriwasm-image';

/** @param {BufferSource} bytes @returns {Promise<string>} */
async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('');
}

/** The name of the image that is made of these. @param {string[]} texts */
export const imageKey = texts => sha256(new TextEncoder().encode(JSON.stringify(texts)));

const address = (/** @type {string} */ key) => new URL(`/image/${key}`, location.origin).href;

/**
 * The image of that name, checked against the hash that was kept with it. A damaged one is deleted.
 * @param {string} key
 * @returns {Promise<{ state: string, reason?: string, bytes?: number, image?: SharedArrayBuffer | ArrayBuffer }>}
 */
export async function findImage(key) {
  if (!globalThis.caches || !globalThis.crypto?.subtle) return { state: 'off', reason: 'this browser keeps nothing for this address' };
  try {
    const cache = await caches.open(CACHE);
    const kept = await cache.match(address(key));
    if (!kept) return { state: 'none' };
    const image = await kept.arrayBuffer();
    if (await sha256(image) !== kept.headers.get('x-sha256')) {
      await cache.delete(address(key));
      return { state: 'refused', reason: 'the kept memory snapshot is damaged (sha256 differs); it was deleted' };
    }
    return { state: 'used', bytes: image.byteLength, image: shared(image) };
  } catch (error) {
    return { state: 'off', reason: `the kept memory snapshot cannot be read: ${/** @type {Error} */ (error).message}` };
  }
}

/** One copy for all workers where memory can be shared. @param {ArrayBuffer} image */
function shared(image) {
  if (!globalThis.crossOriginIsolated || !globalThis.SharedArrayBuffer) return image;
  const copy = new SharedArrayBuffer(image.byteLength);
  new Uint8Array(copy).set(new Uint8Array(image));
  return copy;
}

/** Keeps an image in place of all others. Rejects when the browser has no room. @param {string} key @param {ArrayBuffer} image */
export async function keepImage(key, image) {
  const cache = await caches.open(CACHE);
  for (const request of await cache.keys()) await cache.delete(request);
  await cache.put(address(key), new Response(image, { headers: {
    'content-type': 'application/octet-stream', 'content-length': String(image.byteLength), 'x-sha256': await sha256(image) } }));
}

/** Deletes an image that workers could not start from. @param {string} key */
export const dropImage = async key => { await (await caches.open(CACHE)).delete(address(key)); };
