// @ts-check
/**
 * The gateway worker (workers/gateway.js) as the host has it: started, spoken to and ended when the policy says so.
 */
import '../doors/door.js';
import { ROOT } from '../root.js';

const { blame } = keriwasmDoor;

/** @typedef {import('../protocol.js').RouterToGateway} RouterToGateway */
/** @typedef {import('../protocol.js').GatewayAnswer} GatewayAnswer */

/** Hosts that are this machine, which a page that came by https may ask by http. */
const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;
/** And those that are near it, which a browser may guard (Local Network Access). */
const NEAR = /^(10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|\[f[cde])|\.local$/;

/** What the platform reads of an address, for the policy, which must see the server that `fetch` will ask.
 *  @param {string} url */
export function address(url) {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (!parsed) return null;
  const { origin, protocol, username, password, hostname } = parsed;
  const loopback = LOOPBACK.test(hostname);
  return { origin, scheme: protocol.slice(0, -1), login: Boolean(username || password), own: origin === location.origin,
    loopback, local: loopback || NEAR.test(hostname) };
}

export class Gateway {
  /** @param {(generation: number, message: GatewayAnswer) => void} answered
   *  @param {(generation: number, reason: string) => void} lost */
  constructor(answered, lost) {
    this.answered = answered;
    this.lost = lost;
    /** @type {Worker | null} */
    this.worker = null;
  }

  /** @param {number} generation */
  start(generation) {
    const worker = this.worker = new Worker(new URL('workers/gateway.js', ROOT), { type: 'module', name: 'gateway' });
    worker.onmessage = ({ data }) => this.answered(generation, data);
    worker.onmessageerror = () => this.lost(generation, 'a message could not be read');
    worker.onerror = event => {
      event.preventDefault();  // the policy logs the cause, once
      this.lost(generation, blame(event, 'its script could not be loaded'));
    };
  }

  stop() {
    this.worker?.terminate();
    this.worker = null;
  }

  /** @param {RouterToGateway} message */
  post(message) { this.worker?.postMessage(message); }
}
