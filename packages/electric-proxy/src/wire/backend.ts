/** What Postgres says when something fails, by the protocol's field names. */
export interface ErrorFields {
  readonly severity: 'ERROR' | 'FATAL';
  /** SQLSTATE. */
  readonly code: string;
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
}

/** A message: type, length, content. */
export function encodeMessage(type: string, ...content: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(5);
  header.write(type, 'latin1');
  header.writeUInt32BE(
    content.reduce((bytes, part) => bytes + part.length, 4),
    1,
  );
  return Buffer.concat([header, ...content]);
}

export function encodeError(fields: ErrorFields): Buffer {
  const field = (name: string, value: string | undefined) =>
    value === undefined ? Buffer.alloc(0) : cString(`${name}${value.replaceAll('\0', '')}`);
  return encodeMessage(
    'E',
    field('S', fields.severity),
    field('V', fields.severity),
    field('C', fields.code),
    field('M', fields.message),
    field('D', fields.detail),
    field('H', fields.hint),
    Buffer.from([0]),
  );
}

export function encodeAuthenticationSasl(mechanism: string): Buffer {
  return encodeMessage('R', int32(10), cString(mechanism), Buffer.from([0]));
}

export function encodeAuthenticationSaslContinue(data: string): Buffer {
  return encodeMessage('R', int32(11), Buffer.from(data));
}

export function encodeAuthenticationSaslFinal(data: string): Buffer {
  return encodeMessage('R', int32(12), Buffer.from(data));
}

export function encodeAuthenticationOk(): Buffer {
  return encodeMessage('R', int32(0));
}

/** Tells a client that asked for more that this is protocol 3.0, and which extensions are not known. */
export function encodeNegotiateProtocolVersion(extensions: readonly string[]): Buffer {
  return encodeMessage('v', int32(3 << 16), int32(extensions.length), ...extensions.map(cString));
}

export function encodeParameterStatus(name: string, value: string): Buffer {
  return encodeMessage('S', cString(name), cString(value));
}

export function encodeBackendKeyData(processId: number, secret: number): Buffer {
  return encodeMessage('K', int32(processId), int32(secret));
}

/** Between transactions. */
export function encodeReadyForQuery(): Buffer {
  return encodeMessage('Z', Buffer.from('I'));
}

export function encodeCommandComplete(tag: string): Buffer {
  return encodeMessage('C', cString(tag));
}

/** The start-up packet of protocol 3.0, the one message that is sent the other way. */
export function encodeStartup(parameters: Readonly<Record<string, string>>): Buffer {
  const words = Object.entries(parameters).flatMap(([name, value]) => [cString(name), cString(value)]);
  const content = Buffer.concat([int32(3 << 16), ...words, Buffer.from([0])]);
  return Buffer.concat([int32(content.length + 4), content]);
}

/** Zero-terminated. */
export function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
}
