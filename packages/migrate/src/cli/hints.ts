import { LockstepError } from '@lockstep/protocol';
import type { Command } from './command.ts';
import type { CliEnvironment } from './environment.ts';

/** What another tool calls it, and what it is here. */
interface Hint {
  readonly tool: 'Prisma' | 'Supabase' | 'Drizzle' | 'Flyway';
  readonly verb: string;
  readonly ours: readonly string[];
  readonly note?: string;
}

export const HINTS: readonly Hint[] = [
  { tool: 'Prisma', verb: 'migrate dev', ours: ['generate', 'migrate'] },
  { tool: 'Prisma', verb: 'migrate deploy', ours: ['migrate'] },
  { tool: 'Prisma', verb: 'migrate reset', ours: ['reset'] },
  { tool: 'Prisma', verb: 'migrate status', ours: ['status'] },
  { tool: 'Prisma', verb: 'migrate resolve', ours: ['adopt'], note: 'by proof, not by word' },
  { tool: 'Prisma', verb: 'migrate diff', ours: ['generate', 'verify'] },
  { tool: 'Prisma', verb: 'db push', ours: ['push'] },
  { tool: 'Prisma', verb: 'db pull', ours: ['adopt'] },
  { tool: 'Prisma', verb: 'db seed', ours: ['seed'] },
  { tool: 'Supabase', verb: 'db reset', ours: ['reset'] },
  { tool: 'Supabase', verb: 'db diff', ours: ['generate', 'verify'] },
  { tool: 'Supabase', verb: 'db lint', ours: ['lint'] },
  { tool: 'Supabase', verb: 'db dump', ours: ['backup'] },
  { tool: 'Supabase', verb: 'migration up', ours: ['migrate'] },
  { tool: 'Supabase', verb: 'migration down', ours: ['rollback'] },
  { tool: 'Supabase', verb: 'migration new', ours: ['generate'], note: '--custom' },
  { tool: 'Supabase', verb: 'migration list', ours: ['status'] },
  { tool: 'Supabase', verb: 'migration repair', ours: ['adopt'], note: 'by proof, not by word' },
  { tool: 'Drizzle', verb: 'check', ours: ['verify', 'lint'] },
  { tool: 'Flyway', verb: 'info', ours: ['status'] },
  { tool: 'Flyway', verb: 'validate', ours: ['verify'] },
  { tool: 'Flyway', verb: 'baseline', ours: ['adopt'] },
  { tool: 'Flyway', verb: 'repair', ours: ['adopt'] },
  { tool: 'Flyway', verb: 'clean', ours: ['reset'] },
  { tool: 'Flyway', verb: 'undo', ours: ['rollback'] },
];

/** The part of `--help` for people who come from other tools. */
export function hintsHelp(): string {
  const tools = ['Prisma', 'Supabase'] as const;
  const sections = tools.map((tool) => {
    const lines = HINTS.filter((hint) => hint.tool === tool).map(
      ({ verb, ours, note }) => `  ${verb.padEnd(18)} ${ours.join(', then ')}${note ? `  (${note})` : ''}`,
    );
    return [`Coming from ${tool}:`, ...lines].join('\n');
  });
  return `\n${sections.join('\n\n')}`;
}

/** An error for another tool's command line, if it is one: `migrate deploy`. */
export function foreignVerb(
  words: readonly string[],
): ((environment: CliEnvironment) => LockstepError) | null {
  const typed = words.join(' ');
  const hint = HINTS.find(({ verb }) => typed === verb || typed.startsWith(`${verb} `));
  if (hint === undefined) return null;
  return (environment) =>
    usage(
      `${hint.tool}'s \`${hint.verb}\` has another name here.`,
      `Run ${hint.ours.map((name) => `\`${environment.commandLine(name)}\``).join(', then ')}${hint.note ? ` (${hint.note})` : ''}.`,
    );
}

/** The error for a first word that is no command. */
export function unknownCommand(
  words: readonly string[],
  commands: readonly Command[],
  environment: CliEnvironment,
): LockstepError {
  const foreign = foreignVerb(words);
  if (foreign !== null) return foreign(environment);
  const [typed = ''] = words;
  const names = commands.flatMap(({ name, aliases }) => [name, ...aliases]);
  const near = names
    .map((name) => ({ name, distance: editDistance(typed, name) }))
    .filter(({ name, distance }) => distance <= Math.max(1, Math.floor(name.length / 3)))
    .toSorted((a, b) => a.distance - b.distance)[0]?.name;
  const help = `\`${environment.commandLine('--help')}\` lists all commands.`;
  return usage(
    `There is no command ${JSON.stringify(typed)}.`,
    near === undefined ? help : `You may mean \`${environment.commandLine(near)}\`; ${help}`,
  );
}

function usage(message: string, remedy: string): LockstepError {
  return new LockstepError('USAGE', { message, remedy });
}

/** Levenshtein's: how many letters to insert, drop or replace. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of from.split('').entries()) {
    const next = [i + 1];
    for (const [j, other] of to.split('').entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
