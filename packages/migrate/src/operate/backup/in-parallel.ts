/** Of files: as many as the disk and the threads of Node have use for. */
const WORKERS_MAX = 16;

/** Works items off, some at a time. The first error ends it. */
export async function inParallel<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const left = items.values();
  const workers = Array.from({ length: WORKERS_MAX }, async () => {
    for (const item of left) await work(item);
  });
  await Promise.all(workers);
}
