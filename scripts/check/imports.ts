import { parseSync } from 'oxc-parser';
import type { SourceFile } from './source-files.ts';

export interface Import {
  readonly specifier: string;
  /** Only types are imported: nothing of it is there when the program runs. */
  readonly isTypeOnly: boolean;
}

/** Stands for what an `import(…)` names only when it runs. */
export const COMPUTED = '(computed)';

/** What a file imports: statically, dynamically, by re-export and by Node's `require`. */
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
    specifier: literal(file.text.slice(moduleRequest.start, moduleRequest.end)) ?? COMPUTED,
    isTypeOnly: false,
  }));
  const required = [...file.text.matchAll(/\brequire(?:\.resolve)?\(\s*('[^']*')/g)].map(([, text]) => ({
    specifier: literal(text as string) ?? COMPUTED,
    isTypeOnly: false,
  }));
  return [...fixed, ...reexports, ...late, ...required];
}

function literal(text: string): string | null {
  return /^(['"`])([^'"`$]*)\1$/.exec(text)?.[2] ?? null;
}
