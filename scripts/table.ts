import Table from 'cli-table3';

/** A table for terminals: a line for the header and a line for each row. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const none = { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' };
  const table = new Table({ chars: none, style: { head: [], border: [], compact: true } });
  table.push([...head], ...rows.map((row) => [...row]));
  return table.toString();
}
