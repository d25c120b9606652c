/** The field for an expression: a plain text area at once, and CodeMirror in its place as soon as it is there. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Editor } from './code';
import './editor.css';

/** What others can do with the field. */
export interface FieldHandle {
  /** Replaces the text; can be undone. */
  set: (text: string) => void;
  focus: () => void;
}

export interface ExpressionFieldProps {
  /**
   * What the field holds at first. Later texts go through the handle: if the field followed a property, a key that is pressed before the
   * last one is drawn would be taken back.
   */
  initial: string;
  label: string;
  onChange: (text: string) => void;
  onRun: (text: string) => void;
  past: () => readonly string[];
  handle: { current: FieldHandle | undefined };
}

export function ExpressionField(props: ExpressionFieldProps) {
  const { initial, label, handle } = props;
  const host = useRef<HTMLDivElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const editor = useRef<Editor>();
  const latest = useRef(props);
  latest.current = props;
  const typed = useRef(initial);
  const [plain, setPlain] = useState(initial);
  const [isReady, setReady] = useState(false);

  useEffect(() => {
    let isWanted = true;
    const begin = async () => {
      const code = await load();
      const element = host.current;
      if (!isWanted || element === null || code === undefined) return;
      const before = area.current;
      const hadFocus = document.activeElement === before;
      editor.current = code.createEditor({
        host: element,
        text: typed.current,
        // Whoever is typing already goes on at the same place.
        selection: { anchor: before?.selectionStart ?? 0, head: before?.selectionEnd ?? 0 },
        label,
        onChange: (now) => {
          typed.current = now;
          latest.current.onChange(now);
        },
        onRun: (now) => latest.current.onRun(now),
        past: () => latest.current.past(),
      });
      // The area goes with the next drawing. Hidden until then, it takes no click or key that would go with it.
      if (before !== null) before.hidden = true;
      if (hadFocus) editor.current.focus();
      setReady(true);
    };
    void begin();
    return () => {
      isWanted = false;
      editor.current?.destroy();
    };
  }, []);

  const onInput = (now: string) => {
    typed.current = now;
    setPlain(now);
    props.onChange(now);
  };
  useEffect(() => {
    handle.current = {
      set: (text) => (editor.current === undefined ? onInput(text) : editor.current.set(text)),
      focus: () => (editor.current === undefined ? area.current?.focus() : editor.current.focus()),
    };
  }, [handle]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    props.onRun(typed.current);
  };
  return (
    <div class="expression-field">
      <div ref={host} class="expression-editor" {...(isReady ? { 'data-search': '' } : {})} />
      {!isReady && (
        <textarea
          ref={area}
          data-search=""
          rows={Math.min(plain.split('\n').length, 12)}
          value={plain}
          aria-label={label}
          spellcheck={false}
          onInput={(event) => onInput(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
      )}
    </div>
  );
}

/** The editor's code; nothing where it cannot be loaded, and then the plain field stays. */
async function load(): Promise<typeof import('./code') | undefined> {
  try {
    return await import('./code');
  } catch {
    return undefined;
  }
}
