/** Setting up an authenticator, and the code at every login after it (portal contract 1.3 and 4.2). */

import { Authenticator, enroll, requireSecondFactor, verify } from '../support/authenticator.js';
import {
  ADMIN, ORGANIZATION, button, expectBad, expectProblems, expectStatus, field, heading, link, logIn, logInWith, logOut, send,
  submit,
} from '../support/pages.js';
import { expect, test } from '../support/test.js';

const WRONG = 'That code is incorrect.';
const WRONG_AT_FIRST =
  'That code is incorrect. Check that the time on your device is right, then enter the next code.';
const MINUTE = 60;

test.use({ fakedClock: true });
// Many logins in one story.
test.describe.configure({ timeout: 240_000 });

const secret = async (page) => (await page.locator('#secret').textContent()).replaceAll(/\s/g, '');

async function asked(page) {
  await requireSecondFactor(page, ORGANIZATION);
  await expectStatus(
    page,
    'The organization was saved. Users set up multi-factor authentication at their next login.',
  );
}

test('is set up from the picture at the next login, and not before', async ({ admin, portal, newVisitor }) => {
  await asked(admin);
  await admin.goto('/users');
  await expect(heading(admin, 'User Management'), 'an open session goes on').toBeVisible();

  const phone = await newVisitor();
  await logIn(phone, ADMIN);
  await expect(phone).toHaveURL('/mfa/enroll');
  for (const path of ['/users', '/account', '/account/password']) {
    await phone.goto(path);
    await expect(phone, path).toHaveURL('/mfa/enroll');
  }
  await expect(phone.getByText(`${ORGANIZATION} requires a code from an authenticator app at every login.`)).toBeVisible();
  await expect(phone.getByRole('listitem')).toHaveText([
    'Install an authenticator app.', 'Scan the QR code.', 'Enter the code the app shows.',
  ]);
  await expect(button(phone.getByRole('banner'), 'Log out')).toBeVisible();

  const authenticator = await Authenticator.scan(phone, portal);
  const { uri } = authenticator;
  expect(`${uri.protocol}//${uri.host}`).toBe('otpauth://totp');
  expect(decodeURIComponent(uri.pathname)).toBe(`/Rollcall:${ADMIN.email}`);
  expect(Object.fromEntries(uri.searchParams)).toEqual({
    secret: expect.stringMatching(/^[A-Z2-7]{32}$/), issuer: 'Rollcall', algorithm: 'SHA1', digits: '6', period: '30',
  });
  await phone.getByText('Show secret code', { exact: true }).click();
  await expect(phone.locator('#secret span')).toHaveCount(8);
  expect(await secret(phone)).toBe(uri.searchParams.get('secret'));
  await phone.reload();
  expect(await secret(phone), 'a reload shows the same').toBe(uri.searchParams.get('secret'));

  const code = field(phone, 'Verification code');
  await expect(code).toHaveAttribute('autocomplete', 'one-time-code');
  await expect(code).toHaveAttribute('inputmode', 'numeric');
  await code.fill('12345');
  expect((await submit(phone, 'Verify')).status()).toBe(422);
  await expectProblems(phone, 'Enter the 6-digit code.');
  for (let tries = 0; tries < 4; tries += 1) {
    await code.fill(await authenticator.wrongCode());
    expect((await submit(phone, 'Verify')).status(), 'not an attempt').toBe(422);
    await expectProblems(phone, WRONG_AT_FIRST);
    await expectBad(code, WRONG_AT_FIRST);
    await expect(code).toHaveValue('');
  }
  expect(await secret(phone), 'a wrong code does not change it').toBe(uri.searchParams.get('secret'));

  await verify(phone, authenticator);
  await expect(phone).toHaveURL('/account');
  await expectStatus(
    phone,
    `Multi-factor authentication is on. We sent a confirmation to ${ADMIN.email}. ` +
      'Save your recovery codes: choose Show Recovery Code.',
  );
  await expect(phone.getByText('10 of 10 recovery codes left.', { exact: true })).toBeVisible();
  await portal.mailbox.waitFor(ADMIN.email, 'Multi-factor authentication is on');
  await phone.goto('/mfa/enroll');
  await expect(phone, 'the secret is never shown again').toHaveURL('/account');
  await phone.goBack();
  await expect(phone.locator('#secret')).toHaveCount(0);
});

test('asks for a code that works once', async ({ admin, portal, newVisitor }) => {
  await asked(admin);
  await logOut(admin);
  const authenticator = await enroll(admin, portal, ADMIN);
  await logOut(admin);

  await logIn(admin, ADMIN);
  await expect(heading(admin, 'Enter your code')).toBeVisible();
  const code = field(admin, 'Verification code');
  await code.fill('1234567');
  await submit(admin, 'Verify');
  await expectProblems(admin, 'Enter the 6-digit code.');
  await code.fill(await authenticator.wrongCode());
  expect((await submit(admin, 'Verify')).status()).toBe(422);
  await expectProblems(admin, WRONG);
  await portal.pass(4);
  const typed = await authenticator.code();
  await code.fill(`${typed.slice(0, 3)} ${typed.slice(3)}`);
  await submit(admin, 'Verify');
  await expect(admin).toHaveURL('/users');

  const thief = await newVisitor();
  await logIn(thief, ADMIN);
  await field(thief, 'Verification code').fill(typed);
  expect((await submit(thief, 'Verify')).status()).toBe(422);
  await expectProblems(thief, WRONG);
  await button(thief, 'Start again').click();
  await expect(thief).toHaveURL('/login');
  await thief.goto('/login/mfa');
  await expect(thief).toHaveURL('/login');
});

test('half a login opens nothing and does not last', async ({ admin, portal, newVisitor }) => {
  await asked(admin);
  await logOut(admin);
  const authenticator = await enroll(admin, portal, ADMIN);

  const half = await newVisitor();
  await half.goto('/login?next=%2Faccount%2Femail');
  await logIn(half, ADMIN);
  await expect(half).toHaveURL('/login/mfa');
  for (const path of ['/users', '/account', '/users/export.csv', '/users/invite', '/audit']) {
    const answer = await half.request.get(path, { maxRedirects: 0 });
    expect(answer.status(), path).toBe(303);
    expect(answer.headers().location, path).toMatch(/^\/login\?/);
    const part = await half.request.get(path, { maxRedirects: 0, headers: { 'HX-Request': 'true' } });
    expect(part.status(), path).toBe(401);
    expect(await part.text(), path).toBe('');
  }
  expect((await half.request.get('/session')).status()).toBe(401);
  const csrf = await half.locator('input[name=csrf]').first().inputValue();
  const forged = await send(half, '/users/invite', { csrf, email: 'eve@people.example', account_role: 'administrator' });
  expect(forged.headers().location).toMatch(/^\/login\?/);

  await portal.pass(10 * MINUTE - 10);
  await half.reload();
  await expect(heading(half, 'Enter your code')).toBeVisible();
  await portal.pass(15);
  await field(half, 'Verification code').fill(await authenticator.code());
  await submit(half, 'Verify');
  await expect(half).toHaveURL('/login?reason=ended');
  await expectStatus(half, 'Your session was ended. Log in again.');

  await half.goto('/login?next=%2Faccount%2Femail');
  await logInWith(half, ADMIN, authenticator);
  await expect(half, 'the way is kept').toHaveURL('/account/email');
  await admin.goto('/users');
  await expectStatus(admin, 'Showing 1-1 of 1 user');
});

test('three wrong codes lock, and the login begins anew', async ({ admin, portal, newVisitor }) => {
  await asked(admin);
  await logOut(admin);
  const authenticator = await enroll(admin, portal, ADMIN);
  const other = await newVisitor();
  await logIn(other, ADMIN);
  for (const status of [422, 422, 429]) {
    await portal.pass(4);
    await field(other, 'Verification code').fill(await authenticator.wrongCode());
    expect((await submit(other, 'Verify')).status()).toBe(status);
  }
  await expect(heading(other, 'Log in')).toBeVisible();
  await expect(other.getByRole('alert')).toContainText('This account is locked. You can try again in 30 minutes.');
  await other.goto('/login/mfa');
  await expect(other).toHaveURL(/^[^?]*\/login(\?reason=ended)?$/);
  await admin.goto('/users');
  await expect(heading(admin, 'User Management'), 'who is in stays in').toBeVisible();
});

test.describe('without a script', () => {
  test.use({ javaScriptEnabled: false });

  test('the picture, the secret and the code are the same', async ({ admin, portal }) => {
    await asked(admin);
    await logOut(admin);
    await logIn(admin, ADMIN);
    const authenticator = await Authenticator.scan(admin, portal);
    await admin.getByText('Show secret code', { exact: true }).click();
    await expect(admin.locator('#secret')).toBeVisible();
    expect(await secret(admin)).toBe(authenticator.uri.searchParams.get('secret'));
    await expect(button(admin, 'Copy')).toHaveCount(0);
    await field(admin, 'Verification code').fill(await authenticator.wrongCode());
    await button(admin, 'Verify').click();
    await expectProblems(admin, WRONG_AT_FIRST);
    await verify(admin, authenticator);
    await expect(admin).toHaveURL('/account');

    await portal.pass(60);
    await button(admin.getByRole('banner'), 'Log out').click();
    await logInWith(admin, ADMIN, authenticator);
    await expect(admin).toHaveURL('/users');
    await link(admin, 'Your Account').first().click();
    await button(admin, 'Show Recovery Code').click();
    await field(admin, 'Password').fill(ADMIN.password);
    await button(admin, 'Confirm').click();
    const codes = admin.getByRole('list', { name: 'Recovery codes', exact: true }).getByRole('listitem');
    await expect(codes).toHaveCount(10);
    const [code] = await codes.allInnerTexts();
    await button(admin.getByRole('banner'), 'Log out').click();
    await logIn(admin, ADMIN);
    await link(admin, 'Use a recovery code').click();
    await field(admin, 'Recovery code').fill(code);
    await button(admin, 'Verify').click();
    await expect(admin).toHaveURL('/users');
  });
});
