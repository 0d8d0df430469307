// What static/notebook/app/editor.js takes from CodeMirror: `vendor.py refresh` bundles it into one module (vendor.toml,
// [[bundle]]). One module, because the frame of the notebook makes a blob of each, and the packages would be eighteen.
export {
  acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, closeCompletion, completionKeymap,
  completionStatus, startCompletion,
} from '@codemirror/autocomplete';
export { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
export {
  HighlightStyle, Language, bracketMatching, defineLanguageFacet, indentOnInput, indentUnit, languageDataProp,
  syntaxHighlighting, syntaxTree,
} from '@codemirror/language';
export { localCompletionSource, pythonLanguage } from '@codemirror/lang-python';
export { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
export { Compartment, EditorState, Prec, StateEffect, StateField } from '@codemirror/state';
export {
  EditorView, ViewPlugin, highlightSpecialChars, keymap, lineNumbers, placeholder, rectangularSelection, showTooltip,
  tooltips,
} from '@codemirror/view';
export { tags } from '@lezer/highlight';
export { parser as markdownParser } from '@lezer/markdown';
