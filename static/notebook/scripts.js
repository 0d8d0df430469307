// @ts-check
/** Notebooks as Python files, with "# %%" between the cells, as editors know it. */

/** @param {any} book as a file has it @returns {string} */
export const toScript = book => `${book.cells.map((/** @type {any} */ cell) => cell.cell_type === 'code'
  ? `# %%\n${cell.source}` : `# %% [markdown]\n${cell.source.replace(/^/gm, '# ')}`).join('\n\n')}\n`;

/** @param {string} text of a file; without marks it is one cell @returns {any} the notebook */
export function fromScript(text) {
  const parts = text.replaceAll('\r\n', '\n').split(/^# ?%%(.*)$/m);
  /** @type {any[]} */
  const cells = [];
  const add = (/** @type {boolean} */ code, /** @type {string} */ source) => {
    const id = `cell-${cells.length + 1}`;
    cells.push(code ? { cell_type: 'code', id, metadata: {}, source, outputs: [], execution_count: null }
      : { cell_type: 'markdown', id, metadata: {}, source: source.replace(/^# ?/gm, '') });
  };
  if (parts[0].trim() || parts.length === 1) add(true, parts[0].trim());
  for (let at = 1; at < parts.length; at += 2) add(!parts[at].includes('[markdown]'), parts[at + 1].trim());
  return { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 };
}
