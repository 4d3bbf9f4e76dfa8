/** Questions to the person at the terminal. Ctrl-C throws inquirer's ExitPromptError, which ends the command with 130. */
export interface Prompts {
  confirm(question: string): Promise<boolean>;
  /** What was typed. */
  input(question: string): Promise<string>;
  /** The value that was chosen. */
  select(
    question: string,
    choices: readonly { readonly value: string; readonly label: string }[],
  ): Promise<string>;
}

/** On the terminal of this process; asks on stderr, so that stdout stays the result's. */
export const nodePrompts: Prompts = {
  async confirm(message) {
    const { confirm } = await import('@inquirer/prompts');
    return confirm({ message, default: false }, { output: process.stderr });
  },
  async input(message) {
    const { input } = await import('@inquirer/prompts');
    return input({ message }, { output: process.stderr });
  },
  async select(message, choices) {
    const { select } = await import('@inquirer/prompts');
    const options = choices.map(({ value, label }) => ({ value, name: label }));
    return select({ message, choices: options }, { output: process.stderr });
  },
};

/** Ctrl-C at a question. */
export function isInterrupt(error: unknown): boolean {
  return error instanceof Error && error.name === 'ExitPromptError';
}
