// @ts-check
/** A notebook as a link: its cells' text, compressed, behind the #, which no server is ever sent. */

const CODE_MOST = 200_000;
const TEXT_MOST = 2_000_000;

/** @param {Uint8Array} bytes */
const base64url = bytes => btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join(''))
  .replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');

/** @param {ReadableStream} stream @param {number} most @returns {Promise<Uint8Array>} */
async function all(stream, most) {
  const parts = [];
  let size = 0;
  for (const reader = stream.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > most) {
      await reader.cancel();
      throw new Error(`it is larger than ${most.toLocaleString('en')} bytes`);
    }
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** @param {string} title @param {any} book as a file has it @returns {Promise<string>} what goes behind the # */
export async function pack(title, book) {
  const cells = book.cells.map((/** @type {any} */ cell) => [cell.cell_type === 'code' ? 0 : 1, cell.source]);
  const text = JSON.stringify({ title, cells });
  const bytes = await all(new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw')), TEXT_MOST);
  const code = base64url(bytes);
  if (code.length > CODE_MOST) throw new Error('This notebook is too long for a link: export it as a file instead.');
  return `code=${code}`;
}

/**
 * @param {string} code @returns {Promise<{ title: string, text: string }>} the notebook's file. Rejects with words for
 *   a person
 */
export async function unpack(code) {
  if (code.length > CODE_MOST) throw new Error('This link is longer than those that are made here.');
  let told;
  try {
    const bytes = Uint8Array.from(atob(code.replaceAll('-', '+').replaceAll('_', '/')), letter => letter.charCodeAt(0));
    const text = await all(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw')), TEXT_MOST);
    told = JSON.parse(new TextDecoder().decode(text));
    const whole = (/** @type {any} */ cell) => Array.isArray(cell) && typeof cell[1] === 'string';
    if (!Array.isArray(told.cells) || !told.cells.every(whole)) throw new TypeError('no cells');
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    throw new Error(`This link holds no notebook that can be read: it was cut or changed on its way (${message}).`);
  }
  const cells = told.cells.map((/** @type {[number, string]} */ [kind, source], /** @type {number} */ n) => ({
    cell_type: kind ? 'markdown' : 'code', id: `cell-${n + 1}`, metadata: {}, source,
    ...kind ? {} : { outputs: [], execution_count: null },
  }));
  const title = typeof told.title === 'string' ? told.title.slice(0, 200) : '';
  return { title, text: JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 }) };
}
