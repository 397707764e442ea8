/** Recovery codes, and the two ways to another authenticator (portal contract 4.4 and 4.5). */

import { Authenticator, enroll, requireSecondFactor, verify } from '../support/authenticator.js';
import { header } from '../support/mailbox.js';
import {
  ADMIN, ORGANIZATION, button, expectProblems, expectRefusal, expectStatus, field, heading, idOf, join, link, logIn, logInWith,
  logOut, submit,
} from '../support/pages.js';
import { expect, test } from '../support/test.js';

test.use({ fakedClock: true });
// Many logins in one story.
test.describe.configure({ timeout: 240_000 });

const FORM = /^[A-HJKMNP-TV-Z2-9]{5}-[A-HJKMNP-TV-Z2-9]{5}$/;
const list = (page) => page.getByRole('list', { name: 'Recovery codes', exact: true }).getByRole('listitem');

/** The administrator with an authenticator, on Your Account. */
async function enrolled(admin, portal) {
  await requireSecondFactor(admin, ORGANIZATION);
  await logOut(admin);
  return enroll(admin, portal, ADMIN);
}

async function show(page) {
  await page.goto('/account');
  await button(page, 'Show Recovery Code').click();
  await expect(heading(page, 'Show Recovery Code')).toBeVisible();
  await field(page, 'Password').fill(ADMIN.password);
  await submit(page, 'Confirm');
  await expect(heading(page, 'Recovery codes')).toBeVisible();
  return list(page).allInnerTexts();
}

async function logInWithRecovery(page, person, code) {
  await logIn(page, person);
  await link(page, 'Use a recovery code').click();
  await expect(page.getByText('Enter one of your recovery codes. Each code works once.')).toBeVisible();
  await expect(field(page, 'Recovery code')).toHaveAttribute('autocomplete', 'off');
  await field(page, 'Recovery code').fill(code);
  return submit(page, 'Verify');
}

test('are shown after the password, copied, and gone when looked for again', async ({ admin, context, portal }) => {
  await enrolled(admin, portal);
  await button(admin, 'Show Recovery Code').click();
  await link(admin, 'Cancel').click();
  await expect(admin).toHaveURL('/account');
  await button(admin, 'Show Recovery Code').click();
  await field(admin, 'Password').fill('not my password');
  expect((await submit(admin, 'Confirm')).status()).toBe(422);
  await expectProblems(admin, 'The password is incorrect.');
  await portal.pass(4);

  const codes = await show(admin);
  expect(codes).toHaveLength(10);
  expect(new Set(codes).size).toBe(10);
  for (const code of codes) expect(code).toMatch(FORM);
  await expect(admin.getByText('Each code works once. Keep them where you keep your passwords.')).toBeVisible();
  await expect(button(admin, 'Print')).toBeVisible();
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await button(admin, 'Copy').click();
  const copied = () => admin.evaluate(() => navigator.clipboard.readText());
  await expect.poll(copied).toBe(codes.join('\n'));
  await admin.emulateMedia({ media: 'print' });
  await expect(list(admin).first()).toBeVisible();
  for (const hidden of [button(admin, 'Copy'), link(admin, 'Done'), admin.getByRole('navigation').first()]) {
    await expect(hidden).toBeHidden();
  }
  await admin.emulateMedia({ media: null });

  await link(admin, 'Done').click();
  await expect(admin).toHaveURL('/account');
  // The page was the answer to the password: the browser would have to send it again.
  await expect(admin.goBack()).rejects.toThrow('ERR_CACHE_MISS');
  await expect(list(admin)).toHaveCount(0);
});

test('hide again after two minutes', async ({ admin, context, portal }) => {
  await enrolled(admin, portal);
  await context.clock.install();
  await show(admin);
  // The clock goes on by itself as well, so not to the second.
  await admin.clock.fastForward(80_000);
  await expect(list(admin)).toHaveCount(10);
  await admin.clock.fastForward(41_000);
  await expect(heading(admin, 'Show Recovery Code')).toBeVisible();
  await expect(list(admin)).toHaveCount(0);
});

test('work once each, and warn before they run out', async ({ admin, portal }) => {
  await enrolled(admin, portal);
  const codes = await show(admin);
  for (const [index, code] of codes.slice(0, 7).entries()) {
    await logOut(admin);
    const typed = index === 0 ? code.toLowerCase().replace('-', ' ') : code;
    await logInWithRecovery(admin, ADMIN, typed);
    await expect(admin).toHaveURL('/users');
    await admin.goto('/account');
    await expect(admin.getByText(`${9 - index} of 10 recovery codes left.`, { exact: true })).toBeVisible();
    const warning = admin.getByRole('status').filter({ hasText: 'Generate new recovery codes before you run out.' });
    await expect(warning).toHaveCount(index === 6 ? 1 : 0);
  }
  const mails = portal.mailbox.to(ADMIN.email).filter(({ subject }) => subject === 'A recovery code was used');
  await portal.mailbox.waitFor(ADMIN.email, 'A recovery code was used');
  for (const { text } of mails) {
    expect(text).toContain('of 10');
    for (const code of codes) expect(text).not.toContain(code);
  }

  await logOut(admin);
  expect((await logInWithRecovery(admin, ADMIN, codes[0])).status()).toBe(422);
  await expectProblems(admin, 'That code is incorrect.');
  await link(admin, 'Use your authenticator app').click();
  await expect(field(admin, 'Verification code')).toBeVisible();
  await portal.pass(4);
  await link(admin, 'Use a recovery code').click();
  await field(admin, 'Recovery code').fill(codes[7]);
  await submit(admin, 'Verify');

  await show(admin);
  const items = list(admin);
  for (let place = 0; place < 10; place += 1) {
    await expect(items.nth(place)).toContainText(place < 8 ? `${codes[place]} (used 20` : codes[place]);
    await expect(items.nth(place).locator('s')).toHaveCount(place < 8 ? 1 : 0);
  }
  await expect(items.nth(9)).toHaveText(codes[9]);

  await link(admin, 'Generate new recovery codes').click();
  await field(admin, 'Password').fill(ADMIN.password);
  await submit(admin, 'Generate');
  await expect(items).toHaveCount(10);
  const renewed = await items.allInnerTexts();
  for (const code of renewed) {
    expect(code).toMatch(FORM);
    expect(codes).not.toContain(code);
  }
  await portal.mailbox.waitFor(ADMIN.email, 'New recovery codes were made');
  await logOut(admin);
  await logInWithRecovery(admin, ADMIN, codes[9]);
  await expectProblems(admin, 'That code is incorrect.');
});

test('a new phone takes the place of the old one', async ({ admin, portal, newVisitor }) => {
  const old = await enrolled(admin, portal);
  const codes = await show(admin);
  await admin.goto('/account');
  await link(admin, 'Replace authenticator').click();
  const typed = field(admin, 'Verification code or recovery code');
  await field(admin, 'Password').fill(ADMIN.password);
  await typed.fill('nonsense');
  expect((await submit(admin, 'Continue')).status()).toBe(422);
  await field(admin, 'Password').fill(ADMIN.password);
  await typed.fill(codes[0]);
  await submit(admin, 'Continue');
  await expect(admin).toHaveURL('/mfa/enroll');
  const fresh = await Authenticator.scan(admin, portal);

  const other = await newVisitor();
  await logInWith(other, ADMIN, old);
  await expect(other, 'the old one works until then').toHaveURL('/users');
  await portal.pass(60);
  await verify(admin, fresh);
  await expect(admin).toHaveURL('/account');
  await expect(admin.getByText('10 of 10 recovery codes left.', { exact: true })).toBeVisible();
  await portal.pass(60);
  await logOut(other);
  await logInWith(other, ADMIN, old);
  await expectProblems(other, 'That code is incorrect.');
  await portal.pass(4);
  await field(other, 'Verification code').fill(await fresh.code());
  await submit(other, 'Verify');
  await expect(other).toHaveURL('/users');
});

test('an administrator resets what somebody lost', async ({ admin, portal, newVisitor }) => {
  const ben = await newVisitor();
  const person = await join(portal, admin, ben, { name: 'Ben Okri', email: 'ben@people.example' });
  await requireSecondFactor(admin, ORGANIZATION);
  await logOut(ben);
  await enroll(ben, portal, person);
  await admin.goto('/users');
  const id = await idOf(admin, 'Ben Okri');
  await admin.goto(`/users/${id}`);
  await link(admin, 'Reset authenticator').click();
  await expect(
    admin.getByText(
      'Ben Okri will set up multi-factor authentication again at the next login. All their sessions end.',
    ),
  ).toBeVisible();
  await button(admin, 'Reset authenticator').click();
  await expectStatus(admin, 'The authenticator of Ben Okri was reset.');
  const notice = await portal.mailbox.waitFor(person.email, 'Your authenticator was reset');
  expect(notice.text).toContain(ADMIN.name);
  expect(header(notice, 'auto-submitted')).toBe('auto-generated');
  await portal.mailbox.waitFor(ADMIN.email, 'The authenticator of Ben Okri was reset');
  await ben.goto('/account');
  await expect(ben).toHaveURL(/\/login\?reason=ended/);
  await logIn(ben, person);
  await expect(heading(ben, 'Multi-Factor Authentication')).toBeVisible();

  await admin.goto(`/users/${id}/reset-authenticator`);
  await expectRefusal(admin, 'Ben Okri has no authenticator.');
});
