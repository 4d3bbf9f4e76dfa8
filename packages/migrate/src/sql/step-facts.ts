import type { AloneWork } from '@lockstep/protocol';
import { readAloneWork } from './alone-work.ts';
import { nodeContent, nodeName } from './node-walk.ts';
import type { Node } from './parser.ts';

/** What decides with which others a statement may share a transaction, and what it leaves to those after it. */
export interface StepFacts {
  readonly alone: AloneWork | null;
  readonly transaction: TransactionWord | null;
  readonly setting: Setting | null;
  /** An enum type that it creates, as it is written. */
  readonly createdType: string | null;
  /** A value that it adds to an enum type: not to be used before a commit. */
  readonly addedValue: { readonly type: string; readonly name: string; readonly value: string } | null;
}

/** BEGIN and its kin. `plain` is one without a mode, or a COMMIT that doesn't chain. */
export interface TransactionWord {
  readonly kind: 'begin' | 'commit' | 'other';
  readonly isPlain: boolean;
}

/** SET and RESET. `name` is null for RESET ALL. */
export interface Setting {
  readonly name: string | null;
  readonly kind: 'set' | 'reset' | 'transaction' | 'session';
  readonly isLocal: boolean;
}

export const NO_STEP_FACTS: StepFacts = {
  alone: null,
  transaction: null,
  setting: null,
  createdType: null,
  addedValue: null,
};

export function readStepFacts(node: Node): StepFacts {
  const name = nodeName(node);
  const content = nodeContent(node);
  return {
    alone: readAloneWork(node),
    transaction: name === 'TransactionStmt' ? transactionWord(content) : null,
    setting: name === 'VariableSetStmt' ? setting(content) : null,
    createdType: name === 'CreateEnumStmt' ? typeNames(content.typeName).join('.') : null,
    addedValue: name === 'AlterEnumStmt' && content.oldVal === undefined ? addedValue(content) : null,
  };
}

type Content = Readonly<Record<string, unknown>>;

const WORDS: Readonly<Record<string, 'begin' | 'commit'>> = {
  TRANS_STMT_BEGIN: 'begin',
  TRANS_STMT_START: 'begin',
  TRANS_STMT_COMMIT: 'commit',
};

function transactionWord({ kind, options, chain }: Content): TransactionWord {
  return { kind: WORDS[String(kind)] ?? 'other', isPlain: options === undefined && chain !== true };
}

function setting({ kind, name, is_local }: Content): Setting {
  const isLocal = is_local === true;
  if (kind === 'VAR_SET_MULTI') {
    return { name: null, kind: name === 'SESSION CHARACTERISTICS' ? 'session' : 'transaction', isLocal };
  }
  if (kind === 'VAR_RESET_ALL') return { name: null, kind: 'reset', isLocal };
  return { name: String(name).toLowerCase(), kind: kind === 'VAR_RESET' ? 'reset' : 'set', isLocal };
}

function addedValue({ typeName, newVal }: Content): StepFacts['addedValue'] {
  const names = typeNames(typeName);
  return { type: names.join('.'), name: names.at(-1) ?? '', value: String(newVal) };
}

function typeNames(parts: unknown): string[] {
  return ((parts ?? []) as { String?: { sval?: string } }[]).map(({ String: text }) => text?.sval ?? '');
}
