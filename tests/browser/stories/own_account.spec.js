/** Your Account: another address, and the places where one is logged in (portal contract 1.7). */

import { confirmationLink } from '../support/mailbox.js';
import {
  ADMIN, button, expectGone, expectProblems, expectStatus, field, heading, join, link, logIn, logOut, submit,
} from '../support/pages.js';
import { expect, test } from '../support/test.js';

const sessions = (page) => page.getByRole('table', { name: 'Sessions', exact: true }).getByRole('row');

async function changeEmail(page, email, password) {
  await page.goto('/account');
  await link(page, 'Change Email').click();
  await field(page, 'New email').fill(email);
  await field(page, 'Current password').fill(password);
  return submit(page, 'Submit');
}

test.describe('with a clock', () => {
  test.use({ fakedClock: true });

  test('another address holds once its link is confirmed', async ({ admin, portal, newVisitor }) => {
    test.slow();
    const ben = await newVisitor();
    await join(portal, admin, ben, { name: 'Ben Okri', email: 'ben@people.example' });
    const fresh = 'ada.quist@elsewhere.example';
    await changeEmail(admin, 'ada@', ADMIN.password);
    await expectProblems(admin, 'Enter a valid email address.');
    await changeEmail(admin, ADMIN.email, ADMIN.password);
    await expectProblems(admin, 'This is already your email address.');
    await changeEmail(admin, 'ben@people.example', 'not my password');
    await expectProblems(admin, 'The password is incorrect.');
    await expect(field(admin, 'New email')).toHaveValue('ben@people.example');
    await portal.pass(4);
    await changeEmail(admin, 'ben@people.example', ADMIN.password);
    await expectProblems(admin, 'That email address is already in use.');

    await changeEmail(admin, fresh, ADMIN.password);
    await expect(admin).toHaveURL('/account');
    const first = await portal.mailbox.waitFor(fresh, 'Confirm your new email address');
    await changeEmail(admin, fresh, ADMIN.password);
    const second = await portal.mailbox.waitFor(fresh, 'Confirm your new email address');
    const mailReader = await newVisitor();
    expect((await mailReader.goto(confirmationLink(first))).status(), 'the newest alone').toBe(404);
    for (let look = 0; look < 3; look += 1) await mailReader.goto(confirmationLink(second));
    await logIn(mailReader, ADMIN);
    await expect(mailReader, 'the old address until then').toHaveURL('/users');
    await logOut(mailReader);

    await mailReader.goto(confirmationLink(second));
    await button(mailReader, 'Confirm email').click();
    await expect(mailReader).toHaveURL('/login?reason=email');
    await expectStatus(mailReader, 'Your email was changed. Log in with the new email address.');
    await admin.goto('/users');
    await expect(admin).toHaveURL(/\/login\?reason=email/);
    const [told] = await Promise.all([
      portal.mailbox.waitFor(fresh, 'Your email address was changed'),
      portal.mailbox.waitFor(ADMIN.email, 'Your email address was changed'),
    ]);
    expect(told.text, 'the old one is masked in the mail to the new one').not.toContain(ADMIN.email);
    await logIn(admin, ADMIN);
    await expectProblems(admin, 'The email or password is incorrect.');
    await portal.pass(4);
    await logIn(admin, { ...ADMIN, email: fresh });
    await expect(admin).toHaveURL('/users');
    expect((await mailReader.goto(confirmationLink(second))).status()).toBe(404);
    await expectGone(mailReader);
  });

  test('a confirmation waits for a day', async ({ admin, portal, newVisitor }) => {
    await changeEmail(admin, 'ada@elsewhere.example', ADMIN.password);
    const mail = await portal.mailbox.waitFor('ada@elsewhere.example', 'Confirm your new email address');
    const reader = await newVisitor();
    await portal.pass(24 * 60 * 60 - 20);
    expect((await reader.goto(confirmationLink(mail))).status()).toBe(200);
    await portal.pass(21);
    expect((await submit(reader, 'Confirm email')).status()).toBe(404);
    await logIn(reader, ADMIN);
    await expect(reader).toHaveURL('/users');
  });
});

test('sessions are listed, ended one by one and all at once', async ({ admin, newVisitor }) => {
  const [phone, tablet, laptop] = [await newVisitor(), await newVisitor(), await newVisitor()];
  for (const page of [phone, tablet, laptop]) await logIn(page, ADMIN);
  await admin.goto('/account');
  await expect(sessions(admin)).toHaveCount(5);
  const own = sessions(admin).filter({ hasText: 'This device' });
  await expect(own).toHaveCount(1);
  await expect(own.getByRole('button')).toHaveCount(0);
  const heads = admin.getByRole('table', { name: 'Sessions', exact: true }).getByRole('columnheader');
  await expect(heads).toHaveText(['Device', 'IP address', 'Logged in', 'Last active', 'Actions']);
  await expect(sessions(admin).nth(1)).toContainText('127.0.0.1');

  await admin.getByRole('button', { name: /^End session on / }).first().click();
  await expectStatus(admin, 'The session was ended.');
  await expect(sessions(admin)).toHaveCount(4);
  await button(admin, 'End all other sessions').click();
  await expectStatus(admin, 'Other sessions were ended.');
  await expect(sessions(admin)).toHaveCount(2);
  await expect(button(admin, 'End all other sessions')).toHaveCount(0);
  for (const page of [phone, tablet, laptop]) {
    await page.goto('/users');
    await expect(page).toHaveURL(/\/login\?reason=ended&next=%2Fusers/);
    await expectStatus(page, 'Your session was ended. Log in again.');
  }
  await admin.goto('/users');
  await expect(heading(admin, 'User Management')).toBeVisible();
});

test('a name is saved, and a bad one is not', async ({ admin }) => {
  await admin.goto('/account');
  await field(admin, 'Name').fill(' ');
  await submit(admin, 'Save');
  await expectProblems(admin, 'Enter a name.');
  await field(admin, 'Name').fill('x'.repeat(101));
  await submit(admin, 'Save');
  await expectProblems(admin, 'Use at most 100 characters.');
  await field(admin, 'Name').fill('Ada Q. Quist');
  await submit(admin, 'Save');
  await expectStatus(admin, 'Your changes were saved.');
  await expect(field(admin, 'Name')).toHaveValue('Ada Q. Quist');
  const logins = admin.getByRole('table', { name: 'Recent logins', exact: true });
  await expect(logins.getByRole('columnheader')).toHaveText(['Time', 'IP address', 'Result']);
  await expect(logins.getByRole('row')).toHaveCount(2);
});

test('after logging out, going back shows nothing', async ({ admin }) => {
  await admin.goto('/account');
  await logOut(admin);
  for (let steps = 0; steps < 2; steps += 1) {
    await admin.goBack();
    await expect(heading(admin, 'Log in')).toBeVisible();
    await expect(admin.getByText(ADMIN.email)).toHaveCount(0);
  }
});

test.describe('without a script', () => {
  test.use({ javaScriptEnabled: false });

  test('everything here is a form, and going back shows nothing', async ({ admin, newVisitor }) => {
    const phone = await newVisitor();
    await logIn(phone, ADMIN);
    await admin.goto('/account');
    await admin.getByRole('button', { name: /^End session on / }).click();
    await expectStatus(admin, 'The session was ended.');
    await phone.goto('/account');
    await expect(heading(phone, 'Log in')).toBeVisible();
    await changeEmail(admin, 'ada@', ADMIN.password);
    await expectProblems(admin, 'Enter a valid email address.');
    await admin.goto('/account');
    await logOut(admin);
    await admin.goBack();
    await expect(heading(admin, 'Log in')).toBeVisible();
  });
});
