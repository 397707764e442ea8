/** Changing a password, and getting in without one (portal contract 1.6, security contract S4, S25, S35). */

import { enroll, requireSecondFactor } from '../support/authenticator.js';
import { activationLink, resetLink, temporaryPassword } from '../support/mailbox.js';
import {
  ADMIN, ORGANIZATION, PASSWORD, activate, button, expectBad, expectGone, expectProblems, expectStatus, field, heading, invite,
  join, link, logIn, submit,
} from '../support/pages.js';
import { expect, test } from '../support/test.js';

const SENT = 'If an account exists for that address, we sent a link to it.';
const NEW = 'copper meadow 27 ladder';
const MINUTE = 60;

async function ask(page, address) {
  await page.goto('/login');
  await link(page, 'Forgot password?').click();
  await field(page, 'Email').fill(address);
  return submit(page, 'Send link');
}

async function choose(page, password, confirm = password) {
  await field(page, 'New password').fill(password);
  await field(page, 'Confirm new password').fill(confirm);
  return submit(page, 'Save password');
}

test('a link for a new password goes to whoever can log in, and the answer tells nobody', async ({
  admin, portal, newVisitor,
}) => {
  await invite(admin, 'ina@people.example');
  const stranger = await newVisitor();
  expect((await ask(stranger, ' ')).status()).toBe(422);
  await expectProblems(stranger, 'Enter your email address.');
  const answers = [];
  for (const address of ['nobody@people.example', 'ina@people.example', 'not an address', ADMIN.email]) {
    const answer = await ask(stranger, address);
    expect(answer.status(), address).toBe(200);
    await expectStatus(stranger, SENT);
    answers.push((await answer.text()).replaceAll(/value="[\w-]{43}"/g, ''));
  }
  expect(new Set(answers).size).toBe(1);
  await portal.mailbox.waitFor(ADMIN.email, 'Reset your password');
  const sent = portal.mailbox.mails.filter(({ subject }) => subject === 'Reset your password');
  expect(sent.map(({ recipients }) => recipients)).toEqual([[ADMIN.email]]);
});

test('a reset ends every session, works once and skips no code', async ({ admin, portal, newVisitor }) => {
  await requireSecondFactor(admin, ORGANIZATION);
  const phone = await newVisitor();
  await ask(phone, ADMIN.email);
  const mail = await portal.mailbox.waitFor(ADMIN.email, 'Reset your password');
  for (let look = 0; look < 3; look += 1) {
    await phone.goto(resetLink(mail));
    await expect(heading(phone, 'Choose a new password')).toBeVisible();
  }
  expect((await choose(phone, 'ada')).status()).toBe(422);
  await expectBad(field(phone, 'New password'), 'Use at least 12 characters.');
  await choose(phone, NEW, `${NEW}!`);
  await expectProblems(phone, 'The passwords do not match.');
  await choose(phone, NEW);
  await expect(phone).toHaveURL('/login?reason=reset');
  await expectStatus(phone, 'Your password was changed. Log in with the new password.');
  await portal.mailbox.waitFor(ADMIN.email, 'Your password was changed');

  await admin.goto('/users');
  await expect(admin).toHaveURL(/\/login\?reason=ended/);
  await logIn(phone, ADMIN);
  await expectProblems(phone, 'The email or password is incorrect.');
  expect((await phone.goto(resetLink(mail))).status()).toBe(404);
  await expectGone(phone);
  await expect(link(phone, 'Forgot password?')).toBeVisible();
  expect(portal.log).not.toContain(resetLink(mail).split('/').at(-1));
});

test('the rules are told while typing, and checked again on saving', async ({ admin }) => {
  await admin.goto('/account');
  await link(admin, 'Change Password').click();
  const typed = field(admin, 'New password');
  await typed.fill('a');
  await expect(admin.locator('[data-strength-word]')).toHaveText('Too short');
  await typed.fill(NEW);
  await expect(admin.locator('[data-strength-word]')).toHaveText(/Strong|Very strong/);
  await expect(typed).toHaveAttribute('type', 'password');
  await button(admin, 'Show password').click();
  await expect(typed).toHaveAttribute('type', 'text');
});

test('changing it asks for the present one and ends the other sessions', async ({ admin, portal, newVisitor }) => {
  const phone = await newVisitor();
  await logIn(phone, ADMIN);
  await admin.goto('/account');
  await link(admin, 'Change Password').click();
  const change = async (current, password, confirm = password) => {
    await field(admin, 'Current password').fill(current);
    await field(admin, 'New password').fill(password);
    await field(admin, 'Confirm new password').fill(confirm);
    return submit(admin, 'Save');
  };
  expect((await change(ADMIN.password, ADMIN.password)).status()).toBe(422);
  await expectProblems(admin, 'Choose a password you are not using now.');
  await change('not my password', 'ada quist');
  await expectProblems(
    admin, 'Use at least 12 characters.', 'This password is too common.',
    'Do not use your name, email or organization in the password.',
  );
  await change('not my password', NEW, `${NEW}!`);
  await expectProblems(admin, 'The passwords do not match.');
  expect((await change('not my password', NEW)).status()).toBe(422);
  await expectProblems(admin, 'The password is incorrect.');
  for (const name of ['Current password', 'New password', 'Confirm new password']) {
    await expect(field(admin, name)).toHaveValue('');
  }
  // The next attempt within three seconds of a failed one would lock.
  await admin.waitForTimeout(3_100);
  await change(ADMIN.password, NEW);
  await expect(admin).toHaveURL('/account');
  await expectStatus(admin, 'Your password was changed.');
  const mail = await portal.mailbox.waitFor(ADMIN.email, 'Your password was changed');
  expect(mail.text).toContain('127.0.0.1');
  expect(mail.text).not.toContain(NEW);
  await phone.goto('/users');
  await expect(phone).toHaveURL(/\/login\?reason=ended/);
  await logIn(phone, { ...ADMIN, password: NEW });
  await expect(phone).toHaveURL('/users');
});

test.describe('in time', () => {
  test.use({ fakedClock: true });

  test('the link works for an hour, the newest alone', async ({ admin, portal, newVisitor }) => {
    await expect(heading(admin, 'User Management')).toBeVisible();
    const phone = await newVisitor();
    await ask(phone, ADMIN.email);
    const first = await portal.mailbox.waitFor(ADMIN.email, 'Reset your password');
    await portal.pass(4 * MINUTE);
    await ask(phone, ADMIN.email);
    await portal.pass(2 * MINUTE);
    expect(portal.mailbox.to(ADMIN.email), 'one mail in five minutes').toHaveLength(1);
    await ask(phone, ADMIN.email);
    const second = await portal.mailbox.waitFor(ADMIN.email, 'Reset your password');
    expect((await phone.goto(resetLink(first))).status()).toBe(404);
    await portal.pass(60 * MINUTE - 20);
    expect((await phone.goto(resetLink(second))).status()).toBe(200);
    await portal.pass(21);
    expect((await choose(phone, NEW)).status()).toBe(404);
    await expectGone(phone);
  });

  test('a reset still asks for the code', async ({ admin, portal, newVisitor }) => {
    await requireSecondFactor(admin, ORGANIZATION);
    const phone = await newVisitor();
    await enroll(phone, portal, ADMIN);
    const other = await newVisitor();
    await ask(other, ADMIN.email);
    await other.goto(resetLink(await portal.mailbox.waitFor(ADMIN.email, 'Reset your password')));
    await choose(other, NEW);
    await logIn(other, { ...ADMIN, password: NEW });
    await expect(heading(other, 'Enter your code')).toBeVisible();
  });

  test('what replaces an expired temporary password is another one', async ({ admin, portal, newVisitor }) => {
    await invite(admin, 'ben@people.example');
    const mail = await portal.mailbox.waitFor('ben@people.example', `You are invited to ${ORGANIZATION}`);
    const temporary = temporaryPassword(mail);
    const ben = await newVisitor();
    await activate(ben, mail);
    await expectStatus(ben, 'Your account is active. Log in with the temporary password from your email.');
    await portal.pass(8 * 24 * 60 * MINUTE);
    await logIn(ben, { email: 'ben@people.example', password: temporary });
    await expectProblems(ben, 'Your temporary password has expired. Use "Forgot password?" to choose a new one.');
    await ask(ben, 'ben@people.example');
    await ben.goto(resetLink(await portal.mailbox.waitFor('ben@people.example', 'Reset your password')));
    expect((await choose(ben, temporary)).status()).toBe(422);
    await expectProblems(ben, 'Choose a password you are not using now.');
    await choose(ben, NEW);
    await logIn(ben, { email: 'ben@people.example', password: NEW });
    await expect(ben).toHaveURL('/account');
  });

  test('somebody enabled again logs in with the password they have', async ({ admin, portal, newVisitor, context }) => {
    const ben = await newVisitor();
    const person = await join(portal, admin, ben, { name: 'Ben Okri', email: 'ben@people.example', password: PASSWORD });
    await admin.goto('/users');
    await link(admin, 'Ben Okri').click();
    await link(admin, 'Disable').click();
    await button(admin, 'Disable').click();
    await expectStatus(admin, 'Ben Okri was disabled.');
    await admin.goto('/users');
    await link(admin, 'Ben Okri').click();
    await link(admin, 'Enable').click();
    await button(admin, 'Enable').click();
    await expectStatus(admin, 'Ben Okri was enabled.');
    await ben.goto('/account');
    await expect(ben).toHaveURL(/\/login/);
    await logIn(ben, person);
    await expectProblems(ben, 'Activate your account first. Use the link in the email we sent you.');
    const again = await portal.mailbox.waitFor(person.email, 'Activate your account again');
    await ben.goto(activationLink(again));
    await button(ben, 'Activate account').click();
    await expect(ben).toHaveURL('/login?reason=activated');
    await expectStatus(ben, 'Your account is active. Log in with your password.');
    expect(await ben.context().cookies(), 'one cookie, whatever there is to say').toHaveLength(1);
    expect(await context.cookies()).toHaveLength(1);
    await logIn(ben, person);
    await expect(ben).toHaveURL('/account');
  });
});
