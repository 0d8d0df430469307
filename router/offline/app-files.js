// @ts-check
/** What the app consists of: one list, made of the one manifest (pyscript.toml) and the lock. */

/**
 * @param {any} config pyscript.toml, parsed
 * @param {{ assets: Array<{ path: string, sha256: string, size: number }> }} lock static/lock.json
 * @returns {{ locked: Map<string, { sha256: string, size: number }>, own: string[] }} paths below the folder of
 *   index.html: assets that the lock names with their hash, and our own files, which have none before they are read
 */
export function appFiles(config, lock) {
  // The load lab's peers are fetched when a run wants them, and by nothing else: nobody else pays for them.
  const locked = new Map(lock.assets
    .filter(({ path }) => !path.endsWith('.br') && !path.startsWith('static/vendor/peers/'))
    .map(({ path, sha256, size }) => [path, { sha256, size }]));
  const named = [...config.app.files, ...config.router.files, ...Object.keys(config.files)]
    .map((/** @type {string} */ path) => path.replace(/^\.\//, ''));
  return { locked, own: [...new Set(named)].filter(path => !locked.has(path)).sort() };
}
