import { repeatableForm } from '../repeatable.ts';
import { paste, rule } from '../rule.ts';

export const notRepeatable = rule({
  name: 'not-repeatable',
  level: 'notice',
  concern: 'failure',
  subject: 'A statement outside of a transaction that fails when it runs a second time',
  why: 'Killed between the statement and the record of it, a runner meets it again. (Our runner looks in the catalogue whether an index was built, dropped or attached before it repeats that.)',
  instead: 'The form that may run twice.',
  covers: ['squawk prefer-robust-stmts'],
  *check(statement, { schema, open }) {
    const { classified, node } = statement;
    if ((classified.isTransactional && open === null) || classified.kind === 'transaction') return;
    // CREATE INDEX CONCURRENTLY needs two statements for it, and each runner has to have its own way.
    if (node.IndexStmt !== undefined) return;
    const form = repeatableForm(statement, schema);
    if (form !== null) yield { what: 'Run a second time, it fails.', safe: paste(form) };
  },
});
