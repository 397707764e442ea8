/** User Management with many people: search, filters, order, pages (portal contract 1.8). */

import { readFile } from 'node:fs/promises';

import {
  ADMIN, button, cell, expectStatus, field, heading, invite, join, link, row,
} from '../support/pages.js';
import { expect, test } from '../support/test.js';

const EVERYBODY = Array.from({ length: 60 }, (_, index) => `p${String(index + 1).padStart(3, '0')}@people.example`);

const filters = (page) => page.getByRole('search', { name: 'Filter users', exact: true });
const table = (page) => page.getByRole('table', { name: 'Users', exact: true });

async function emails(page) {
  const people = table(page).getByRole('row').filter({ hasText: '@' });
  return (await people.allInnerTexts()).map((text) => /[\w.]+@people\.example/.exec(text)[0]);
}

async function crowd(admin) {
  await invite(admin, EVERYBODY.join('\n'), { roles: ['Callback Viewer'] });
  await admin.goto('/users');
}

test('pages lead there and back', async ({ admin }) => {
  await crowd(admin);
  await expectStatus(admin, 'Showing 1-25 of 61 users');
  expect(await emails(admin)).toHaveLength(25);
  await expect(link(admin, 'Previous page')).toBeHidden();
  const first = await emails(admin);

  await link(admin, 'Next page').click();
  await expectStatus(admin, 'Showing 26-50 of 61 users');
  const second = await emails(admin);
  await link(admin, 'Next page').click();
  await expectStatus(admin, 'Showing 51-61 of 61 users');
  const third = await emails(admin);
  await expect(link(admin, 'Next page')).toBeHidden();
  expect(new Set([...first, ...second, ...third])).toEqual(new Set([...EVERYBODY, ADMIN.email]));

  await admin.reload();
  await expectStatus(admin, 'Showing 51-61 of 61 users');
  await link(admin, 'Previous page').click();
  await expectStatus(admin, 'Showing 26-50 of 61 users');
  expect(await emails(admin)).toEqual(second);
  await admin.goBack();
  await expectStatus(admin, 'Showing 51-61 of 61 users');
});

test('rows per page are remembered', async ({ admin }) => {
  await crowd(admin);
  await field(filters(admin), 'Per page').selectOption('50');
  await button(filters(admin), 'Apply filters').click();
  await expectStatus(admin, 'Showing 1-50 of 61 users');
  await admin.goto('/users');
  await expectStatus(admin, 'Showing 1-50 of 61 users');
});

test('search finds parts of names and addresses, whatever their case', async ({ admin }) => {
  await crowd(admin);
  for (const [typed, found] of [
    ['P00', '9 users'],
    ['quist', '1 user'],
    ['ADA@', '1 user'],
  ]) {
    await search(admin, typed);
    await expectStatus(admin, `of ${found}`);
    await expect(admin).toHaveURL(/[?&]q=/);
  }
  for (const typed of ['%', '_', "' OR 1=1 --", 'nobody']) {
    await search(admin, typed);
    await expect(admin.getByText('No users match these filters.')).toBeVisible();
  }
  await link(filters(admin), 'Clear filters').click();
  await expectStatus(admin, 'Showing 1-25 of 61 users');
});

test('filters stand in the address and combine', async ({ admin, portal, newVisitor }) => {
  const ben = await newVisitor();
  await join(portal, admin, ben, { name: 'Ben Okri', email: 'ben@people.example', roles: ['Handoff Viewer'] });
  await invite(admin, 'cleo@people.example dan@people.example', { roles: ['Callback Viewer'] });
  await admin.goto('/users');
  const statuses = admin.getByRole('navigation', { name: 'Status', exact: true });
  await expect(statuses.getByRole('link', { name: 'All 4' })).toHaveAttribute('aria-current', 'page');
  await expect(statuses.getByRole('link', { name: 'Active 2' })).toBeVisible();
  await statuses.getByRole('link', { name: 'Invited 2' }).click();
  await expectStatus(admin, 'Showing 1-2 of 2 users');
  await expect(statuses.getByRole('link', { name: 'Invited 2' })).toHaveAttribute('aria-current', 'page');
  await expect(row(admin, 'ben@people.example')).toHaveCount(0);

  await admin.reload();
  await expectStatus(admin, 'Showing 1-2 of 2 users');
  await search(admin, 'cleo');
  await expectStatus(admin, 'Showing 1-1 of 1 user');
  await expect(admin).toHaveURL(/status=invited/);

  await admin.goto('/users');
  await field(filters(admin), 'Role').selectOption({ label: 'Handoff Viewer' });
  await button(filters(admin), 'Apply filters').click();
  await expectStatus(admin, 'Showing 1-1 of 1 user');
  await expect(row(admin, 'ben@people.example')).toBeVisible();

  await admin.goto('/users');
  await field(filters(admin), 'Last login').selectOption({ label: 'Never' });
  await button(filters(admin), 'Apply filters').click();
  await expectStatus(admin, 'Showing 1-2 of 2 users');

  await admin.goto('/users');
  await field(filters(admin), 'Type').selectOption({ label: 'Service accounts' });
  await button(filters(admin), 'Apply filters').click();
  await expect(row(admin, '@people.example')).toHaveCount(0);
});

test('nonsense in the address is ignored, never an error', async ({ admin }) => {
  const bad = ['status=x', 'role=x', 'per_page=7', 'per_page=x', 'sort=password', 'last_login=1', 'after=x', 'before=%00'];
  for (const query of [...bad, `q=${'x'.repeat(2000)}`]) {
    const answer = await admin.goto(`/users?${query}`);
    expect(answer.status(), query).toBe(200);
    await expect(heading(admin, 'User Management')).toBeVisible();
  }
});

test('columns sort both ways', async ({ admin }) => {
  await crowd(admin);
  const person = table(admin).getByRole('columnheader').filter({ has: link(admin, 'Email') });
  await expect(person).toHaveAttribute('aria-sort', 'ascending');
  await link(person, 'Email').click();
  await expect(person).toHaveAttribute('aria-sort', 'ascending');
  await expect.poll(() => emails(admin)).toEqual([ADMIN.email, ...EVERYBODY].slice(0, 25));
  await link(person, 'Email').click();
  await expect(person).toHaveAttribute('aria-sort', 'descending');
  await expect.poll(() => emails(admin)).toEqual(EVERYBODY.toReversed().slice(0, 25));

  await link(admin, 'Next page').click();
  await expect.poll(() => emails(admin)).toEqual(EVERYBODY.toReversed().slice(25, 50));
  for (const name of ['Status', 'Last login']) {
    await admin.goto('/users');
    const head = table(admin).getByRole('columnheader', { name });
    await link(head, name).click();
    await expect(head).toHaveAttribute('aria-sort', /ascending|descending/);
    await expect(person).not.toHaveAttribute('aria-sort', /ascending|descending/);
  }
});

test('the header checkbox selects the page', async ({ admin }) => {
  await invite(admin, 'ben@people.example cleo@people.example');
  await admin.goto('/users');
  const everybody = admin.getByRole('checkbox', { name: 'Select all on this page', exact: true });
  await everybody.check();
  for (const person of [ADMIN.name, 'ben@people.example', 'cleo@people.example']) {
    await expect(admin.getByRole('checkbox', { name: `Select ${person}`, exact: true })).toBeChecked();
  }
  await everybody.uncheck();
  await expect(admin.getByRole('checkbox', { name: `Select ${ADMIN.name}`, exact: true })).not.toBeChecked();
});

test('the export holds what the filters show, and no formula', async ({ admin, portal, newVisitor }) => {
  const ben = await newVisitor();
  await join(portal, admin, ben, { name: '=HYPERLINK("x"),"Ben"', email: 'ben@people.example' });
  await invite(admin, 'cleo@people.example');
  await admin.goto('/users?status=active');
  const [download] = await Promise.all([admin.waitForEvent('download'), link(admin, 'Export CSV').click()]);
  expect(download.suggestedFilename()).toMatch(/^[\w.-]+\.csv$/);
  const lines = (await readFile(await download.path(), 'utf8')).trim().split(/\r?\n/);
  expect(lines[0]).toBe('name,email,status,roles,mfa,last_login,created,type');
  expect(lines).toHaveLength(3);
  expect(lines.find((line) => line.includes('ben@people.example'))).toMatch(/^"'=HYPERLINK\(""x""\),""Ben""",/);
  expect(lines.join('\n')).not.toContain('cleo@people.example');
});

test('a person has a page of facts', async ({ admin }) => {
  await link(admin, ADMIN.name).click();
  await expect(heading(admin, ADMIN.name)).toBeVisible();
  for (const term of ['Email', 'Status', 'MFA', 'Last login', 'Member since', 'Created by', 'Last changed', 'Version']) {
    await expect(admin.getByRole('term').filter({ hasText: term }).first()).toBeVisible();
  }
  for (const name of ['Roles', 'Effective access', 'Sessions', 'Recent logins']) {
    await expect(admin.getByRole('heading', { level: 2, name, exact: true })).toBeVisible();
  }
  const access = admin.getByRole('table', { name: 'Effective access', exact: true });
  await expect(access.getByRole('row').filter({ hasText: 'User Management' })).toContainText('All');
});

test('the first row says who is there', async ({ admin }) => {
  await expectStatus(admin, 'Showing 1-1 of 1 user');
  await expect(await cell(admin, ADMIN.email, 'Status')).toContainText('Active');
  await expect(await cell(admin, ADMIN.email, 'MFA')).toContainText('Off');
  await expect(await cell(admin, ADMIN.email, 'Roles')).toContainText('Platform Management Administrator');
  await expect(link(admin, `Delete ${ADMIN.name}`)).toBeHidden();
});

async function search(page, typed) {
  await filters(page).getByRole('searchbox', { name: 'Search', exact: true }).fill(typed);
  await button(filters(page), 'Apply filters').click();
}
