/** What script adds to the plain pages: dialogs, live search, and a guard against a second press (portal contract 0.2, 0.3). */

import {
  ORGANIZATION, button, expectStatus, field, fillInvitation, invite, link, opened, result, row,
} from '../support/pages.js';
import { expect, test } from '../support/test.js';

const dialog = (page, name) => page.getByRole('dialog', { name, exact: true });

test('a dialog asking to delete starts at the way out', async ({ admin }) => {
  await invite(admin, 'ben@people.example');
  await admin.goto('/users');
  await link(admin, 'Delete ben@people.example').click();
  await expect(link(dialog(admin, 'Delete user'), 'Cancel')).toBeFocused();
  for (let press = 0; press < 6; press += 1) {
    await admin.keyboard.press('Tab');
    const inside = await admin.evaluate(() => {
      const focused = document.activeElement;
      return focused === document.body || focused.closest('dialog') !== null;
    });
    expect(inside, `after ${press + 1} times Tab`).toBe(true);
  }
});

test('what was typed into a dialog closed by accident comes back', async ({ admin }) => {
  await invite(admin, 'ben@people.example');
  await admin.goto('/users');
  const opener = link(admin, 'Edit ben@people.example');
  await opener.click();
  await field(dialog(admin, 'Edit User'), 'Name').fill('Ben Okri');
  await admin.keyboard.press('Escape');
  await expect(dialog(admin, 'Edit User')).toBeHidden();
  await expect(opener).toBeFocused();
  await button(admin, 'Open again').click();
  await expect(field(dialog(admin, 'Edit User'), 'Name')).toHaveValue('Ben Okri');
  await button(dialog(admin, 'Edit User'), 'Save').click();
  await expectStatus(admin, 'The changes to Ben Okri were saved.');
});

test('a double click invites once', async ({ admin, portal }) => {
  const form = await fillInvitation(admin, 'ben@people.example');
  await button(form, 'Invite').dblclick();
  await expect(admin).toHaveURL('/users/invite/results');
  await expect(result(admin, 'ben@people.example')).toContainText('Invited');
  await expect(admin.getByText('1 invited, 0 not invited.')).toBeVisible();
  await portal.mailbox.waitFor('ben@people.example', `You are invited to ${ORGANIZATION}`);
  expect(portal.mailbox.to('ben@people.example')).toHaveLength(1);
});

test('a double click deletes once and says so', async ({ admin }) => {
  await invite(admin, 'ben@people.example cleo@people.example');
  await admin.goto('/users');
  await link(admin, 'Delete ben@people.example').click();
  await button(dialog(admin, 'Delete user'), 'Delete').dblclick();
  await expectStatus(admin, 'ben@people.example was deleted.');
  await expect(row(admin, 'ben@people.example')).toHaveCount(0);
  await expect(row(admin, 'cleo@people.example')).toBeVisible();

  await admin.goto(await link(admin, 'Delete cleo@people.example').getAttribute('href'));
  await button(opened(admin, 'Delete user'), 'Delete').dblclick();
  await expectStatus(admin, 'cleo@people.example was deleted.');
});

test('search answers while one types, and Back undoes it', async ({ admin }) => {
  await invite(admin, 'ben@people.example cleo@people.example dan@people.example');
  await admin.goto('/users');
  const search = admin.getByRole('searchbox', { name: 'Search', exact: true });
  await search.pressSequentially('cleo', { delay: 20 });
  await expectStatus(admin, 'Showing 1-1 of 1 user');
  await expect(admin).toHaveURL(/\/users\?q=cleo(&per_page=25)?$/);
  await expect(search).toBeFocused();
  await expect(search).toHaveValue('cleo');
  await expect(row(admin, 'ben@people.example')).toHaveCount(0);

  await admin.getByRole('navigation', { name: 'Status', exact: true }).getByRole('link', { name: /^Active / }).click();
  await expect(admin.getByText('No users match these filters.')).toBeVisible();
  await expect(admin).toHaveURL(/status=active/);
  await admin.goBack();
  await expect(admin).toHaveURL(/\/users\?q=cleo(&per_page=25)?$/);
  await expect(search).toHaveValue('cleo');
  await expect(row(admin, 'cleo@people.example')).toBeVisible();
  await admin.goBack();
  await expect(admin).toHaveURL('/users');
  await expect(search).toHaveValue('');
  await expectStatus(admin, 'Showing 1-4 of 4 users');
});

test('keys lead around, and not while one types', async ({ admin }) => {
  await admin.keyboard.press('/');
  const search = admin.getByRole('searchbox', { name: 'Search', exact: true });
  await expect(search).toBeFocused();
  await admin.keyboard.type('i');
  await expect(search).toHaveValue('i');
  await expect(dialog(admin, 'Invite Users')).toBeHidden();
  await admin.keyboard.press('Escape');
  await expect(search).toHaveValue('');

  await admin.getByRole('main').focus();
  await admin.keyboard.press('i');
  await expect(dialog(admin, 'Invite Users')).toBeVisible();
  await admin.keyboard.press('Escape');
  await admin.keyboard.press('?');
  await expect(dialog(admin, 'Keyboard shortcuts')).toBeVisible();
});
