import { findChromium } from './chromium.ts';

/** Vitest global setup: a browser that is missing is installed before the tests begin, so that no test waits for it. */
export default function setup(): void {
  findChromium();
}
