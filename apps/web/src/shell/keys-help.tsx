import { Kbd, Modal } from '@mantine/core';
import { useState } from 'react';
import classes from './keys-help.module.css';
import { useShortcuts } from './shortcuts.ts';

const KEYS = [
  [['/'], 'Search'],
  [['j', 'k'], 'Next and previous task'],
  [['Enter'], 'Open the task'],
  [['n'], 'New task'],
  [['c'], 'Comment on the open task'],
  [['Esc'], 'Close'],
  [['Ctrl', 'Enter'], 'Send or save what you typed'],
  [['?'], 'These keys'],
] as const;

/** The keys, on `?`. */
export function KeysHelp() {
  const [isOpen, setIsOpen] = useState(false);
  useShortcuts({ '?': () => setIsOpen(true) });
  return (
    <Modal opened={isOpen} onClose={() => setIsOpen(false)} title="Keys" size="sm" radius="md">
      <dl className={classes.keys}>
        {KEYS.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((key) => (
                <Kbd key={key} size="xs">
                  {key}
                </Kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
