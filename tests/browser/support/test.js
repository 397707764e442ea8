/**
 * The test function of every story: each test gets a portal of its own, each
 * browser is watched, and helpers stand ready for more than one person.
 */

import { test as base, expect } from '@playwright/test';

import { ADMIN, logIn, setUp } from './pages.js';
import { Portal } from './portal.js';
import { watch } from './watch.js';

export { expect };

export const SETUP_CODE = 'story-setup-code';

export const test = base.extend({
  /** `sqlite` or `postgres`, by project. */
  database: ['sqlite', { option: true }],
  /** The code `/setup` asks for; empty: the portal makes one and prints it. */
  setupCode: [SETUP_CODE, { option: true }],
  /** Whether the story moves the clock of the portal. */
  fakedClock: [false, { option: true }],
  /** Further `ROLLCALL_` variables. */
  settings: [{}, { option: true }],

  portal: async ({ database, setupCode, fakedClock, settings }, use, testInfo) => {
    const portal = await Portal.start({ database, setupCode, fakedClock, settings });
    await use(portal);
    if (testInfo.status !== testInfo.expectedStatus) {
      await testInfo.attach('portal.log', { body: portal.log, contentType: 'text/plain' });
    }
    await portal.stop();
  },

  baseURL: async ({ portal }, use) => use(portal.url),

  /** What the watched browsers noticed; a story fails when there is anything at its end. */
  findings: async ({}, use) => {
    const findings = [];
    await use(findings);
    expect(findings, 'browsers noticed').toEqual([]);
  },

  context: async ({ context, portal, findings }, use) => {
    await watch(context, portal.url, findings);
    await use(context);
  },

  /** Opens another browser, for another person, with the options of the story. */
  newVisitor: async ({ browser, baseURL, portal, findings, javaScriptEnabled, locale, timezoneId }, use) => {
    const contexts = [];
    await use(async () => {
      const context = await browser.newContext({ baseURL, javaScriptEnabled, locale, timezoneId });
      contexts.push(context);
      await watch(context, portal.url, findings);
      return context.newPage();
    });
    for (const context of contexts) await context.close();
  },

  /** The first administrator, logged in, on User Management. */
  admin: async ({ page, setupCode }, use) => {
    await setUp(page, { code: setupCode });
    await logIn(page, ADMIN);
    await expect(page).toHaveURL('/users');
    await use(page);
  },
});
