import { sha256 as digest } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/**
 * sha256 of a text's UTF-8 bytes, hex. Without `crypto.subtle`: that is asynchronous, and missing in a page that was
 * loaded over plain HTTP from another machine.
 */
export function sha256(text: string): string {
  return bytesToHex(digest(utf8ToBytes(text)));
}
