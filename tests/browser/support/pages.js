/** What people do on the pages, by the roles and names of the portal contract. */

import { expect } from '@playwright/test';

import { activationLink, temporaryPassword } from './mailbox.js';

export const ORGANIZATION = 'Northwind Ferries';
export const ADMIN = { name: 'Ada Quist', email: 'ada@people.example', password: 'teal lantern 84 orbit' };
export const PASSWORD = 'quiet harbour 61 pencil';

/** The dialog of this name, or the page that stands for it. */
export function opened(page, name) {
  const dialog = page.getByRole('dialog', { name, exact: true });
  const heading = page.getByRole('heading', { level: 1, name, exact: true });
  return dialog.or(page.getByRole('main').filter({ has: heading }));
}

export function heading(page, name) {
  return page.getByRole('heading', { level: 1, name, exact: true });
}

export function link(scope, name) {
  return scope.getByRole('link', { name, exact: true });
}

export function button(scope, name) {
  return scope.getByRole('button', { name, exact: true });
}

export function field(scope, name) {
  return scope.getByLabel(name, { exact: true });
}

/** The row of a person in the table of User Management, found by what it says. */
export function row(page, text) {
  return page.getByRole('table', { name: 'Users', exact: true }).getByRole('row').filter({ hasText: text });
}

/** The cell of a row below the column of this name. */
export async function cell(page, text, column) {
  const heads = page.getByRole('table', { name: 'Users', exact: true }).getByRole('row').first();
  const names = await heads.getByRole('columnheader').or(heads.getByRole('cell')).allInnerTexts();
  const index = names.findIndex((name) => name.trim().startsWith(column));
  expect(index, `column ${column} among ${JSON.stringify(names)}`).toBeGreaterThanOrEqual(0);
  const person = row(page, text);
  return person.getByRole('cell').or(person.getByRole('rowheader')).nth(index);
}

/** Questions a page asks by itself while somebody types or waits; no form is sent with them. */
const ASKED_BY_SCRIPT = ['/password/strength', '/session/extend'];

/** Whether a script asks by itself: for a judgement, for more time, or for what saving would do. */
const isAskedByScript = (request) =>
  ASKED_BY_SCRIPT.includes(new URL(request.url()).pathname) || /(^|&)preview=aside(&|$)/.test(request.postData() ?? '');

/** Presses a button and returns the answer to the form. */
export async function submit(scope, name) {
  const target = button(scope, name);
  const answered = target.page().waitForResponse(
    (response) => response.request().method() === 'POST' && !isAskedByScript(response.request()),
  );
  await target.click();
  return answered;
}

export async function expectStatus(page, text) {
  await expect(page.getByRole('status').filter({ hasText: text }).first()).toBeVisible();
}

/** A rejected form: its heading and one link for each message (portal contract 0.2). */
export async function expectProblems(scope, ...messages) {
  const alert = scope.getByRole('alert').filter({ hasText: 'There is a problem' });
  await expect(alert.getByRole('heading', { level: 2, name: 'There is a problem', exact: true })).toBeVisible();
  for (const message of messages) await expect(link(alert, message)).toBeVisible();
  await expect(alert.getByRole('link')).toHaveCount(messages.length);
}

/** A field that is told to be wrong, and why. */
export async function expectBad(target, message) {
  await expect(target).toHaveAttribute('aria-invalid', 'true');
  await expect(target).toHaveAccessibleDescription(new RegExp(escaped(message)));
}

export async function expectRefusal(scope, text) {
  await expect(scope.getByRole('alert').filter({ hasText: text }).first()).toBeVisible();
}

export async function expectGone(page) {
  await expect(heading(page, 'This link does not work')).toBeVisible();
  await expect(page.getByText('It may have expired or been used already.')).toBeVisible();
}

export async function fillSetup(page, wishes = {}) {
  const { code, organization = ORGANIZATION, confirm, ...person } = { ...ADMIN, ...wishes };
  if (code) await field(page, 'Setup code').fill(code);
  await field(page, 'Organization name').fill(organization);
  await field(page, 'Name').fill(person.name);
  await field(page, 'Email').fill(person.email);
  await field(page, 'Password').fill(person.password);
  await field(page, 'Confirm password').fill(confirm ?? person.password);
}

export async function setUp(page, wishes) {
  await page.goto('/setup');
  await fillSetup(page, wishes);
  await button(page, 'Create super admin').click();
  await expectStatus(page, 'Setup is complete. Log in to continue.');
}

export async function logIn(page, { email, password }) {
  if (new URL(page.url()).pathname !== '/login') await page.goto('/login');
  await field(page, 'Email').fill(email);
  await field(page, 'Password').fill(password);
  return submit(page, 'Log in');
}

/** Logs in with password and code. */
export async function logInWith(page, person, authenticator) {
  await logIn(page, person);
  await expect(page).toHaveURL('/login/mfa');
  await field(page, 'Verification code').fill(await authenticator.code());
  return submit(page, 'Verify');
}

export async function logOut(page) {
  await button(page.getByRole('banner'), 'Log out').click();
  await expectStatus(page, 'You are logged out.');
}

/** Opens "Invite Users", fills it in and returns the form. */
export async function fillInvitation(page, addresses, { accountRole, roles = [] } = {}) {
  if (new URL(page.url()).pathname !== '/users') await page.goto('/users');
  await link(page, 'Invite Users').click();
  const form = opened(page, 'Invite Users');
  await form.getByRole('textbox', { name: 'Email', exact: true }).fill(addresses);
  if (accountRole) await form.getByRole('radio', { name: accountRole, exact: true }).check();
  for (const role of roles) await form.getByRole('checkbox', { name: role, exact: true }).check();
  return form;
}

export async function invite(page, addresses, wishes) {
  const form = await fillInvitation(page, addresses, wishes);
  await button(form, 'Invite').click();
  await expect(page).toHaveURL('/users/invite/results');
}

/** What "Invitation results" says about an address. */
export function result(page, address) {
  return page
    .getByRole('table', { name: 'Invitation results', exact: true })
    .getByRole('row')
    .filter({ hasText: address });
}

export async function activate(page, mail) {
  await page.goto(activationLink(mail));
  await expect(heading(page, 'Activate your account')).toBeVisible();
  await button(page, 'Activate account').click();
  await expect(page).toHaveURL('/login?reason=activated');
}

/** The page that stands between a temporary password and everything else. */
export async function choosePassword(page, password, { name, confirm = password } = {}) {
  await expect(heading(page, 'Choose a new password')).toBeVisible();
  if (name !== undefined) await field(page, 'Name').fill(name);
  await field(page, 'New password').fill(password);
  await field(page, 'Confirm new password').fill(confirm);
  return submit(page, 'Save');
}

/** Invited by `admin`, activated and logged in on `page`. Returns how to log in again. */
export async function join(portal, admin, page, { name, email, password = PASSWORD, ...wishes }) {
  await invite(admin, email, wishes);
  await admin.goto('/users');
  const mail = await portal.mailbox.waitFor(email, `You are invited to ${ORGANIZATION}`);
  await activate(page, mail);
  await logIn(page, { email, password: temporaryPassword(mail) });
  await choosePassword(page, password, { name });
  await expect(page).not.toHaveURL(/\/account\/password/);
  return { name, email, password };
}

/** The id in the address of a person's page. */
export async function idOf(page, text) {
  const address = await row(page, text).getByRole('link').first().getAttribute('href');
  return new URL(address, page.url()).pathname.split('/')[2];
}

/** The form of somebody on the list, opened in another session of the administrator. */
export async function openedByAnother(admin, newVisitor, person, form) {
  await admin.goto('/users');
  const id = await idOf(admin, person);
  const other = await newVisitor();
  await logIn(other, ADMIN);
  await other.goto(`/users/${id}/${form}`);
  return { id, other };
}

/** The fields of a form as a browser would send them, to be sent with changes. */
export async function formFields(scope, submitName) {
  return button(scope, submitName).evaluate((target) => [...new FormData(target.form)]);
}

/** Sends a form as the browser of this page would; a header that is null is left out. */
export async function send(page, path, fields, headers = {}) {
  const sent = {
    'Content-Type': 'application/x-www-form-urlencoded',
    Origin: new URL(page.url()).origin,
    'Sec-Fetch-Site': 'same-origin',
    ...headers,
  };
  return page.request.post(path, {
    headers: Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== null)),
    data: new URLSearchParams(fields).toString(),
    maxRedirects: 0,
  });
}

function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
