// @ts-check
/**
 * CodeMirror over the text field of a cell. The field stays and has the text: forms, keeping and links know only it.
 * Tab is left to the browser, so that nobody is caught in a cell: Ctrl-] and Ctrl-[ indent.
 */
import { hints } from './hints.js';

const MODULE = '../../vendor/codemirror/6.43.15/codemirror.js';

/**
 * @typedef {object} Hands what an editor asks of the page
 * @property {(cell: HTMLElement) => string} label what a screen reader says of a cell
 * @property {(cell: HTMLElement, step: -1 | 1) => boolean} leave the cursor goes on to the next cell; false at the last
 * @property {import('./hints.js').Ask} ask the interpreter
 */

/**
 * @typedef {object} Editors
 * @property {(cell: HTMLElement) => void} mount over the field of a cell
 * @property {(cells: Iterable<HTMLElement>, locked: boolean) => void} lock no text can be changed, or it can again
 */

/** @type {WeakMap<Element, any>} */
const views = new WeakMap();
/** @param {HTMLElement} cell */
const field = cell => /** @type {HTMLTextAreaElement} */ (cell.querySelector('textarea[name=source]'));

/** Puts the cursor into a cell. @param {HTMLElement} cell @param {'start' | 'end' | null} [at] null: where it was */
export function enter(cell, at = null) {
  const [view, text] = [views.get(cell), field(cell)];
  const place = at === 'end' ? text.value.length : 0;
  if (view) {
    if (at) view.dispatch({ selection: { anchor: place }, scrollIntoView: true });
    view.focus();
  } else {
    text.focus();
    if (at) text.setSelectionRange(place, place);
  }
}

/** Puts a text into a cell. @param {HTMLElement} cell @param {string} text */
export function write(cell, text) {
  const view = views.get(cell);
  if (view) view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
  else field(cell).value = text;
}

/** @param {any} cm */
function colours(cm) {
  const { tags: t } = cm;
  const of = (/** @type {string} */ name) => ({ color: `var(--code-${name})` });
  return cm.syntaxHighlighting(cm.HighlightStyle.define([
    { tag: [t.keyword, t.operatorKeyword, t.modifier, t.self], ...of('keyword') },
    { tag: [t.string, t.special(t.string), t.character, t.monospace], ...of('string') },
    { tag: [t.number, t.bool, t.null, t.atom], ...of('number') },
    { tag: [t.comment, t.quote], ...of('comment'), fontStyle: 'italic' },
    { tag: [t.definition(t.variableName), t.function(t.variableName), t.function(t.propertyName)], ...of('function') },
    { tag: [t.className, t.definition(t.className), t.typeName], ...of('class') },
    { tag: [t.meta, t.annotation, t.processingInstruction, t.contentSeparator], ...of('meta') },
    { tag: [t.link, t.url], ...of('function') },
    { tag: t.heading, fontWeight: '700' },
    { tag: t.strong, fontWeight: '700' },
    { tag: t.emphasis, fontStyle: 'italic' },
    { tag: t.invalid, ...of('wrong') },
  ]));
}

/** All in the app's own colours (app.css), so that an editor follows the theme with the page. @param {any} cm */
const looks = cm => cm.EditorView.theme({
  '&': { backgroundColor: 'var(--pico-form-element-background-color)', color: 'var(--pico-form-element-color)',
    border: '1px solid var(--pico-form-element-border-color)', borderRadius: 'var(--pico-border-radius)' },
  '&.cm-focused': { outline: '2px solid var(--pico-primary)', outlineOffset: '-1px' },
  '.cm-scroller': { fontFamily: 'var(--pico-font-family-monospace)', lineHeight: '1.45', maxHeight: '36rem' },
  '.cm-content': { caretColor: 'var(--pico-color)', padding: '0.4rem 0' },
  '.cm-gutters': { backgroundColor: 'var(--pico-form-element-background-color)', color: 'var(--pico-muted-color)',
    border: '0', borderRadius: 'var(--pico-border-radius) 0 0 var(--pico-border-radius)' },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--code-match)', outline: '1px solid var(--kw-line)' },
  '&.cm-focused .cm-nonmatchingBracket': { color: 'var(--code-wrong)', backgroundColor: 'transparent' },
  '.cm-selectionMatch, .cm-searchMatch': { backgroundColor: 'var(--code-match)' },
  '.cm-searchMatch-selected': { outline: '2px solid var(--pico-primary)' },
  '.cm-tooltip': { backgroundColor: 'var(--kw-surface)', color: 'var(--pico-color)',
    border: '1px solid var(--kw-line)', borderRadius: 'var(--pico-border-radius)', maxWidth: 'min(40rem, 92vw)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]':
    { backgroundColor: 'var(--pico-primary-background)', color: 'var(--pico-primary-inverse)' },
  '.cm-panels': { backgroundColor: 'var(--kw-sunk)', color: 'var(--pico-color)', borderColor: 'var(--kw-line)' },
});

/** Markdown by its parser alone: CodeMirror's package of it brings HTML, CSS and JavaScript along. @param {any} cm */
const markdown = cm => {
  const data = cm.defineLanguageFacet();
  return new cm.Language(data, cm.markdownParser.configure({ props: [cm.languageDataProp.add({ Document: data })] }));
};

/** @param {Hands} hands @returns {Promise<Editors>} rejects when CodeMirror is not to be had */
export async function editors(hands) {
  const cm = await import(MODULE);
  const { EditorView, EditorState, keymap } = cm;
  const fixed = new cm.Compartment();
  let locked = false;
  const readOnly = () => [EditorState.readOnly.of(locked), EditorView.editable.of(!locked)];
  const shared = [
    cm.history(), cm.highlightSpecialChars(), cm.bracketMatching(), cm.closeBrackets(), cm.indentOnInput(),
    cm.highlightSelectionMatches(), cm.search({ top: true }), cm.indentUnit.of('    '), EditorState.tabSize.of(4),
    EditorState.allowMultipleSelections.of(false), colours(cm), looks(cm),
    keymap.of([...cm.closeBracketsKeymap, ...cm.defaultKeymap, ...cm.searchKeymap, ...cm.historyKeymap]),
  ];
  const python = [cm.pythonLanguage, cm.lineNumbers(), ...hints(cm, hands.ask)];
  const text = [markdown(cm), EditorView.lineWrapping];

  /** A file that is dropped is the page's affair. @param {DragEvent} event */
  const files = event => !!event.dataTransfer?.files.length;
  /** Whether the cursor is on the first or last line that is seen. @param {any} view @param {-1 | 1} step */
  function outermost(view, step) {
    const { main } = view.state.selection;
    if (!main.empty) return false;
    const [here, there] = [main, view.moveVertically(main, step > 0)].map(each => view.coordsAtPos(each.head)?.top);
    return here === there;
  }
  /** @param {HTMLElement} cell @param {string} key @param {-1 | 1} step */
  const leaving = (cell, key, step) =>
    ({ key, run: (/** @type {any} */ view) => outermost(view, step) && hands.leave(cell, step) });

  return {
    mount(cell) {
      const source = field(cell);
      if (!source || views.has(cell)) return;
      const focused = document.activeElement === source;
      const about = () => ({ 'aria-label': hands.label(cell), 'aria-describedby': 'tab-keys',
        spellcheck: String(cell.dataset.kind !== 'code'),
        ...locked ? { 'aria-readonly': 'true', tabindex: '0' } : {} });
      const view = new EditorView({
        doc: source.value,
        selection: focused ? { anchor: Math.min(source.selectionStart, source.value.length) } : undefined,
        extensions: [
          keymap.of([leaving(cell, 'ArrowUp', -1), leaving(cell, 'ArrowDown', 1)]), ...shared,
          ...cell.dataset.kind === 'code' ? python : text,
          fixed.of(readOnly()), EditorView.contentAttributes.of(about),
          EditorView.domEventHandlers({ drop: files }),
          EditorView.updateListener.of((/** @type {any} */ { docChanged, state }) => {
            if (!docChanged) return;
            source.value = state.doc.toString();
            source.dispatchEvent(new Event('input', { bubbles: true }));
          }),
        ],
      });
      views.set(cell, view);
      source.hidden = true;
      source.before(view.dom);
      if (focused) view.focus();
    },
    lock(cells, now) {
      locked = now;
      for (const cell of cells) views.get(cell)?.dispatch({ effects: fixed.reconfigure(readOnly()) });
    },
  };
}
