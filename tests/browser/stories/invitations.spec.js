/** What can be done with an invitation that is still open (portal contract 5.1). */

import { activationLink, temporaryPassword } from '../support/mailbox.js';
import {
  ORGANIZATION, activate, button, expectGone, expectRefusal, expectStatus, heading, idOf, invite, join, link, logIn,
  opened, row, submit,
} from '../support/pages.js';
import { expect, test } from '../support/test.js';

const SUBJECT = `You are invited to ${ORGANIZATION}`;

test.describe('resend', () => {
  test.use({ fakedClock: true });

  test('sends a new link and a new password, and the old ones die', async ({ admin, portal, newVisitor }) => {
    await invite(admin, 'ben@people.example');
    const old = await portal.mailbox.waitFor('ben@people.example', SUBJECT);
    await portal.forward(90);
    await admin.goto('/users');
    await link(admin, 'Resend invitation to ben@people.example').click();
    await button(opened(admin, 'Resend invitation'), 'Resend').click();
    await expectStatus(admin, 'The invitation to ben@people.example was sent again.');
    const fresh = await portal.mailbox.waitFor('ben@people.example', SUBJECT);
    expect(activationLink(fresh)).not.toBe(activationLink(old));
    expect(temporaryPassword(fresh)).not.toBe(temporaryPassword(old));

    const ben = await newVisitor();
    await ben.goto(activationLink(old));
    await expectGone(ben);
    await activate(ben, fresh);
    await logIn(ben, { email: 'ben@people.example', password: temporaryPassword(old) });
    await expectRefusal(ben, 'The email or password is incorrect.');
  });
});

test('resending waits a minute', async ({ admin, portal }) => {
  await invite(admin, 'ben@people.example');
  await portal.mailbox.waitFor('ben@people.example', SUBJECT);
  await admin.goto('/users');
  await link(admin, 'Resend invitation to ben@people.example').click();
  const page = opened(admin, 'Resend invitation');
  expect((await submit(page, 'Resend')).status()).toBe(409);
  await expectRefusal(admin, 'Wait a minute before sending this again.');
  expect(portal.mailbox.to('ben@people.example')).toHaveLength(1);
});

test('an active person has no invitation to resend', async ({ admin, portal, newVisitor }) => {
  const ben = await newVisitor();
  await join(portal, admin, ben, { name: 'Ben Okri', email: 'ben@people.example' });
  await admin.goto('/users');
  await expect(link(admin, 'Resend invitation to Ben Okri')).toBeHidden();
  await expect(link(admin, 'Cancel invitation for Ben Okri')).toBeHidden();
  const id = await idOf(admin, 'ben@people.example');
  const answer = await admin.goto(`/users/${id}/resend`);
  if (answer.ok()) expect((await submit(opened(admin, 'Resend invitation'), 'Resend')).status()).toBe(409);
  await expectRefusal(admin, 'Ben Okri is already active.');
});

test('a cancelled invitation leaves no trace and no way in', async ({ admin, portal, newVisitor }) => {
  await invite(admin, 'ben@people.example');
  const mail = await portal.mailbox.waitFor('ben@people.example', SUBJECT);
  await admin.goto('/users');
  await link(admin, 'Cancel invitation for ben@people.example').click();
  const page = opened(admin, 'Cancel invitation');
  await link(page, 'Keep it').click();
  await expect(row(admin, 'ben@people.example')).toBeVisible();

  await link(admin, 'Cancel invitation for ben@people.example').click();
  await button(opened(admin, 'Cancel invitation'), 'Cancel invitation').click();
  await expectStatus(admin, 'The invitation to ben@people.example was cancelled.');
  await expect(row(admin, 'ben@people.example')).toHaveCount(0);

  const ben = await newVisitor();
  expect((await ben.goto(activationLink(mail))).status()).toBe(404);
  await expectGone(ben);
  await logIn(ben, { email: 'ben@people.example', password: temporaryPassword(mail) });
  await expectRefusal(ben, 'The email or password is incorrect.');
  expect(portal.mailbox.to('ben@people.example')).toHaveLength(1);
});

test('a restart loses no mail and keeps everybody logged in', async ({ admin, portal }) => {
  await invite(admin, 'ben@people.example');
  await portal.restart();
  await portal.mailbox.waitFor('ben@people.example', SUBJECT);
  await admin.goto('/users');
  await expect(heading(admin, 'User Management')).toBeVisible();
  expect(portal.mailbox.to('ben@people.example')).toHaveLength(1);
});
