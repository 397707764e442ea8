/** A database of its own for each portal, and the settings that lead there. */

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * @param {'sqlite' | 'postgres'} kind
 * @param {string} folder of the portal; SQLite keeps its file in the data folder below it
 */
export async function createDatabase(kind, folder) {
  return kind === 'postgres' ? createPostgres(folder) : { settings: {}, remove: async () => {} };
}

async function createPostgres(folder) {
  const server = process.env.TEST_POSTGRES_URL;
  if (!server) {
    throw new Error('TEST_POSTGRES_URL is not set; start the tests with tests/run');
  }
  const name = `portal_${randomBytes(8).toString('hex')}`;
  const url = new URL(server);
  url.pathname = `/${name}`;
  // All nodes of a PostgreSQL installation share one key file, so it must exist.
  const keyFile = join(folder, 'shared.key');
  await writeFile(keyFile, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  await psql(server, `CREATE DATABASE ${name}`);
  return {
    settings: { ROLLCALL_DATABASE_URL: url.href, ROLLCALL_KEY_FILE: keyFile },
    remove: () => psql(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function psql(url, statement) {
  await run('psql', [url, '--no-psqlrc', '--quiet', '--command', statement]);
}
