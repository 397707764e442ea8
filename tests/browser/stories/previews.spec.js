/** Who gains and who loses, shown while choosing and, without script, when asked for (portal contract 1.13 and 5.2). */

import { button, expectStatus, field, heading, join, link, opened } from '../support/pages.js';
import { expect, test } from '../support/test.js';

const level = (page, name, label) =>
  page.getByRole('radiogroup', { name, exact: true }).getByRole('radio', { name: label, exact: true });

async function makeNight(page) {
  await page.goto('/roles/new');
  await field(page, 'Role name').fill('Night');
  await level(page, 'Call Detail', 'All').check();
  await button(page, 'Save').click();
  await expectStatus(page, 'The role Night was saved.');
}

test.describe('while choosing', () => {
  test('the levels of a role', async ({ admin, portal, newVisitor }) => {
    await makeNight(admin);
    await join(portal, admin, await newVisitor(), { name: 'Ben Okri', email: 'ben@people.example', roles: ['Night'] });
    await admin.goto('/roles');
    await link(admin, 'Edit Night').click();
    await expect(button(admin, 'Preview')).toHaveCount(0);
    await level(admin, 'Widgets', 'All').check();
    await expect(admin.getByText('1 person gains Widgets: All', { exact: true })).toBeVisible();
    await level(admin, 'Call Detail', 'View only').check();
    await expect(admin.getByText('1 person loses Call Detail: down to View only', { exact: true })).toBeVisible();
    await expect(admin.getByText('Widgets: No access to All', { exact: true })).toBeVisible();
    await button(admin, 'Set all of Workspace to View').click();
    await expect(level(admin, 'Data source set-up', 'View only')).toBeChecked();
    await expect(admin.getByText('1 person gains Data source set-up: View only', { exact: true })).toBeVisible();
    await button(admin, 'Save').click();
    await expectStatus(admin, 'The role Night was saved.');
  });

  test('the roles of a person', async ({ admin, portal, newVisitor }) => {
    await join(portal, admin, await newVisitor(), { name: 'Ben Okri', email: 'ben@people.example', roles: ['Webhooks Viewer'] });
    await admin.goto('/users');
    await link(admin, 'Edit Ben Okri').click();
    const form = opened(admin, 'Edit User');
    await form.getByRole('checkbox', { name: 'Handoff Viewer', exact: true }).check();
    await expect(form.locator('.access-gain')).toHaveCount(2);
    await expect(form.locator('.access-gain').first()).toContainText('Handoff Viewer, if you save');
    await form.getByRole('checkbox', { name: 'Webhooks Viewer', exact: true }).uncheck();
    await expect(form.locator('.access-loss')).toContainText('No role grants this, if you save');
    await form.getByRole('checkbox', { name: 'Webhooks Viewer', exact: true }).check();
    await expect(form.locator('.access-loss')).toHaveCount(0);
    await button(form, 'Save').click();
    await expectStatus(admin, 'The changes to Ben Okri were saved.');
  });
});

test.describe('without script', () => {
  test.use({ javaScriptEnabled: false });

  test('both, when asked for', async ({ admin, portal, newVisitor }) => {
    await makeNight(admin);
    await join(portal, admin, await newVisitor(), { name: 'Ben Okri', email: 'ben@people.example', roles: ['Night'] });
    await admin.goto('/roles');
    await link(admin, 'Edit Night').click();
    await level(admin, 'Widgets', 'All').check();
    await button(admin, 'Preview').click();
    await expect(heading(admin, 'Night')).toBeVisible();
    await expect(admin.getByText('1 person gains Widgets: All', { exact: true })).toBeVisible();
    await button(admin, 'Save').click();
    await expectStatus(admin, 'The role Night was saved.');

    await admin.goto('/users');
    await link(admin, 'Edit Ben Okri').click();
    await admin.getByRole('checkbox', { name: 'Handoff Viewer', exact: true }).check();
    await button(admin, 'Preview').click();
    await expect(heading(admin, 'Edit User')).toBeVisible();
    await expect(admin.locator('.access-gain')).toHaveCount(2);
    await field(admin, 'Name').press('Enter');
    await expectStatus(admin, 'The changes to Ben Okri were saved.');
  });
});
