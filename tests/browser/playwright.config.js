import { defineConfig } from '@playwright/test';

const chromium = process.env.TEST_CHROMIUM ?? '/usr/bin/chromium';

const OF_PAGES = [
  'bad_input',
  'dialogs',
  'idle',
  'log_in',
  'looks',
  'own_account',
  'passwords',
  'without_javascript',
];

export default defineConfig({
  testDir: 'stories',
  outputDir: 'test-results',
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  // A machine that was busy once is no finding; the report names what passed only the second time.
  retries: process.env.CI ? 1 : 0,
  workers: 2,
  // Two cores may be shared with others; what hangs is found all the same.
  timeout: 240_000,
  expect: { timeout: 20_000 },
  // The file of the second reporter is named by PLAYWRIGHT_JSON_OUTPUT_FILE.
  reporter: process.env.PLAYWRIGHT_JSON_OUTPUT_FILE ? [['list'], ['json']] : [['list']],
  use: {
    browserName: 'chromium',
    launchOptions: {
      executablePath: chromium,
      args: ['--disable-gpu', '--disable-quic', '--disable-sync', '--no-first-run'],
    },
    locale: 'en-GB',
    timezoneId: 'UTC',
    viewport: { width: 1280, height: 900 },
    actionTimeout: 30_000,
    screenshot: 'only-on-failure',
    // Recording costs a quarter of the time; where a second try is given, that one tells what went on.
    trace: process.env.CI ? 'on-first-retry' : 'retain-on-failure',
  },
  projects: [
    { name: 'sqlite', use: { database: 'sqlite' } },
    // What is told of the pages alone is told once; the stories over HTTP run on both databases anyway.
    { name: 'postgres', use: { database: 'postgres' }, testIgnore: OF_PAGES.map((name) => `${name}.spec.js`) },
  ],
});
