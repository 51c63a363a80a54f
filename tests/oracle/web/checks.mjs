// What every page has to stand, whoever came to it by whichever way. Each check answers with its faults, in words.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { CODES, INDICATORS, SECTIONS, english } from './texts.mjs';

// `require`, unlike `import`, heeds NODE_PATH.
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The narrowest telephone that is looked at. */
const NARROWEST = { width: 320, height: 640 };

// Rules of axe that are off, each with its reason.
const AXE_OFF = {
  // Experimental: wants a landmark around whatever can be focused. Tables and drawings can be, so that a keyboard moves them
  // sideways; a landmark for each would bury those of the page.
  'focus-order-semantics': true,
};

export const counts = { pages: 0, axe: 0, texts: 0, requests: 0, links: 0, pictures: 0, messages: 0 };

/** Rules of axe: all of them in the light, in the dark those of colour. */
export async function axe(page) {
  const faults = [];
  for (const dark of [false, true]) {
    await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light' });
    if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axeSource);
    const { violations, held } = await page.evaluate(
      async ([off, tags]) => {
        const rules = window.axe.getRules(tags).map(({ ruleId }) => ruleId).filter((id) => !off[id]);
        const { violations, passes } = await window.axe.run(document, { runOnly: { type: 'rule', values: rules }, resultTypes: ['violations'] });
        return { violations: violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.map((node) => node.target.join(' ')) })), held: passes.length };
      },
      [AXE_OFF, dark ? ['cat.color'] : []],
    );
    counts.axe += held;
    for (const { id, help, where } of violations) {
      faults.push(`axe: ${id}, ${dark ? 'dark' : 'light'}, ${where.length} times: ${help}: ${where.slice(0, 3).join(' | ')}`);
    }
  }
  await page.emulateMedia({ colorScheme: 'light' });
  return faults;
}

/** One heading of the first order, one title, one main; the page's language; names that stand once and lead somewhere. */
export function structure(page, language) {
  return page.evaluate((language) => {
    const faults = [];
    const all = (selector) => [...document.querySelectorAll(selector)];
    if (document.documentElement.lang !== language) faults.push(`language: the page says ${document.documentElement.lang || 'none'}, not ${language}`);
    if (all('h1').length !== 1) faults.push(`heading: ${all('h1').length} of the first order`);
    if (!all('h1')[0]?.textContent.trim()) faults.push('heading: the first one is empty');
    if (!document.title.trim()) faults.push('title: none');
    if (all('main').length !== 1) faults.push(`main: ${all('main').length} of them`);
    const ids = new Map();
    for (const { id } of all('[id]')) ids.set(id, (ids.get(id) ?? 0) + 1);
    for (const [id, times] of ids) if (times > 1) faults.push(`name: ${id} stands ${times} times`);
    for (const element of all('[aria-labelledby], [aria-describedby], [aria-controls], label[for], input[list]')) {
      for (const name of ['aria-labelledby', 'aria-describedby', 'aria-controls', 'for', 'list']) {
        const missing = (element.getAttribute(name) ?? '').split(/\s+/).filter((id) => id && !ids.has(id));
        if (missing.length) faults.push(`name: ${name} of a ${element.localName} names ${missing}, which is nowhere`);
      }
    }
    for (const link of all('a')) {
      const href = link.getAttribute('href');
      if (!href || href === '#') faults.push(`link: "${link.textContent.trim()}" leads nowhere`);
      else if (href.startsWith('#') && !ids.has(decodeURIComponent(href.slice(1)))) faults.push(`link: ${href} leads nowhere`);
      if (!link.textContent.trim() && !link.getAttribute('aria-label')) faults.push(`link: ${href} says nothing`);
    }
    // What is wrong is said beside its field, and leads there from the top.
    for (const field of all('[aria-invalid="true"]')) {
      const said = (field.getAttribute('aria-describedby') ?? '').split(/\s+/).some((id) => document.getElementById(id)?.matches('.error'));
      if (!said) faults.push(`error: ${field.name} is wrong and nothing beside it says why`);
    }
    if (all('.error').length && !all('.errors[role="alert"]').length) faults.push('error: no summary of what is wrong');
    for (const element of all('*')) {
      for (const { name } of element.attributes) {
        if (/^on/.test(name)) faults.push(`script: ${name} of a ${element.localName}`);
        if (name === 'style' && !element.closest('svg')) faults.push(`style: inline in a ${element.localName}`);
      }
    }
    return faults;
  }, language);
}

/** The texts that a reader sees, people's own words left out; each with the text of the whole element that it stands in. */
const seen = () => {
  const found = [];
  const one = (text) => text.replace(/\s+/g, ' ').trim();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const own = document.documentElement.lang;
  const boxes = new Set();
  // What people wrote is theirs, in whatever language.
  // A definition names the columns of its formula.
  const THEIRS = '.definition, bdi, [dir], textarea, blockquote, .words, code, svg, datalist, script, style';
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const element = node.parentElement;
    if (!one(node.data) || element.closest(THEIRS)) continue;
    if (element.closest('[lang]').lang !== own) continue;
    found.push(one(node.data));
    const box = element.closest('p, li, h1, h2, h3, h4, label, legend, td, th, dt, dd, a, button, summary, option, caption, span');
    if (box && !boxes.has(box)) {
      boxes.add(box);
      const ours = box.cloneNode(true);
      ours.querySelectorAll(THEIRS).forEach((element) => element.remove());
      found.push(one(ours.textContent));
    }
  }
  found.push(one(document.title.split('·')[0]));
  for (const element of document.querySelectorAll('[aria-label], [placeholder], [alt], [title]')) {
    if (element.closest('svg')) continue;
    for (const name of ['aria-label', 'placeholder', 'alt', 'title']) if (element.hasAttribute(name)) found.push(one(element.getAttribute(name)));
  }
  return [...new Set(found)];
};

const ENDINGS = /\.(jpe?g|png|gif|webp|heic|pdf|mp4|mov|txt|csv|docx|xlsx|odt|html|json|toml|sqlite|org|com|net|tr|ru|gov|exe)$/i;

/** No key in the place of a text, no code in the place of its name, no English where another language is spoken. */
export async function texts(page, language) {
  const faults = [];
  const isEnglish = english(language);
  const all = await page.evaluate(seen);
  counts.texts += all.length;
  for (const whole of all) {
    const text = INDICATORS.reduce((text, code) => text.replaceAll(code, ''), whole);
    for (const [word] of text.matchAll(/(?<![@\w.])[a-z][a-z_]*\.[a-z0-9][\w-]*(?:\.\w+)*/g)) {
      if (!ENDINGS.test(word) || SECTIONS.includes(word.split('.')[0])) faults.push(`text: ${word} looks like a key: "${text.slice(0, 80)}"`);
    }
    for (const [word] of text.matchAll(/(?<![\w@./-])[a-z]+(?:_[a-z0-9]+)+(?![\w.@-])/g)) faults.push(`text: ${word} looks like a code: "${text.slice(0, 80)}"`);
    if (CODES.has(text)) faults.push(`text: the code ${text} stands for its name`);
    if (/\{\w*\}|\bundefined\b|\bNaN\b|\bNone\(|\bSome\(/.test(text)) faults.push(`text: something was not filled in: "${text.slice(0, 80)}"`);
    if (isEnglish(whole)) faults.push(`text: English on a page in ${language}: "${text.slice(0, 80)}"`);
  }
  return [...new Set(faults)];
}

/** What reaches out of a window of this width, the outermost box of each. */
const tooWide = (width) => {
  const found = [];
  const faulty = [];
  const name = (element) => `${element.localName}${element.id ? `#${element.id}` : ''}${[...element.classList].map((c) => `.${c}`).join('')}`;
  const scrolls = (element) => {
    for (let e = element; e && e !== document.body; e = e.parentElement) if (/auto|scroll/.test(getComputedStyle(e).overflowX)) return e;
    return null;
  };
  for (const element of document.body.querySelectorAll('*')) {
    // Seen by no eye: the link that shows when it has the focus, and words for those who listen.
    if (element.closest('.skip, .hidden, svg, option, datalist')) continue;
    const frame = scrolls(element.parentElement);
    if (frame) {
      if (!frame.matches('.scroll, .drawing')) found.push(`${name(frame)} scrolls`);
      continue;
    }
    const rects = [element.getBoundingClientRect()];
    // Texts that run out of their boxes.
    for (const node of element.childNodes) {
      if (node.nodeType !== Node.TEXT_NODE || !node.data.trim()) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      rects.push(...range.getClientRects());
    }
    const rect = rects.find((rect) => rect.width > 0 && rect.height > 0 && (rect.right > width + 1 || rect.left < -1));
    if (rect && !faulty.some((outer) => outer.contains(element))) {
      faulty.push(element);
      found.push(`${name(element)} reaches from ${Math.round(rect.left)} to ${Math.round(rect.right)} of ${width} px: "${element.textContent.trim().slice(0, 40)}"`);
    }
  }
  const all = document.scrollingElement.scrollWidth;
  if (all > width + 1) found.push(`the page is ${all} px wide in a window of ${width}`);
  return [...new Set(found)].map((fault) => `narrow: ${fault}`);
};

/** On the narrowest telephone nothing but tables and drawings moves sideways, and what is pressed is large enough for a finger. */
export async function narrow(page) {
  const before = page.viewportSize();
  await page.setViewportSize(NARROWEST);
  const faults = await page.evaluate(tooWide, NARROWEST.width);
  await page.setViewportSize(before);
  return faults;
}
