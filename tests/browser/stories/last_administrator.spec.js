/** An organization never loses its last Administrator, and nobody acts above the own level (portal contract 2.5). */

import {
  ADMIN, ORGANIZATION, button, cell, expectRefusal, expectStatus, formFields, heading, idOf, invite, join, link, opened,
  send, submit,
} from '../support/pages.js';
import { expect, test } from '../support/test.js';

const LAST = (person) => `${person} is the last Administrator of ${ORGANIZATION}. Make someone else an Administrator first.`;

test('the only Administrator can neither leave nor step down', async ({ admin }) => {
  const id = await idOf(admin, ADMIN.email);
  await link(admin, `Edit ${ADMIN.name}`).click();
  const form = opened(admin, 'Edit User');
  await form.getByRole('checkbox', { name: 'Platform Management Administrator', exact: true }).uncheck();
  expect((await submit(form, 'Save')).status()).toBe(409);
  await expectRefusal(form, LAST(ADMIN.name));

  await admin.goto(`/users/${id}`);
  for (const name of ['Delete', 'Disable', 'Disable everywhere']) await expect(link(admin, name)).toBeHidden();
  await admin.goto('/users/invite');
  const token = (await formFields(opened(admin, 'Invite Users'), 'Invite')).filter(([name]) => name !== 'email');
  for (const [path, text] of [
    [`/users/${id}/delete`, 'You cannot delete your own account.'],
    [`/users/${id}/disable`, 'You cannot disable your own account.'],
  ]) {
    const answer = await send(admin, path, token);
    expect(answer.status(), path).toBe(409);
    expect(await answer.text(), path).toContain(text);
  }
  await admin.goto('/users');
  await expect(await cell(admin, ADMIN.email, 'Status')).toContainText('Active');
  await expect(await cell(admin, ADMIN.email, 'Roles')).toContainText('Platform Management Administrator');
});

test('an invited Administrator does not count, an active one does', async ({ admin, portal, newVisitor }) => {
  await invite(admin, 'cleo@people.example', { accountRole: 'Administrator' });
  expect((await stepDown(admin)).status()).toBe(409);
  await admin.goto('/users');

  const ben = await newVisitor();
  await join(portal, admin, ben, { name: 'Ben Okri', email: 'ben@people.example', accountRole: 'Administrator' });
  expect((await stepDown(admin)).status()).toBeLessThan(400);
  await expectStatus(admin, `The changes to ${ADMIN.name} were saved.`);

  await admin.goto('/users');
  const id = await idOf(admin, 'ben@people.example');
  for (const [path, name, verb] of [
    ['disable', 'Disable user', 'Disable'],
    ['delete', 'Delete user', 'Delete'],
  ]) {
    const answer = await admin.goto(`/users/${id}/${path}`);
    if (answer.ok()) {
      const confirm = button(opened(admin, name), verb);
      if (await confirm.isVisible()) expect((await submit(opened(admin, name), verb)).status()).toBe(409);
    }
    await expect(admin.getByText(LAST('Ben Okri')).first()).toBeVisible();
  }
  await admin.goto('/users');
  await expect(await cell(admin, 'Ben Okri', 'Status')).toContainText('Active');
});

test('a Manager edits people, but neither invites, deletes nor climbs', async ({ admin, portal, newVisitor }) => {
  const ben = await newVisitor();
  await join(portal, admin, ben, { name: 'Ben Okri', email: 'ben@people.example', roles: ['Platform Management Manager'] });
  await invite(admin, 'cleo@people.example');
  await ben.goto('/users');
  await expect(link(ben, 'Invite Users')).toBeHidden();
  await expect(link(ben, 'Edit cleo@people.example')).toBeVisible();
  await expect(ben.getByRole('link', { name: /^(Delete|Resend|Cancel) / })).toHaveCount(0);
  const cleo = await idOf(ben, 'cleo@people.example');
  const nobody = '0190b6f0-0000-7000-8000-000000000000';
  for (const path of ['invite', `${cleo}/delete`, `${cleo}/disable`, `${cleo}/resend`, `${nobody}/delete`]) {
    expect((await ben.goto(`/users/${path}`)).status(), path).toBe(403);
    await expect(heading(ben, 'You do not have access to this page')).toBeVisible();
    await expect(ben.getByText(`Ask an Administrator of ${ORGANIZATION} if you need it.`)).toBeVisible();
  }
  expect((await ben.goto(`/users/${nobody}/edit`)).status()).toBe(404);

  await ben.goto('/users');
  await link(ben, 'Edit cleo@people.example').click();
  const form = opened(ben, 'Edit User');
  await expect(form.getByRole('checkbox', { name: 'Platform Management Manager', exact: true })).toBeVisible();
  for (const role of ['Platform Management Administrator', 'Mindful API Administrator']) {
    await expect(form.getByRole('checkbox', { name: role, exact: true })).toHaveCount(0);
  }
  for (const role of ['Administrator', 'User Admin', 'Server Administrator', 'Client', 'Support']) {
    await expect(form.getByRole('radio', { name: role, exact: true })).toHaveCount(0);
  }
  await form.getByRole('checkbox', { name: 'Callback Administrator', exact: true }).check();
  await button(form, 'Save').click();
  await expectStatus(ben, 'The changes to cleo@people.example were saved.');
});

async function stepDown(admin) {
  await admin.goto('/users');
  await link(admin, `Edit ${ADMIN.name}`).click();
  const form = opened(admin, 'Edit User');
  await form.getByRole('checkbox', { name: 'Platform Management Administrator', exact: true }).uncheck();
  return submit(form, 'Save');
}
