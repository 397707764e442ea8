/** In and out again, and what ends a session (portal contract 1.2 and 3.5). */

import {
  ADMIN, expectProblems, expectRefusal, expectStatus, field, heading, link, logIn, logOut, setUp, submit,
} from '../support/pages.js';
import { SETUP_CODE, expect, test } from '../support/test.js';

test('asks for both fields and tells nobody which one was wrong', async ({ page }) => {
  await setUp(page, { code: SETUP_CODE });
  await page.goto('/login');
  expect((await submit(page, 'Log in')).status()).toBe(422);
  await expectProblems(page, 'Enter your email address.', 'Enter your password.');

  await field(page, 'Email').fill(ADMIN.email);
  await submit(page, 'Log in');
  await expectProblems(page, 'Enter your password.');

  await logIn(page, { email: ADMIN.email, password: 'a'.repeat(1025) });
  await expectProblems(page, 'Use at most 128 characters.');

  const answer = await logIn(page, { email: 'nobody@people.example', password: 'not the password' });
  expect(answer.status()).toBe(422);
  await expectRefusal(page, 'The email or password is incorrect.');
  await expect(field(page, 'Email')).toHaveValue('nobody@people.example');
  await expect(field(page, 'Password')).toHaveValue('');
});

test('leads to where one wanted to go, and nowhere else', async ({ page, newVisitor }) => {
  await setUp(page, { code: SETUP_CODE });
  await page.goto('/users?status=active');
  await expect(page).toHaveURL(/\/login\?next=/);
  await logIn(page, ADMIN);
  await expect(page).toHaveURL('/users?status=active');
  await page.goto('/login');
  await expect(page).toHaveURL('/users');

  for (const next of ['//evil.example', 'https://evil.example/', '/\\evil.example', '/nowhere']) {
    const visitor = await newVisitor();
    await visitor.goto(`/login?next=${encodeURIComponent(next)}`);
    await logIn(visitor, ADMIN);
    await expect(visitor, next).toHaveURL('/users');
  }
});

test('gives one cookie, a new one for each step, and kills it on the way out', async ({ page, context, newVisitor }) => {
  await setUp(page, { code: SETUP_CODE });
  await page.goto('/login');
  const before = await context.cookies();
  await logIn(page, ADMIN);
  await expect(heading(page, 'User Management')).toBeVisible();
  const after = await context.cookies();
  expect(after).toHaveLength(1);
  const [cookie] = after;
  expect(cookie).toMatchObject({ name: 'rollcall', httpOnly: true, sameSite: 'Lax', path: '/', expires: -1 });
  expect(before.map(({ value }) => value)).not.toContain(cookie.value);

  await logOut(page);
  await page.goBack();
  await expect(heading(page, 'User Management')).toBeHidden();

  const thief = await newVisitor();
  await thief.context().addCookies([cookie]);
  await thief.goto('/users');
  await expect(thief).toHaveURL(/\/login/);
  expect(await page.evaluate(() => [localStorage.length, sessionStorage.length])).toEqual([0, 0]);
});

test('starts with the way past the navigation', async ({ admin }) => {
  await admin.keyboard.press('Tab');
  await expect(link(admin, 'Skip to main content')).toBeFocused();
  await admin.keyboard.press('Enter');
  await expect(admin).toHaveURL(/#/);
});

test('answers with the headers that keep a browser safe', async ({ admin }) => {
  for (const path of ['/users', '/login', '/nowhere']) {
    const headers = (await admin.request.get(path)).headers();
    const policy = headers['content-security-policy'];
    expect(policy, path).toContain("default-src 'none'");
    expect(policy, path).not.toMatch(/unsafe-|\*/);
    expect(headers, path).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
  }
});
