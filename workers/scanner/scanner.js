// @ts-check
/**
 * Reads QR codes in a picture file or in a frame of the camera, with ZXing's reader. static/page/scan.js makes this
 * worker when somebody scans, and ends it afterwards: what a stranger's picture does to the reader is gone with it. It
 * has no keys, asks nobody but this app's own server for its parts, and gives back texts only.
 */

import { compile, good } from '../../router/boot/checked-fetch.js';
import { ROOT } from '../../router/root.js';
import { size } from './pictures.js';

/**
 * @typedef {{ id: number, picture: Blob | ImageBitmap }} Asked
 * @typedef {{ id: number, texts: string[], problem: string, detail: string }} Told  problem: '' or a word of TROUBLES
 */

const LOCK = 'static/lock.json';
const FOLDER = 'static/vendor/zxing/3.1.6/';
const WASM = `${FOLDER}reader/zxing_reader.wasm`;
export const BYTES_MOST = 20 << 20;
export const PIXELS_MOST = 50_000_000;  // 200 MB of memory for a moment: what phones take by themselves
const CODES_MOST = 8;
/** Longest sides, in pixels, at which a picture is looked at: small is quick, and large finds the small code. */
const SIDES = [1200, 3600];
const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));

/** Why nothing was read. */
class Trouble extends Error {
  /** @param {'kind' | 'bytes' | 'pixels' | 'broken' | 'reader'} word @param {string} [detail] */
  constructor(word, detail = '') {
    super(detail);
    this.word = word;
  }
}

/** The reader, once: its WebAssembly runs only when it is what the lock says. @returns {Promise<any>} */
async function load() {
  const [lock, reader] = await Promise.all([
    fetch(new URL(LOCK, ROOT), { cache: 'no-cache' }).then(response => good(response, LOCK).json()),
    import(new URL(`${FOLDER}reader/index.js`, ROOT).href),
  ]);
  const { sha256 } = lock.assets.find((/** @type {any} */ asset) => asset.path === WASM);
  const module = await compile(ROOT, { path: WASM, sha256 });
  await reader.prepareZXingModule({
    overrides: {
      /** @type {(imports: any, done: (made: WebAssembly.Instance, of: WebAssembly.Module) => void) => object} */
      instantiateWasm: (imports, done) => {
        void WebAssembly.instantiate(module, imports).then(made => done(made, module));
        return {};
      },
    },
    fireImmediately: true,
  });
  return reader;
}
/** @type {Promise<any> | null} */
let reader = null;

/** @param {Blob} file @returns {Promise<ImageBitmap>} */
async function open(file) {
  if (file.size > BYTES_MOST) throw new Trouble('bytes');
  const bytes = await file.arrayBuffer();
  const found = size(bytes);
  if (!found) throw new Trouble('kind');
  if (found.width * found.height > PIXELS_MOST) throw new Trouble('pixels', `${found.width} x ${found.height}`);
  return createImageBitmap(new Blob([bytes])).catch(() => { throw new Trouble('broken'); });
}

/** @param {ImageBitmap} bitmap @param {number} side @returns {ImageData} not larger than that */
function scaled(bitmap, side) {
  const by = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map(each => Math.max(1, Math.round(each * by)));
  const canvas = new OffscreenCanvas(width, height);
  const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d', { willReadFrequently: true }));
  pen.fillStyle = '#fff';  // a code on nothing is meant to be seen on paper
  pen.fillRect(0, 0, width, height);
  pen.drawImage(bitmap, 0, 0, width, height);
  return pen.getImageData(0, 0, width, height);
}

/** @param {Blob | ImageBitmap} picture @returns {Promise<string[]>} */
async function read(picture) {
  const bitmap = picture instanceof ImageBitmap ? picture : await open(picture);
  try {
    reader ??= load();
    const { readBarcodes } = await reader.catch(error => {
      reader = null;
      throw new Trouble('reader', error.message);
    });
    const larger = Math.max(bitmap.width, bitmap.height) > SIDES[0] && !(picture instanceof ImageBitmap);
    for (const side of larger ? SIDES : SIDES.slice(0, 1)) {
      const found = await readBarcodes(scaled(bitmap, side), {
        formats: ['QRCode'], maxNumberOfSymbols: CODES_MOST, tryHarder: true, textMode: 'Plain',
      });
      if (found.length) return found.map((/** @type {{ text: string }} */ each) => each.text);
    }
    return [];
  } finally {
    bitmap.close();
  }
}

scope.onmessage = async (/** @type {MessageEvent} */ event) => {
  const { id, picture } = /** @type {Asked} */ (event.data);
  /** @type {Told} */
  let told;
  try {
    told = { id, texts: await read(picture), problem: '', detail: '' };
  } catch (error) {
    const { word = 'broken', message } = /** @type {Trouble} */ (error);
    told = { id, texts: [], problem: word, detail: message };
  }
  scope.postMessage(told);
};
