#!/usr/bin/env node
// The pages of review packs, read by a validator, by axe and by a browser.
//
//     node tests/oracle/pack/check_pages.mjs PACK [PACK ..] [--chromium FILE] [--redress FILE --lake DIR] [--self-test]
//
// Needs Node.js 20, Java 11, Chromium and the packages of package.json beside this file
// (`npm install --no-package-lock --ignore-scripts`; where they are installed elsewhere, NODE_PATH names their node_modules).
// A line for each fault, a summary as the last line, exit code 1 when there is a fault.
//
//   valid     the Nu Html Checker, which knows HTML, SVG, ARIA and CSS, has nothing to say
//   axe       no rule of axe is broken, whether of WCAG (A to AAA), best practice or experimental: on a desk and on a phone,
//             everything unfolded; in the dark the rules of colour
//   closed    no script, no request but for the page itself, nothing that the page's own policy refuses
//   linked    each name once; every link and reference leads somewhere; every command is one of redress, and with --redress
//             some of each page run, and list as many rows as the page says
//   narrow    on a phone nothing but tables and drawings moves sideways, on a desk no table of figures does
//   printed   on A4 nothing is wider than the paper, and the browser prints it
//
// --self-test plants faults of each kind in a copy of the first page, and fails unless each is found.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

// `require`, unlike `import`, heeds NODE_PATH.
const require = createRequire(import.meta.url);
const { chromium } = require('playwright-core');
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const DESK = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
// Between the margins of @page in review.css: 210 - 2 x 15 mm, at 96 px to the inch.
const PAPER = { width: Math.floor((180 / 25.4) * 96), height: 1000 };
const DRILLS = 10;

// What the validator says and is not a fault of the page.
const NOT_A_FAULT = [
  // Its hash of a long style sheet is wrong (of a short one right). The browser's own verdict is asked for in `closed`.
  /^Inline style violates Content Security Policy/,
];

// Rules of axe that are off, each with its reason.
const AXE_OFF = {
  // Experimental: wants a landmark around whatever can be focused. Tables and drawings can be, so that a keyboard moves them
  // sideways; a landmark for each would bury those of the page.
  'focus-order-semantics': true,
};

const counts = { axe: 0, requests: 0, links: 0, commands: 0, rows: 0, boxes: 0, sheets: 0 };

/** What the Nu Html Checker finds in the pages: a list of faults for each. */
function valid(pages) {
  const said = execFileSync(
    'java',
    ['-Xss8m', '-jar', require('vnu-jar'), '--format', 'json', '--exit-zero-always', '--stdout', ...pages],
    { maxBuffer: 1 << 28 },
  );
  const found = new Map(pages.map((page) => [page, []]));
  for (const message of JSON.parse(said).messages) {
    if (NOT_A_FAULT.some((known) => known.test(message.message))) continue;
    const place = `line ${message.lastLine}: ${message.message} ${(message.extract ?? '').slice(0, 80)}`;
    const page = pages.find((page) => message.url === `file:${page}` || message.url === pathToFileURL(page).href);
    if (!page) throw new Error(`the validator speaks of ${message.url}: ${place}`);
    found.get(page).push(place);
  }
  return found;
}

/** The page as a reader with this window gets it; what it asked for and what the browser complained of is kept beside. */
async function open(browser, page, { viewport, dark = false, phone = false }) {
  const context = await browser.newContext({
    viewport,
    isMobile: phone,
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    // Requests are seen all the same, and reach nobody.
    offline: true,
  });
  const tab = await context.newPage();
  const asked = [];
  const refused = [];
  tab.on('request', (request) => asked.push(request.url()));
  tab.on('console', (message) => refused.push(message.text()));
  tab.on('pageerror', (error) => refused.push(error.message));
  await tab.goto(pathToFileURL(page).href);
  await tab.evaluate(() => document.fonts.ready.then(() => {}));
  return { tab, asked, refused };
}

/** One line, whatever a fault quotes. */
const say = (text) => console.log(text.replace(/\s+/g, ' '));

const unfold = (tab) => tab.evaluate(() => document.querySelectorAll('details').forEach((d) => (d.open = true)));

async function axe(browser, page) {
  const faults = [];
  for (const viewport of [DESK, PHONE]) {
    for (const dark of [false, true]) {
      const { tab } = await open(browser, page, { viewport, dark, phone: viewport === PHONE });
      await unfold(tab);
      // Rows of a table are of one kind, and so are the lists of cases behind it: three stand for the rest, which would take minutes.
      await tab.evaluate(() => {
        for (const one of document.querySelectorAll('tbody tr:nth-child(n + 4), .cases details:nth-of-type(n + 4)')) one.remove();
      });
      await tab.evaluate(axeSource);
      const { violations, held } = await tab.evaluate(async ([off, tags]) => {
        const rules = window.axe.getRules(tags).map(({ ruleId }) => ruleId).filter((id) => !off[id]);
        const { violations, passes } = await window.axe.run(document, { runOnly: { type: 'rule', values: rules }, resultTypes: ['violations'] });
        return { violations, held: passes.length };
      }, [AXE_OFF, dark ? ['cat.color'] : []]);
      counts.axe += held;
      for (const { id, help, nodes } of violations) {
        const where = nodes.slice(0, 3).map((node) => node.target.join(' ')).join(' | ');
        faults.push(`${id}, ${dark ? 'dark' : 'light'}, ${viewport.width} px, ${nodes.length} times: ${help}: ${where}`);
      }
      await tab.context().close();
    }
  }
  return faults;
}

async function closed(browser, page) {
  const { tab, asked, refused } = await open(browser, page, { viewport: DESK });
  await unfold(tab);
  const faults = await tab.evaluate(() => {
    const found = [];
    const policy = document.querySelector('meta[http-equiv="Content-Security-Policy"]')?.content ?? '';
    if (!/(^|;)\s*default-src 'none'/.test(policy)) found.push("no policy with default-src 'none'");
    if (document.scripts.length) found.push(`${document.scripts.length} script(s)`);
    for (const element of document.querySelectorAll('*')) {
      for (const { name, value } of element.attributes) {
        if (/^on/.test(name) || /^\s*javascript:/i.test(value)) found.push(`script in ${element.localName} ${name}`);
        if (name === 'style') found.push(`inline style in ${element.localName}`);
      }
    }
    if (!document.fonts.check('16px "Redress Sans"')) found.push('the bundled font was not loaded');
    return found;
  });
  // The address of the page is asked for once, and nothing else.
  counts.requests += asked.length;
  const own = pathToFileURL(page).href;
  faults.push(...asked.filter((url) => url !== own && !url.startsWith('data:')).map((url) => `asks for ${url}`));
  faults.push(...refused.map((text) => `the browser says: ${text}`));
  await tab.context().close();
  return faults;
}

async function linked(browser, page, redress) {
  const { tab } = await open(browser, page, { viewport: DESK });
  const { faults, links, commands } = await tab.evaluate(() => {
    const faults = [];
    const ids = new Set();
    for (const { id } of document.querySelectorAll('[id]')) {
      if (ids.has(id)) faults.push(`the name ${id} stands twice`);
      ids.add(id);
    }
    for (const element of document.querySelectorAll('[aria-labelledby], [aria-describedby], label[for]')) {
      for (const name of ['aria-labelledby', 'aria-describedby', 'for']) {
        const missing = (element.getAttribute(name) ?? '').split(/\s+/).filter((id) => id && !ids.has(id));
        if (missing.length) faults.push(`${name} of a ${element.localName} names ${missing}, which is nowhere`);
      }
    }
    const hrefs = [...document.querySelectorAll('a')].map((a) => a.getAttribute('href'));
    for (const href of hrefs) {
      if (href === null || href === '' || href === '#') faults.push('a link that leads nowhere');
      else if (href.startsWith('#') && !ids.has(decodeURIComponent(href.slice(1)))) faults.push(`${href} leads nowhere`);
    }
    const commands = [...document.querySelectorAll('code')].map((code) => {
      const list = code.closest('details');
      const shown = list?.querySelectorAll('tbody tr').length ?? null;
      // "5 of 7 shown", in any language: the figures, the larger of which is all there are.
      const said = (list?.querySelector('.shown')?.textContent ?? '').replace(/(\d)[\s\u00a0\u202f.,](?=\d{3})/g, '$1');
      return { command: code.textContent, shown, all: Math.max(...(said.match(/\d+/g) ?? [-1]).map(Number)) };
    });
    return { faults, links: hrefs.filter((href) => href && href !== '#'), commands };
  });
  await tab.context().close();
  for (const href of links.filter((href) => !href.startsWith('#'))) {
    if (/^([a-z][a-z0-9+.-]*:|\/)/i.test(href)) faults.push(`${href} leads out of the pack`);
    else if (!existsSync(join(page, '..', decodeURIComponent(href.split('#')[0])))) faults.push(`${href} is not in the pack`);
  }
  counts.links += links.length;
  for (const { command, shown, all } of commands) {
    if (!command.startsWith('redress ')) faults.push(`not a command of redress: ${command}`);
    if (shown !== null && (shown > all || (shown === 0 && all > 0))) faults.push(`${shown} rows are shown of ${all}: ${command}`);
  }
  if (redress) faults.push(...run(commands, redress));
  return faults;
}

/** Runs some of the commands, of as many metrics as there are; a list has as many rows as the page says. */
function run(commands, { redress, lake }) {
  const faults = [];
  const metric = ({ command }) => command.split(' ').slice(0, 3).join(' ');
  const lists = commands.filter(({ command, shown }) => shown !== null && command.startsWith('redress '));
  const first = lists.filter((one, i) => lists.findIndex((other) => metric(other) === metric(one)) === i);
  const rest = lists.filter((one) => !first.includes(one));
  const step = Math.max(1, Math.floor(rest.length / Math.max(1, DRILLS - first.length)));
  const sample = [...first, ...rest.filter((_, i) => i % step === 0)].slice(0, DRILLS);
  // The others ask a metric as a whole.
  sample.push(...commands.filter(({ shown }) => shown === null).slice(0, 2));
  for (const { command, all, shown } of sample) {
    counts.commands += 1;
    try {
      // As a reader types it, quotes included.
      const typed = `redress() { "$REDRESS" --lake "$LAKE" --format json "$@"; }\n${command}`;
      const env = { ...process.env, REDRESS: redress, LAKE: lake };
      const rows = JSON.parse(execFileSync('sh', ['-c', typed], { env, maxBuffer: 1 << 28, stdio: 'pipe' })).length;
      counts.rows += rows;
      if (shown !== null && rows !== all) faults.push(`${rows} rows, and the page says ${all}: ${command}`);
    } catch (error) {
      faults.push(`${command}: ${(error.stderr || error.message || '').toString().trim().slice(0, 300)}`);
    }
  }
  return faults;
}

/** What reaches out of a window of this width: boxes, and texts that run out of theirs. */
const tooWide = (width) => {
  const found = [];
  let boxes = 0;
  const name = (element) =>
    `${element.localName}${element.id ? `#${element.id}` : ''}${element.className && element.className.trim ? `.${element.className.trim().replace(/\s+/g, '.')}` : ''}`;
  const faulty = new Set();
  const reach = (element, rect) => {
    // Of boxes within each other the outermost is named.
    if ([...faulty].some((outer) => outer.contains(element))) return;
    if (rect.width > 0 && rect.height > 0 && (rect.right > width + 1 || rect.left < -1)) {
      faulty.add(element);
      found.push(`${name(element)} reaches from ${Math.round(rect.left)} to ${Math.round(rect.right)} of ${width} px: "${element.textContent.trim().slice(0, 40)}"`);
    }
  };
  const scrolls = (element) => {
    for (let e = element; e; e = e.parentElement) if (/auto|scroll/.test(getComputedStyle(e).overflowX)) return e;
    return null;
  };
  for (const element of document.body.querySelectorAll('*')) {
    // Seen by no eye: the link that shows when it has the focus, and captions for those who listen.
    if (element.closest('.skip, .hidden')) continue;
    const frame = scrolls(element.parentElement);
    if (frame) {
      if (!frame.matches('.scroll, .drawing')) found.push(`${name(frame)} scrolls`);
      continue;
    }
    boxes += 1;
    reach(element, element.getBoundingClientRect());
    if (element.matches('td, th') && element.scrollWidth > element.clientWidth + 1) {
      found.push(`text runs out of its cell: "${element.textContent.trim().slice(0, 60)}"`);
    }
    for (const node of element.childNodes) {
      if (node.nodeType !== Node.TEXT_NODE || !node.data.trim()) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const rect of range.getClientRects()) reach(element, rect);
    }
  }
  const all = document.scrollingElement.scrollWidth;
  if (all > width + 1) found.push(`the page is ${all} px wide in a window of ${width}`);
  return { found: [...new Set(found)], boxes };
};

async function narrow(browser, page) {
  const { tab } = await open(browser, page, { viewport: PHONE, phone: true });
  await unfold(tab);
  const { found, boxes } = await tab.evaluate(tooWide, PHONE.width);
  counts.boxes += boxes;
  await tab.context().close();
  const desk = await open(browser, page, { viewport: DESK });
  found.push(...(await desk.tab.evaluate(() => [...document.querySelectorAll('.scroll')]
    .filter((box) => !box.closest('.cases') && box.scrollWidth > box.clientWidth + 1)
    .map((box) => `a table is cut on a desk, ${box.scrollWidth} px in ${box.clientWidth}: ${box.ariaLabel}`))));
  await desk.tab.context().close();
  return found;
}

async function printed(browser, page) {
  const { tab } = await open(browser, page, { viewport: PAPER });
  const pdf = (await tab.pdf({ preferCSSPageSize: true })).toString('latin1');
  const sheets = pdf.match(/\/Type\s*\/Page\b/g)?.length ?? 0;
  counts.sheets += sheets;
  const faults = sheets ? [] : ['nothing is printed'];
  for (const [, w, h] of pdf.matchAll(/\/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]/g)) {
    if (Math.abs(w - 595.3) > 1 || Math.abs(h - 841.9) > 1) faults.push(`a sheet of ${w} x ${h} points is not A4`);
  }
  await tab.emulateMedia({ media: 'print' });
  for (const everything of [false, true]) {
    if (everything) await unfold(tab);
    const { found, boxes } = await tab.evaluate(tooWide, PAPER.width);
    counts.boxes += boxes;
    faults.push(...found.map((text) => `${everything ? 'unfolded' : 'as it is'}: ${text}`));
  }
  await tab.context().close();
  return [...new Set(faults)];
}

const CHECKS = { axe, closed, linked, narrow, printed };

/** The page with the hash of its style sheet in its policy again. */
function sealed(html) {
  const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  return html.replace(/'sha256-[^']*'/, `'sha256-${hash}'`);
}

const after = (mark, text) => (html) => html.replace(mark, (found) => found + text);
const rule = (text) => (html) => sealed(html.replace('</style>', `${text}</style>`));
const openPolicy = (html) => html.replace(/<meta http-equiv[^>]*>/, '');

// Faults, each with the check that has to find it and words of what it then says.
const PLANTED = [
  ['valid', 'Duplicate ID', 'a name that stands twice', after('<main id="content">', '<p id="content"></p>')],
  ['valid', 'not allowed as child', 'a block inside a list', after('<ol class="findings">', '<p>no item</p>')],
  // Three in one page, since axe takes its time.
  ['axe', ['color-contrast, dark', 'color-contrast, light, 390', 'heading-order'], 'grey in the dark, grey on a phone, a heading too deep', (html) =>
    rule('@media (prefers-color-scheme: dark) { .lead { color: #3a4048; } } @media (max-width: 40rem) { .cut { color: #cccccc; } }')(
      after('<main id="content">', '<h5>too deep</h5>')(html),
    )],
  ['closed', 'script', 'a script', after('<main id="content">', '<script>document.title = "mine"</script>')],
  ['closed', 'asks for', 'a picture from elsewhere', (html) => after('<main id="content">', '<img src="http://127.0.0.1:9/a.png" alt="">')(openPolicy(html))],
  ['closed', 'the browser says', 'a picture that the policy refuses', after('<main id="content">', '<img src="a.png" alt="">')],
  ['closed', 'the browser says', 'a style sheet that was changed afterwards', (html) => html.replace('</style>', '\n</style>')],
  ['linked', 'leads nowhere', 'a link to a name that is not there', (html) => html.replace('href="#decisions"', 'href="#decision"')],
  ['linked', 'stands twice', 'a name that stands twice', after('<main id="content">', '<p id="record"></p>')],
  ['linked', 'not in the pack', 'a link to a file that is not there', after('<main id="content">', '<a href="tables/none.csv">x</a>')],
  ['linked', 'not a command', "another program's command", (html) => html.replace('<code>redress ', '<code>rm ')],
  ['linked', 'rows are shown', 'a list shorter than it says', (html) => html.replace(/(<span class="shown">)[^<]*/g, '$10')],
  ['narrow', 'reaches from', 'a word that does not break', after('<main id="content">', `<h2>${'wide'.repeat(30)}</h2>`)],
  ['narrow', 'scrolls', 'a list that moves sideways', rule('.findings { overflow-x: scroll; }')],
  ['narrow', 'cut on a desk', 'a table wider than the page', rule('@media (min-width: 50rem) { table { min-width: 80rem; } }')],
  ['printed', 'reaches from', 'a table wider than the paper', rule('@media print { table { min-width: 800px; } }')],
  ['printed', 'not A4', 'another paper', rule('@page { size: A3; }')],
  ['printed', 'runs out of its cell', 'columns too narrow for their words', rule('@media print { table { table-layout: fixed; width: 200px; } }')],
];

/** Says what was found of a planted fault; the fault again where something was not. */
function report(check, what, found) {
  for (const fault of found) say(`self-test, ${check}, ${what}: ${fault ? `found: ${fault.slice(0, 140)}` : 'NOT FOUND'}`);
  return found.includes(undefined) ? [what] : [];
}

/** Every planted fault is found by its check. */
async function selfTest(browser, pack, redress) {
  const folder = mkdtempSync(join(tmpdir(), 'pages-'));
  const faults = [];
  try {
    const clean = readFileSync(join(pack, 'review.html'), 'utf8');
    cpSync(pack, folder, { recursive: true });
    const page = join(folder, 'review.html');
    const find = async (check) => (check === 'valid' ? valid([page]).get(page) : CHECKS[check](browser, page));
    for (const [check, words, what, plant] of PLANTED) {
      const html = plant(clean);
      if (html === clean) throw new Error(`could not be planted: ${what}`);
      writeFileSync(page, html);
      const found = await find(check);
      faults.push(...report(check, what, [words].flat().map((word) => found.find((fault) => fault.includes(word)))));
    }
    // Commands of a period without complaints, and a list that says it has more rows than its command gives.
    if (redress) {
      const html = clean.replace(/(redress query stage_sla --drill [^<]*--period )[^<]*/g, '$12019-Q1');
      writeFileSync(page, html.replace(/(<span class="shown">\D*)\d+/, '$1999'));
      const found = await linked(browser, page, redress);
      const words = ['2019-Q1: redress:', 'rows, and the page says 999'];
      faults.push(...report('linked', 'commands that give other rows', words.map((word) => found.find((fault) => fault.includes(word)))));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return faults;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    chromium: { type: 'string', default: 'chromium' },
    redress: { type: 'string' },
    lake: { type: 'string' },
    'self-test': { type: 'boolean', default: false },
  },
});
if (!positionals.length || !values.redress !== !values.lake) {
  console.error('usage: check_pages.mjs PACK [PACK ..] [--chromium FILE] [--redress FILE --lake DIR] [--self-test]');
  process.exit(2);
}
const redress = values.redress && { redress: resolve(values.redress), lake: resolve(values.lake) };
const packs = positionals.map((pack) => resolve(pack));
const pages = packs.map((pack) => join(pack, 'review.html'));
const browser = await chromium.launch({
  executablePath: execFileSync('sh', ['-c', 'command -v "$0"', values.chromium]).toString().trim(),
  args: ['--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
let faults = 0;
let planted = '';
try {
  const validity = valid(pages);
  for (const page of pages) {
    const found = validity.get(page).map((fault) => ['valid', fault]);
    for (const [check, look] of Object.entries(CHECKS)) {
      found.push(...(await look(browser, page, redress)).map((fault) => [check, fault]));
    }
    for (const [check, fault] of found) say(`${basename(join(page, '..'))}: ${check}: ${fault}`);
    faults += found.length;
  }
  const summary = { ...counts };
  if (values['self-test']) {
    const missed = await selfTest(browser, packs[0], redress);
    faults += missed.length;
    const all = PLANTED.flatMap(([, words]) => words).length + (redress ? 2 : 0);
    planted = `, ${all} planted faults, ${missed.length} not found`;
  }
  Object.assign(counts, summary);
} finally {
  await browser.close();
}
console.log(
  `${pages.length} pages, ${counts.axe} rules of axe held, ${counts.requests} requests, ${counts.links} links, ${counts.commands} commands with ${counts.rows} rows, ` +
    `${counts.boxes} boxes, ${counts.sheets} printed sheets${planted}: ${faults} fault(s)`,
);
process.exit(faults ? 1 : 0);
