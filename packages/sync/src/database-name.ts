/** `app` and a person's scope as one name for files, locks and channels: letters, digits, `-` and `_` only. */
export function databaseName(app: string, scope: string): string {
  return `lockstep-${encode(app)}-${encode(scope)}`;
}

/** Injective: two scopes never share a database. */
function encode(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9]/g, (character) => `_${character.codePointAt(0)?.toString(16)}_`);
}
