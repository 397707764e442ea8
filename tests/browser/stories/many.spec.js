/** Acting on many people: bulk actions and the import (portal contract 1.8, product contract 8.36). */

import { button, cell, expectProblems, expectStatus, field, heading, invite, link, row } from '../support/pages.js';
import { expect, test } from '../support/test.js';

const EVERYBODY = Array.from({ length: 60 }, (_, index) => `p${String(index + 1).padStart(3, '0')}@people.example`);
const FILE = [
  'email,name,roles',
  'bo@people.example,"Berg, Bo",callback manager;analyst',
  'ada@people.example,,',
  'nobody,,',
].join('\r\n');

const bar = (page) => page.getByRole('group', { name: 'Bulk actions', exact: true });
const results = (page, name) => page.getByRole('table', { name, exact: true }).getByRole('row');

async function choose(page, action) {
  await field(bar(page), 'Action').selectOption(action);
  await button(bar(page), 'Apply').click();
}

function itWorks() {
  test('chosen people are asked about and told one by one', async ({ admin }) => {
    await invite(admin, 'ana@people.example bo@people.example');
    await admin.goto('/users');
    for (const person of ['Ada Quist', 'ana@people.example']) await field(admin, `Select ${person}`).check();
    await choose(admin, 'Disable');
    await expect(heading(admin, 'Apply to 2 users')).toBeVisible();
    await expect(admin.getByRole('list', { name: 'Users' }).getByRole('listitem')).toHaveText([/Ada Quist/, /ana@/]);
    await button(admin, 'Apply').click();
    await expect(heading(admin, 'Bulk action results')).toBeVisible();
    await expect(results(admin, 'Bulk action results').filter({ hasText: 'Ada Quist' })).toContainText(
      'You cannot do this to yourself.',
    );
    await expect(results(admin, 'Bulk action results').filter({ hasText: 'ana@' })).toContainText('Done');
    await admin.reload();
    await expectStatus(admin, '1 done, 1 not done.');
    await link(admin, 'Back to User Management').click();
    await expect(await cell(admin, 'ana@people.example', 'Status')).toContainText('Disabled');
    await expect(await cell(admin, 'bo@people.example', 'Status')).toContainText('Invited');
  });

  test('a file is checked before anybody is invited', async ({ admin, portal }) => {
    await admin.goto('/users');
    await link(admin, 'Import CSV').click();
    await expect(heading(admin, 'Import CSV')).toBeVisible();
    await button(admin, 'Check').click();
    await expectProblems(admin, 'Choose a CSV file.');
    const file = { name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(FILE) };
    await field(admin, 'CSV file').setInputFiles(file);
    await button(admin, 'Check').click();
    await expect(heading(admin, 'Check import')).toBeVisible();
    await expectStatus(admin, '1 will be invited, 2 will not.');
    await expect(results(admin, 'Check import').filter({ hasText: 'nobody' })).toContainText('Not a valid email address');
    await button(admin, 'Import').click();
    await expect(heading(admin, 'Import results')).toBeVisible();
    await expectStatus(admin, '1 invited, 2 not invited.');
    await link(admin, 'Back to User Management').click();
    await expect(row(admin, 'Berg, Bo')).toContainText('Analyst');
    await portal.mailbox.waitFor('bo@people.example', 'You are invited to Northwind Ferries');
  });
}

test.describe('with script', () => {
  itWorks();

  test('the whole page and then everybody who matches', async ({ admin }) => {
    await invite(admin, EVERYBODY.join('\n'));
    await admin.goto('/users?status=invited');
    const everybody = field(admin, 'All that match: 60 users');
    await field(admin, 'Select p001@people.example').check();
    await expect(bar(admin)).toContainText('selected');
    await expect(everybody).toBeHidden();
    await field(admin, 'Select all on this page').check();
    await everybody.check();
    await field(admin, 'Select p002@people.example').uncheck();
    await expect(everybody).toBeHidden();
    await field(admin, 'Select all on this page').check();
    await expect(everybody).not.toBeChecked();
    await everybody.check();
    await choose(admin, 'Disable');
    await expect(heading(admin, 'Apply to 60 users')).toBeVisible();
    await button(admin, 'Apply').click();
    await expectStatus(admin, '60 done, 0 not done.');
  });

  test('a large job follows along by itself', async ({ admin }) => {
    const rows = Array.from({ length: 230 }, (_, index) => `q${index}@people.example,,`);
    await admin.goto('/users/import');
    const buffer = Buffer.from(['email,name,roles', ...rows].join('\n'));
    await field(admin, 'CSV file').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer });
    await button(admin, 'Check').click();
    await button(admin, 'Import').click();
    await expectStatus(admin, '230 invited, 0 not invited.');
    await expect(results(admin, 'Import results').filter({ hasText: 'q7@' })).toContainText('Invited');
  });
});

test.describe('without script', () => {
  test.use({ javaScriptEnabled: false });
  itWorks();

  test('everybody who matches is a choice in the bar', async ({ admin }) => {
    await invite(admin, EVERYBODY.join('\n'));
    await admin.goto('/users?status=invited');
    await field(admin, 'Select p001@people.example').check();
    await field(admin, 'All that match: 60 users').check();
    await choose(admin, 'Disable');
    await expect(heading(admin, 'Apply to 60 users')).toBeVisible();
    await expect(link(admin, 'Cancel')).toHaveAttribute('href', '/users?status=invited');
  });
});
