#!/usr/bin/env node
import { nodeEnvironment, runCli } from '@lockstep/migrate/cli';

// `lockstep --help | head` closes the pipe before everything is read: no fault of anybody's.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

process.exitCode = await runCli(process.argv.slice(2), nodeEnvironment());
