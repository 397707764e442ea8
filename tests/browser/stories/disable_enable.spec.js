/** Disable and Enable in one organization (portal contract 5.1). */

import {
  ORGANIZATION, PASSWORD, activate, button, cell, expectRefusal, expectStatus, heading, join, link, logIn, opened, submit,
} from '../support/pages.js';
import { expect, test } from '../support/test.js';

test('a disabled person is out by the next click', async ({ admin, portal, newVisitor }) => {
  const ben = await newVisitor();
  await join(portal, admin, ben, { name: 'Ben Okri', email: 'ben@people.example', roles: ['Platform Management Viewer'] });
  await ben.goto('/users');
  await disable(admin, 'Ben Okri');

  await ben.goto('/users');
  await expect(ben).toHaveURL(/\/login/);
  await logIn(ben, { email: 'ben@people.example', password: PASSWORD });
  await expectRefusal(ben, 'Your account is disabled. Contact your Administrator.');
});

test('an enabled person must use a fresh link, not a new password', async ({ admin, portal, newVisitor }) => {
  const ben = await newVisitor();
  await join(portal, admin, ben, { name: 'Ben Okri', email: 'ben@people.example', roles: ['Platform Management Viewer'] });
  await disable(admin, 'Ben Okri');

  await link(admin, 'Ben Okri').click();
  await link(admin, 'Enable').click();
  await button(opened(admin, 'Enable user'), 'Enable').click();
  await expectStatus(admin, 'Ben Okri was enabled.');
  const mail = await portal.mailbox.waitFor('ben@people.example', 'Activate your account again');
  expect(mail.text).toContain(ORGANIZATION);
  expect(mail.text).not.toContain('Temporary password');

  await ben.goto('/login');
  await logIn(ben, { email: 'ben@people.example', password: PASSWORD });
  await expectRefusal(ben, 'Activate your account first. Use the link in the email we sent you.');
  await activate(ben, mail);
  await expectStatus(ben, 'Your account is active. Log in with your password.');
  await logIn(ben, { email: 'ben@people.example', password: PASSWORD });
  await expect(heading(ben, 'User Management')).toBeVisible();
});

test('disabling asks first', async ({ admin, portal, newVisitor }) => {
  const ben = await newVisitor();
  await join(portal, admin, ben, { name: 'Ben Okri', email: 'ben@people.example' });
  await admin.goto('/users');
  await link(admin, 'Ben Okri').click();
  await link(admin, 'Disable').click();
  await link(opened(admin, 'Disable user'), 'Cancel').click();
  await expect(heading(admin, 'Ben Okri')).toBeVisible();
  await admin.goto('/users');
  await expect(await cell(admin, 'Ben Okri', 'Status')).toContainText('Active');
});

test('ending all sessions leaves the account alone', async ({ admin, portal, newVisitor }) => {
  const ben = await newVisitor();
  await join(portal, admin, ben, { name: 'Ben Okri', email: 'ben@people.example', roles: ['Platform Management Viewer'] });
  await ben.goto('/users');
  await admin.goto('/users');
  await link(admin, 'Ben Okri').click();
  await link(admin, 'End all sessions').click();
  await submit(opened(admin, 'End all sessions'), 'End all sessions');
  await expectStatus(admin, 'All sessions of Ben Okri were ended.');
  await ben.goto('/users');
  await expect(ben).toHaveURL(/\/login/);
  await logIn(ben, { email: 'ben@people.example', password: PASSWORD });
  await expect(heading(ben, 'User Management')).toBeVisible();
});

async function disable(admin, person) {
  await admin.goto('/users');
  await link(admin, person).click();
  await expect(heading(admin, person)).toBeVisible();
  await link(admin, 'Disable').click();
  await button(opened(admin, 'Disable user'), 'Disable').click();
  await expectStatus(admin, `${person} was disabled.`);
  await admin.goto('/users');
  await expect(await cell(admin, person, 'Status')).toContainText('Disabled');
}
