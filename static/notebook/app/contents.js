// @ts-check
/** The notebook that the page shows, as a file has it: nbformat 4.5, which Jupyter opens. */

const KERNEL = { display_name: 'Python 3', language: 'python', name: 'python3' };

/** @param {HTMLFormElement[]} cells */
export const contents = cells => ({
  cells: cells.map(cell => {
    const value = (/** @type {string} */ name) =>
      /** @type {HTMLInputElement | null} */ (cell.querySelector(`[name="${name}"]`))?.value ?? '';
    const common = { id: value('cell'), metadata: {}, source: value('source') };
    if (cell.dataset.kind !== 'code') return { cell_type: 'markdown', ...common };
    const count = Number(/\d+/.exec(cell.querySelector('[data-count]')?.textContent ?? '')?.[0] ?? 0);
    const outputs = JSON.parse(value('outputs') || '[]');
    return { cell_type: 'code', ...common, outputs, execution_count: count || null };
  }),
  metadata: { kernelspec: KERNEL, language_info: { name: 'python' } },
  nbformat: 4,
  nbformat_minor: 5,
});
