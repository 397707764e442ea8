/** Delete: one person at a time, asked first, for good (portal contract 5.3). */

import {
  ORGANIZATION, PASSWORD, button, expectRefusal, expectStatus, heading, idOf, invite, join, link, logIn, opened,
  openedByAnother, result, row, submit,
} from '../support/pages.js';
import { expect, test } from '../support/test.js';

test('a deleted person is gone at once and may be invited again', async ({ admin, portal, newVisitor }) => {
  const ben = await newVisitor();
  await join(portal, admin, ben, { name: 'Ben Okri', email: 'ben@people.example', roles: ['Platform Management Viewer'] });
  await ben.goto('/users');
  await admin.goto('/users');
  const id = await idOf(admin, 'ben@people.example');

  await link(admin, 'Delete Ben Okri').click();
  const dialog = opened(admin, 'Delete user');
  await expect(dialog).toContainText(
    `Permanently remove Ben Okri (ben@people.example) from ${ORGANIZATION}? This cannot be undone.`,
  );
  await expect(dialog).toContainText('To keep the account but block access, disable it instead.');
  await button(dialog, 'Delete').click();
  await expect(admin).toHaveURL('/users');
  await expectStatus(admin, 'Ben Okri was deleted.');
  await expect(row(admin, 'ben@people.example')).toHaveCount(0);
  await portal.mailbox.waitFor('ben@people.example', `You were removed from ${ORGANIZATION}`);

  await ben.goto('/users');
  await expect(ben).toHaveURL(/\/login/);
  await logIn(ben, { email: 'ben@people.example', password: PASSWORD });
  await expectRefusal(ben, 'The email or password is incorrect.');
  for (const path of [`/users/${id}`, `/users/${id}/edit`, `/users/${id}/delete`]) {
    expect((await admin.goto(path)).status(), path).toBe(404);
  }
  await invite(admin, 'ben@people.example');
  await expect(result(admin, 'ben@people.example')).toContainText('Invited');
});

test('Cancel and Escape delete nobody', async ({ admin }) => {
  await invite(admin, 'ben@people.example');
  await admin.goto('/users');
  const opener = link(admin, 'Delete ben@people.example');
  await opener.click();
  const dialog = admin.getByRole('dialog', { name: 'Delete user', exact: true });
  await expect(dialog).toBeVisible();
  await expect(dialog).not.toContainText('disable it instead');
  await admin.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(opener).toBeFocused();
  await opener.click();
  await link(dialog, 'Cancel').click();
  await expect(dialog).toBeHidden();
  await admin.reload();
  await expect(row(admin, 'ben@people.example')).toBeVisible();
});

test('the second of two who delete finds nobody', async ({ admin, newVisitor }) => {
  await invite(admin, 'ben@people.example');
  const { id, other } = await openedByAnother(admin, newVisitor, 'ben@people.example', 'delete');
  await admin.goto(`/users/${id}/delete`);
  await button(opened(admin, 'Delete user'), 'Delete').click();
  await expectStatus(admin, 'ben@people.example was deleted.');
  expect((await submit(opened(other, 'Delete user'), 'Delete')).status()).toBe(404);
  await expect(heading(other, 'Page not found')).toBeVisible();
});
