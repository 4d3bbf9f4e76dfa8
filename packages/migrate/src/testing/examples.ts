import { spawn } from 'node:child_process';
import type { CliCheckout } from './cli-checkout.ts';

/**
 * Examples of a document that are run. A fenced block counts when a comment stands in the line before it:
 *
 * `<!-- file: drizzle/0000_items.sql -->`: the block is that file of the checkout.
 * `<!-- test -->`: the block is a terminal. Lines from `$ ` on are commands, `lockstep …` (or `pnpm db:…`),
 * `node file.ts`, `npx drizzle-kit …` and `git …`; `# exits 2` behind one is its exit code. The lines below are what it
 * prints, on either stream; `…` stands for anything within a line, and alone for any lines.
 *
 * `<!-- checkout: shop -->`, on a line of its own: what follows happens in this checkout, which is empty at first;
 * `<!-- checkout: shop, on Postgres -->`: and `DATABASE_URL` names an empty Postgres.
 */
export type Example =
  | { readonly kind: 'checkout'; readonly name: string; readonly on: ExampleDatabase }
  | { readonly kind: 'file'; readonly path: string; readonly text: string }
  | {
      readonly kind: 'command';
      readonly line: number;
      readonly command: string;
      readonly exitCode: number;
      readonly expected: readonly string[];
    };

export type ExampleDatabase = 'PGlite' | 'Postgres';

const MARK = /^<!-- (?:(test)|file: (\S+)) -->$/;
const CHECKOUT = /^<!-- checkout: ([\w-]+)(, on Postgres)? -->$/;
const EXITS = / +# exits (\d+)$/;

export function parseExamples(markdown: string): readonly Example[] {
  const lines = markdown.split('\n');
  return lines.flatMap((line, index): Example[] => {
    const [, name, onPostgres] = CHECKOUT.exec(line.trim()) ?? [];
    if (name !== undefined) return [{ kind: 'checkout', name, on: onPostgres ? 'Postgres' : 'PGlite' }];
    const mark = MARK.exec(line.trim());
    if (mark === null) {
      // A mark that nobody understands would leave its example unrun.
      if (/^<!-- (?!generated)/.test(line)) throw new Error(`Line ${index + 1}: unknown: ${line}`);
      return [];
    }
    if (!lines[index + 1]?.startsWith('```')) throw new Error(`Line ${index + 1}: no fenced block follows.`);
    const end = lines.indexOf('```', index + 2);
    const body = lines.slice(index + 2, end);
    const path = mark[2];
    if (path !== undefined) return [{ kind: 'file' as const, path, text: `${body.join('\n')}\n` }];
    return parseTerminal(body, index + 3);
  });
}

function parseTerminal(body: readonly string[], firstLine: number): Example[] {
  const starts = body.flatMap((line, index) => (line.startsWith('$ ') ? [index] : []));
  return starts.map((start, position) => {
    const typed = (body[start] as string).slice(2);
    return {
      kind: 'command',
      line: firstLine + start,
      command: typed.replace(EXITS, ''),
      exitCode: Number(EXITS.exec(typed)?.[1] ?? 0),
      expected: body.slice(start + 1, starts[position + 1]).filter((line) => line.trim() !== ''),
    };
  });
}

/** A checkout of a document, with what happens in it. */
export interface ExampleCheckout {
  readonly name: string;
  readonly on: ExampleDatabase;
  readonly examples: readonly ExampleStep[];
}

export type ExampleStep = Exclude<Example, { kind: 'checkout' }>;

/** The checkouts of a document that need this database; what comes before the first one is a checkout of its own. */
export function exampleCheckouts(markdown: string, on: ExampleDatabase): readonly ExampleCheckout[] {
  const first = { name: 'first', on: 'PGlite' as ExampleDatabase, examples: new Array<ExampleStep>() };
  const checkouts = [first];
  let current = first;
  for (const example of parseExamples(markdown)) {
    if (example.kind !== 'checkout') current.examples.push(example);
    else {
      const known = checkouts.find(({ name }) => name === example.name);
      current = known ?? { ...example, examples: [] };
      if (known === undefined) checkouts.push(current);
    }
  }
  return checkouts.filter((checkout) => checkout.on === on && checkout.examples.length > 0);
}

/** Runs them in order, and counts them. Throws at the first that does something else than it says, with its line. */
export async function runExamples(
  examples: readonly ExampleStep[],
  checkout: CliCheckout,
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  for (const example of examples) {
    if (example.kind === 'file') await checkout.write(example.path, example.text);
    else await runCommand(example, checkout, env);
  }
  return examples.length;
}

async function runCommand(
  { line, command, exitCode, expected }: Extract<Example, { kind: 'command' }>,
  checkout: CliCheckout,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const found = await run(splitWords(command), checkout, env);
  const where = `Line ${line}: ${command}`;
  if (found.exitCode !== exitCode)
    throw new Error(`${where}\nended with ${found.exitCode} instead of ${exitCode}:\n${found.text}`);
  const missing = firstMissing(expected, found.text.split('\n'));
  if (missing !== null) throw new Error(`${where}\ndid not print: ${missing}\nbut:\n${found.text}`);
}

interface Ran {
  readonly exitCode: number;
  readonly text: string;
}

async function run(
  words: readonly string[],
  checkout: CliCheckout,
  env: Readonly<Record<string, string>>,
): Promise<Ran> {
  const [program, first = '', ...rest] = words;
  if (program === 'node') return runProgram(process.execPath, [...LOADER, first, ...rest], checkout, env);
  if (program === 'npx' && first === 'drizzle-kit')
    return runProgram(process.execPath, ['node_modules/drizzle-kit/bin.cjs', ...rest], checkout, env);
  if (program === 'git') return runProgram('git', [first, ...rest], checkout, GIT);
  const argv = program === 'lockstep' ? [first, ...rest] : [first.replace(/^db:/, ''), ...rest];
  if (program !== 'lockstep' && program !== 'pnpm')
    throw new Error(`Examples run lockstep, pnpm, node, npx drizzle-kit or git, not ${program}.`);
  const { exitCode, stdout, stderr } = await checkout.run(argv, { env });
  return { exitCode, text: stdout + stderr };
}

/** TypeScript runs as it does with any loader; the checkout finds the packages' sources. */
const LOADER = ['--conditions=@lockstep/source', '--no-warnings', '--import', import.meta.resolve('tsx')];

/** Nobody's own settings, and no editor. */
const GIT = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_EDITOR: 'true',
  ...Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap((who) => [
      [`GIT_${who}_NAME`, 'Ann'],
      [`GIT_${who}_EMAIL`, 'ann@localhost'],
    ]),
  ),
};

function runProgram(
  program: string,
  args: readonly string[],
  checkout: CliCheckout,
  env: Readonly<Record<string, string>>,
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: checkout.path, env: { ...process.env, ...env } });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => void (text += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => void (text += chunk.toString()));
    child.once('error', reject);
    child.once('close', (code) => resolve({ exitCode: code ?? 1, text }));
  });
}

/** The first expected line that isn't printed after those before it; null when all are. */
export function firstMissing(expected: readonly string[], printed: readonly string[]): string | null {
  let at = 0;
  let maySkip = true;
  for (const line of expected) {
    if (line.trim() === '…') {
      maySkip = true;
      continue;
    }
    const matches = (candidate: string) => isLike(line.trim(), candidate.trim());
    const position = maySkip ? printed.slice(at).findIndex(matches) : matches(printed[at] ?? '') ? 0 : -1;
    if (position === -1) return line;
    at += position + 1;
    while (printed[at]?.trim() === '') at += 1;
    maySkip = false;
  }
  return null;
}

/** `…` stands for anything; runs of blanks count as one, since columns move. */
function isLike(pattern: string, text: string): boolean {
  const parts = pattern.replace(/ +/g, ' ').split('…');
  const escaped = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`).test(text.replace(/ +/g, ' '));
}

function splitWords(command: string): readonly string[] {
  return [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
}
