/** What no browser sends by itself: forged fields, foreign tokens, huge bodies. Nothing may change. */

import {
  ADMIN, expectStatus, formFields, heading, idOf, invite, link, logIn, opened, result, row, send,
} from '../support/pages.js';
import { expect, test } from '../support/test.js';

const INVITE = '/users/invite';

async function invitation(page, address = 'ben@people.example') {
  await page.goto(INVITE);
  const fields = await formFields(opened(page, 'Invite Users'), 'Invite');
  return fields.map(([name, value]) => (value === '' ? [name, address] : [name, value]));
}

async function expectNobodyNew(page) {
  await page.goto('/users');
  await expectStatus(page, 'Showing 1-1 of 1 user');
}

test('the form as it is works, which shows that the others fail for a reason', async ({ admin }) => {
  const answer = await send(admin, INVITE, await invitation(admin));
  expect(answer.status()).toBe(303);
  expect(answer.headers().location).toMatch(/\/users\/invite\/results$/);
  await admin.goto('/users/invite/results');
  await expect(result(admin, 'ben@people.example')).toContainText('Invited');
});

test('without its token, or from elsewhere, a form is refused', async ({ admin, newVisitor }) => {
  const fields = await invitation(admin);
  const other = await newVisitor();
  await logIn(other, ADMIN);
  const foreign = new Map(await invitation(other));
  const cases = [
    ['no fields but the address', fields.filter(([, value]) => value === 'ben@people.example'), {}],
    ['the token of another session', fields.map(([name]) => [name, foreign.get(name)]), {}],
    ['cross-site', fields, { 'Sec-Fetch-Site': 'cross-site' }],
    ['another origin', fields, { 'Sec-Fetch-Site': null, Origin: 'https://evil.example' }],
    ['an opaque origin', fields, { 'Sec-Fetch-Site': null, Origin: 'null' }],
  ];
  for (const [what, sent, headers] of cases) {
    const answer = await send(admin, INVITE, sent, headers);
    expect(answer.status(), what).toBe(403);
    const text = await answer.text();
    expect(text, what).toContain('This form has expired');
    expect(text, what).toContain('Go back, reload the page and try again.');
  }
  await expectNobodyNew(admin);
});

test('roles nobody offered are refused', async ({ admin }) => {
  const fields = await invitation(admin);
  const radio = opened(admin, 'Invite Users').getByRole('radio', { name: 'User', exact: true });
  const [group, user] = await radio.evaluate(({ name, value }) => [name, value]);
  expect(fields).toContainEqual([group, user]);
  for (const role of ['server_administrator', 'client', 'support', 'emperor']) {
    const forged = fields.map(([name, value]) => [name, name === group ? role : value]);
    const answer = await send(admin, INVITE, forged);
    expect([409, 422], `${role}: ${answer.status()}`).toContain(answer.status());
  }
  await expectNobodyNew(admin);
});

test('a huge form is refused before it is read', async ({ admin }) => {
  const fields = await invitation(admin, 'x'.repeat(300 * 1024));
  expect((await send(admin, INVITE, fields)).status()).toBe(413);
  const many = Array.from({ length: 20_000 }, (_, index) => [`f${index}`, '']);
  const answer = await send(admin, INVITE, [...(await invitation(admin)), ...many]);
  expect([400, 413, 422]).toContain(answer.status());
  await expectNobodyNew(admin);
});

test('ids that belong to nobody are not there, however they are written', async ({ admin }) => {
  const unknown = '0190b6f0-0000-7000-8000-000000000000';
  const answers = [];
  for (const id of [unknown, 'nonsense', '1', '%00', `${unknown}%20`]) {
    for (const page of ['', '/edit', '/delete', '/disable', '/resend']) {
      const answer = await admin.request.get(`/users/${id}${page}`);
      expect(answer.status(), `${id}${page}`).toBe(404);
      answers.push(await answer.text());
    }
  }
  for (const text of answers) expect(text).toContain('Page not found');
  await admin.goto(`/users/${unknown}`);
  await expect(heading(admin, 'Page not found')).toBeVisible();
});

test('a stale or forged version changes nothing', async ({ admin }) => {
  await invite(admin, 'cleo@people.example');
  await admin.goto('/users');
  const id = await idOf(admin, 'cleo@people.example');
  await admin.goto(`/users/${id}/edit`);
  const fields = await formFields(opened(admin, 'Edit User'), 'Save');
  const [versionField, version] = fields.find(([, value]) => /^\d+$/.test(value)) ?? [];
  expect(versionField).toBeTruthy();
  for (const forged of [Number(version) - 1, Number(version) + 1, -1, 'x', '99999999999999999999', '']) {
    const sent = fields.map(([name, value]) => {
      if (name === versionField) return [name, String(forged)];
      return value === 'cleo@people.example' ? [name, 'forged@people.example'] : [name, value];
    });
    const answer = await send(admin, `/users/${id}/edit`, sent);
    expect([409, 422], `version ${forged}: ${answer.status()}`).toContain(answer.status());
  }
  await admin.goto('/users');
  await expect(row(admin, 'cleo@people.example')).toBeVisible();
});

test('wrong methods, paths and hosts have their own answers', async ({ admin, portal }) => {
  expect((await admin.request.delete('/users')).status()).toBe(405);
  expect((await admin.request.get('/nowhere')).status()).toBe(404);
  expect((await admin.request.get('/metrics')).status()).toBe(404);
  const foreign = await admin.request.get('/login', { headers: { Host: 'evil.example' } });
  expect([400, 421]).toContain(foreign.status());
  const forwarded = await admin.request.get('/', {
    headers: { 'X-Forwarded-Host': 'evil.example', Forwarded: 'host=evil.example' },
    maxRedirects: 0,
  });
  expect(forwarded.headers().location).not.toContain('evil.example');
  expect(portal.log).not.toMatch(/panicked/);
  await admin.goto('/users');
  await expect(link(admin, 'Invite Users')).toBeVisible();
});
