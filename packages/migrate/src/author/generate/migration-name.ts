import { formatIndex } from './snapshot.ts';

/** As drizzle-kit numbers files. */
export type MigrationPrefix = 'index' | 'timestamp' | 'supabase' | 'unix' | 'none';

export interface NameOptions {
  readonly index: number;
  /** Milliseconds since 1970. */
  readonly when: number;
  readonly prefix: MigrationPrefix;
  /** Null for two random words. */
  readonly name: string | null;
  /** From 0 to 1, 1 excluded. */
  readonly random: () => number;
}

/** `0007_add_estimate`, or `0007_quiet_falcon` where nobody named it. */
export function migrationTag({ index, when, prefix, name, random }: NameOptions): string {
  const pick = (words: readonly string[]) => words[Math.floor(random() * words.length)] ?? '';
  return `${prefixOf(prefix, index, when)}_${name ?? `${pick(ADJECTIVES)}_${pick(NOUNS)}`}`;
}

function prefixOf(prefix: MigrationPrefix, index: number, when: number): string {
  switch (prefix) {
    case 'index':
      return formatIndex(index);
    case 'timestamp':
    case 'supabase':
      return new Date(when).toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);
    case 'unix':
      return String(Math.floor(when / 1000));
    case 'none':
      return '';
  }
}

const ADJECTIVES = [
  'amber',
  'bold',
  'brave',
  'bright',
  'brisk',
  'calm',
  'clever',
  'cosmic',
  'curious',
  'daring',
  'eager',
  'early',
  'fair',
  'fancy',
  'fast',
  'gentle',
  'glad',
  'golden',
  'grand',
  'happy',
  'humble',
  'jolly',
  'keen',
  'kind',
  'lively',
  'lucky',
  'mellow',
  'mighty',
  'modern',
  'neat',
  'nimble',
  'noble',
  'patient',
  'plain',
  'polite',
  'proud',
  'quick',
  'quiet',
  'rapid',
  'ready',
  'shiny',
  'silent',
  'silver',
  'smooth',
  'solid',
  'steady',
  'sunny',
  'swift',
  'tidy',
  'warm',
];

const NOUNS = [
  'acorn',
  'anchor',
  'badger',
  'beacon',
  'birch',
  'bison',
  'brook',
  'canyon',
  'cedar',
  'comet',
  'condor',
  'coral',
  'crane',
  'delta',
  'dune',
  'ember',
  'falcon',
  'fern',
  'finch',
  'fjord',
  'forest',
  'fox',
  'glacier',
  'harbor',
  'hawk',
  'heron',
  'island',
  'jaguar',
  'lagoon',
  'lantern',
  'lark',
  'lynx',
  'maple',
  'meadow',
  'meteor',
  'otter',
  'owl',
  'pine',
  'prairie',
  'puffin',
  'raven',
  'reef',
  'river',
  'robin',
  'sparrow',
  'spruce',
  'stork',
  'summit',
  'tundra',
  'willow',
];
