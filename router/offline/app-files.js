// @ts-check
/** What the app consists of: one list, made of the one manifest (pyscript.toml) and the lock. */

/**
 * @param {any} config pyscript.toml, parsed
 * @param {{ assets: Array<{ path: string, sha256: string, size: number }> }} lock static/lock.json
 * @returns {{ locked: Map<string, { sha256: string, size: number }>, own: string[] }} paths below the folder of
 *   index.html: assets that the lock names with their hash, and our own files, which have none before they are read
 */
export function appFiles(config, lock) {
  const clean = (/** @type {string} */ path) => path.replace(/^\.\//, '');
  const wheels = new Set([...config.packages, ...Object.keys(config.postponed ?? {})].map(clean));
  // A server may have gone back to a version whose manifest did not say this yet.
  const rooms = /** @type {string[]} */ (config.offline?.without ?? ['static/vendor/peers/']);
  const without = (/** @type {string} */ path) => !wheels.has(path) && rooms.some(room => path.startsWith(room));
  const locked = new Map(lock.assets.filter(({ path }) => !path.endsWith('.br') && !without(path))
    .map(({ path, sha256, size }) => [path, { sha256, size }]));
  const named = [...config.app.files, ...config.router.files, ...Object.keys(config.files)].map(clean);
  return { locked, own: [...new Set(named)].filter(path => !locked.has(path)).sort() };
}
