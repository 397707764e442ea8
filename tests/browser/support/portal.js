/** One running portal: the release binary with a folder, a database and a mailbox of its own. */

import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { createDatabase } from './database.js';
import { Mailbox } from './mailbox.js';

const BINARY =
  process.env.TEST_BINARY ?? fileURLToPath(new URL('../../../target/release/rollcall', import.meta.url));
const START_PATIENCE = 20_000;
const STOP_PATIENCE = 35_000;

export class Portal {
  /** Where a browser finds it, without a trailing slash. */
  url;
  /** What it has printed so far, both streams. */
  log = '';
  mailbox;
  #folder;
  #database;
  #environment;
  #process;
  #exit;
  #ahead = 0;

  /**
   * @param {object} wishes
   * @param {'sqlite' | 'postgres'} wishes.database
   * @param {string} [wishes.setupCode] none: the portal makes and prints one
   * @param {boolean} [wishes.fakedClock] whether `forward` will be called
   * @param {Record<string, string>} [wishes.settings] further `ROLLCALL_` variables
   */
  static async start({ database, setupCode, fakedClock = false, settings = {} }) {
    const portal = new Portal();
    portal.#folder = await mkdtemp(join(tmpdir(), 'rollcall-portal-'));
    portal.mailbox = await Mailbox.open();
    try {
      portal.#database = await createDatabase(database, portal.#folder);
      portal.#environment = {
        ...ownEnvironment(),
        ROLLCALL_LISTEN: '127.0.0.1:0',
        ROLLCALL_OPS_LISTEN: 'off',
        ROLLCALL_DATA_DIR: join(portal.#folder, 'data'),
        ROLLCALL_SMTP_URL: portal.mailbox.url,
        ROLLCALL_MAIL_FROM: 'Rollcall <noreply@rollcall.example>',
        ROLLCALL_ARGON2: 'm=64,t=1,p=1',
        ROLLCALL_INSECURE_TEST_HASHING: '1',
        ...(setupCode ? { ROLLCALL_SETUP_CODE: setupCode } : {}),
        ...portal.#database.settings,
        ...(fakedClock ? await portal.#clockSettings() : {}),
        ...settings,
      };
      await portal.#serve();
    } catch (error) {
      await portal.stop().catch(() => {});
      throw error;
    }
    return portal;
  }

  /** The one-time setup link, as it was printed. */
  async setupLink() {
    const end = Date.now() + START_PATIENCE;
    while (Date.now() < end) {
      const link = /https?:\/\/\S+\/setup\S*(?=\s)/.exec(this.log)?.[0];
      if (link) return link;
      await after(50);
    }
    throw new Error(`no setup link was printed:\n${this.log}`);
  }

  /** Moves the clock of the portal to so many seconds after the real one. */
  async forward(seconds) {
    this.#ahead = seconds;
    await writeFile(this.#clockFile, `+${seconds}\n`);
  }

  /** Lets so many more seconds pass. */
  async pass(seconds) {
    await this.forward(this.#ahead + seconds);
  }

  /** Seconds since 1970 by the clock of the portal. */
  get now() {
    return Math.floor(Date.now() / 1000) + this.#ahead;
  }

  /** Runs another command of the binary on the same database. */
  async command(words, input = '') {
    const child = spawn(BINARY, words, { cwd: this.#folder, env: this.#environment });
    child.stdin.end(input);
    let [output, errors] = ['', ''];
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (errors += text));
    const status = await new Promise((done, failed) => {
      child.on('error', failed);
      child.on('close', done);
    });
    return { status, output, errors };
  }

  /** Ends the portal and starts it again at the same address, on the same database. */
  async restart() {
    await this.#terminate();
    this.#environment.ROLLCALL_LISTEN = new URL(this.url).host;
    await this.#serve();
  }

  /** Ends the portal as an administrator would, and takes away what it left. */
  async stop() {
    try {
      await this.#terminate();
    } finally {
      await this.mailbox.close();
      await this.#database?.remove();
      await rm(this.#folder, { recursive: true, force: true });
    }
  }

  async #serve() {
    // The portal dies with this process, however that ends.
    this.#process = spawn('setpriv', ['--pdeathsig', 'KILL', '--', BINARY, 'serve'], {
      cwd: this.#folder,
      env: this.#environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#exit = new Promise((done) => this.#process.on('close', (code, signal) => done(code ?? signal)));
    let announced;
    const listening = new Promise((done) => (announced = done));
    const earlier = this.log.length;
    const read = (text) => {
      this.log += text;
      const address = /https?:\/\/127\.0\.0\.1:\d+(?=[\s/])/.exec(this.log.slice(earlier))?.[0];
      if (address) announced(address);
    };
    this.#process.stdout.on('data', read);
    this.#process.stderr.on('data', read);
    this.url = await Promise.race([
      listening,
      this.#exit.then((status) => Promise.reject(new Error(`the portal ended (${status}):\n${this.log}`))),
      after(START_PATIENCE).then(() => Promise.reject(new Error(`the portal does not start:\n${this.log}`))),
    ]);
  }

  async #terminate() {
    if (!this.#process) return;
    this.#process.kill('SIGTERM');
    const status = await Promise.race([this.#exit, after(STOP_PATIENCE).then(() => 'still running')]);
    if (status !== 0) {
      this.#process.kill('SIGKILL');
      throw new Error(`asked to stop, the portal ended with ${status}:\n${this.log}`);
    }
  }

  get #clockFile() {
    return join(this.#folder, 'clock');
  }

  /** The wall clock is faked, timers are not: a process under test must not stall. */
  async #clockSettings() {
    const library = process.env.TEST_FAKETIME ?? '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1';
    await readFile(library);
    await this.forward(0);
    return {
      LD_PRELOAD: resolve(library),
      FAKETIME_TIMESTAMP_FILE: this.#clockFile,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
    };
  }
}

/** The environment without settings of a portal somebody runs on this machine. */
function ownEnvironment() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ROLLCALL_')));
}

function after(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds));
}
