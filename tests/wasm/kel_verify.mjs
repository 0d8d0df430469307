// @ts-check
// Verifies key event logs with software that shares nothing with keripy: cesr takes the stream apart, signify-ts checks
// digests, keys, thresholds and signatures. node kel_verify.mjs JOB.json RESULT.json; the job is {name: base64 of a log}.
//
// What is checked of each event, in KERI's terms: the SAID over the bytes as they came; the identifier; the sequence
// number; the digest of the event before; that each new key was committed to, by as many as the next threshold asks;
// and signatures over those bytes that satisfy the present threshold.
import fs from 'node:fs';
import { parse } from 'cesr';
import { Diger, Saider, Siger, Tholder, Verfer, ready } from 'signify-ts';

/** @param {boolean} holds @param {string} reason */
function must(holds, reason) {
  if (!holds) throw new Error(reason);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * The SAID is the digest of the event's own bytes with itself (and, in an inception, the identifier) blanked out.
 * @param {Uint8Array} raw @param {any} event
 */
function said(raw, event) {
  const text = decoder.decode(raw);
  must(JSON.stringify(event) === text, 'the bytes are not the canonical form of the event');
  // An inception's identifier is its SAID as well and blanked with it, which Saider does not know of.
  must(event.t === 'icp' || new Saider({ qb64: event.d }).verify(event, false, true), 'the SAID is not the digest of the event');
  const blank = text.replaceAll(event.d, '#'.repeat(event.d.length));
  must(new Diger({ qb64: event.d }).verify(encoder.encode(blank)), 'the SAID is not the digest of the bytes');
}

/** @param {any} state @param {any} event */
function chain(state, event) {
  const sn = Number.parseInt(event.s, 16);
  if (state === null) {
    must(event.t === 'icp' && sn === 0, 'a log begins with its inception');
    must(event.i === event.d, 'the identifier is the digest of the inception');
    return;
  }
  must(event.t === 'rot' || event.t === 'ixn', `an event of type ${event.t} cannot follow`);
  must(event.i === state.pre, 'the event is of another identifier');
  must(sn === state.sn + 1, `sequence number ${sn} does not follow ${state.sn}`);
  must(event.p === state.said, 'the event before is another one');
}

/** @param {any} state @param {any} event @param {string[]} signatures @param {Uint8Array} raw */
function authority(state, event, signatures, raw) {
  const establishes = event.t !== 'ixn';
  const keys = establishes ? event.k : state.keys;
  const sigers = signatures.map(qb64 => new Siger({ qb64 }));
  const indices = new Set();
  const exposed = new Set();
  for (const siger of sigers) {
    must(siger.index < keys.length, `signature ${siger.index} is of no key`);
    must(new Verfer({ qb64: keys[siger.index] }).verify(siger.raw, raw), `signature ${siger.index} does not verify`);
    indices.add(siger.index);
    const ondex = siger.ondex;
    if (event.t === 'rot' && ondex !== undefined && ondex < state.next.length
        && new Diger({ qb64: state.next[ondex] }).verify(encoder.encode(keys[siger.index]))) exposed.add(ondex);
  }
  const threshold = new Tholder({ sith: establishes ? event.kt : state.threshold });
  must(threshold.satisfy([...indices].sort()), `signatures ${[...indices]} do not reach the threshold`);
  if (event.t === 'rot') {
    must(new Tholder({ sith: state.nextThreshold }).satisfy([...exposed].sort()),
      `keys ${[...exposed]} of those committed to do not reach the next threshold`);
  }
}

/** @param {Uint8Array} log @returns {Promise<{ events: any[], reason: string | null }>} */
async function verify(log) {
  const events = [];
  let state = null;
  try {
    for await (const message of parse(log)) {
      const event = /** @type {any} */ (message.body.payload);
      const raw = message.body.raw;
      said(raw, event);
      chain(state, event);
      authority(state, event, message.attachments.ControllerIdxSigs, raw);
      state = {
        pre: event.i, sn: Number.parseInt(event.s, 16), said: event.d,
        keys: event.k ?? state?.keys, threshold: event.kt ?? state?.threshold,
        next: event.n ?? state?.next, nextThreshold: event.nt ?? state?.nextThreshold,
      };
      events.push({ sn: state.sn, type: event.t, said: event.d, signatures: message.attachments.ControllerIdxSigs.length });
    }
    return { events, reason: null };
  } catch (error) {
    return { events, reason: String(error instanceof Error ? error.message : error).slice(0, 300) };
  }
}

await ready();
const job = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
/** @type {Record<string, any>} */
const results = {};
for (const [name, text] of Object.entries(job)) results[name] = await verify(new Uint8Array(Buffer.from(text, 'base64')));
fs.writeFileSync(process.argv[3], JSON.stringify(results));
