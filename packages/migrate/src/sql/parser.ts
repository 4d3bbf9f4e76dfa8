import { hasSqlDetails, loadModule, type Node, parseSync } from 'libpg-query';

export type { Node } from 'libpg-query';

/** A statement as Postgres's own grammar sees it; offsets in UTF-16 units, white space and comments may be included. */
export interface ParsedStatement {
  readonly node: Node;
  readonly start: number;
  readonly end: number;
  /** The UTF-16 offset of a `location` of the parse tree, which counts UTF-8 bytes of the whole text. */
  readonly offsetOf: (location: number) => number;
}

/** Postgres's own refusal of a text. `offset` is in UTF-16 units. */
export interface ParseFailure {
  readonly message: string;
  readonly offset: number;
}

export type ParseOutcome =
  | { readonly kind: 'parsed'; readonly statements: readonly ParsedStatement[] }
  | { readonly kind: 'failed'; readonly failure: ParseFailure };

/** Postgres's parser, in WebAssembly: for build time, never for a browser. */
export interface Parser {
  parse(sql: string): ParseOutcome;
}

/** Loads the WebAssembly once a process. */
export async function loadParser(): Promise<Parser> {
  await loadModule();
  return { parse };
}

function parse(sql: string): ParseOutcome {
  // The parser refuses an empty text, and a byte order mark is a syntax error to it.
  if (sql.trim() === '') return { kind: 'parsed', statements: [] };
  const text = sql.startsWith('\uFEFF') ? ` ${sql.slice(1)}` : sql;
  try {
    const toOffset = byteOffsets(text);
    const offsetOf = anyByteOffset(text);
    const statements = (parseSync(text).stmts ?? []).map((raw) => {
      const startByte = raw.stmt_location ?? 0;
      const start = toOffset(startByte);
      // An absent length means: to the end of the text.
      const end = raw.stmt_len === undefined ? text.length : toOffset(startByte + raw.stmt_len);
      return { node: raw.stmt as Node, start, end, offsetOf };
    });
    return { kind: 'parsed', statements };
  } catch (error) {
    if (!hasSqlDetails(error)) throw error;
    const codePoint = error.sqlDetails?.cursorPosition ?? 0;
    return { kind: 'failed', failure: { message: error.message, offset: codePointOffset(text, codePoint) } };
  }
}

/** The parser counts UTF-8 bytes. Ask with growing numbers only. */
function byteOffsets(text: string): (byte: number) => number {
  let byteAt = 0;
  let at = 0;
  return (byte) => {
    while (byteAt < byte && at < text.length) {
      const code = text.codePointAt(at) as number;
      byteAt += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
      at += code < 0x10000 ? 1 : 2;
    }
    return at;
  };
}

/** The same in any order, from a table that is made when it is first asked of a text that isn't ASCII. */
function anyByteOffset(text: string): (byte: number) => number {
  let offsets: Uint32Array | null | undefined;
  return (byte) => {
    if (offsets === undefined) offsets = isAscii(text) ? null : byteTable(text);
    return offsets === null ? byte : (offsets[byte] ?? text.length);
  };
}

/** Each character beyond ASCII takes more bytes than UTF-16 units. */
function isAscii(text: string): boolean {
  return Buffer.byteLength(text) === text.length;
}

function byteTable(text: string): Uint32Array {
  const table = new Uint32Array(Buffer.byteLength(text) + 1);
  let byteAt = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.codePointAt(at) as number;
    table[byteAt] = at;
    byteAt += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    at += code < 0x10000 ? 1 : 2;
  }
  table[byteAt] = text.length;
  return table;
}

/** Its errors count code points. */
function codePointOffset(text: string, codePoint: number): number {
  let at = 0;
  for (let seen = 0; seen < codePoint && at < text.length; seen += 1) {
    at += (text.codePointAt(at) as number) < 0x10000 ? 1 : 2;
  }
  return at;
}
