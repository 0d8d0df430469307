// @ts-check
/**
 * What the interpreter knows of what is being written: completions, and the call around the cursor. Both are asked of
 * the worker that has the cells' names (python/slices/notebook/hints/), which looks and runs nothing.
 */

/**
 * @typedef {(what: 'complete' | 'signature', at: { source: string, at: number }, signal: AbortSignal) => Promise<any>}
 *   Ask null when nobody can answer at once
 */

const NAME = /[\p{L}\p{N}_]+/u;
const WHOLE = /^[\p{L}\p{N}_]*$/u;
/** How long somebody has to have paused before a call's signature is asked for. */
const PAUSE_MS = 120;

/** As Python counts characters. @param {any} state @param {number} at */
const place = (state, at) => ({ source: state.doc.toString(), at: Array.from(state.sliceDoc(0, at)).length });

/** @param {any} cm @param {Ask} ask @returns {any[]} extensions */
export function hints(cm, ask) {
  /** @param {any} context */
  async function complete(context) {
    const word = context.matchBefore(NAME);
    const before = context.state.sliceDoc(Math.max(0, context.pos - 2), context.pos);
    if (!context.explicit && !word && !/[\w)\]'"]\.$/.test(before)) return null;
    const asked = new AbortController();
    context.addEventListener('abort', () => asked.abort(), { onDocChange: true });
    const answer = await ask('complete', place(context.state, context.pos), asked.signal);
    if (!answer || context.aborted) return null;
    return { from: word?.from ?? context.pos, options: answer.options, validFor: answer.more ? undefined : WHOLE };
  }

  return [
    cm.autocompletion({ override: [cm.localCompletionSource, complete], activateOnTyping: true, icons: false,
      maxRenderedOptions: 60 }),
    ...signatures(cm, ask),
  ];
}

/** @param {any} said @returns {HTMLElement} */
function shown({ name, params, active, doc }) {
  const box = Object.assign(document.createElement('div'), { className: 'signature' });
  box.setAttribute('role', 'status');
  const line = document.createElement('code');
  line.append(`${name}(`);
  params.forEach((/** @type {string} */ text, /** @type {number} */ n) => {
    if (n) line.append(', ');
    line.append(Object.assign(document.createElement(n === active ? 'strong' : 'span'), { textContent: text }));
  });
  line.append(')');
  box.append(line);
  if (doc) box.append(Object.assign(document.createElement('p'), { textContent: doc }));
  return box;
}

/** @param {any} cm @param {Ask} ask */
function signatures(cm, ask) {
  const told = cm.StateEffect.define();
  const tooltip = cm.StateField.define({
    create: () => null,
    update(/** @type {any} */ value, /** @type {any} */ { effects, changes }) {
      for (const effect of effects) if (effect.is(told)) return effect.value;
      return value && { ...value, pos: changes.mapPos(value.pos) };
    },
    provide: (/** @type {any} */ field) => cm.showTooltip.from(field),
  });
  /** Where the arguments begin among which the cursor is. @param {any} state */
  const call = state => {
    const at = state.selection.main.head;
    for (let node = cm.syntaxTree(state).resolveInner(at, -1); node; node = node.parent)
      if (node.name === 'ArgList' && node.from < at && (at < node.to || state.sliceDoc(node.to - 1, node.to) !== ')'))
        return node.from;
    return null;
  };
  const asking = cm.ViewPlugin.define((/** @type {any} */ view) => {
    let due = 0;
    let asked = new AbortController();
    const hide = () => { if (view.state.field(tooltip)) view.dispatch({ effects: told.of(null) }); };
    async function show() {
      const pos = view.hasFocus ? call(view.state) : null;
      if (pos === null) return hide();
      asked = new AbortController();
      const { signal } = asked;
      const said = await ask('signature', place(view.state, view.state.selection.main.head), signal);
      if (signal.aborted) return;
      if (!said?.name) return hide();
      view.dispatch({ effects: told.of({ pos, above: true, create: () => ({ dom: shown(said) }) }) });
    }
    return {
      update(/** @type {any} */ { docChanged, selectionSet, focusChanged }) {
        if (!docChanged && !selectionSet && !focusChanged) return;
        asked.abort();
        clearTimeout(due);
        due = window.setTimeout(show, PAUSE_MS);
      },
      destroy() { asked.abort(); clearTimeout(due); },
    };
  });
  const close = { key: 'Escape', run(/** @type {any} */ view) {
    if (!view.state.field(tooltip)) return false;
    view.dispatch({ effects: told.of(null) });
    return true;
  } };
  return [tooltip, asking, cm.keymap.of([close])];
}
