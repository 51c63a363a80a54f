#!/usr/bin/env node
// Whole stories before a browser, on a register of their own and in three languages.
//
//     node tests/oracle/web/stories.mjs --redress FILE [--chromium FILE] [--demo DIR] [--pictures DIR] [--only NAME[,NAME]] [--language L] [--self-test]
//
// Needs Node.js 20, Chromium and the packages of ../pack/package.json (where they are installed elsewhere, NODE_PATH names
// their node_modules). `--demo` is the folder of a `redress demo`, which is copied; without one it is made. A line for each
// story, then for each fault; a summary as the last line; exit code 1 when there is a fault.
//
// On every page that comes in a story: all rules of axe, in the light and the colours in the dark; one first heading, the
// right language, names that stand once and lead somewhere, errors that are explained; no key, no code and no English text
// where another language is spoken; nothing but tables moves sideways at 320 pixels; no word of the browser's console, and
// no request to anybody else. Links that were seen are followed.
//
// --self-test plants faults into pages and on their way to the browser, and fails unless each is found.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { STORIES as OF_ACCOUNTS } from './accounts.mjs';
import { counts } from './checks.mjs';
import { STORIES as OF_COMPLAINANTS } from './complainants.mjs';
import { ON_DEMO, STORIES as OF_STAFF } from './desk.mjs';
import { House } from './house.mjs';
import { selfTest } from './planted.mjs';
import { LANGUAGES } from './texts.mjs';

// `require`, unlike `import`, heeds NODE_PATH.
const { chromium } = createRequire(import.meta.url)('playwright-core');

const STORIES = { ...OF_COMPLAINANTS, ...OF_STAFF, ...OF_ACCOUNTS, ...ON_DEMO };
/** A story that takes longer hangs. */
const STORY_WITHIN = 600_000;

const { values } = parseArgs({
  options: {
    redress: { type: 'string' },
    chromium: { type: 'string', default: 'chromium' },
    demo: { type: 'string' },
    pictures: { type: 'string' },
    only: { type: 'string' },
    language: { type: 'string' },
    'self-test': { type: 'boolean', default: false },
  },
});
const wanted = values.only?.split(',') ?? Object.keys(STORIES);
const languages = values.language?.split(',') ?? LANGUAGES;
if (!values.redress || wanted.some((name) => !STORIES[name]) || languages.some((one) => !LANGUAGES.includes(one))) {
  console.error(`usage: stories.mjs --redress FILE [--chromium FILE] [--demo DIR] [--pictures DIR] [--only NAME[,NAME]] [--language L] [--self-test]`);
  console.error(`stories: ${Object.keys(STORIES).join(', ')}`);
  process.exit(2);
}
const redress = resolve(values.redress);
const pictures = values.pictures && resolve(values.pictures);

/** What has to be put away again, the last first; also when the run is ended from outside. */
const cleanups = [];
async function putAway() {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup().catch((error) => console.error(`putting away: ${error.message}`));
}
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => putAway().finally(() => process.exit(1)));

const say = (text) => console.log(text.replace(/\s+/g, ' '));

/** A house for stories; its folder goes when the run ends. */
async function house(demo) {
  const built = await House.build(redress, { demo });
  cleanups.push(() => built.pullDown());
  return built;
}

/** The demonstration that the desk's pages are looked at on. */
function demonstration() {
  if (values.demo) return resolve(values.demo);
  const folder = mkdtempSync(join(tmpdir(), 'redress-demo-'));
  cleanups.push(async () => rmSync(folder, { recursive: true, force: true }));
  const demo = join(folder, 'demo');
  execFileSync(redress, ['demo', '--dir', demo], { cwd: folder, stdio: 'ignore', timeout: STORY_WITHIN });
  return demo;
}

/** What the visitors of one story share. */
const stageOf = (browser, house) => (story, language, plant) => ({
  browser, house, story, language, plant, pictures: story === 'self-test' || plant ? undefined : pictures, faults: [], visitors: [], looked: 0, taken: 0,
});

/** One story in one language: its faults. */
async function tell(stage, story) {
  const began = Date.now();
  let late;
  try {
    await Promise.race([
      story(stage),
      new Promise((_, failed) => {
        late = setTimeout(() => failed(new Error(`not over after ${STORY_WITHIN / 60_000} minutes`)), STORY_WITHIN);
      }),
    ]);
  } catch (error) {
    const where = stage.visitors.map(({ page }) => page.url().replace(stage.house.origin, '')).join(', ');
    stage.faults.push(`the story breaks off (${where}): ${error.message}${error.name === 'Error' && error.stack ? ` ${error.stack.split('\n').find((line) => line.includes('/web/'))?.trim() ?? ''}` : ''}`);
    for (const visitor of stage.visitors) await visitor.picture('broken-off').catch(() => {});
  } finally {
    clearTimeout(late);
    for (const visitor of stage.visitors) await visitor.leave().catch(() => {});
  }
  stage.faults.push(...stage.house.complaints().map((line) => `the server says: ${line}`));
  const faults = [...new Set(stage.faults)];
  say(`${stage.story} in ${stage.language}: ${stage.looked} pages looked at, ${faults.length} fault(s), ${((Date.now() - began) / 1000).toFixed(1)} s`);
  faults.forEach((fault) => say(`  ${stage.story}, ${stage.language}: ${fault}`));
  return faults.length;
}

let faults = 0;
let told = 0;
let planted = '';
try {
  const browser = await chromium.launch({
    executablePath: execFileSync('sh', ['-c', 'command -v "$0"', values.chromium]).toString().trim(),
    args: ['--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
  cleanups.push(() => browser.close());
  const names = { own: wanted.filter((name) => !ON_DEMO[name]), onDemo: wanted.filter((name) => ON_DEMO[name]) };
  if (names.own.length || values['self-test']) {
    const own = await house();
    for (const name of names.own) {
      for (const language of languages) {
        faults += await tell(stageOf(browser, own)(name, language), STORIES[name]);
        told += 1;
      }
    }
    if (values['self-test']) {
      const before = { ...counts };
      const { planted: all, missed } = await selfTest(stageOf(browser, own), say);
      Object.assign(counts, before);
      faults += missed.length;
      planted = `, ${all} planted faults, ${missed.length} not found`;
    }
  }
  if (names.onDemo.length) {
    const demo = await house(demonstration());
    for (const name of names.onDemo) {
      for (const language of languages) {
        faults += await tell(stageOf(browser, demo)(name, language), STORIES[name]);
        told += 1;
      }
    }
  }
} catch (error) {
  say(`the stories cannot be told: ${error.message}`);
  faults += 1;
} finally {
  await putAway();
}
console.log(
  `${told} stories, ${counts.pages} pages, ${counts.axe} rules of axe held, ${counts.texts} texts, ${counts.requests} requests, ${counts.links} links, ` +
    `${counts.messages} messages, ${counts.pictures} pictures${planted}: ${faults} fault(s)`,
);
process.exit(faults ? 1 : 0);
