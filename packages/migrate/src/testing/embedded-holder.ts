import { writeSync } from 'node:fs';
import { openEmbedded } from '../embedded/open-embedded.ts';

/** A process that opens a directory, commits a row, says so, and stays until it is killed. */
const opened = await openEmbedded(process.argv[2] ?? '');
await opened.db.exec('CREATE TABLE IF NOT EXISTS held (id int); INSERT INTO held VALUES (1)');
writeSync(1, 'open\n');
setInterval(() => undefined, 1000);
