// @ts-check
// How large a picture says it is, read from its first bytes: a browser that is handed a picture makes all of its pixels
// at once, and a file of some kilobytes can claim gigabytes of them. Four kinds are read, which cover what phones and
// screens make for others; another kind is refused, for its size would be unknown. What it does not catch: a picture
// that lies about its size is the browser's own decoder's to refuse.

/** @typedef {{ width: number, height: number }} Size */

/** @type {(bytes: Uint8Array, at: number, text: string) => boolean} */
const says = (bytes, at, text) => [...text].every((letter, index) => bytes[at + index] === letter.charCodeAt(0));

/** @param {DataView} view @returns {Size | null} */
function png(view) {
  return view.byteLength < 24 ? null : { width: view.getUint32(16), height: view.getUint32(20) };
}

/** @param {DataView} view @returns {Size | null} */
function gif(view) {
  return view.byteLength < 10 ? null : { width: view.getUint16(6, true), height: view.getUint16(8, true) };
}

/** From its frame header, behind whatever a camera put before it. @param {DataView} view @returns {Size | null} */
function jpeg(view) {
  let at = 2;
  while (at + 9 <= view.byteLength) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) { at += 1; continue; }  // filling
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker))
      return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    if (marker === 0xd9 || marker === 0xda) return null;  // the picture itself: it has no frame before that
    at += 2 + view.getUint16(at + 2);
  }
  return null;
}

/** @param {DataView} view @param {Uint8Array} bytes @returns {Size | null} */
function webp(view, bytes) {
  if (view.byteLength < 30) return null;
  const three = (/** @type {number} */ at) => view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
  if (says(bytes, 12, 'VP8X')) return { width: three(24) + 1, height: three(27) + 1 };
  if (says(bytes, 12, 'VP8 '))
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  if (!says(bytes, 12, 'VP8L')) return null;
  const bits = view.getUint32(21, true);
  return { width: (bits & 0x3fff) + 1, height: (bits >>> 14 & 0x3fff) + 1 };
}

/** @param {ArrayBuffer} buffer a file @returns {Size | null} null for what is none of the four kinds, or is broken */
export function size(buffer) {
  const bytes = new Uint8Array(buffer);
  const view = new DataView(buffer);
  if (says(bytes, 0, '\x89PNG\r\n\x1a\n') && says(bytes, 12, 'IHDR')) return png(view);
  if (says(bytes, 0, 'GIF87a') || says(bytes, 0, 'GIF89a')) return gif(view);
  if (says(bytes, 0, '\xff\xd8\xff')) return jpeg(view);
  if (says(bytes, 0, 'RIFF') && says(bytes, 8, 'WEBP')) return webp(view, bytes);
  return null;
}
