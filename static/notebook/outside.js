// @ts-check
/**
 * A package from an index: this page has the app ask for it, which asks the user by name (README, "The network"), and
 * hands the wheel to the frame. The frame cannot begin this: only a hand in this page's own dialog can.
 */

const KEPT = 'keriwasm-notebook-index';

/**
 * @param {URL} app folder of index.html @param {(name: string, bytes: ArrayBuffer) => void} give
 * @param {(words: string) => void} note
 */
export function outside(app, give, note) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById('index'));
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector('form'));
  const said = /** @type {HTMLElement} */ (dialog.querySelector('[role=status]'));
  const field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));

  /** @param {string} index @param {string} name */
  async function bring(index, name) {
    const response = await fetch(new URL('app/network/package', app), { method: 'POST',
      body: JSON.stringify({ index, name }),
      headers: { 'content-type': 'application/json', accept: 'application/json, application/zip' } });
    if (!response.ok) {
      const { detail = '', outside: kind = '' } = await response.json().catch(() => ({}));
      const open = response.status === 503 && !kind ? ' Open the app in another tab, then try again.' : '';
      throw new Error(`${detail}${open}` || `The app answered with status ${response.status}.`);
    }
    const [wheel, hash] = ['x-wheel', 'x-sha256'].map(each => response.headers.get(each) ?? '');
    give(wheel, await response.arrayBuffer());
    note(`${wheel} came from the network. Its SHA-256 is the one that the index gives: ${hash}.`);
  }

  form.addEventListener('submit', async event => {
    event.preventDefault();
    const [index, name] = ['index', 'name'].map(each => field(each).value.trim());
    said.textContent = 'Asking…';
    try {
      await bring(index, name);
      localStorage.setItem(KEPT, index);
      dialog.close();
    } catch (error) {
      said.textContent = /** @type {Error} */ (error).message;
    }
  });
  dialog.querySelector('[data-shut]')?.addEventListener('click', () => dialog.close());
  return () => {
    said.textContent = '';
    field('index').value ||= localStorage.getItem(KEPT) ?? '';
    dialog.showModal();
  };
}
