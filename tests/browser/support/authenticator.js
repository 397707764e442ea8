/** An authenticator app: a camera for the picture, and the codes it shows. */

import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';

import { expect } from '@playwright/test';

import { button, field, heading, link, logIn, submit } from './pages.js';

const run = promisify(execFile);

export class Authenticator {
  #portal;
  #secret;

  /** What the picture said, as a URL. */
  uri;

  /** Points the camera at the enrollment page. */
  static async scan(page, portal) {
    const app = new Authenticator();
    app.#portal = portal;
    app.uri = new URL(await read(page));
    app.#secret = app.uri.searchParams.get('secret');
    return app;
  }

  /** The code for now, or for so many seconds later. */
  async code(later = 0) {
    const when = `@${this.#portal.now + later}`;
    const { stdout } = await run('oathtool', ['--totp', '--base32', '--now', when, this.#secret]);
    return stdout.trim();
  }

  /** Six digits that are right neither now nor a few steps around. */
  async wrongCode() {
    const right = await Promise.all([-60, -30, 0, 30, 60].map((later) => this.code(later)));
    return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !right.includes(code));
  }
}

async function read(page) {
  const path = join(tmpdir(), `rollcall-picture-${randomUUID()}.png`);
  try {
    await page.getByRole('img', { name: 'QR code for your authenticator app', exact: true }).screenshot({ path });
    const { stdout } = await run('zbarimg', ['--quiet', '--raw', path]);
    return stdout.trim();
  } finally {
    await rm(path, { force: true });
  }
}

/** Turns the requirement on for the organization of the administrator on `page`. */
export async function requireSecondFactor(page, organization) {
  await page.goto('/organizations');
  await link(page.getByRole('table', { name: 'Organizations', exact: true }), organization).click();
  await field(page, 'Require multi-factor authentication').check();
  await submit(page, 'Save');
}

/** Logs in somebody who has to set up an authenticator, and sets it up. The next code is another one. */
export async function enroll(page, portal, person) {
  await logIn(page, person);
  await expect(heading(page, 'Multi-Factor Authentication')).toBeVisible();
  const authenticator = await Authenticator.scan(page, portal);
  await verify(page, authenticator);
  await expect(page).toHaveURL('/account');
  await portal.pass(60);
  return authenticator;
}

/** Types the code of a new authenticator. */
export async function verify(page, authenticator) {
  await field(page, 'Verification code').fill(await authenticator.code());
  await button(page, 'Verify').click();
}
