import { resolve } from 'node:path';
import * as protocol from '@lockstep/protocol';
import { LockstepError, type MigrationProgram } from '@lockstep/protocol';
import { createJiti } from 'jiti';
import * as migrate from '../../index.ts';
import type { JournalMigration, ProgramSource } from '../journal-migration.ts';
import { checkProgramImports } from './program-imports.ts';
import { moduleHashOf, readProgramFile } from './program-sql.ts';

/** A program as its module exports it. */
export interface LoadedProgram {
  readonly program: MigrationProgram;
  /** The name of the export. */
  readonly export: string;
}

/**
 * The module of a TypeScript migration; null for one of SQL. Raises PROGRAM_INVALID when module and SQL file disagree:
 * no module, another text than the one that the file speaks for, a module beside a file of SQL.
 */
export function programSourceOf({ tag, file, sql, program }: JournalMigration): ProgramSource | null {
  const found = readProgramFile(sql);
  if (found.kind === 'sql' && program === null) return null;
  if (found.kind === 'sql') {
    throw invalid(
      program?.file ?? file,
      `There is a module beside ${tag}, whose SQL file is one of plain SQL: a runner would run one of them only.`,
      'Move the module away; or make it a migration of its own with `lockstep program`.',
    );
  }
  if (found.kind === 'damaged') {
    throw invalid(
      file,
      `The SQL file of the TypeScript migration ${tag} was edited (or its line endings were converted).`,
      'Restore it from version control; while it is unreleased, `lockstep program --seal` makes it anew.',
    );
  }
  if (program === null) {
    throw invalid(
      file,
      `${tag} is a TypeScript migration, and its module is not there.`,
      'Restore the module from version control.',
    );
  }
  const actual = moduleHashOf(program.text);
  if (actual !== found.moduleHash) {
    throw new LockstepError('PROGRAM_INVALID', {
      message: `The module of ${tag} is not the one that its SQL file speaks for: sha256 ${actual} instead of ${found.moduleHash}.`,
      remedy:
        'While the migration is unreleased, seal it anew (`lockstep program --seal`). Once released, restore the module, and put the change into a new migration.',
      place: { file: program.file },
      details: { expected: found.moduleHash, actual },
    });
  }
  return program;
}

/**
 * Loads a program's module from its text's own place. Raises PROGRAM_INVALID for imports that aren't shipped, a module
 * that throws, has no `defineMigration`, several of them, or the id of another migration.
 */
export async function loadProgram(tag: string, source: ProgramSource): Promise<LoadedProgram> {
  checkProgramImports(source);
  const exported = await evaluate(source);
  const found = Object.entries(exported).flatMap(([name, value]) =>
    isProgram(value) ? [{ program: value, export: name }] : [],
  );
  // `export default x` beside `export { x }` is one.
  const programs = found.filter(
    ({ program }, index) => found.findIndex((other) => other.program === program) === index,
  );
  const [loaded] = programs;
  if (loaded === undefined || programs.length > 1) {
    throw invalid(
      source.file,
      `The module of ${tag} exports ${programs.length === 0 ? 'no migration' : 'several migrations'}.`,
      'Export one, named or as default: `export default defineMigration({ id, version, description, up })`.',
    );
  }
  const names = [tag, tag.replace(/^\d+_/, '')];
  if (!names.includes(loaded.program.id)) {
    throw invalid(
      source.file,
      `The module of ${tag} has the id ${loaded.program.id}.`,
      `Give it the id ${names.at(-1)}: it says which migration the module is, and stays when it is renumbered.`,
    );
  }
  return loaded;
}

async function evaluate({ file, text }: ProgramSource): Promise<Record<string, unknown>> {
  const filename = resolve(file);
  const jiti = createJiti(filename, {
    interopDefault: false,
    fsCache: false,
    moduleCache: false,
    // `defineMigration` of this very copy, whether or not the migrations folder could resolve the package.
    virtualModules: { '@lockstep/protocol': protocol, '@lockstep/migrate': migrate },
  });
  try {
    return (await jiti.evalModule(text, { filename, async: true, forceTranspile: true })) as Record<
      string,
      unknown
    >;
  } catch (cause) {
    throw new LockstepError('PROGRAM_INVALID', {
      message: `The module can't be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      remedy: 'Correct it; are the packages installed that it imports?',
      place: { file },
      cause,
    });
  }
}

function isProgram(value: unknown): value is MigrationProgram {
  if (typeof value !== 'object' || value === null) return false;
  const { id, version, description, up, down } = value as Record<string, unknown>;
  return (
    typeof id === 'string' &&
    typeof version === 'string' &&
    typeof description === 'string' &&
    typeof up === 'function' &&
    (down === undefined || typeof down === 'function')
  );
}

function invalid(file: string, message: string, remedy: string): LockstepError {
  return new LockstepError('PROGRAM_INVALID', { message, remedy, place: { file } });
}
