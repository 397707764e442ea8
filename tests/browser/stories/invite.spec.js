/** The main story: many addresses, one mail each, and a person who gets in (portal contract 5.1). */

import { header, temporaryPassword } from '../support/mailbox.js';
import {
  ADMIN, ORGANIZATION, PASSWORD, activate, button, cell, choosePassword, expectProblems, expectRefusal, expectStatus,
  fillInvitation, heading, invite, link, logIn, logOut, opened, result, row, submit,
} from '../support/pages.js';
import { expect, test } from '../support/test.js';

const NONE_VALID = 'None of these is a valid email address.';
const SUBJECT = `You are invited to ${ORGANIZATION}`;

test('several people are invited, and one of them gets in', async ({ admin, portal, newVisitor }) => {
  const ben = await newVisitor();
  let mail;

  await test.step('an administrator invites them', async () => {
    await invite(admin, 'ben@people.example, Cleo Ito <Cleo@people.example>;\nBEN@people.example not-an-address', {
      accountRole: 'Analyst',
      roles: ['Callback Manager', 'Platform Management Viewer'],
    });
    await expect(heading(admin, 'Invitation results')).toBeVisible();
    await expect(admin.getByText('2 invited, 1 not invited.')).toBeVisible();
    await expect(result(admin, 'ben@people.example')).toContainText('Invited');
    await expect(result(admin, 'Cleo@people.example')).toContainText('Invited');
    await expect(result(admin, 'not-an-address')).toContainText('Not a valid email address');
    await link(admin, 'Back to User Management').click();
    await expect(await cell(admin, 'ben@people.example', 'Status')).toContainText('Invited');
    const roles = await cell(admin, 'ben@people.example', 'Roles');
    for (const role of ['Analyst', 'Callback Manager', 'Platform Management Viewer']) {
      await expect(roles).toContainText(role);
    }
  });

  await test.step('each gets one mail', async () => {
    mail = await portal.mailbox.waitFor('ben@people.example', SUBJECT);
    const other = await portal.mailbox.waitFor('cleo@people.example', SUBJECT);
    expect(header(mail, 'Auto-Submitted')).toBe('auto-generated');
    expect(mail.from).toMatchObject({ name: 'Rollcall', address: 'noreply@rollcall.example' });
    expect(temporaryPassword(mail)).toHaveLength(16);
    expect(temporaryPassword(other)).not.toBe(temporaryPassword(mail));
    for (const part of [mail.text, mail.html]) {
      for (const fact of [ORGANIZATION, ADMIN.name, 'ben@people.example', 'Analyst', 'Callback Manager', 'UTC']) {
        expect(part).toContain(fact);
      }
    }
    const links = mail.html.match(/(?:href|src)="[^"]*"/g) ?? [];
    for (const found of links) expect(found).toMatch(new RegExp(`="(${portal.url}/|cid:)`));
    expect(portal.mailbox.to('ben@people.example')).toHaveLength(1);
  });

  await test.step('the password alone opens nothing', async () => {
    await logIn(ben, { email: 'ben@people.example', password: temporaryPassword(mail) });
    await expectRefusal(ben, 'Activate your account first. Use the link in the email we sent you.');
  });

  await test.step('the link and the password do', async () => {
    await activate(ben, mail);
    await expectStatus(ben, 'Your account is active. Log in with the temporary password from your email.');
    await logIn(ben, { email: 'ben@people.example', password: temporaryPassword(mail) });
    await expect(ben.getByText('You logged in with a temporary password.')).toBeVisible();
    await ben.goto('/users');
    await expect(heading(ben, 'Choose a new password')).toBeVisible();
    await choosePassword(ben, PASSWORD, { name: 'Ben Okri' });
    await expect(ben).not.toHaveURL(/password/);
  });

  await test.step('he sees what his roles show him', async () => {
    await ben.goto('/users');
    await expect(heading(ben, 'User Management')).toBeVisible();
    await expect(row(ben, 'ben@people.example')).toBeVisible();
    await expect(link(ben, 'Invite Users')).toBeHidden();
    await expect(ben.getByRole('link', { name: /^(Edit|Delete) / })).toHaveCount(0);
    expect((await ben.goto('/users/invite')).status()).toBe(403);
    await expect(heading(ben, 'You do not have access to this page')).toBeVisible();
  });

  await test.step('and logs in with his own password from now on', async () => {
    await ben.goto('/users');
    await logOut(ben);
    await logIn(ben, { email: 'BEN@people.example ', password: PASSWORD });
    await expect(ben).toHaveURL('/users');
    await admin.goto('/users');
    await expect(await cell(admin, 'Ben Okri', 'Status')).toContainText('Active');
  });
});

test('nobody is invited twice', async ({ admin, portal }) => {
  await invite(admin, `eva@people.example ${ADMIN.email}`);
  await expect(result(admin, 'eva@people.example')).toContainText('Invited');
  await expect(result(admin, ADMIN.email)).toContainText('Already a member');
  await portal.mailbox.waitFor('eva@people.example', SUBJECT);

  await link(admin, 'Invite more users').click();
  const form = opened(admin, 'Invite Users');
  await form.getByRole('textbox', { name: 'Email', exact: true }).fill('Eva@People.example');
  await button(form, 'Invite').click();
  await expect(result(admin, 'Eva@People.example')).toContainText('Already invited');
  await expect(admin.getByText('0 invited, 1 not invited.')).toBeVisible();
  expect(portal.mailbox.to('eva@people.example')).toHaveLength(1);
});

test('a form without a usable address changes nothing', async ({ admin }) => {
  const cases = [
    ['', 'Enter at least one email address.'],
    ['one two@three', NONE_VALID, 'one: not a valid email address', 'two@three: not a valid email address'],
    [addresses(101).join('\n'), 'Invite at most 100 addresses at a time. You entered 101.'],
  ];
  for (const [typed, ...messages] of cases) {
    const form = await fillInvitation(admin, typed);
    expect((await submit(form, 'Invite')).status()).toBe(422);
    await expectProblems(form, ...messages);
    await admin.goto('/users');
  }
  await admin.goto('/users');
  await expectStatus(admin, 'Showing 1-1 of 1 user');
});

test('a rejected form keeps what was typed', async ({ admin }) => {
  const form = await fillInvitation(admin, 'nonsense', { accountRole: 'Developer', roles: ['Webhooks Viewer'] });
  await submit(form, 'Invite');
  await expectProblems(form, NONE_VALID, 'nonsense: not a valid email address');
  await expect(form.getByRole('radio', { name: 'Developer', exact: true })).toBeChecked();
  await expect(form.getByRole('checkbox', { name: 'Webhooks Viewer', exact: true })).toBeChecked();
});

test('a hundred addresses fit one form', async ({ admin }) => {
  await invite(admin, addresses(100).join(', '));
  await expect(admin.getByText('100 invited, 0 not invited.')).toBeVisible();
});

test('mail that the server refuses shows on the row', async ({ admin, portal }) => {
  portal.mailbox.refuse('gone@people.example');
  await invite(admin, 'gone@people.example');
  await expect(async () => {
    await admin.goto('/users');
    await expect(await cell(admin, 'gone@people.example', 'Status')).toContainText('Email failed', { timeout: 500 });
  }).toPass();
});

test('the dialog opens, closes and gives the focus back', async ({ admin }) => {
  const opener = link(admin, 'Invite Users');
  await opener.click();
  const dialog = admin.getByRole('dialog', { name: 'Invite Users', exact: true });
  await expect(dialog).toBeVisible();
  await expect(dialog.getByRole('textbox', { name: 'Email', exact: true })).toBeFocused();
  await expect(dialog.getByRole('radio', { name: 'User', exact: true })).toBeChecked();
  await admin.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(opener).toBeFocused();

  await opener.click();
  await link(dialog, 'Cancel').click();
  await expect(dialog).toBeHidden();
});

test('names of people and organizations are only ever text', async ({ admin, portal, newVisitor }) => {
  const markup = '<img src=x onerror=alert(1)>"\'<b hx-get=/x>';
  const ben = await newVisitor();
  await invite(admin, 'ben@people.example');
  const mail = await portal.mailbox.waitFor('ben@people.example', SUBJECT);
  await activate(ben, mail);
  await logIn(ben, { email: 'ben@people.example', password: temporaryPassword(mail) });
  await choosePassword(ben, PASSWORD, { name: markup });
  await admin.goto('/users');
  await expect(link(admin, markup)).toBeVisible();
  await link(admin, markup).click();
  await expect(heading(admin, markup)).toBeVisible();
  await expect(admin.locator('img[src="x"], [hx-get="/x"]')).toHaveCount(0);
  await admin.goto('/users');
  await link(admin, `Delete ${markup}`).click();
  await expect(opened(admin, 'Delete user')).toContainText(markup);
});

function addresses(count) {
  return Array.from({ length: count }, (_, index) => `person-${index}@people.example`);
}
