import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliCheckout, createCliCheckout } from '../../testing/cli-checkout.ts';
import { EXIT } from '../exit-codes.ts';
import { HINTS } from '../hints.ts';
import { COMMANDS } from './index.ts';

let checkout: CliCheckout;
beforeAll(async () => {
  checkout = await createCliCheckout([]);
});
afterAll(() => checkout.remove());

const UNREACHABLE = ['--database', 'postgres://somebody:passwordsecret@127.0.0.1:9/app'];
const names = COMMANDS.map(({ name }) => name);

describe.each(names)('%s', (name) => {
  test('with --json stdout carries one document, whatever comes of it', async () => {
    const run = await checkout.run([name, ...UNREACHABLE, '--json']);
    expect(typeof run.json()).toBe('object');
    expect(Object.values(EXIT)).toContain(run.exitCode);
    expect(run.stdout + run.stderr).not.toMatch(/passwordsecret|\n {4}at /);
  });

  test('an unknown option ends with 2, and --help with 0 and the options that all have', async () => {
    expect((await checkout.run([name, '--nonsense'])).exitCode).toBe(EXIT.usage);
    const help = await checkout.run([name, '--help']);
    expect(help.exitCode).toBe(EXIT.done);
    expect(help.stdout).toContain('--json');
  });
});

test('--help lists all commands, and the verbs of Prisma and Supabase', async () => {
  const { stdout } = await checkout.run(['--help']);
  for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
  expect(stdout).toMatch(/Coming from Prisma:[^]*migrate deploy +migrate\n/);
  expect(stdout).toMatch(/Coming from Supabase:[^]*db reset +reset\n/);
});

test('no two commands share a name, and no alias hides what another tool calls something else', () => {
  const all = COMMANDS.flatMap(({ name, aliases }) => [name, ...aliases]);
  expect(new Set(all).size).toBe(all.length);
  const commandOf = (verb: string) =>
    COMMANDS.find(({ name, aliases }) => name === verb || aliases.includes(verb))?.name;
  const hidden = HINTS.filter(({ verb, ours }) => {
    const command = commandOf(verb);
    return command !== undefined && !ours.includes(command);
  });
  expect(hidden.map(({ verb }) => verb)).toEqual([]);
});
