// @ts-check
/** Bodies on their way: they never enter Python, which knows them by the id of their request or of their dispatch. */

const encoder = new TextEncoder();

/** @param {Uint8Array} part @returns {ArrayBuffer} */
function tight(part) {
  const whole = part.byteOffset === 0 && part.byteLength === part.buffer.byteLength;
  return /** @type {ArrayBuffer} */ (whole ? part.buffer : part.slice().buffer);
}

/** How long it is, as the policy counts it. @param {ArrayBuffer | string | null | undefined} body */
export const size = body => typeof body === 'string' ? body.length : body?.byteLength ?? 0;

export class Bodies {
  /** Of requests, until the policy forgets them. @type {Map<string, ArrayBuffer | null>} */
  requests = new Map();
  /** Of replies by dispatch id, until a door took them. @type {Map<string, ArrayBuffer | string | null>} */
  replies = new Map();

  /**
   * Joins what the policy named (texts of its own, bodies of replies) into one body.
   * @param {Array<{ text?: string, source?: string }>} pieces @returns {ArrayBuffer | null}
   */
  join(pieces) {
    const parts = pieces.map(({ text, source = '' }) => {
      if (text !== undefined) return encoder.encode(text);
      const body = this.replies.get(source) ?? '';
      this.replies.delete(source);
      return typeof body === 'string' ? encoder.encode(body) : new Uint8Array(body);
    });
    if (parts.length === 0) return null;
    if (parts.length === 1) return tight(parts[0]);
    const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    parts.reduce((at, part) => { whole.set(part, at); return at + part.length; }, 0);
    return whole.buffer;
  }

  /** @param {string} id */
  forget(id) {
    this.requests.delete(id);
    this.replies.delete(id);
  }
}
