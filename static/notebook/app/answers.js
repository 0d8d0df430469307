// @ts-check
/** What a person writes into the field of `input()` (templates/fragments/notebook/ask.html), to the code that waits. */

/** @param {(text: string | null) => void} send null: there is no more to come */
export function answers(send) {
  /** @param {Element} ask @param {boolean} end */
  function answer(ask, end) {
    const field = /** @type {HTMLInputElement} */ (ask.querySelector('[data-answer]'));
    if (field.disabled) return;
    for (const each of ask.querySelectorAll('input, button')) each.setAttribute('disabled', '');
    send(end ? null : field.value);
  }
  document.addEventListener('click', event => {
    const button = event.target instanceof Element ? event.target.closest('[data-answered], [data-no-more]') : null;
    const ask = button?.closest('.ask');
    if (button && ask) answer(ask, button.hasAttribute('data-no-more'));
  });
  document.addEventListener('keydown', event => {
    const field = event.target instanceof Element ? event.target.closest('.ask [data-answer]') : null;
    if (!field || event.isComposing || event.key !== 'Enter') return;
    event.preventDefault();
    event.stopImmediatePropagation();  // it runs no cell
    answer(/** @type {Element} */ (field.closest('.ask')), false);
  }, { capture: true });
  document.addEventListener('htmx:finally:request', event => {  // what waited is over, however it ended
    const cell = event.target instanceof Element ? event.target.closest('form.cell') : null;
    for (const ask of cell?.querySelectorAll('.ask') ?? []) ask.remove();
  });
  // It waits for a hand: the field is where the hand is, unless that is busy in another.
  new MutationObserver(() => {
    const field = document.querySelector('.ask [data-answer]:not([disabled], [data-seen])');
    if (!(field instanceof HTMLElement)) return;
    field.dataset.seen = '';
    const busy = document.activeElement;
    if (!busy || busy === document.body || busy.closest('form.cell') === field.closest('form.cell')) field.focus();
  }).observe(document.body, { childList: true, subtree: true });
}
