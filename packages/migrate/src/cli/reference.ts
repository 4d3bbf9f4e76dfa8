import type { Command, OptionSpec } from './command.ts';
import { COMMANDS } from './commands/index.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { GLOBAL_OPTIONS } from './global-options.ts';
import { HINTS } from './hints.ts';

/** The part of `docs/cli.md` that follows from the commands, as Markdown. */
export function cliReference(): string {
  return [
    '## Exit codes',
    table(
      ['code', 'meaning'],
      EXIT_CODES.map(({ code, meaning }) => [String(code), meaning]),
    ),
    '## Options of every command',
    optionTable(GLOBAL_OPTIONS),
    '## Commands',
    ...COMMANDS.flatMap(describe),
    '## Coming from another tool',
    table(
      ['there', 'here'],
      HINTS.map(({ tool, verb, ours, note }) => [
        `${tool}: \`${verb}\``,
        `${ours.map((name) => `\`${name}\``).join(', then ')}${note === undefined ? '' : ` (${note})`}`,
      ]),
    ),
  ].join('\n\n');
}

function describe(command: Command): string[] {
  const { name, aliases, summary, description, options, examples = [] } = command;
  const args = (command.arguments ?? []).map((argument) => argument.name);
  return [
    `### ${[name, ...args].join(' ')}`,
    `${capitalise(summary)}.${aliases.length === 0 ? '' : ` Also called ${aliases.map((alias) => `\`${alias}\``).join(', ')}.`}`,
    ...(description === undefined ? [] : [description]),
    ...(args.length === 0 ? [] : [argumentTable(command)]),
    ...(options.length === 0 ? [] : [optionTable(options)]),
    ...(examples.length === 0
      ? []
      : [['```sh', ...examples.map((example) => `lockstep ${example}`), '```'].join('\n')]),
  ];
}

function optionTable(options: readonly OptionSpec[]): string {
  const rows = options.map(({ flags, description, choices }) => [
    `\`${flags}\``,
    `${description}${choices === undefined ? '' : ` (${choices.join(', ')})`}`,
  ]);
  return table(['option', 'what it does'], rows);
}

function argumentTable({ arguments: specs = [] }: Command): string {
  const rows = specs.map(({ name, description }) => [`\`${name}\``, description]);
  return table(['argument', 'what it is'], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
