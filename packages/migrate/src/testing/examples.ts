import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { CliProject } from './cli-project.ts';

/**
 * Examples of a document that are run. A fenced block counts when a comment stands in the line before it:
 *
 * `<!-- file: drizzle/0000_items.sql -->`: the block is that file of the project.
 * `<!-- test -->`: the block is a terminal. Lines from `$ ` on are commands, `lockstep …` (or `pnpm db:…`) and
 * `node file.ts`; `# exits 2` behind one is its exit code. The lines below are what it prints, on either stream; `…` stands
 * for anything within a line, and alone for any lines.
 */
export type Example =
  | { readonly kind: 'file'; readonly path: string; readonly text: string }
  | {
      readonly kind: 'command';
      readonly line: number;
      readonly command: string;
      readonly exitCode: number;
      readonly expected: readonly string[];
    };

const MARK = /^<!-- (?:(test)|file: (\S+)) -->$/;
const EXITS = / +# exits (\d+)$/;

export function parseExamples(markdown: string): readonly Example[] {
  const lines = markdown.split('\n');
  return lines.flatMap((line, index) => {
    const mark = MARK.exec(line.trim());
    if (mark === null) return [];
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

/** Runs them in order, in one project. Throws at the first that does something else than it says, with its line. */
export async function runExamples(markdown: string, project: CliProject): Promise<number> {
  const examples = parseExamples(markdown);
  for (const example of examples) {
    if (example.kind === 'file') await project.write(example.path, example.text);
    else await runCommand(example, project);
  }
  return examples.length;
}

async function runCommand(
  { line, command, exitCode, expected }: Extract<Example, { kind: 'command' }>,
  project: CliProject,
): Promise<void> {
  const found = await run(splitWords(command), project);
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

async function run(words: readonly string[], project: CliProject): Promise<Ran> {
  const [program, first = '', ...rest] = words;
  if (program === 'node') return runNode([first, ...rest], project);
  const argv = program === 'lockstep' ? [first, ...rest] : [first.replace(/^db:/, ''), ...rest];
  if (program !== 'lockstep' && program !== 'pnpm')
    throw new Error(`Examples run lockstep, pnpm or node, not ${program}.`);
  const { exitCode, stdout, stderr } = await project.run(argv);
  return { exitCode, text: stdout + stderr };
}

/** TypeScript runs as it does with any loader; the project finds the packages' sources. */
function runNode(args: readonly string[], project: CliProject): Promise<Ran> {
  const loader = ['--conditions=@lockstep/source', '--no-warnings', '--import', import.meta.resolve('tsx')];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...loader, ...args], { cwd: join(project.path) });
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
