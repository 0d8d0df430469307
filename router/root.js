// @ts-check
/**
 * The folder of the app's files: that of index.html, or one that names a kept generation. The only '..' over rooms in
 * router/.
 */
export const ROOT = new URL('..', import.meta.url);
