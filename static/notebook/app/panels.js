// @ts-check
/** Inputs and a button that a cell has made (templates/fragments/notebook/controls.html): they call its function. */

/** @param {Element | null} panel */
function call(panel) {
  if (!(panel instanceof HTMLElement)) return;
  /** @type {NodeListOf<HTMLInputElement>} */
  const inputs = panel.querySelectorAll('[data-value]');
  const values = Object.fromEntries([...inputs].map(each =>
    [each.dataset.value, each.type === 'checkbox' ? each.checked : each.value]));
  htmx.ajax('POST', 'app/call', { source: panel, target: `#out-${panel.dataset.panel}`, swap: 'innerHTML',
    values: { panel: panel.dataset.panel, values: JSON.stringify(values) } });
}

document.addEventListener('click', event => {
  const button = event.target instanceof Element ? event.target.closest('[data-call]') : null;
  if (button) call(button.closest('.controls'));
});
document.addEventListener('keydown', event => {
  const input = event.target instanceof Element ? event.target.closest('input[data-value]') : null;
  if (!input || event.key !== 'Enter' || event.isComposing) return;
  event.preventDefault();
  event.stopImmediatePropagation();  // it runs no cell
  call(input.closest('.controls'));
}, { capture: true });
// Whoever stops a cell stops what its buttons began.
document.addEventListener('htmx:abort', event => {
  if (!(event.target instanceof HTMLFormElement)) return;
  for (const panel of event.target.querySelectorAll('.controls')) htmx.trigger(panel, 'htmx:abort');
});
