import type { Change } from '@lockstep/protocol';

/**
 * What is new, in plain words, a sentence each: "Items have an estimate now." What nobody sees (keys, constraints,
 * defaults, rows) has no sentence.
 */
export function toChangelog(footprint: readonly Change[]): readonly string[] {
  return footprint.flatMap((change) => sentence(change) ?? []);
}

/** The lines of a hand-written change log: its first paragraph, without list marks. */
export function parseNotes(notes: string): readonly string[] {
  const [paragraph] = notes
    .replaceAll('\r\n', '\n')
    .trim()
    .split(/\n\s*\n/);
  return (paragraph ?? '')
    .split('\n')
    .map((line) => line.replace(/^\s*(?:[-*+]|#+)\s+/, '').trim())
    .filter((line) => line !== '');
}

function sentence(change: Change): string | null {
  switch (change.kind) {
    case 'create-table':
      return `${subject(change.table)} are new.`;
    case 'drop-table':
      return `${subject(change.table)} are gone.`;
    case 'rename-table':
      return `${subject(change.table)} are called ${plural(words(change.to))} now.`;
    case 'add-column':
      return `${subject(change.table)} ${possession(change.column)} now.`;
    case 'drop-column':
      return `${subject(change.table)} no longer ${possession(change.column)}.`;
    case 'rename-column':
      return `The ${attribute(change.column)} of ${plural(words(change.table))} is called ${attribute(change.to)} now.`;
    case 'alter-enum':
      return enumSentence(change.type, change.added, change.removed);
    case 'alter-type':
    case 'alter-nullability':
    case 'alter-default':
    case 'alter-key':
    case 'alter-constraints':
    case 'write-rows':
      return null;
  }
}

function enumSentence(type: string, added: readonly string[], removed: readonly string[]): string | null {
  const name = capitalise(words(type));
  if (added.length > 0 && removed.length === 0) return `${name} can be ${list(added)} now.`;
  if (removed.length > 0 && added.length === 0) return `${name} can no longer be ${list(removed)}.`;
  if (added.length > 0) return `${name} can be ${list(added)} now, and no longer ${list(removed)}.`;
  return null;
}

function subject(table: string): string {
  return capitalise(plural(words(table)));
}

/** "have an estimate", "can be archived" for `is_archived`, "have comments" for `has_comments`. */
function possession(column: string): string {
  const flag = /^(is|has|can)_(.+)$/.exec(snake(column));
  if (flag?.[1] === 'is') return `can be ${words(flag[2] as string)}`;
  if (flag?.[1] === 'can') return `can ${words(flag[2] as string)}`;
  return `have ${withArticle(attribute(flag?.[2] ?? column))}`;
}

/** "author" for `author_id`, "due date" for `due_on`. */
function attribute(column: string): string {
  const name = snake(column);
  if (/._(at|on)$/.test(name)) return `${words(name.slice(0, -3))} date`;
  return words(/._id$/.test(name) ? name.slice(0, -3) : name);
}

function withArticle(noun: string): string {
  if (/[^siu]s$/.test(noun)) return noun;
  return `${/^[aeiou]/.test(noun) ? 'an' : 'a'} ${noun}`;
}

function plural(noun: string): string {
  if (noun.endsWith('s')) return noun;
  return /[^aeiou]y$/.test(noun) ? `${noun.slice(0, -1)}ies` : `${noun}s`;
}

function list(labels: readonly string[]): string {
  const names = labels.map(words);
  const last = names.pop() ?? '';
  return names.length === 0 ? last : `${names.join(', ')} or ${last}`;
}

/** `app.sub_items` and `subItems` to "sub items". */
function words(identifier: string): string {
  const name = identifier.slice(identifier.lastIndexOf('.') + 1);
  return snake(name).replaceAll('_', ' ').trim();
}

function snake(identifier: string): string {
  return identifier.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
