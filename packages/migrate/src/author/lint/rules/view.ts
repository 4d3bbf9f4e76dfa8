import { label, onNode, paste, rule, writtenName } from '../rule.ts';
import { outputColumns } from '../schema/apply.ts';
import { keyOf } from '../schema/schema.ts';
import { nameParts } from '../schema/type-ref.ts';

export const replaceView = rule({
  name: 'replace-view',
  level: 'error',
  concern: 'failure',
  subject: '`CREATE OR REPLACE VIEW` with other columns',
  why: 'Columns can be added at its end only; to leave one out, rename or move it is refused (42P16).',
  instead: 'Drop the view and create it.',
  covers: [],
  check: onNode('ViewStmt', function* (node, statement, { schema }) {
    const key = keyOf(schema, node.view);
    const before = schema.views.get(key)?.columns ?? null;
    const aliases = nameParts(node.aliases);
    const after = aliases.length > 0 ? aliases : outputColumns(schema, node.query);
    if (node.replace !== true || before === null || after === null) return;
    const at = before.findIndex((name, index) => after[index] !== name);
    if (at < 0) return;
    yield {
      what: `${label(key)} had ${before[at]} as column ${at + 1}, and now ${after[at] === undefined ? 'has none there' : `has ${after[at]}`}: Postgres refuses that.`,
      relation: key,
      safe: paste(`DROP VIEW ${writtenName(node.view)};\n${statement.classified.text};`),
    };
  }),
});
