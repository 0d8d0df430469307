// @ts-check
// node brotli.mjs IN OUT: brotli at its best (quality 11, the largest window that browsers take); prints its version.
import fs from 'node:fs';
import zlib from 'node:zlib';

const [from, to] = process.argv.slice(2);
if (from) {
  const data = fs.readFileSync(from);
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_PARAM_SIZE_HINT } = zlib.constants;
  const params = { [BROTLI_PARAM_QUALITY]: 11, [BROTLI_PARAM_LGWIN]: 24, [BROTLI_PARAM_SIZE_HINT]: data.length };
  const packed = zlib.brotliCompressSync(data, { params });
  if (!zlib.brotliDecompressSync(packed).equals(data)) throw new Error(`${from}: does not decompress to itself`);
  fs.writeFileSync(to, packed);
}
console.log(process.versions.brotli);
