import { useState } from 'react';

/** Text that survives closing the task and reloading the tab. */
export function useDraft(key: string): readonly [string, (text: string) => void] {
  const storageKey = `lockstep.draft.${key}`;
  const [text, setText] = useState(() => sessionStorage.getItem(storageKey) ?? '');
  const change = (next: string) => {
    setText(next);
    if (next === '') sessionStorage.removeItem(storageKey);
    else sessionStorage.setItem(storageKey, next);
  };
  return [text, change];
}
