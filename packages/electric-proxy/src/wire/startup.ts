/** The first packet of a connection. `code` is what stands where the protocol version would. */
export type StartupPacket =
  | { readonly kind: 'ssl-request' }
  | { readonly kind: 'gss-request' }
  | { readonly kind: 'cancel'; readonly processId: number; readonly secret: Buffer }
  | {
      readonly kind: 'startup';
      readonly minorVersion: number;
      /** As sent, without `user` and `database` and the protocol extensions. */
      readonly parameters: Readonly<Record<string, string>>;
      readonly user: string;
      readonly database: string | null;
      /** Names that begin with `_pq_.`: protocol extensions, none of which is known here. */
      readonly extensions: readonly string[];
    }
  | { readonly kind: 'unsupported'; readonly majorVersion: number };

const CANCEL_CODE = 80_877_102;
const SSL_CODE = 80_877_103;
const GSS_CODE = 80_877_104;
const MAJOR_VERSION = 3;

/** Reads a start-up packet's content, which follows its length. */
export function parseStartupPacket(content: Buffer): StartupPacket {
  const code = content.length >= 4 ? content.readUInt32BE(0) : 0;
  if (code === SSL_CODE) return { kind: 'ssl-request' };
  if (code === GSS_CODE) return { kind: 'gss-request' };
  if (code === CANCEL_CODE && content.length > 8) {
    return { kind: 'cancel', processId: content.readUInt32BE(4), secret: content.subarray(8) };
  }
  const majorVersion = code >>> 16;
  if (majorVersion !== MAJOR_VERSION) return { kind: 'unsupported', majorVersion };
  const { user = '', database = null, ...others } = parseParameters(content);
  const entries = Object.entries(others);
  return {
    kind: 'startup',
    minorVersion: code & 0xffff,
    parameters: Object.fromEntries(entries.filter(([name]) => !isExtension(name))),
    user,
    database,
    extensions: entries.map(([name]) => name).filter(isExtension),
  };
}

function isExtension(name: string): boolean {
  return name.startsWith('_pq_.');
}

function parseParameters(content: Buffer): Record<string, string> {
  const words = content.toString('utf8', 4).split('\0');
  const parameters: Record<string, string> = Object.create(null);
  for (let at = 0; at + 1 < words.length && words[at] !== ''; at += 2) {
    parameters[words[at] ?? ''] = words[at + 1] ?? '';
  }
  return parameters;
}
