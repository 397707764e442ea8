/** Every page of the main job, in both themes and on a narrow phone: accessible, and nothing sticks out. */

import AxeBuilder from '@axe-core/playwright';

import { activationLink, temporaryPassword } from '../support/mailbox.js';
import {
  ADMIN, ORGANIZATION, PASSWORD, activate, choosePassword, field, fillSetup, heading, idOf, invite, link, logIn, opened,
  openedByAnother, setUp, submit,
} from '../support/pages.js';
import { SETUP_CODE, expect, test } from '../support/test.js';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
const LOOKS = [['light', DESKTOP], ['dark', DESKTOP], ['light', PHONE]];
const NARROW = [{ width: 360, height: 740 }, { width: 320, height: 640 }];

/** Looks at the page as it stands and keeps a picture of every look. */
async function inspect(page, name, testInfo) {
  const problems = [];
  for (const [colorScheme, viewport] of LOOKS) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize(viewport);
    const look = `${name}, ${colorScheme}, ${viewport.width} px`;
    const picture = testInfo.outputPath(`${name}-${colorScheme}-${viewport.width}.png`.replaceAll(' ', '-'));
    await page.screenshot({ path: picture, fullPage: true });
    const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
    for (const { id, help, nodes } of violations) {
      problems.push(`${look}: ${id}, ${help}: ${nodes.map(({ html }) => html).join(' ')}`);
    }
  }
  for (const viewport of [DESKTOP, PHONE, ...NARROW]) {
    await page.setViewportSize(viewport);
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wider > 0) problems.push(`${name}, ${viewport.width} px: ${wider} px wider than the window`);
  }
  await page.setViewportSize(DESKTOP);
  await page.emulateMedia({ colorScheme: 'light' });
  await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
  expect(problems).toEqual([]);
}

test.describe.configure({ timeout: 240_000 });

test('the pages outside', async ({ page, portal, newVisitor }, testInfo) => {
  await page.goto('/setup');
  await inspect(page, 'setup', testInfo);
  await fillSetup(page, { code: 'wrong', password: 'short' });
  await submit(page, 'Create super admin');
  await inspect(page, 'setup rejected', testInfo);
  await setUp(page, { code: SETUP_CODE });
  await inspect(page, 'login', testInfo);
  await submit(page, 'Log in');
  await inspect(page, 'login rejected', testInfo);
  await logIn(page, { email: 'nobody@people.example', password: 'not the password' });
  await inspect(page, 'login wrong', testInfo);
  for (const password of ['nor this one', 'or this one']) await logIn(page, { email: 'nobody@people.example', password });
  await expect(page.getByText('This account is locked.')).toBeVisible();
  await inspect(page, 'login locked', testInfo);
  await page.goto('/activate/unknown');
  await inspect(page, 'dead link', testInfo);
  await page.goto('/nowhere');
  await inspect(page, 'not found outside', testInfo);

  await page.goto('/login');
  await logIn(page, ADMIN);
  await invite(page, 'ben@people.example');
  const mail = await portal.mailbox.waitFor('ben@people.example', `You are invited to ${ORGANIZATION}`);
  const ben = await newVisitor();
  await ben.goto(activationLink(mail));
  await inspect(ben, 'activate', testInfo);
  await activate(ben, mail);
  await logIn(ben, { email: 'ben@people.example', password: temporaryPassword(mail) });
  await inspect(ben, 'choose a password', testInfo);
  await choosePassword(ben, 'short');
  await inspect(ben, 'choose a password rejected', testInfo);
  await choosePassword(ben, PASSWORD, { name: 'Ben Okri' });
  await ben.goto('/account');
  await inspect(ben, 'account', testInfo);
  await ben.goto('/users');
  await expect(heading(ben, 'You do not have access to this page')).toBeVisible();
  await inspect(ben, 'no access', testInfo);
  await ben.goto('/nowhere');
  await inspect(ben, 'not found', testInfo);
  await ben.goto('/logout');
  await inspect(ben, 'log out', testInfo);
});

test('Your Account and organizations', async ({ admin, portal }, testInfo) => {
  await portal.command(['organization', 'create', '--name', 'Harbour Lights']);
  for (const [path, name] of [
    ['/account', 'account of an administrator'],
    ['/account/password', 'change password'],
    ['/organizations', 'organizations'],
    ['/organizations/switch', 'change organization'],
  ]) {
    await admin.goto(path);
    await inspect(admin, name, testInfo);
  }
  await admin.goto('/users/invite');
  const form = opened(admin, 'Invite Users');
  await form.locator('input[name="csrf"]').evaluate((token) => (token.value = 'stale'));
  await field(form, 'Email').fill('ben@people.example');
  await submit(form, 'Invite');
  await expect(heading(admin, 'This form has expired')).toBeVisible();
  await inspect(admin, 'expired form', testInfo);
});

test('User Management', async ({ admin }, testInfo) => {
  await inspect(admin, 'users alone', testInfo);
  const long = `a-very-long-local-part-of-an-address@${'subdomain.'.repeat(8)}example.org`;
  const many = Array.from({ length: 40 }, (_, index) => `person-${index}@people.example`);
  const roles = ['Callback Administrator', 'Datastore Agent', 'Handoff Manager', 'Webhooks Viewer'];
  await invite(admin, [long, ...many].join(' '), { accountRole: 'Organization Creator', roles });
  await inspect(admin, 'invitation results', testInfo);
  await admin.goto('/users');
  await inspect(admin, 'users', testInfo);
  await admin.goto('/users?q=nobody');
  await inspect(admin, 'users none', testInfo);
  await admin.goto('/users');
  const id = await idOf(admin, long);
  await admin.goto(`/users/${id}`);
  await inspect(admin, 'one user', testInfo);
});

test('the dialogs, as dialogs and as pages', async ({ admin }, testInfo) => {
  await invite(admin, 'ben@people.example');
  await admin.goto('/users');
  const id = await idOf(admin, 'ben@people.example');
  for (const [opener, name] of [
    ['Invite Users', 'Invite Users'],
    ['Edit ben@people.example', 'Edit User'],
    ['Delete ben@people.example', 'Delete user'],
  ]) {
    await admin.goto('/users');
    await link(admin, opener).click();
    await expect(opened(admin, name)).toBeVisible();
    await inspect(admin, `${name} dialog`, testInfo);
  }
  for (const path of ['invite', `${id}/edit`, `${id}/delete`, `${id}/disable`, `${id}/resend`, `${id}/cancel`]) {
    await admin.goto(`/users/${path}`);
    await inspect(admin, `page ${path.split('/').at(-1)}`, testInfo);
  }
});

test('rejected forms and the conflict', async ({ admin, newVisitor }, testInfo) => {
  await invite(admin, 'ben@people.example');
  await admin.goto('/users/invite');
  await submit(opened(admin, 'Invite Users'), 'Invite');
  await inspect(admin, 'invite rejected', testInfo);

  const { id, other } = await openedByAnother(admin, newVisitor, 'ben@people.example', 'edit');
  await admin.goto(`/users/${id}/edit`);
  await field(opened(admin, 'Edit User'), 'Name').fill('Ben Okri');
  await submit(opened(admin, 'Edit User'), 'Save');
  await field(opened(other, 'Edit User'), 'Name').fill('Benedict');
  await submit(opened(other, 'Edit User'), 'Save');
  await inspect(other, 'edit conflict', testInfo);
});
