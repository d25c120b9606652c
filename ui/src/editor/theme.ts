/** Looks of the editor: everything is a variable of `styles/tokens.css`, so it follows the theme by itself. */
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const surface = EditorView.theme({
  '&': { color: 'var(--text)', fontSize: 'var(--normal)', backgroundColor: 'transparent' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.5', maxHeight: '40vh', overflow: 'auto' },
  '.cm-content': { caretColor: 'var(--text)', padding: '6px 0' },
  '.cm-line': { padding: '0 8px' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    background: 'var(--accent-wash)',
  },
  '.cm-placeholder': { color: 'var(--text-muted)' },
  '.cm-specialChar': { color: 'var(--bad)' },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--accent-wash)', outline: '1px solid var(--accent)' },
  '&.cm-focused .cm-nonmatchingBracket': { backgroundColor: 'var(--bad-wash)' },
  '.cm-lintRange-error': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--bad)',
    textUnderlineOffset: '3px',
  },
  '.cm-tooltip': {
    border: '1px solid var(--line)',
    borderRadius: 'var(--radius)',
    backgroundColor: 'var(--raised)',
    color: 'var(--text)',
    boxShadow: 'var(--shadow)',
    overflow: 'hidden',
  },
  '.cm-diagnostic-error': { borderLeft: '3px solid var(--bad)' },
  '.cm-diagnosticText': { fontFamily: 'var(--font)', fontSize: 'var(--small)' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': {
    fontFamily: 'var(--mono)',
    fontSize: 'var(--small)',
    maxHeight: '18em',
    maxWidth: 'min(46em, 90vw)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '3px 8px', overflow: 'hidden', textOverflow: 'ellipsis' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--accent-strong)',
    color: 'var(--on-accent)',
  },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700' },
  '.cm-completionDetail': { marginLeft: '1em', fontStyle: 'normal', color: 'var(--text-muted)' },
  '.cm-tooltip-autocomplete ul li[aria-selected] .cm-completionDetail': { color: 'inherit' },
  '.cm-completionInfo': {
    fontFamily: 'var(--font)',
    fontSize: 'var(--small)',
    padding: '8px 12px',
    maxWidth: '22em',
    overflowWrap: 'anywhere',
  },
  // Beside the list there is no room for it, and over the list it hides what one chooses from.
  '@media (max-width: 640px)': { '.cm-completionInfo': { display: 'none' } },
});

const words = HighlightStyle.define([
  { tag: tags.comment, color: 'var(--text-muted)', fontStyle: 'italic' },
  { tag: tags.string, color: 'var(--series-2)' },
  { tag: tags.number, color: 'var(--series-4)' },
  { tag: tags.labelName, color: 'var(--series-5)' },
  { tag: [tags.function(tags.variableName), tags.operatorKeyword], color: 'var(--series-3)' },
  { tag: [tags.modifier, tags.logicOperator], color: 'var(--series-7)' },
  {
    tag: [tags.operator, tags.arithmeticOperator, tags.paren, tags.squareBracket, tags.brace],
    color: 'var(--text-muted)',
  },
  { tag: tags.invalid, color: 'var(--bad)' },
]);

export const editorTheme: Extension = [surface, syntaxHighlighting(words)];
