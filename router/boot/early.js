// @ts-check
// Starts the router worker before anything else of the page is there; router/tabs/own-router.js takes it
// over, or ends it when another tab leads. From a kept app the first pool worker starts with it
// (router/boot/first-worker.js), and Pyodide's code, which that one waits for longest, is compiled from here on. It is
// a classic script at the top of the head for that reason only: each step that waits for another is felt at the start.
(() => {
  // Headers forbid framing, and the service worker gives frames nothing; but a host may send no headers, and what
  // <object> shows passes by the service worker. Nothing after this is read then: not even the page's other scripts.
  if (self !== top) {
    window.stop();
    const words = 'This app does not run inside of another page. Open it in a tab of its own.';
    document.documentElement.replaceChildren(words);
    return;
  }
  /** Whether this tab did not do it a moment ago. Without a storage nobody could tell. */
  function seldom() {
    try {
      const ago = Date.now() - Number(sessionStorage.getItem('keriwasm-again'));
      sessionStorage.setItem('keriwasm-again', String(Date.now()));
      return ago > 60_000;
    } catch {
      return false;
    }
  }
  if (typeof Worker !== 'function') return;  // static/page/start.js says so
  const { src, dataset: { wasm, integrity } } = /** @type {HTMLScriptElement} */ (document.currentScript);
  const worker = new Worker(new URL('../host/worker.js', src), { type: 'module', name: 'router, early' });
  /** @type {NonNullable<typeof keriwasmEarly>} */
  const early = globalThis.keriwasmEarly = { worker, error: '', trouble: null, again: false };
  worker.onerror = event => {
    event.preventDefault();
    early.error = event.message || 'its script could not be loaded';
  };
  // The first error of the page, for static/page/start.js: a script that did not run cannot say so itself.
  addEventListener('error', event => {
    if (!early.trouble && event instanceof ErrorEvent) early.trouble = event;
  });

  const [, folder, generation] = /^(.*\/)@([0-9a-f]{16})\/router\/boot\/early\.js$/.exec(new URL(src).pathname) ?? [];
  // A module of the page that did not come is asked for no second time: the page is loaded anew, not more often than
  // once a minute. From a kept app that was seen in Chromium now and then: what was on its way failed before the
  // service worker had heard of it.
  addEventListener('error', ({ target }) => {
    if (generation && target instanceof HTMLScriptElement && target.type === 'module' && seldom()) {
      early.again = true;
      location.reload();
    }
  }, true);
  if (!wasm || !navigator.locks) return;
  if (!generation) {
    const { pathname } = new URL('../..', src);
    worker.postMessage({ type: 'early:start', folder: pathname, generation: '', wasm, integrity });
    return;
  }
  // Without shared memory what is read so early would have to be copied once it is there: then the host reads it
  // itself.
  if (!crossOriginIsolated) return;
  const stop = new AbortController();
  // The router worker is reading when the code is there: the first pool worker gets it by a way of its own.
  const { port1, port2 } = new MessageChannel();
  /** @param {WebAssembly.Module | null} module null: whoever needs it tries again, and says why it cannot be had */
  const tell = module => {
    port1.postMessage(module);
    worker.postMessage({ type: 'early:module', module });
  };
  worker.postMessage({ type: 'early:start', folder, generation }, [port2]);
  WebAssembly.compileStreaming(fetch(new URL(`../../${wasm}`, src), { integrity, signal: stop.signal }))
    .then(tell, () => tell(null));
  // Not waited for: where a tab leads already (the lock is that of leader.js), this was in vain.
  navigator.locks.query().then(({ held }) => {
    if (held?.some(lock => lock.name === `keriwasm-pool:${folder}`)) stop.abort();
  },
    () => {});  // no locks to be had here: leader.js says so
})();
