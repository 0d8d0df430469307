// @ts-check
/// <reference lib="webworker" />
/**
 * Which of the kept versions is served: pure changes of the state that router/offline/generations.js keeps. A version
 * is given by its id.
 *
 * A new version counts only once it was ready; until then it is `unproven`, and the version `before` it stays kept and
 * comes back when it does not start. What did not start is remembered in `failed` and not taken again by itself. With
 * nothing before it, it stays the current one but the server is asked first: offline it is all there is.
 *
 * A state written by an app that did not know these fields reads as proven. What this does not catch: a version that
 * starts and does harm later.
 *
 * Used by the service worker (a classic script) and by the keeper (a module): hence a global, as in door.js.
 */
var keriwasmVersions = (() => {
  /**
   * So often may an unproven version be loaded without having been ready: then nothing in it can even say that it
   * fails.
   */
  const TRIES = 3;
  /** Failed versions that are remembered, newest last. */
  const REMEMBERED = 8;

  /**
   * @typedef {{ current: string | null, next: string | null, waiting: string | null, network: string | null, dev:
   *             boolean, before: string | null, unproven: string | null, tries: number, failed: { [id: string]: string
   *             }, ask: boolean, accepted: string | null }} State current: what navigations get; next: complete and
   *             offered; waiting: whose service worker is installed and waits; network: what the server had when it was
   *             last asked; dev: serve.py --dev, keep nothing; before: what comes back if `unproven`, the current one,
   *             does not start; tries: how often that was loaded; failed: why, by id; ask: no new version without being
   *             asked for, which is then `accepted`
   * @typedef {Partial<State>} Change
   */

  /** @type {State} */
  const NOTHING = { current: null, next: null, waiting: null, network: null, dev: false,
    before: null, unproven: null, tries: 0, failed: {}, ask: false, accepted: null };

  /** @param {State} state @param {string} id @returns {{ [id: string]: string }} */
  const without = ({ failed }, id) => Object.fromEntries(Object.entries(failed).filter(([each]) => each !== id));

  /** A kept version becomes the current one. @param {State} state @param {string} id @returns {Change} */
  function take(state, id) {
    const change = { current: id, next: null, waiting: null, tries: 0, accepted: null };
    if (id === state.before) return { ...change, unproven: null, before: null };  // it was ready before
    // One that was never ready either is better than none.
    return { ...change, unproven: id, before: state.unproven === state.current && state.before || state.current };
  }

  /** Whether the offered version may become the current one by itself. @param {State} state */
  const free = state => !state.ask || state.next === state.accepted;

  /** The offered version becomes the current one. An app that knew nothing of failures may have offered one of them.
   *  @param {State} state @returns {Change} */
  const advance = state => state.next && !state.failed[state.next] ? take(state, state.next) : {};

  /**
   * The keeper found that the server has a version, and kept it whole.
   * @param {State} state @param {string} id @returns {Change}
   */
  function found(state, id) {
    const change = { network: id, dev: false };
    if (!state.current) return { ...change, current: id, unproven: id, before: null, tries: 0, next: null };
    if (state.current === id || state.failed[id]) return { ...change, next: null };
    return state.failed[state.current] ? { ...change, ...take(state, id) } : { ...change, next: id };
  }

  /** The current version is sent to a page. @param {State} state @param {string} id @returns {Change} */
  function sent(state, id) {
    if (state.unproven !== id) return {};
    if (state.tries >= TRIES) return giveUp(state, id, `it was loaded ${TRIES} times and was not ready once`);
    return { tries: state.tries + 1 };
  }

  /** It answers; whether it counts is seen a little later. @param {State} state @param {string} id @returns {Change} */
  const alive = (state, id) => state.unproven === id ? { tries: 0 } : {};

  /** It did not start. @param {State} state @param {string} id @param {string} reason @returns {Change} */
  function giveUp(state, id, reason) {
    if (state.current !== id) return {};
    const failed = Object.fromEntries([...Object.entries(without(state, id)), [id, reason]].slice(-REMEMBERED));
    // The server was repaired meanwhile.
    if (state.next && !failed[state.next]) return { ...take(state, state.next), failed };
    if (state.unproven === id && state.before) return { ...take(state, state.before), failed };
    return { unproven: null, tries: 0, failed };
  }

  /**
   * It was ready: the version before is not needed any more.
   * @param {State} state @param {string} id @returns {Change}
   */
  const proven = (state, id) =>
    state.current === id ? { unproven: null, before: null, tries: 0, failed: without(state, id) } : {};

  /** A page that came from the server was ready with the bytes of this version: it may be tried. @param {State} state
   *  @param {string} id @returns {Change} */
  function ran(state, id) {
    if (!state.failed[id]) return {};
    const failed = without(state, id);
    // The keeper offers it when it is whole.
    return state.current === id ? { unproven: id, tries: 0, failed } : { failed };
  }

  /**
   * What the server has is to be tried once more, because a person asks for it.
   * @param {State} state @returns {Change}
   */
  const again = state => state.network ? { failed: without(state, state.network) } : {};

  /** What must stay kept. @param {State} state */
  const needed = ({ current, next, before }) => [current, next, before];

  return { NOTHING, TRIES, advance, found, free, sent, alive, giveUp, proven, ran, again, needed };
})();
globalThis.keriwasmVersions = keriwasmVersions;
