import type { Output } from './environment.ts';

const SILENT_MS = 1000;
const TICK_MS = 1000;

/**
 * Runs `work`. When it takes more than a second it says what it is doing: on a terminal in one line that counts the
 * seconds and goes away at the end, elsewhere in a line at the beginning and one at the end.
 */
export async function watchProgress<T>(output: Output, label: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const seconds = () => Math.round((performance.now() - startedAt) / 1000);
  let isTold = false;
  const tell = () => {
    if (output.isTerminal) output.write(`\r\u001b[2K${label} … ${seconds()} s`);
    else if (!isTold) output.write(`${label} …\n`);
    isTold = true;
  };
  let timer = setTimeout(function tick() {
    tell();
    timer = setTimeout(tick, TICK_MS);
  }, SILENT_MS);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
    if (isTold) output.write(output.isTerminal ? '\r\u001b[2K' : `${label}: ${seconds()} s\n`);
  }
}
