import { label, onAlter, paste, rule, sqlName } from '../rule.ts';
import { droppedNames } from '../schema/apply-drop.ts';
import { keyOf, keyOfParts } from '../schema/schema.ts';
import { nameParts } from '../schema/type-ref.ts';
import { insertAfter } from '../statement.ts';

export const createTrigger = rule({
  name: 'create-trigger',
  level: 'notice',
  concern: 'lock',
  subject: '`CREATE TRIGGER`, `ENABLE` and `DISABLE TRIGGER` beside other work',
  why: 'They lock the table against writes, for a moment that lasts to the end of the transaction.',
  instead: 'In a migration that does nothing slow.',
  covers: [],
  *check(statement, context) {
    const { node, effects, classified, step } = statement;
    const { schema, isNew } = context;
    const isTrigger = /^AT_(En|Dis)able.*Trig/.test(
      String(
        (node.AlterTableStmt?.cmds?.[0] as { AlterTableCmd?: { subtype?: string } } | undefined)
          ?.AlterTableCmd?.subtype,
      ),
    );
    const relation = node.CreateTrigStmt?.relation ?? (isTrigger ? node.AlterTableStmt?.relation : undefined);
    if (relation === undefined) return;
    const key = keyOf(schema, relation);
    const slow = context.before.find(
      (earlier) =>
        earlier.step === step &&
        earlier.effects.some(
          (effect) => effect.relation === key && (effect.scans || effect.rewrites || effect.builds),
        ),
    );
    if (isNew(key) || slow === undefined || effects.length === 0) return;
    yield {
      what: `${label(key)} is locked against writes beside statement ${slow.number}, which reads or writes all of it.`,
      relation: key,
      safe: paste(`${classified.text};`, 'In a migration of its own'),
    };
  },
});

export const dropTrigger = rule({
  name: 'drop-trigger',
  level: 'notice',
  concern: 'lock',
  subject:
    '`DROP TRIGGER` and `CREATE TRIGGER` of one name, `DROP FUNCTION` and `CREATE FUNCTION`, `CREATE RULE`',
  why: 'DROP TRIGGER and CREATE RULE lock the table against readers and writers; between DROP and CREATE others wait, and a retry may find neither.',
  instead: '`CREATE OR REPLACE`, which takes a weaker lock and can be run twice.',
  covers: [],
  *check(statement, context) {
    const { node } = statement;
    const { schema, before, isNew } = context;
    if (
      node.RuleStmt !== undefined &&
      node.RuleStmt.replace !== true &&
      !isNew(keyOf(schema, node.RuleStmt.relation))
    ) {
      yield {
        what: `${label(keyOf(schema, node.RuleStmt.relation))} is locked against readers and writers.`,
        relation: keyOf(schema, node.RuleStmt.relation),
        safe: paste(`${insertAfter(statement, ['create'], 'OR REPLACE')};`),
      };
    }
    const { CreateTrigStmt: trigger, CreateFunctionStmt: routine } = node;
    const name =
      trigger?.trigname ?? (routine === undefined ? null : keyOfParts(schema, nameParts(routine.funcname)));
    const isReplacing = trigger?.replace === true || routine?.replace === true;
    if (name === null || isReplacing || trigger?.isconstraint === true) return;
    const dropped = before.some(({ node: { DropStmt: drop } }) => {
      if (drop === undefined) return false;
      return droppedNames(drop).some((parts) =>
        trigger === undefined
          ? /FUNCTION|PROCEDURE|ROUTINE/.test(drop.removeType ?? '') && keyOfParts(schema, parts) === name
          : drop.removeType === 'OBJECT_TRIGGER' &&
            parts.at(-1) === name &&
            keyOfParts(schema, parts.slice(0, -1)) === keyOf(schema, trigger.relation),
      );
    });
    const key = trigger === undefined ? null : keyOf(schema, trigger.relation);
    if (!dropped || (key !== null && isNew(key))) return;
    yield {
      what: `${trigger === undefined ? 'The function' : `The trigger ${name}`} is dropped and made again.`,
      relation: key,
      safe: paste(`${insertAfter(statement, ['create'], 'OR REPLACE')};`, 'Without the DROP before it'),
    };
  },
});

export const replicaIdentity = rule({
  name: 'replica-identity',
  level: 'warning',
  concern: 'sync',
  subject: '`REPLICA IDENTITY FULL`',
  why: 'From then on each UPDATE and DELETE writes the whole old row into the log as well, and whoever replicates the table may start anew.',
  instead: '`ENABLE ELECTRIC` sets what sync needs; elsewhere the primary key does.',
  covers: [],
  check: onAlter(['AT_ReplicaIdentity'], function* ({ command, key, head, rest, table }) {
    const { ReplicaIdentityStmt: identity } = (command.def ?? {}) as {
      ReplicaIdentityStmt?: { identity_type?: string };
    };
    if (identity?.identity_type !== 'f' && identity?.identity_type !== 'n') return;
    const isNothing = identity.identity_type === 'n';
    yield {
      what: isNothing
        ? `UPDATE and DELETE on ${label(key)} fail as soon as it is published.`
        : `Each UPDATE and DELETE on ${label(key)} logs the whole old row.`,
      relation: key,
      safe: paste(
        `${rest}${head} ${table?.isSynced === true ? 'ENABLE ELECTRIC' : 'REPLICA IDENTITY DEFAULT'};`,
        table?.isSynced === true ? 'ENABLE ELECTRIC has set it already' : 'The primary key tells rows apart',
      ),
    };
  }),
});

export const attachPartition = rule({
  name: 'attach-partition',
  level: 'warning',
  concern: 'lock',
  subject: '`ATTACH PARTITION`',
  why: 'Every row of the partition is read while nobody can read it, unless a valid check says already that they fit.',
  instead: "Add a check with the partition's bounds first, NOT VALID and then validated; drop it afterwards.",
  covers: [],
  check: onAlter(
    ['AT_AttachPartition'],
    function* ({ command, piece }, statement, context) {
      const part = (
        command.def as { PartitionCmd?: { name?: { schemaname?: string; relname?: string } } } | undefined
      )?.PartitionCmd?.name;
      const key = keyOf(context.schema, part);
      const checks = context.schema.tables
        .get(key)
        ?.constraints.filter(({ kind, isValid }) => kind === 'check' && isValid);
      if (context.isNew(key) || (checks?.length ?? 0) > 0) return;
      const name = sqlName(key);
      const bound = piece?.text.replace(/^[\s\S]*?\bfor\s+values\s+/i, '') ?? '';
      yield {
        what: `Every row of ${label(key)} is read while nobody can read it.`,
        relation: key,
        safe: {
          blocks: [
            {
              title: `Migration 1: the bounds (${bound}) as a check of the rows`,
              sql: `ALTER TABLE ${name} ADD CONSTRAINT "partition_bounds" CHECK (true /* the bounds, and NOT NULL of the key */) NOT VALID;`,
            },
            { title: 'Migration 2', sql: `ALTER TABLE ${name} VALIDATE CONSTRAINT "partition_bounds";` },
            {
              title: 'Migration 3',
              sql: `${statement.classified.text};\nALTER TABLE ${name} DROP CONSTRAINT "partition_bounds";`,
            },
          ],
        },
      };
    },
    { includeNew: true },
  ),
});

export const detachPartition = rule({
  name: 'detach-partition',
  level: 'error',
  concern: 'lock',
  subject: '`DETACH PARTITION` without CONCURRENTLY',
  why: 'The whole partitioned table is locked against readers and writers.',
  instead: 'CONCURRENTLY, alone in its migration.',
  covers: ['squawk require-concurrent-partition-detach'],
  check: onAlter(['AT_DetachPartition'], function* ({ command, key, piece, head }) {
    const { PartitionCmd: part } = (command.def ?? {}) as { PartitionCmd?: { concurrent?: boolean } };
    if (part?.concurrent === true) return;
    yield {
      what: `${label(key)} is locked against readers and writers.`,
      relation: key,
      safe: paste(`${head} ${piece?.text ?? ''} CONCURRENTLY;`, 'Alone in its migration'),
    };
  }),
});
