/** The link in the mail, and the password that must be replaced (portal contract 1.5 and 1.6). */

import { activationLink, temporaryPassword } from '../support/mailbox.js';
import {
  ADMIN, ORGANIZATION, PASSWORD, activate, button, cell, choosePassword, expectBad, expectGone, expectProblems, expectRefusal,
  expectStatus, field, heading, invite, link, logIn, submit,
} from '../support/pages.js';
import { expect, test } from '../support/test.js';

const SUBJECT = `You are invited to ${ORGANIZATION}`;
const WEEK = 7 * 24 * 60 * 60;

test('looking at the link uses nothing up, pressing the button does', async ({ admin, portal, newVisitor }) => {
  await invite(admin, 'ben@people.example');
  const mail = await portal.mailbox.waitFor('ben@people.example', SUBJECT);
  const ben = await newVisitor();
  for (let look = 0; look < 3; look += 1) {
    await ben.goto(activationLink(mail));
    await expect(heading(ben, 'Activate your account')).toBeVisible();
  }
  await expect(ben.getByText(`ben@people.example was invited to ${ORGANIZATION}. This link works until `)).toBeVisible();
  await activate(ben, mail);

  const used = await ben.goto(activationLink(mail));
  expect(used.status()).toBe(404);
  await expectGone(ben);
  await expect(link(ben.getByRole('main'), 'Log in')).toBeVisible();
  const unknown = await ben.request.get(`/activate/${'A'.repeat(43)}`);
  expect(unknown.status()).toBe(404);
  expect(portal.log).not.toContain(new URL(activationLink(mail)).pathname.split('/').at(-1));
});

test('two browsers press the button, one of them wins', async ({ admin, portal, newVisitor }) => {
  await invite(admin, 'ben@people.example');
  const mail = await portal.mailbox.waitFor('ben@people.example', SUBJECT);
  const pages = [await newVisitor(), await newVisitor()];
  for (const page of pages) await page.goto(activationLink(mail));
  const statuses = await Promise.all(pages.map(async (page) => (await submit(page, 'Activate account')).status()));
  expect(statuses.toSorted()).toEqual([303, 404]);
});

test('the new password must be a good one, and nothing else is open before', async ({ admin, portal, newVisitor }) => {
  await invite(admin, 'benjamin@people.example', { roles: ['Platform Management Viewer'] });
  const mail = await portal.mailbox.waitFor('benjamin@people.example', SUBJECT);
  const temporary = temporaryPassword(mail);
  const ben = await newVisitor();
  await activate(ben, mail);
  await logIn(ben, { email: 'benjamin@people.example', password: temporary });
  for (const path of ['/users', '/account', '/']) {
    await ben.goto(path);
    await expect(ben).toHaveURL('/account/password');
  }
  await expect(field(ben, 'Current password')).toBeHidden();

  const cases = [
    ['benjamin', ['Use at least 12 characters.', 'Do not use your name, email or organization in the password.']],
    ['qwertyuiop12', ['This password is too common.']],
    [temporary, ['Choose a password you are not using now.']],
  ];
  for (const [password, messages] of cases) {
    expect((await choosePassword(ben, password)).status()).toBe(422);
    for (const message of messages) await expectBad(field(ben, 'New password'), message);
    await expect(field(ben, 'New password')).toHaveValue('');
  }
  await choosePassword(ben, PASSWORD, { confirm: `${PASSWORD}!` });
  await expectProblems(ben.getByRole('main'), 'The passwords do not match.');
  await choosePassword(ben, PASSWORD, { name: 'x'.repeat(101) });
  await expectProblems(ben.getByRole('main'), 'Use at most 100 characters.');

  // The name may stay empty for now: the address stands in for it.
  expect((await choosePassword(ben, PASSWORD, { name: '' })).status()).toBeLessThan(400);
  await ben.goto('/users');
  await expect(heading(ben, 'User Management')).toBeVisible();
});

test.describe('later', () => {
  test.use({ fakedClock: true });

  test('a link works for seven days and not a second longer', async ({ admin, portal, newVisitor }) => {
    await invite(admin, 'ben@people.example');
    const mail = await portal.mailbox.waitFor('ben@people.example', SUBJECT);
    const ben = await newVisitor();
    await portal.forward(WEEK - 60);
    await ben.goto(activationLink(mail));
    await expect(heading(ben, 'Activate your account')).toBeVisible();

    await portal.forward(WEEK + 60);
    expect((await submit(ben, 'Activate account')).status()).toBe(404);
    await expectGone(ben);
    await logIn(ben, { email: 'ben@people.example', password: temporaryPassword(mail) });
    await expect(heading(ben, 'Log in')).toBeVisible();
  });

  test('an expired invitation can be sent again', async ({ admin, portal, newVisitor }) => {
    await invite(admin, 'ben@people.example');
    const old = await portal.mailbox.waitFor('ben@people.example', SUBJECT);
    await portal.forward(WEEK + 60);
    await admin.goto('/users');
    await logInAgain(admin);
    await expect(await cell(admin, 'ben@people.example', 'Status')).toContainText('Invitation expired');
    await link(admin, 'Resend invitation to ben@people.example').click();
    await button(admin, 'Resend').click();
    await expectStatus(admin, 'The invitation to ben@people.example was sent again.');
    await expect(await cell(admin, 'ben@people.example', 'Status')).toContainText('Invited');

    const fresh = await portal.mailbox.waitFor('ben@people.example', SUBJECT);
    const ben = await newVisitor();
    expect((await ben.goto(activationLink(old))).status()).toBe(404);
    await activate(ben, fresh);
    await logIn(ben, { email: 'ben@people.example', password: temporaryPassword(fresh) });
    await expect(heading(ben, 'Choose a new password')).toBeVisible();
  });

  test('a temporary password ends as well', async ({ admin, portal, newVisitor }) => {
    await invite(admin, 'ben@people.example');
    const mail = await portal.mailbox.waitFor('ben@people.example', SUBJECT);
    const ben = await newVisitor();
    await activate(ben, mail);
    await portal.forward(WEEK + 60);
    await logIn(ben, { email: 'ben@people.example', password: temporaryPassword(mail) });
    await expectRefusal(
      ben,
      'Your temporary password has expired. Use "Forgot password?" to choose a new one.',
    );
  });
});

/** The clock has ended the session of the administrator too. */
async function logInAgain(page) {
  await logIn(page, ADMIN);
  await expect(page).toHaveURL('/users');
}
