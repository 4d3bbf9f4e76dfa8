import type { FileStatus } from '../../operate/status/files-status.ts';
import type { AppliedStatus } from '../../operate/status/status.ts';
import { formatCount, formatTime } from '../words.ts';
import type { TargetStatus } from './read-targets.ts';

export function headOf(targets: readonly TargetStatus[]): string[] {
  return ['migration', 'electrified', 'compiled', 'down', ...targets.map(({ name }) => name)];
}

export function rowsOf(files: readonly FileStatus[], targets: readonly TargetStatus[]): string[][] {
  return files.map((file) => [
    file.tag,
    file.electrified === 'none' ? '-' : file.electrified,
    file.compiled === 'unused' ? '-' : file.compiled,
    file.down === 'none' ? '-' : file.down,
    ...targets.map(({ found }) => formatCell(found, file.tag)),
  ]);
}

function formatCell(found: TargetStatus['found'], tag: string): string {
  if (found.kind === 'unreachable') return 'unreachable';
  if (found.kind === 'absent') return 'pending';
  const status = found.status.migrations.get(tag);
  return status === undefined ? '-' : formatApplied(status);
}

function formatApplied(status: AppliedStatus): string {
  switch (status.kind) {
    case 'applied':
      return status.at === null ? 'applied by Drizzle' : formatTime(status.at);
    case 'unfinished':
      return `unfinished, after statement ${status.step}`;
    case 'pending':
      return status.isOutOfOrder ? 'pending, out of order' : 'pending';
    case 'edited':
      return 'edited after it was applied';
  }
}

export function summaryOf(files: readonly FileStatus[], targets: readonly TargetStatus[]): string[] {
  const lines = targets.map(
    ({ name, label, found }) => `${name}: ${label}: ${formatFound(found, files.length)}`,
  );
  const unelectrified = files.filter((file) => !isElectrified(file)).map(({ tag }) => tag);
  const stale = files.filter((file) => !isCompiled(file)).map(({ tag }) => tag);
  return [
    ...(targets.length === 0 ? ['No database is named: set DATABASE_URL, or give --database.'] : lines),
    ...(unelectrified.length === 0 ? [] : [`Not electrified: ${unelectrified.join(', ')}.`]),
    ...(stale.length === 0 ? [] : [`Not in the bundle as they are: ${stale.join(', ')}.`]),
  ];
}

function formatFound(found: TargetStatus['found'], total: number): string {
  if (found.kind === 'unreachable') return found.reason;
  if (found.kind === 'absent') return `not made yet, ${total} pending.`;
  const { status } = found;
  const statuses = [...status.migrations.values()];
  const applied = statuses.filter(({ kind }) => kind === 'applied').length;
  const pending = statuses.filter(({ kind }) => kind === 'pending' || kind === 'unfinished').length;
  const edited = statuses.filter(({ kind }) => kind === 'edited').length;
  const parts = [
    `${applied} applied`,
    `${pending} pending`,
    ...(edited === 0 ? [] : [`${edited} edited`]),
    ...(status.unknown.length === 0
      ? []
      : [
          `${formatCount(status.unknown.length, 'migration')} that this checkout doesn't have (${status.unknown.join(', ')})`,
        ]),
  ];
  return `${parts.join(', ')}.`;
}

export function isFileClean(file: FileStatus): boolean {
  return isElectrified(file) && isCompiled(file);
}

function isElectrified({ electrified }: FileStatus): boolean {
  return electrified === 'none' || electrified === 'yes';
}

function isCompiled({ compiled }: FileStatus): boolean {
  return compiled === 'fresh' || compiled === 'unused';
}

export function isTargetClean({ found }: TargetStatus): boolean {
  return found.kind === 'read' && found.status.kind === 'up-to-date';
}

export function toJson(file: FileStatus, targets: readonly TargetStatus[]) {
  const applied = targets.map(({ name, found }) => {
    if (found.kind === 'unreachable') return [name, { kind: 'unreachable' }] as const;
    if (found.kind === 'absent') return [name, { kind: 'pending', isOutOfOrder: false }] as const;
    return [name, found.status.migrations.get(file.tag) ?? null] as const;
  });
  return { ...file, ...Object.fromEntries(applied) };
}

export function factsOf({ name, label, found }: TargetStatus) {
  if (found.kind !== 'read') return { name, label, ...found };
  return { name, label, kind: found.status.kind, unknown: found.status.unknown, id: found.id };
}
