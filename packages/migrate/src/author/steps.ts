import type { MigrationStatement } from '@lockstep/protocol';
import type { ClassifiedStatement } from '../sql/classify.ts';
import { plainForm } from '../sql/plain-form.ts';
import { readRemoved } from '../sql/read-removed.ts';
import { syntaxError } from '../sql/syntax-error.ts';
import { isValueUsed } from './enum-value.ts';
import { type FileSetting, toDefaultSetting, toFileSetting } from './setting-sql.ts';

/** A migration's file with its statements. */
export interface SteppedFile {
  readonly file: string;
  readonly sql: string;
  readonly statements: readonly ClassifiedStatement[];
}

/** A statement of a target, with the statement of the file that it comes from. */
export interface SteppedStatement extends MigrationStatement {
  readonly source: ClassifiedStatement;
}

/**
 * The statements of a file in the steps in which a server runs them: alone what can't be in a transaction, apart what
 * uses a new enum value, and cut where the file has a BEGIN or COMMIT of its own. What it SETs holds until its end and
 * no longer. Raises MIGRATION_SYNTAX for a transaction that the file begins or ends in another way.
 */
export function toServerSteps(file: SteppedFile): readonly SteppedStatement[] {
  const steps = createSteps(file);
  const transaction = createTransaction(file);
  for (const statement of file.statements) {
    const { transaction: word, alone } = statement.stepFacts;
    if (word !== null) {
      transaction.take(statement);
      steps.cut();
    } else if (alone !== null) {
      transaction.requireNone(statement);
      steps.addAlone(statement);
    } else steps.add(statement, statement.text);
  }
  transaction.finish();
  return steps.list;
}

/**
 * The same in the plain form that an embedded database takes, with the electric statements and those for servers only,
 * which an embedded database doesn't get: nobody else is connected to it, so it is one step, as far as enum values allow.
 */
export function toReplaySteps(file: SteppedFile): readonly SteppedStatement[] {
  const steps = createSteps(file);
  for (const statement of file.statements) {
    const isWhole = statement.electric !== null || statement.serverEffect !== 'none';
    const sql = isWhole ? statement.text : plainForm(statement, file.sql);
    if (sql !== null) steps.add(statement, sql);
  }
  return steps.list;
}

interface Steps {
  readonly list: readonly SteppedStatement[];
  cut(): void;
  add(statement: ClassifiedStatement, sql: string): void;
  addAlone(statement: ClassifiedStatement): void;
}

function createSteps(file: SteppedFile): Steps {
  const list: SteppedStatement[] = [];
  const settings = new Map<string, { readonly setting: FileSetting; readonly source: ClassifiedStatement }>();
  /** Those of `settings` that the current step knows. */
  const told = new Set<FileSetting>();
  let newValues: NonNullable<ClassifiedStatement['stepFacts']['addedValue']>[] = [];
  let newTypes = new Set<string>();
  let step = 0;

  const push = (source: ClassifiedStatement, sql: string, more: Partial<MigrationStatement> = {}) => {
    const { start, place, electric } = source;
    const removes = readRemoved(source);
    list.push({
      sql,
      start,
      ...place,
      kind: electric?.kind ?? 'sql',
      transactional: true,
      ...(removes === null ? {} : { removes: [...removes] }),
      ...more,
      step,
      source,
    });
  };
  const cut = () => {
    if (list.at(-1)?.step === step) step += 1;
    told.clear();
    newValues = [];
    newTypes = new Set();
  };
  const remember = (source: ClassifiedStatement) => {
    const setting = toFileSetting(source, file.sql);
    const all = setting === null ? [...settings.keys()].map(toDefaultSetting) : [setting];
    for (const one of all) {
      // The latest comes last, since one parameter may depend on another.
      settings.delete(one.name);
      settings.set(one.name, { setting: one, source });
    }
  };
  return {
    list,
    cut,
    add(source, sql) {
      const { setting, createdType, addedValue } = source.stepFacts;
      if (setting?.kind === 'session') throw refusal(file, source, SESSION_REFUSAL);
      if (setting !== null && setting.kind !== 'transaction') return remember(source);
      if (newValues.some((value) => isValueUsed(value, source))) cut();
      for (const { setting: known, source: origin } of settings.values()) {
        if (told.has(known)) continue;
        told.add(known);
        push(origin, known.local);
      }
      push(source, sql);
      if (createdType !== null) newTypes.add(createdType);
      if (addedValue !== null && !newTypes.has(addedValue.type)) newValues.push(addedValue);
    },
    addAlone(source) {
      cut();
      const session = [...settings.values()].flatMap(({ setting }) =>
        setting.session === null ? [] : [{ name: setting.name, sql: setting.session }],
      );
      push(source, source.text, {
        transactional: false,
        alone: source.stepFacts.alone ?? { kind: 'unknown' },
        ...(session.length === 0 ? {} : { settings: session }),
      });
      cut();
    },
  };
}

const SESSION_REFUSAL =
  'SET SESSION CHARACTERISTICS would change what comes after this migration on the same connection';

/** The transactions that a file begins and ends by itself. */
function createTransaction(file: SteppedFile) {
  let begun: ClassifiedStatement | null = null;
  return {
    take(statement: ClassifiedStatement): void {
      const { transaction: word } = statement.stepFacts;
      if (word === null) return;
      const name = statement.text.toUpperCase();
      if (word.kind === 'other') {
        throw refusal(
          file,
          statement,
          `${name} has no place in a migration, whose transactions are the runner's`,
        );
      }
      if (!word.isPlain) throw refusal(file, statement, `${name}: write it without its mode`);
      if (word.kind === 'begin' && begun !== null)
        throw refusal(file, statement, 'a transaction was begun already');
      begun = word.kind === 'begin' ? statement : null;
    },
    requireNone(statement: ClassifiedStatement): void {
      if (begun !== null) throw refusal(file, statement, 'this statement cannot run inside BEGIN and COMMIT');
    },
    finish(): void {
      if (begun !== null) throw refusal(file, begun, 'this transaction is never committed');
    },
  };
}

function refusal({ file, sql }: SteppedFile, { start }: ClassifiedStatement, message: string) {
  return syntaxError({ sql, file, message, offset: start });
}
