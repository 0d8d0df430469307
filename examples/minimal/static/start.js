// @ts-check
// What this page shows of its start. A page's own Python (python/page/ in the checkout) could do more; none is needed.
const place = document.querySelector('#boot-text');

document.addEventListener('keriwasm:status', event => {
  const { state, ready, size, reason } = /** @type {CustomEvent} */ (event).detail;
  const text = state === 'failed' ? `It did not start: ${reason}` : `${ready} of ${size} workers are ready.`;
  if (place) place.textContent = text;
});

// A kept version whose page never says so is given up for the one before (router/offline/offline.js).
document.documentElement.dataset.page = 'ready';
