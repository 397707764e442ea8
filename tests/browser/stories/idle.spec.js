/** The warning before the idle limit, and what it does in several tabs (portal contract 3.5). */

import { ADMIN, button, expectStatus, field, heading, link, logIn, opened } from '../support/pages.js';
import { expect, test } from '../support/test.js';

const MINUTE = 60;

test.use({ fakedClock: true });

const warning = (page) => page.getByRole('alertdialog', { name: 'You are about to be logged out', exact: true });

/** Lets time pass, in the browser and in the portal. */
async function pass(page, portal, since, seconds) {
  await portal.forward(since.seconds + seconds);
  since.seconds += seconds;
  await page.clock.fastForward(seconds * 1000);
}

test('staying in one tab keeps every tab signed in', async ({ admin, context, portal }) => {
  const since = { seconds: 0 };
  await context.clock.install();
  await admin.goto('/users');
  const other = await context.newPage();
  await other.goto('/account');

  await pass(admin, portal, since, 12 * MINUTE + 30);
  await expect(warning(admin)).toBeHidden();
  await pass(admin, portal, since, 31);
  for (const tab of [admin, other]) {
    await expect(warning(tab)).toBeVisible();
    await expect(warning(tab)).toContainText(/You will be logged out in (2 minutes|1 minute \d+ seconds) because of inactivity\./);
    await expect(warning(tab)).toContainText('Unsaved changes will be lost.');
    await expect(button(warning(tab), 'Stay signed in')).toBeFocused();
  }

  await button(warning(admin), 'Stay signed in').click();
  await expect(warning(admin)).toBeHidden();
  await expect(async () => {
    await other.clock.runFor(1000);
    await expect(warning(other)).toBeHidden({ timeout: 200 });
  }).toPass();

  await pass(admin, portal, since, 13 * MINUTE + 1);
  await expect(warning(admin)).toBeVisible();
  // A browser may close the dialog before the answer is there, and the clock must not move before it is.
  const extended = admin.waitForResponse('/session/extend');
  await admin.keyboard.press('Escape');
  expect((await extended).ok()).toBe(true);
  await expect(warning(admin)).toBeHidden();
  await pass(admin, portal, since, 10 * MINUTE);
  await admin.reload();
  await expect(heading(admin, 'User Management')).toBeVisible();
});

test('the time left is said, and at the end the way back is kept', async ({ admin, context, portal }) => {
  const since = { seconds: 0 };
  await context.clock.install();
  await admin.goto('/users?status=active');
  await pass(admin, portal, since, 13 * MINUTE + 1);
  const said = warning(admin).locator('[aria-live]');
  await expect(said).toContainText(/^You will be logged out in /);
  await pass(admin, portal, since, MINUTE);
  await expect(said).toContainText(/in (1 minute|5\d seconds)\.$/);
  await pass(admin, portal, since, MINUTE);
  await expect(async () => {
    await admin.clock.runFor(1000);
    await expect(admin).toHaveURL(/\/login\?reason=idle&next=/, { timeout: 500 });
  }).toPass();
  await expectStatus(admin, 'You were logged out after 15 minutes of inactivity.');
  await logIn(admin, ADMIN);
  await expect(admin).toHaveURL('/users?status=active');
});

test('one may leave at once, from above another dialog too', async ({ admin, context, portal }) => {
  const since = { seconds: 0 };
  await context.clock.install();
  await admin.goto('/users');
  await link(admin, 'Invite Users').click();
  await field(opened(admin, 'Invite Users'), 'Email').fill('ben@people.example');
  await pass(admin, portal, since, 13 * MINUTE + 1);
  await button(warning(admin), 'Stay signed in').click();
  await expect(warning(admin)).toBeHidden();
  await expect(field(opened(admin, 'Invite Users'), 'Email')).toHaveValue('ben@people.example');

  await pass(admin, portal, since, 13 * MINUTE + 1);
  await button(warning(admin), 'Log out now').click();
  await expectStatus(admin, 'You are logged out.');
  await admin.goto('/users');
  await expect(heading(admin, 'Log in')).toBeVisible();
});

test('a form sent too late is not carried out', async ({ admin, portal }) => {
  await admin.goto('/users/invite');
  const form = opened(admin, 'Invite Users');
  await field(form, 'Email').fill('ben@people.example');
  await portal.forward(15 * MINUTE + 5);
  await button(form, 'Invite').click();
  await expectStatus(admin, 'You were logged out after 15 minutes of inactivity.');
  await logIn(admin, ADMIN);
  await admin.goto('/users');
  await expectStatus(admin, 'Showing 1-1 of 1 user');
  expect(portal.mailbox.to('ben@people.example')).toHaveLength(0);
});
