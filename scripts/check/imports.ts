import { parseSync } from 'oxc-parser';
import type { SourceFile } from './source-files.ts';

export interface Import {
  readonly specifier: string;
  /** Only types are imported: nothing of it is there when the program runs. */
  readonly isTypeOnly: boolean;
}

/** What a file imports: statically, dynamically and by re-export. */
export function importsOf(file: SourceFile): Import[] {
  const { module } = parseSync(file.path, file.text);
  const fixed = module.staticImports.map(({ moduleRequest, entries }) => ({
    specifier: moduleRequest.value,
    isTypeOnly: entries.length > 0 && entries.every(({ isType }) => isType),
  }));
  const reexports = module.staticExports.flatMap(({ entries }) =>
    entries.flatMap(({ moduleRequest, isType }) =>
      moduleRequest === null ? [] : [{ specifier: moduleRequest.value, isTypeOnly: isType }],
    ),
  );
  const late = module.dynamicImports.map(({ moduleRequest }) => ({
    specifier: file.text.slice(moduleRequest.start, moduleRequest.end).replace(/^['"`]|['"`]$/g, ''),
    isTypeOnly: false,
  }));
  return [...fixed, ...reexports, ...late];
}
