/**
 * The editor itself, in a chunk of its own: CodeMirror is larger than all the rest of the page.
 *
 * It lives in a shadow root, because CodeMirror then puts its styles there by way of the object model; in the document it would write
 * `<style>` elements, which a strict Content-Security-Policy forbids.
 */
import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  closeCompletion,
  selectedCompletion,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, insertNewlineAndIndent } from '@codemirror/commands';
import { bracketMatching, indentOnInput } from '@codemirror/language';
import { lintKeymap } from '@codemirror/lint';
import { EditorState, type Extension, Prec } from '@codemirror/state';
import { drawSelection, EditorView, highlightSpecialChars, keymap, placeholder } from '@codemirror/view';
import { PromQLExtension } from '@prometheus-io/codemirror-promql';
import { warmUp } from './client';
import { Completer } from './completion';
import { serverLint } from './lint';
import { editorTheme } from './theme';

export interface EditorSetup {
  host: HTMLElement;
  text: string;
  /** What is selected at first. */
  selection: { anchor: number; head: number };
  /** Names the field for those who do not see it. */
  label: string;
  onChange: (text: string) => void;
  /** Enter was pressed. */
  onRun: (text: string) => void;
  /** Expressions run before, newest first. */
  past: () => readonly string[];
}

export interface Editor {
  /** Replaces the text, unless it is the same already; can be undone. */
  set: (text: string) => void;
  focus: () => void;
  destroy: () => void;
}

const HINT = 'Metric or expression; Shift+Enter begins a new line';

export function createEditor(setup: EditorSetup): Editor {
  const { host } = setup;
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open', delegatesFocus: true });
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({ doc: setup.text, selection: setup.selection, extensions: extensions(setup) }),
  });
  warmUp();
  return {
    set: (text) => {
      if (text !== view.state.doc.toString())
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    focus: () => view.focus(),
    destroy: () => view.destroy(),
  };
}

function extensions({ label, onChange, onRun, past }: EditorSetup): Extension {
  const promql = new PromQLExtension().activateLinter(false).setComplete({ completeStrategy: new Completer(past) });
  const run = (view: EditorView) => {
    closeCompletion(view);
    onRun(view.state.doc.toString());
    return true;
  };
  return [
    editorTheme,
    highlightSpecialChars(),
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    autocompletion(),
    EditorView.lineWrapping,
    placeholder(HINT),
    // Suggestions take Enter first, unless what they suggest is there already.
    Prec.highest(
      keymap.of([
        { key: 'Ctrl-Enter', mac: 'Cmd-Enter', run },
        { key: 'Enter', run: (editor) => isSuggestionTyped(editor.state) && run(editor) },
      ]),
    ),
    keymap.of([{ key: 'Tab', run: acceptCompletion }, ...closeBracketsKeymap]),
    keymap.of([
      { key: 'Enter', run },
      { key: 'Shift-Enter', run: insertNewlineAndIndent },
      ...defaultKeymap,
      ...historyKeymap,
      ...lintKeymap,
    ]),
    promql.asExtension(),
    serverLint(),
    EditorView.contentAttributes.of({
      'aria-label': label,
      autocapitalize: 'off',
      autocorrect: 'off',
      spellcheck: 'false',
    }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) onChange(update.state.doc.toString());
    }),
  ];
}

function isSuggestionTyped(state: EditorState): boolean {
  const suggestion = selectedCompletion(state)?.label;
  const { head } = state.selection.main;
  return suggestion !== undefined && state.sliceDoc(Math.max(head - suggestion.length, 0), head) === suggestion;
}
