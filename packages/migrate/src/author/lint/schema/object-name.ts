const BYTES_MAX = 63;

/** As Postgres cuts an identifier: to 63 bytes, never within a character. */
export function truncateIdentifier(name: string, bytesMax = BYTES_MAX): string {
  const bytes = Buffer.from(name);
  if (bytes.length <= bytesMax) return name;
  let end = bytesMax;
  // A byte of the form 10xxxxxx continues a character.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString();
}

export function isTooLong(name: string): boolean {
  return Buffer.byteLength(name) > BYTES_MAX;
}

/** The name that Postgres gives to `table_columns_label`: the longer half is cut first (`makeObjectName`). */
function objectName(first: string, second: string | null, label: string): string {
  const overhead = label.length + 1 + (second === null ? 0 : 1);
  let one = Buffer.byteLength(first);
  let two = second === null ? 0 : Buffer.byteLength(second);
  while (one + two > BYTES_MAX - overhead) {
    if (one > two) one -= 1;
    else two -= 1;
  }
  const middle = second === null ? '' : `_${truncateIdentifier(second, two)}`;
  return `${truncateIdentifier(first, one)}${middle}_${label}`;
}

/** The first of `t_c_key`, `t_c_key1`, `t_c_key2` … that is free (`ChooseRelationName`, `ChooseConstraintName`). */
export function chooseName(
  table: string,
  columns: readonly string[],
  label: string,
  isTaken: (name: string) => boolean,
): string {
  // Postgres joins the columns in a buffer of an identifier's length.
  const middle = columns.length === 0 ? null : truncateIdentifier(columns.join('_'));
  for (let attempt = 0; ; attempt += 1) {
    const name = objectName(table, middle, attempt === 0 ? label : `${label}${attempt}`);
    if (!isTaken(name)) return name;
  }
}
