#!/usr/bin/env node
import { nodeEnvironment, runCli } from '@lockstep/migrate/cli';

process.exitCode = await runCli(process.argv.slice(2), nodeEnvironment());
