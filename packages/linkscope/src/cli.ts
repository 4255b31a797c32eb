#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { runCli } from './cli/run-cli.js';

// Whoever reads has seen enough, as `head` does.
process.stdout.on('error', () => process.exit(0));
// A relay goes on where nobody reads its log any more.
process.stderr.on('error', () => {});

// A command that another one has started ends with it, however that ends.
if (process.connected) process.once('disconnect', () => process.emit('SIGTERM'));

// This file is one folder below the package's root, both as source and as built.
process.exitCode = await runCli(process.argv.slice(2), process, fileURLToPath(new URL('..', import.meta.url)), fileURLToPath(import.meta.url));
