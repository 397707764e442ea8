/** The lock after failed logins, and how long a session lives (portal contract 3.2 and 3.5). */

import {
  ADMIN, expectProblems, expectStatus, field, heading, join, link, logIn, submit,
} from '../support/pages.js';
import { expect, test } from '../support/test.js';

const MINUTE = 60;
const WRONG = 'not the password';

test.use({ fakedClock: true });

const alert = (page) => page.getByRole('alert');

/** Three wrong passwords, far enough apart to be three. */
async function lock(page, portal, email) {
  for (const status of [422, 422, 429]) {
    await portal.pass(4);
    expect((await logIn(page, { email, password: WRONG })).status()).toBe(status);
  }
}

for (const [who, email] of [['somebody', ADMIN.email], ['nobody', 'nobody@people.example']]) {
  test(`three failures lock the address of ${who} for thirty minutes`, async ({ admin, portal, newVisitor }) => {
    const stranger = await newVisitor();
    await lock(stranger, portal, email);
    await expect(heading(stranger, 'Log in')).toBeVisible();
    await expect(stranger).toHaveTitle('Error: Log in - Rollcall');
    await expect(alert(stranger)).toContainText('There is a problem');
    await expect(alert(stranger)).toContainText('This account is locked. You can try again in 30 minutes.');
    await expect(field(stranger, 'Password')).toHaveValue('');

    await portal.pass(29 * MINUTE - 20);
    const answer = await logIn(stranger, { email, password: ADMIN.password });
    expect(answer.status(), 'right or wrong').toBe(429);
    await expect(alert(stranger)).toContainText(/You can try again in (2 minutes|1 minute)\./);
    const wait = Number(answer.headers()['retry-after']);
    expect(wait).toBeGreaterThan(40);
    expect(wait).toBeLessThanOrEqual(81);
    await portal.pass(wait - 15);
    expect((await logIn(stranger, { email, password: ADMIN.password })).status()).toBe(429);
    await expect(alert(stranger)).toContainText('This account is locked. You can try again in 1 minute.');
    await portal.pass(16);
    await logIn(stranger, { email, password: ADMIN.password });
    if (who === 'nobody') {
      await expect(alert(stranger), 'one failure after a lock locks again').toContainText('30 minutes');
    } else {
      await expect(stranger).toHaveURL('/users');
    }
    expect(portal.mailbox.to(email)).toHaveLength(who === 'nobody' ? 0 : 1);
    await expect(heading(admin, 'User Management')).toBeVisible();
  });
}

test('a lock spares open sessions, tells its owner once and cannot be lifted', async ({ admin, portal, newVisitor }) => {
  const ben = await newVisitor();
  const person = await join(portal, admin, ben, { name: 'Ben Okri', email: 'ben@people.example' });
  const stranger = await newVisitor();
  await lock(stranger, portal, person.email);
  await logIn(stranger, person);
  await logIn(stranger, person);
  await ben.goto('/account');
  await expect(heading(ben, 'Your Account')).toBeVisible();
  const mail = await portal.mailbox.waitFor(person.email, 'Your account is locked');
  expect(mail.text).toContain('127.0.0.1');
  expect(mail.text).toContain('If this was not you, tell your Administrator.');
  expect(portal.mailbox.to(person.email).filter(({ subject }) => subject.includes('locked'))).toHaveLength(1);
  await admin.goto('/users?status=locked');
  await expectStatus(admin, 'Showing 1-1 of 1 user');
  await link(admin, 'Ben Okri').click();
  await expect(admin.getByText(/^Locked until /).first()).toBeVisible();
  await expect(admin.getByRole('main').getByText(/unlock/i)).toHaveCount(0);
});

test('right after a failure even the right password locks', async ({ admin, portal, newVisitor }) => {
  await expect(heading(admin, 'User Management')).toBeVisible();
  const hasty = await newVisitor();
  await portal.pass(4);
  await logIn(hasty, { ...ADMIN, password: WRONG });
  await expectProblems(hasty, 'The email or password is incorrect.');
  // The faked clock runs with the real one: this is well within three seconds.
  expect((await logIn(hasty, ADMIN)).status()).toBe(429);
});

test('one press too many on one form is one attempt', async ({ admin, portal, newVisitor }) => {
  await expect(heading(admin, 'User Management')).toBeVisible();
  const page = await newVisitor();
  await page.goto('/login');
  const form = await page.locator('form').first().evaluate((form) => [...new FormData(form)]);
  const typed = [...form.filter(([name]) => !['email', 'password'].includes(name)), ['email', ADMIN.email], ['password', WRONG]];
  const send = () =>
    page.request.post('/login', {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', Origin: portal.url },
      data: new URLSearchParams(typed).toString(),
      maxRedirects: 0,
    });
  expect((await send()).status()).toBe(422);
  expect((await send()).status()).toBe(422);
  await portal.pass(4);
  await logIn(page, ADMIN);
  await expect(page).toHaveURL('/users');
});

test('a session ends after fifteen idle minutes, not before', async ({ admin, portal }) => {
  await portal.pass(15 * MINUTE - 5);
  await admin.goto('/users');
  await expect(heading(admin, 'User Management')).toBeVisible();
  await portal.pass(15 * MINUTE + 1);
  const part = await admin.request.get('/users', { headers: { 'HX-Request': 'true' }, maxRedirects: 0 });
  expect(part.status()).toBe(401);
  expect(part.headers()['hx-redirect']).toMatch(/^\/login\?reason=idle/);
  expect(await part.text()).toBe('');
  await admin.goto('/users');
  await expectStatus(admin, 'You were logged out after 15 minutes of inactivity.');
  await logIn(admin, ADMIN);
  await expect(admin).toHaveURL('/users');
});

test('asking for the time left is no activity', async ({ admin, portal }) => {
  for (let minute = 0; minute < 14; minute += 2) {
    await portal.pass(2 * MINUTE);
    const answer = await admin.request.get('/session');
    expect((await answer.json()).seconds_left).toBeLessThanOrEqual((13 - minute) * MINUTE);
  }
  await portal.pass(MINUTE + 1);
  expect((await admin.request.get('/session')).status()).toBe(401);
});

test('a session ends after twelve hours, however busy', async ({ admin, portal }) => {
  for (let passed = 0; passed < 12 * 60 - 12; passed += 12) {
    await portal.pass(12 * MINUTE);
    expect((await admin.request.get('/account', { maxRedirects: 0 })).status(), `after ${passed + 12} minutes`).toBe(200);
  }
  await portal.pass(11 * MINUTE);
  expect((await admin.request.get('/account', { maxRedirects: 0 })).status()).toBe(200);
  await portal.pass(MINUTE + 1);
  await admin.goto('/account');
  await expect(admin).toHaveURL('/login?reason=ended&next=%2Faccount');
  await expectStatus(admin, 'Your session was ended. Log in again.');
});
