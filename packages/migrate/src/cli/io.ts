import { LockstepError } from '@lockstep/protocol';
import Table from 'cli-table3';
import { type CliEnvironment, isSet, type Output } from './environment.ts';
import { watchProgress } from './progress.ts';

/** A command's mouth and ears. With `--json` stdout carries the result's document alone, and all lines go to stderr. */
export interface Io {
  readonly isJson: boolean;
  readonly isInteractive: boolean;
  /** A line (or several) of the result. */
  out(text: string): void;
  /** A line about the way there: warnings, progress. Always stderr. */
  err(text: string): void;
  /** A table for people: no borders, columns aligned. */
  table(head: readonly string[], rows: readonly (readonly string[])[]): void;
  /** Colours on a terminal, the text itself elsewhere and with NO_COLOR. */
  readonly paint: Paint;
  /** Asks; throws CONFIRMATION_MISSING where nobody can answer, naming `flag`, which would have answered. */
  confirm(question: string, flag: string): Promise<boolean>;
  /** Asks for a word to be typed; throws like `confirm`. */
  input(question: string, flag: string): Promise<string>;
  /** Asks for one of several; throws like `confirm`. */
  select(
    question: string,
    choices: readonly { readonly value: string; readonly label: string }[],
    flag: string,
  ): Promise<string>;
  /** Runs `work`, and says so when it takes more than a second. */
  progress<T>(label: string, work: () => Promise<T>): Promise<T>;
}

export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

export function createIo(environment: CliEnvironment, isJson: boolean): Io {
  const { stdout, stderr, prompts, isInteractive } = environment;
  const target = isJson ? stderr : stdout;
  const requireTerminal = (question: string, flag: string) => {
    if (!isInteractive) throw confirmationMissing(question, flag);
  };
  const out = (text: string) => target.write(`${text}\n`);
  return {
    isJson,
    isInteractive,
    out,
    err: (text) => stderr.write(`${text}\n`),
    table: (head, rows) => out(formatTable(head, rows)),
    paint: paintFor(target, environment.env),
    async confirm(question, flag) {
      requireTerminal(question, flag);
      return prompts.confirm(question);
    },
    async input(question, flag) {
      requireTerminal(question, flag);
      return prompts.input(question);
    },
    async select(question, choices, flag) {
      requireTerminal(question, flag);
      return prompts.select(question, choices);
    },
    progress: (label, work) => watchProgress(stderr, label, work),
  };
}

function confirmationMissing(question: string, flag: string): LockstepError {
  return new LockstepError('CONFIRMATION_MISSING', {
    message: `Nobody is at a terminal to answer: ${question}`,
    remedy: `Answer with ${flag}, or run it in a terminal.`,
    details: { question, flag },
  });
}

/** A table for terminals: a line for the header and a line for each row. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const none = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '', middle: '  ' };
  const sides = { left: '', right: '', top: '', 'top-mid': '', 'top-left': '', 'top-right': '' };
  const bottom = { bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' };
  const table = new Table({
    chars: { ...none, ...sides, ...bottom },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  table.push([...head], ...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

function paintFor({ isTerminal }: Output, env: CliEnvironment['env']): Paint {
  const isColoured = isTerminal && !isSet(env.NO_COLOR) && env.TERM !== 'dumb';
  const style = (open: number, close: number) => (text: string) =>
    isColoured ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    bold: style(1, 22),
    dim: style(2, 22),
    red: style(31, 39),
    green: style(32, 39),
    yellow: style(33, 39),
  };
}
