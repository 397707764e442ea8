/** Every page and every change without a script: forms, links and full pages (portal contract 0.3). */

import {
  ORGANIZATION, button, cell, expectProblems, expectRefusal, expectStatus, field, heading, invite, join, link, logOut,
  openedByAnother, result, row, submit,
} from '../support/pages.js';
import { expect, test } from '../support/test.js';

test.use({ javaScriptEnabled: false });

test('invite, from the link to the results', async ({ admin, portal }) => {
  await link(admin, 'Invite Users').click();
  await expect(admin).toHaveURL('/users/invite');
  await expect(heading(admin, 'Invite Users')).toBeVisible();
  const main = admin.getByRole('main');
  expect((await submit(main, 'Invite')).status()).toBe(422);
  await expect(admin).toHaveTitle('Error: Invite Users - Rollcall');
  await expectProblems(main, 'Enter at least one email address.');

  await main.getByRole('textbox', { name: 'Email', exact: true }).fill('ben@people.example\ncleo@people.example\nnonsense');
  await main.getByRole('radio', { name: 'Analyst', exact: true }).check();
  await main.getByRole('checkbox', { name: 'Callback Viewer', exact: true }).check();
  expect((await submit(main, 'Invite')).status()).toBe(303);
  await expect(admin.getByText('2 invited, 1 not invited.')).toBeVisible();
  await expect(result(admin, 'nonsense')).toContainText('Not a valid email address');
  await portal.mailbox.waitFor('ben@people.example', `You are invited to ${ORGANIZATION}`);
  await link(admin, 'Back to User Management').click();
  await expect(await cell(admin, 'ben@people.example', 'Roles')).toContainText('Callback Viewer');
  await expect(admin.getByRole('checkbox', { name: 'Select all on this page', exact: true })).toHaveCount(0);
});

test('edit, with a rejected try, and a conflict', async ({ admin, newVisitor }) => {
  await invite(admin, 'cleo@people.example');
  const { other } = await openedByAnother(admin, newVisitor, 'cleo@people.example', 'edit');

  await link(admin, 'Edit cleo@people.example').click();
  await expect(heading(admin, 'Edit User')).toBeVisible();
  const main = admin.getByRole('main');
  await field(main, 'Email').fill('nonsense');
  await field(main, 'Name').fill('Cleo Ito');
  expect((await submit(main, 'Save')).status()).toBe(422);
  await expectProblems(main, 'Enter a valid email address.');
  await expect(field(main, 'Name')).toHaveValue('Cleo Ito');
  await field(main, 'Email').fill('cleo@people.example');
  await button(main, 'Save').click();
  await expect(admin).toHaveURL('/users');
  await expectStatus(admin, 'The changes to Cleo Ito were saved.');
  await admin.reload();
  await expect(admin.getByText('The changes to Cleo Ito were saved.')).toHaveCount(0);

  const late = other.getByRole('main');
  await field(late, 'Name').fill('Cleo Marsh');
  expect((await submit(late, 'Save')).status()).toBe(409);
  await expectRefusal(late, 'Your changes were not saved. Compare, then save again.');
  await expect(late.getByRole('table', { name: 'What changed', exact: true })).toContainText('Cleo Ito');
  await link(late, 'Discard my changes').click();
  await expect(field(late, 'Name')).toHaveValue('Cleo Ito');
});

test('delete, after a second thought', async ({ admin }) => {
  await invite(admin, 'cleo@people.example');
  await admin.goto('/users');
  await link(admin, 'Delete cleo@people.example').click();
  await expect(heading(admin, 'Delete user')).toBeVisible();
  await link(admin.getByRole('main'), 'Cancel').click();
  await expect(row(admin, 'cleo@people.example')).toBeVisible();
  await link(admin, 'Delete cleo@people.example').click();
  await button(admin.getByRole('main'), 'Delete').click();
  await expect(admin).toHaveURL('/users');
  await expectStatus(admin, 'cleo@people.example was deleted.');
  await expect(row(admin, 'cleo@people.example')).toHaveCount(0);
});

test('pages, rows per page, and a page that leaves by itself', async ({ admin }) => {
  const everybody = Array.from({ length: 30 }, (_, index) => `p${index + 10}@people.example`);
  await invite(admin, everybody.join(' '));
  await admin.goto('/users');
  await expectStatus(admin, 'Showing 1-25 of 31 users');
  await link(admin, 'Next page').click();
  await expectStatus(admin, 'Showing 26-31 of 31 users');
  await link(admin, 'Previous page').click();
  await expectStatus(admin, 'Showing 1-25 of 31 users');
  await field(admin, 'Per page').selectOption('50');
  await button(admin, 'Apply filters').click();
  await expectStatus(admin, 'Showing 1-31 of 31 users');
  await admin.goto('/users');
  await expectStatus(admin, 'Showing 1-31 of 31 users');
  const refresh = Number.parseInt(await admin.locator('meta[http-equiv="refresh"]').getAttribute('content'), 10);
  expect(refresh).toBe(15 * 60 + 5);
});

test('search, status, order and log out', async ({ admin, portal, newVisitor }) => {
  const ben = await newVisitor();
  await join(portal, admin, ben, { name: 'Ben Okri', email: 'ben@people.example' });
  await admin.goto('/users');
  const filters = admin.getByRole('search', { name: 'Filter users', exact: true });
  await filters.getByRole('searchbox', { name: 'Search', exact: true }).fill('okri');
  await button(filters, 'Apply filters').click();
  await expectStatus(admin, 'Showing 1-1 of 1 user');
  await link(filters, 'Clear filters').click();
  await admin.getByRole('navigation', { name: 'Status', exact: true }).getByRole('link', { name: 'Invited 0' }).click();
  await expect(admin.getByText('No users match these filters.')).toBeVisible();
  await admin.goto('/users');
  await link(admin.getByRole('table', { name: 'Users', exact: true }), 'Name').click();
  await expect(row(admin, '@people.example').first()).toContainText('Ben Okri');
  await logOut(admin);
});
