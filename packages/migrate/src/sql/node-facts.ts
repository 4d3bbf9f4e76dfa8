import { nodeContent, nodeName } from './node-walk.ts';
import type { Node } from './parser.ts';

/** The words of a text: the names of Postgres's nodes are too many for a line each. */
function wordSet(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}

const NEVER_IN_TRANSACTION = new Set([
  'TransactionStmt',
  'CreatedbStmt',
  'DropdbStmt',
  'CreateTableSpaceStmt',
  'DropTableSpaceStmt',
  'AlterSystemStmt',
  'CreateSubscriptionStmt',
  'DropSubscriptionStmt',
]);

/** Whether a statement may run in a transaction with others. */
export function isTransactional(node: Node): boolean {
  const name = nodeName(node);
  const content = nodeContent(node);
  if (NEVER_IN_TRANSACTION.has(name)) return false;
  if (name === 'IndexStmt' || name === 'DropStmt') return content.concurrent !== true;
  if (name === 'VacuumStmt') return content.is_vacuumcmd !== true;
  if (name === 'ClusterStmt') return content.relation !== undefined;
  if (name === 'ReindexStmt') return isTransactionalReindex(content);
  if (name === 'AlterTableStmt') return !commands(content).some(isConcurrentDetach);
  if (name === 'DiscardStmt') return content.target !== 'DISCARD_ALL';
  if (name === 'AlterSubscriptionStmt') return !isRefreshing(content);
  return true;
}

function isTransactionalReindex(content: Readonly<Record<string, unknown>>): boolean {
  const isOfOne = content.kind === 'REINDEX_OBJECT_INDEX' || content.kind === 'REINDEX_OBJECT_TABLE';
  return isOfOne && !isOn(content.params, 'concurrently');
}

/** It fetches the list of the published tables, unless told not to. */
function isRefreshing(content: Readonly<Record<string, unknown>>): boolean {
  const { kind, options } = content;
  return (
    kind === 'ALTER_SUBSCRIPTION_REFRESH' ||
    (String(kind).endsWith('_PUBLICATION') && isOn(options, 'refresh', true))
  );
}

const OFF = new Set(['false', 'off', '0', 'no']);

/** Whether an option is given, and not as `false`. */
function isOn(options: unknown, name: string, otherwise = false): boolean {
  const list = (options ?? []) as {
    DefElem?: { defname?: string; arg?: { String?: { sval?: string }; Integer?: { ival?: number } } };
  }[];
  const found = list.find(({ DefElem }) => DefElem?.defname === name)?.DefElem;
  if (found === undefined) return otherwise;
  if (found.arg?.Integer !== undefined) return (found.arg.Integer.ival ?? 0) !== 0;
  return !OFF.has(found.arg?.String?.sval?.toLowerCase() ?? 'true');
}

/** Whether a statement waits for data that no file of SQL holds. */
export function needsInput(node: Node): boolean {
  const { is_from, is_program, filename } = nodeContent(node);
  return nodeName(node) === 'CopyStmt' && is_from === true && (is_program === true || filename === undefined);
}

const SERVER_ONLY = wordSet(`
  CreateRoleStmt AlterRoleStmt AlterRoleSetStmt DropRoleStmt GrantStmt GrantRoleStmt
  AlterDefaultPrivilegesStmt ReassignOwnedStmt DropOwnedStmt AlterOwnerStmt SecLabelStmt
  CreatePublicationStmt AlterPublicationStmt CreateSubscriptionStmt AlterSubscriptionStmt
  DropSubscriptionStmt CreatePolicyStmt AlterPolicyStmt AlterExtensionStmt
  AlterExtensionContentsStmt CreateFdwStmt AlterFdwStmt CreateForeignServerStmt AlterForeignServerStmt
  CreateForeignTableStmt CreateUserMappingStmt AlterUserMappingStmt DropUserMappingStmt
  ImportForeignSchemaStmt CreateTableSpaceStmt DropTableSpaceStmt AlterSystemStmt CreatedbStmt
  DropdbStmt AlterDatabaseStmt AlterDatabaseSetStmt ReindexStmt ClusterStmt CheckPointStmt LoadStmt`);

const SERVER_ONLY_OBJECTS = wordSet(`
  OBJECT_PUBLICATION OBJECT_PUBLICATION_REL OBJECT_SUBSCRIPTION OBJECT_POLICY OBJECT_ROLE
  OBJECT_EXTENSION OBJECT_FDW OBJECT_FOREIGN_SERVER OBJECT_FOREIGN_TABLE OBJECT_USER_MAPPING
  OBJECT_DATABASE OBJECT_TABLESPACE`);

const SERVER_ONLY_COMMANDS = wordSet(`
  AT_ChangeOwner AT_ReplicaIdentity AT_EnableRowSecurity AT_DisableRowSecurity AT_ForceRowSecurity
  AT_NoForceRowSecurity AT_SetTableSpace AT_ClusterOn AT_DropCluster`);

/** Whether a statement has no meaning for a database that one application has to itself. */
export function isServerOnly(node: Node): boolean {
  const name = nodeName(node);
  const content = nodeContent(node);
  if (SERVER_ONLY.has(name)) return true;
  if (name === 'VacuumStmt') return content.is_vacuumcmd === true;
  if (name === 'VariableSetStmt') return content.name === 'role' || content.name === 'session_authorization';
  if (SERVER_ONLY_OBJECTS.has(objectKind(content))) return true;
  return (
    name === 'AlterTableStmt' &&
    commands(content).every((command) => SERVER_ONLY_COMMANDS.has(command.subtype ?? ''))
  );
}

function objectKind(content: Readonly<Record<string, unknown>>): string {
  const kind = content.removeType ?? content.objtype ?? content.objectType ?? content.renameType;
  return typeof kind === 'string' ? kind : '';
}

/**
 * What a server-only statement does to the structure of a database: nothing that is part of one; something that any
 * Postgres can do; or `foreign`, something that needs what only the server has.
 */
export type ServerEffect = 'none' | 'structure' | 'foreign';

const FOREIGN = wordSet(`
  CreateFdwStmt AlterFdwStmt CreateForeignServerStmt AlterForeignServerStmt CreateForeignTableStmt
  ImportForeignSchemaStmt AlterExtensionContentsStmt
  OBJECT_FDW OBJECT_FOREIGN_SERVER OBJECT_FOREIGN_TABLE`);

const STRUCTURAL = wordSet(`
  CreatePublicationStmt AlterPublicationStmt CreatePolicyStmt AlterPolicyStmt
  OBJECT_PUBLICATION OBJECT_PUBLICATION_REL OBJECT_POLICY OBJECT_EXTENSION`);

/** Who owns what is no part of a structure, and neither are comments and the versions of extensions. */
const NO_STRUCTURE = wordSet('AlterOwnerStmt AlterExtensionStmt CommentStmt SecLabelStmt');

const STRUCTURAL_COMMANDS = wordSet(`
  AT_ReplicaIdentity AT_EnableRowSecurity AT_DisableRowSecurity AT_ForceRowSecurity AT_NoForceRowSecurity`);

export function serverEffect(node: Node): ServerEffect {
  const name = nodeName(node);
  const content = nodeContent(node);
  if (NO_STRUCTURE.has(name)) return 'none';
  const words = [name, objectKind(content)];
  if (words.some((word) => FOREIGN.has(word))) return 'foreign';
  if (words.some((word) => STRUCTURAL.has(word))) return 'structure';
  const isAltering = commands(content).some(({ subtype }) => STRUCTURAL_COMMANDS.has(subtype ?? ''));
  return name === 'AlterTableStmt' && isAltering ? 'structure' : 'none';
}

interface AlterCommand {
  readonly subtype?: string;
  readonly def?: { readonly PartitionCmd?: { readonly concurrent?: boolean } };
}

function commands(content: Readonly<Record<string, unknown>>): readonly AlterCommand[] {
  const list = (content.cmds ?? []) as { AlterTableCmd?: AlterCommand }[];
  return list.map(({ AlterTableCmd }) => AlterTableCmd ?? {});
}

function isConcurrentDetach(command: AlterCommand): boolean {
  return command.def?.PartitionCmd?.concurrent === true;
}
