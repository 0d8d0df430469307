// @ts-check
// The clock and the histogram of what the load lab measures outside of Python: the same as measuring.py's and
// histogram.py's.

/** The clock's smallest visible step in 200 tries, in nanoseconds. */
export function resolution() {
  let smallest = Infinity;
  for (let tries = 0, last = performance.now(); tries < 200; tries++) {
    let here = performance.now();
    while (here === last) here = performance.now();
    smallest = Math.min(smallest, here - last);
    last = here;
  }
  return Math.round(smallest * 1e6);
}

/** Log-linear: values below 256 ns each, above them 128 buckets for every power of two. @param {number} value */
export function bucket(value) {
  if (value < 256) return Math.max(0, value);
  let shift = Math.floor(Math.log2(value)) - 7;
  if (value / 2 ** shift >= 256) shift++; // log2 of a number just below a power of two may round up, and the other way
  else if (value / 2 ** shift < 128) shift--;
  return shift * 128 + Math.floor(value / 2 ** shift);
}

export class Histogram {
  count = 0;
  low = Infinity;
  high = 0;
  /** @type {Map<number, number>} */ counts = new Map();

  /** @param {number} nanoseconds */
  record(nanoseconds) {
    const value = Math.max(0, Math.round(nanoseconds));
    const number = bucket(value);
    this.counts.set(number, (this.counts.get(number) ?? 0) + 1);
    this.low = Math.min(this.low, value);
    this.high = Math.max(this.high, value);
    this.count++;
  }

  /** As histogram.py reads it. */
  told() { return { low: this.count ? this.low : 0, high: this.high, counts: [...this.counts] }; }
}
