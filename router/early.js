// @ts-check
// Starts the router worker before anything else of the page is there; router/own.js takes it over, or ends it when another
// tab leads. It is a classic script in the head for that reason only: each step that waits for another is felt at the start.
(() => {
  if (typeof Worker !== 'function') return;  // python/page.js says so
  const { src } = /** @type {HTMLScriptElement} */ (document.currentScript);
  const worker = new Worker(new URL('worker.js', src), { type: 'module', name: 'router, early' });
  const early = /** @type {any} */ (globalThis).keriwasmEarly = { worker, error: '' };
  worker.onerror = event => { event.preventDefault(); early.error = event.message || 'its script could not be loaded'; };
})();
