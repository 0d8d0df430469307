// @ts-check
/**
 * What a hand means: one act per intent. A form that stands in the page is one intent, however often its button is
 * pressed; the second click of two that were one is not for what came up under the hand meanwhile; a button that is
 * disabled while its request runs gets the focus back; the answer that was asked for last stands in its place; and a
 * request that no answer came of is told where the answer would have stood.
 */
const { html } = keriwasmDoor;

/**
 * The key of each form's requests: the worker answers a repeat as the first (python/keriwasm/worker/once.py). A form
 * that is swapped in anew has a new one.
 * @type {WeakMap<Element, string>}
 */
const intents = new WeakMap();

/** @param {Element} form */
export function intent(form) {
  const known = intents.get(form)
    ?? Array.from(crypto.getRandomValues(new Uint32Array(4)), part => part.toString(36)).join('');
  intents.set(form, known);
  return known;
}

/**
 * Between two clicks that count as one even if the system does not say so. It says so for those of a mouse (`detail`).
 */
const TOGETHER_MS = 100;
/** The same where what was clicked is gone: Firefox counts anew on another element, and an answer comes sooner. */
const DOUBLE_MS = 500;
const ACTS = 'a, button, summary, input, select, label, [role=button]';

/** The click before: when, where, and on what. @type {{ at: number, x: number, y: number, act: Element | null }} */
let before = { at: -Infinity, x: 0, y: 0, act: null };

/**
 * Whether two are one to a hand: a label and what it labels get a click each for one.
 * @param {Element} one @param {Element} other
 */
const same = (one, other) => one.contains(other) || other.contains(one)
  || one instanceof HTMLLabelElement && one.control === other
  || other instanceof HTMLLabelElement && other.control === one;

/**
 * Keeps a double click from acting on what the answer to its first half brought to the same spot.
 * @param {MouseEvent} event
 */
function guard(event) {
  if (!event.detail) return;  // a key, or a script
  const act = event.target instanceof Element ? event.target.closest(ACTS) : null;
  const near = Math.hypot(event.clientX - before.x, event.clientY - before.y) < 6;
  const together = before.act?.isConnected === false ? DOUBLE_MS : TOGETHER_MS;
  const second = near && (event.detail > 1 || event.timeStamp - before.at < together);
  if (second && act && before.act && !same(act, before.act)) {
    event.preventDefault();
    event.stopImmediatePropagation();
    console.debug('[keriwasm] the second half of a double click was ignored');
    return;
  }
  before = { at: event.timeStamp, x: event.clientX, y: event.clientY, act };
}

/**
 * Two answers never race for one place: what a person asked for last stands there, whenever the other comes. Which
 * request that is, by place.
 * @type {WeakMap<Element, number>}
 */
const claims = new WeakMap();
let asked = 0;

/**
 * What a page does by itself (its first content, a poll, a stream that says "look again") claims no place from a
 * person.
 * @param {any} ctx
 */
const byHand = ctx => ctx.sourceElement?.id !== 'boot'
  && (!ctx.sourceEvent?.type || /^(submit|click|change|input|search|key\w+)$/.test(ctx.sourceEvent.type));

/** @param {any} ctx */
const placeOf = ctx => typeof ctx.target === 'string' ? document.querySelector(ctx.target) : ctx.target;

/** @param {any} event htmx:before:swap, when the answer has said where it belongs */
function arbitrate(event) {
  const { ctx } = event.detail;
  const place = placeOf(ctx);
  if (!ctx.asked || !place) return;  // not a request of the page's: an event stream, words of our own
  if ((claims.get(place) ?? 0) > ctx.asked) event.preventDefault();
  else if (byHand(ctx)) claims.set(place, ctx.asked);
}

export function watch() {
  addEventListener('click', guard, { capture: true });
  document.addEventListener('htmx:before:swap', arbitrate);
}

/** Before a request: its place is claimed, and the button known that will be disabled. @param {any} ctx */
export function hold(ctx) {
  const place = placeOf(ctx);
  ctx.asked = asked += 1;
  if (place && byHand(ctx)) claims.set(place, ctx.asked);
  if (ctx.sourceEvent?.type === 'submit') ctx.pressed = ctx.sourceElement.querySelector('[type=submit]');
}

/** After it, once the button is enabled again: the focus is its again, unless somebody else has it. @param {any} ctx */
export function release(ctx) {
  const place = placeOf(ctx);
  // Aborted, or without an answer.
  if (ctx.status !== 'swapped' && place && claims.get(place) === ctx.asked) claims.delete(place);
  setTimeout(() => {
    const { activeElement } = document;
    // It goes, too.
    const lost = !activeElement || activeElement === document.body || activeElement.matches('[data-cancel]');
    if (ctx.pressed?.isConnected && lost) ctx.pressed.focus({ preventScroll: true });
  });
}

/**
 * A request failed without an answer, or its answer could not be shown.
 * @param {any} htmx @param {any} ctx @param {Error} error
 */
export function sayFailed(htmx, ctx, error) {
  const target = typeof ctx?.target === 'string' ? document.querySelector(ctx.target) : ctx?.target;
  if (!target?.isConnected || ctx.failed) return;
  ctx.failed = true;
  const late = ctx.request?.signal?.reason === 'timeout';
  htmx.swap({ ...ctx, asked: 0, target, swap: target.id === 'main' ? 'afterbegin' : 'innerHTML',
    select: null, selectOOB: null,
    text: html`<section class="result bad problem" role="alert">
      <header><h3>${late ? 'No answer came in time' : 'This did not work'}</h3></header>
      <p>${late ? 'The request was given up.' : error.message}</p>
      <p>Try again; if it fails again, load the page anew.</p></section>` });
}
