/** The keys with which clients may cancel what their sessions run: those that this proxy handed out and no others. */
export interface CancelKeys {
  /** Returns what takes the key back. */
  add(processId: number, secret: number): () => void;
  has(processId: number, secret: number): boolean;
}

export function createCancelKeys(): CancelKeys {
  const keys = new Set<string>();
  const nameOf = (processId: number, secret: number) => `${processId | 0}:${secret | 0}`;
  return {
    add(processId, secret) {
      const name = nameOf(processId, secret);
      keys.add(name);
      return () => keys.delete(name);
    },
    has: (processId, secret) => keys.has(nameOf(processId, secret)),
  };
}
