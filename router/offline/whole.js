// @ts-check
/**
 * What a file of ours may look like at all. Our own files have no hash before they are read, but a host that answers
 * unknown addresses with a page of its own, or an upload that stopped, shows: such files make no version of the app.
 * What this does not catch: a file that was cut in its middle, or a slip in it. Such a version is given up when it does
 * not start (versions.js).
 */

const SCRIPT = /^(text|application)\/(x-)?(java|ecma)script$/;
const PAGE = /^\s*(<!--[^]*?-->\s*)*<(!doctype\s+html|html)\b/i;

/** What browsers demand by the end of a name; of other files they take what comes. @type {{ [end: string]: RegExp }} */
const TYPES = { js: SCRIPT, mjs: SCRIPT, css: /^text\/css$/, wasm: /^application\/wasm$/, html: /^text\/html$/ };

const decoder = new TextDecoder();

/**
 * Why this cannot be the file, '' if it may be.
 * @param {string} path @param {string} type its media type @param {ArrayBuffer} bytes
 */
export function fault(path, type, bytes) {
  const end = path.slice(path.lastIndexOf('.') + 1);
  const media = type.split(';')[0].trim().toLowerCase();
  const wanted = TYPES[end];
  if (wanted ? !wanted.test(media) : media === 'text/html') {
    const came = media || 'a file without a media type';
    return `${path} came as ${came}: the server has another page there, or the wrong type for it`;
  }
  if (!bytes.byteLength) return `${path} is empty`;
  const begins = PAGE.test(decoder.decode(bytes.slice(0, 2000)));
  // A page: ours, or one of static/; templates are parts of pages.
  if (end === 'html' && /^(index\.html$|static\/)/.test(path)) {
    return begins && /<\/html>\s*$/.test(decoder.decode(bytes.slice(-200))) ? ''
      : `${path} is not whole: it does not end as a page does`;
  }
  return begins ? `${path} holds a whole page: the server has another page there` : '';
}
