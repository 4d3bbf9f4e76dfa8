export interface ConfigChoices {
  /** Relative to the file. */
  readonly migrations: string;
  /** Null where it is the usual `./drizzle.config.ts`. */
  readonly drizzle: string | null;
}

/** A `lockstep.config.ts` to start from: it says what was found, and of the rest what could be said. */
export function configText({ migrations, drizzle }: ConfigChoices): string {
  const lines = [
    "import { defineConfig } from '@lockstep/migrate/node';",
    '',
    'export default defineConfig({',
    "  // drizzle-kit's output folder.",
    `  migrations: ${quote(migrations)},`,
    ...(drizzle === null ? [] : [`  drizzle: ${quote(drizzle)},`]),
    '  // Where the compiled migrations are written, for programs that carry them: browsers, desktop applications.',
    "  // bundle: './src/migrations',",
    '',
    '  // Tables that clients hold, and tables that never leave the server. Without Electric both stay empty.',
    '  synced: [],',
    '  serverOnly: [],',
    '',
    '  // The newest migration that is released: it and all before keep their bytes.',
    '  releasedUpTo: null,',
    '});',
    '',
  ];
  return lines.join('\n');
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
