/** The labels to show: those of the local rows, with the changes on their way. */
export function shownLabelIds(
  live: ReadonlySet<string>,
  pending: readonly { readonly labelId: string; readonly isOn: boolean }[],
): readonly string[] {
  const shown = new Set(live);
  for (const { labelId, isOn } of pending) {
    if (isOn) shown.add(labelId);
    else shown.delete(labelId);
  }
  return [...shown];
}
