/** First run: one form, one code, one administrator (portal contract 1.1). */

import {
  ADMIN, ORGANIZATION, button, expectBad, expectProblems, expectStatus, field, fillSetup, heading, logIn, setUp,
  submit,
} from '../support/pages.js';
import { SETUP_CODE, expect, test } from '../support/test.js';

test.describe('with the printed link', () => {
  test.use({ setupCode: '' });

  test('leads to the first administrator and is gone afterwards', async ({ page, portal }) => {
    await page.goto('/users');
    await expect(page).toHaveURL('/setup');
    await expect(page).toHaveTitle('Set up Rollcall - Rollcall');

    await page.goto(await portal.setupLink());
    const code = field(page, 'Setup code');
    if ((await code.inputValue()) === '') await code.fill(printedCode(portal.log));
    await fillSetup(page);
    await button(page, 'Create super admin').click();
    await expect(page).toHaveURL('/login?reason=setup');
    await expectStatus(page, 'Setup is complete. Log in to continue.');

    await logIn(page, ADMIN);
    await expect(page).toHaveURL('/users');
    await expect(page.getByRole('banner').getByText(ORGANIZATION)).toBeVisible();

    const answer = await page.goto('/setup');
    expect(answer.status()).toBe(404);
    await expect(heading(page, 'Page not found')).toBeVisible();
  });
});

test('tells what is wrong and keeps what was typed', async ({ page }) => {
  await page.goto('/setup');
  await fillSetup(page, { code: 'not the code', password: 'short', confirm: 'other' });
  const answer = await submit(page, 'Create super admin');
  expect(answer.status()).toBe(422);
  await expect(page).toHaveTitle('Error: Set up Rollcall - Rollcall');
  await expectBad(field(page, 'Setup code'), 'The setup code is incorrect.');
  await expectBad(field(page, 'Password'), 'Use at least 12 characters.');
  await expect(field(page, 'Organization name')).toHaveValue(ORGANIZATION);
  await expect(field(page, 'Email')).toHaveValue(ADMIN.email);
  await expect(field(page, 'Password')).toHaveValue('');
  await expect(field(page, 'Confirm password')).toHaveValue('');
});

test('asks for every field', async ({ page }) => {
  await page.goto('/setup');
  await field(page, 'Setup code').fill(SETUP_CODE);
  await field(page, 'Email').fill('ada@people');
  await field(page, 'Password').fill(ADMIN.password);
  await field(page, 'Confirm password').fill(`${ADMIN.password}!`);
  await submit(page, 'Create super admin');
  await expectProblems(
    page.getByRole('main'),
    'Enter an organization name.',
    'Enter a name.',
    'Enter a valid email address.',
    'The passwords do not match.',
  );
});

test('refuses passwords that are easy to guess', async ({ page }) => {
  const cases = [
    ['password1234', 'This password is too common.'],
    [`${ORGANIZATION}2026!!`, 'Do not use your name, email or organization in the password.'],
    ['x'.repeat(129), 'Use at most 128 characters.'],
  ];
  await page.goto('/setup');
  for (const [password, message] of cases) {
    await fillSetup(page, { code: SETUP_CODE, password });
    await submit(page, 'Create super admin');
    await expectBad(field(page, 'Password'), message);
  }
});

test('the second of two submits finds nothing', async ({ page, newVisitor }) => {
  const late = await newVisitor();
  await late.goto('/setup');
  await fillSetup(late, { code: SETUP_CODE, email: 'late@people.example' });
  await setUp(page, { code: SETUP_CODE });
  const answer = await submit(late, 'Create super admin');
  expect(answer.status()).toBe(404);
});

/** The code in the log, for a form that does not take it from the link. */
function printedCode(log) {
  const link = new URL(/https?:\/\/\S+\/setup\S*/.exec(log)[0]);
  return link.searchParams.values().next().value ?? /code\W+(\S+)/i.exec(log)[1];
}
