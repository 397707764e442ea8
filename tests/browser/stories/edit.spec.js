/** Edit User: what it changes, whom it tells, and what happens to two who edit at once (portal contract 5.2). */

import {
  ADMIN, PASSWORD, button, cell, expectBad, expectProblems, expectRefusal, expectStatus, field, heading, invite,
  join, link, logIn, opened, openedByAnother, row, submit,
} from '../support/pages.js';
import { expect, test } from '../support/test.js';

async function edit(page, person) {
  await link(page, `Edit ${person}`).click();
  return opened(page, 'Edit User');
}

test('name, email and roles change together', async ({ admin, portal, newVisitor }) => {
  const ben = await newVisitor();
  await join(portal, admin, ben, { name: 'Ben Okri', email: 'ben@people.example', roles: ['Platform Management Viewer'] });
  await ben.goto('/users');

  await admin.goto('/users');
  const form = await edit(admin, 'Ben Okri');
  await expect(form.getByRole('radio', { name: 'User', exact: true })).toBeChecked();
  await field(form, 'Name').fill('Benedict Okri');
  await field(form, 'Email').fill('benedict@people.example');
  await form.getByRole('radio', { name: 'Analyst', exact: true }).check();
  await form.getByRole('checkbox', { name: 'Handoff Viewer', exact: true }).check();
  await button(form, 'Save').click();
  await expect(admin).toHaveURL('/users');
  await expectStatus(admin, 'The changes to Benedict Okri were saved.');
  await expect(row(admin, 'benedict@people.example')).toContainText('Benedict Okri');
  await expect(await cell(admin, 'Benedict Okri', 'Roles')).toContainText('Handoff Viewer');

  for (const address of ['ben@people.example', 'benedict@people.example']) {
    const mail = await portal.mailbox.waitFor(address, 'Your email address was changed');
    expect(mail.text).toContain('benedict@people.example');
  }
  await ben.goto('/users');
  await expect(ben).toHaveURL(/\/login/);
  await logIn(ben, { email: 'ben@people.example', password: PASSWORD });
  await expectRefusal(ben, 'The email or password is incorrect.');
});

test('the new address is the one to log in with', async ({ admin, portal, newVisitor }) => {
  const ben = await newVisitor();
  await join(portal, admin, ben, { name: 'Ben Okri', email: 'ben@people.example', roles: ['Platform Management Viewer'] });
  await admin.goto('/users');
  const form = await edit(admin, 'Ben Okri');
  await field(form, 'Email').fill('benedict@people.example');
  await button(form, 'Save').click();
  await expectStatus(admin, 'The changes to Ben Okri were saved.');
  await ben.goto('/users');
  await logIn(ben, { email: 'benedict@people.example', password: PASSWORD });
  await expect(heading(ben, 'User Management')).toBeVisible();
});

test('roles work from the next click and end no session', async ({ admin, portal, newVisitor }) => {
  const ben = await newVisitor();
  await join(portal, admin, ben, { name: 'Ben Okri', email: 'ben@people.example', roles: ['Platform Management Viewer'] });
  await ben.goto('/users');
  await admin.goto('/users');
  const form = await edit(admin, 'Ben Okri');
  await form.getByRole('checkbox', { name: 'Platform Management Viewer', exact: true }).uncheck();
  await button(form, 'Save').click();
  await expectStatus(admin, 'The changes to Ben Okri were saved.');
  expect((await ben.goto('/users')).status()).toBe(403);
  await expect(heading(ben, 'You do not have access to this page')).toBeVisible();
  await ben.goto('/');
  await expect(ben).toHaveURL('/account');
});

test('saving without a change says so', async ({ admin }) => {
  const form = await edit(admin, ADMIN.name);
  await button(form, 'Save').click();
  await expectStatus(admin, 'Nothing was changed.');
});

test('bad input is told field by field and kept', async ({ admin }) => {
  await invite(admin, 'ben@people.example');
  await admin.goto('/users');
  const cases = [
    ['Email', '', 'Enter an email address.'],
    ['Email', 'ada@people', 'Enter a valid email address.'],
    ['Email', 'BEN@people.example', 'That email address is already in use.'],
    ['Name', '   ', 'Enter a name.'],
    ['Name', 'x'.repeat(101), 'Use at most 100 characters.'],
  ];
  for (const [name, typed, message] of cases) {
    await admin.goto('/users');
    const form = await edit(admin, ADMIN.name);
    await field(form, name).fill(typed);
    expect((await submit(form, 'Save')).status(), message).toBe(422);
    await expectProblems(form, message);
    await expectBad(field(form, name), message);
    if (typed.trim()) await expect(field(form, name)).toHaveValue(typed);
  }
});

test('one who changes the own address logs in with the new one', async ({ admin }) => {
  const form = await edit(admin, ADMIN.name);
  await field(form, 'Email').fill('ada.quist@people.example');
  await button(form, 'Save').click();
  await expect(admin).toHaveURL('/login?reason=email');
  await expectStatus(admin, 'Your email was changed. Log in with the new email address.');
  await logIn(admin, { ...ADMIN, email: 'ada.quist@people.example' });
  await expect(admin).toHaveURL('/users');
});

test('a person still invited gets a fresh invitation at a new address', async ({ admin, portal }) => {
  const subject = /You are invited/;
  await invite(admin, 'bne@people.example');
  await expect.poll(() => portal.mailbox.to('bne@people.example').length).toBe(1);
  await admin.goto('/users');
  const form = await edit(admin, 'bne@people.example');
  await field(form, 'Email').fill('ben@people.example');
  await button(form, 'Save').click();
  await expect(row(admin, 'ben@people.example')).toBeVisible();
  await expect.poll(() => portal.mailbox.to('ben@people.example').filter((mail) => subject.test(mail.subject)).length).toBe(1);
});

test('two who edit at once: the second is shown both versions', async ({ admin, portal, newVisitor }) => {
  const ben = await newVisitor();
  await join(portal, admin, ben, { name: 'Ben Okri', email: 'ben@people.example', accountRole: 'Administrator' });
  await invite(admin, 'cleo@people.example');
  await admin.goto('/users');
  await ben.goto('/users');

  const early = await edit(admin, 'cleo@people.example');
  const late = await edit(ben, 'cleo@people.example');
  await field(early, 'Name').fill('Cleo Ito');
  await button(early, 'Save').click();
  await expectStatus(admin, 'The changes to Cleo Ito were saved.');

  await field(late, 'Name').fill('Cleo Ito-Marsh');
  expect((await submit(late, 'Save')).status()).toBe(409);
  await expectRefusal(late, `${ADMIN.name} changed this user at `);
  await expectRefusal(late, 'Your changes were not saved. Compare, then save again.');
  const compared = late.getByRole('table', { name: 'What changed', exact: true });
  for (const name of ['Field', 'Now', 'Yours']) {
    await expect(compared.getByRole('columnheader', { name, exact: true })).toBeVisible();
  }
  const name = compared.getByRole('row').filter({ hasText: 'Name' });
  await expect(name).toContainText('Cleo Ito');
  await expect(name).toContainText('Cleo Ito-Marsh');
  await expect(compared.getByRole('row')).toHaveCount(2);
  await expect(field(late, 'Name')).toHaveValue('Cleo Ito-Marsh');
  await admin.reload();
  await expect(link(admin, 'Cleo Ito')).toBeVisible();

  await button(late, 'Save').click();
  await expectStatus(ben, 'The changes to Cleo Ito-Marsh were saved.');
  await admin.reload();
  await expect(link(admin, 'Cleo Ito-Marsh')).toBeVisible();
});

test('who discards the own changes sees what is there now', async ({ admin, newVisitor }) => {
  await invite(admin, 'cleo@people.example');
  const { id, other } = await openedByAnother(admin, newVisitor, 'cleo@people.example', 'edit');
  await admin.goto(`/users/${id}/edit`);
  await field(opened(admin, 'Edit User'), 'Name').fill('Cleo Ito');
  await button(admin, 'Save').click();
  await expectStatus(admin, 'The changes to Cleo Ito were saved.');

  const late = opened(other, 'Edit User');
  await field(late, 'Name').fill('Somebody Else');
  await submit(late, 'Save');
  await link(late, 'Discard my changes').click();
  await expect(field(opened(other, 'Edit User'), 'Name')).toHaveValue('Cleo Ito');
});

test('a person deleted meanwhile is not there to be saved', async ({ admin, newVisitor }) => {
  await invite(admin, 'cleo@people.example');
  const { other } = await openedByAnother(admin, newVisitor, 'cleo@people.example', 'edit');
  await link(admin, 'Cancel invitation for cleo@people.example').click();
  await button(opened(admin, 'Cancel invitation'), 'Cancel invitation').click();
  await expectStatus(admin, 'The invitation to cleo@people.example was cancelled.');
  expect((await submit(opened(other, 'Edit User'), 'Save')).status()).toBe(404);
});
