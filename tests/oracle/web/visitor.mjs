// Somebody before a browser: goes, fills in, sends, and looks at every page that comes.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { axe, counts, narrow, structure, texts } from './checks.mjs';
import { STAFF, passwordOf } from './house.mjs';

export const DESK = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };

/** A form that is shown again with what is wrong with it. */
export const REFUSED = [200, 422];

const WITHIN = 20_000;
/** Links of a visitor that are tried once, at the end. */
const LINKS = 150;

const LOCALES = { tr: 'tr-TR', ru: 'ru-RU', en: 'en-GB' };

/** What a story wants and does not get ends it. */
export class Unmet extends Error {}

export function want(holds, what) {
  if (!holds) throw new Unmet(what);
}

export class Visitor {
  /** Opens a window of its own. `stage` is what all visitors of a story share: browser, house, language, faults, pictures. */
  static async enter(stage, { scripts = true, phone = false } = {}) {
    const visitor = new Visitor();
    const viewport = phone ? PHONE : DESK;
    Object.assign(visitor, { stage, scripts, phone, viewport, links: new Set(), tried: new Set() });
    visitor.context = await stage.browser.newContext({
      baseURL: stage.house.origin,
      viewport,
      locale: LOCALES[stage.language],
      javaScriptEnabled: scripts,
      isMobile: phone,
      hasTouch: phone,
      reducedMotion: 'reduce',
      acceptDownloads: true,
    });
    visitor.context.setDefaultTimeout(WITHIN);
    stage.visitors.push(visitor);
    if (stage.plant) await visitor.context.route(/.*/, (route) => planted(route, stage.plant));
    visitor.page = await visitor.window();
    return visitor;
  }

  /** Another window of the same browser, with the same cookies. */
  async window() {
    const page = await this.context.newPage();
    page.on('request', (request) => {
      counts.requests += 1;
      const url = request.url();
      if (!url.startsWith(`${this.stage.house.origin}/`) && !url.startsWith('data:')) this.fault(`asks for ${url}`);
    });
    page.on('console', (message) => {
      // A page with another status than 200 is one that a story asked for; of files, none has to fail.
      const own = /^Failed to load resource: the server responded with a status of 4\d\d/.test(message.text()) && message.location().url === page.url();
      if (!own && ['error', 'warning'].includes(message.type())) this.fault(`the browser says: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.fault(`a script failed: ${error.message}`));
    return page;
  }

  get language() {
    return this.stage.language;
  }

  fault(what) {
    const url = this.page?.url().replace(this.stage.house.origin, '') ?? '';
    this.stage.faults.push(`${url}: ${what}`.replace(/\s+/g, ' '));
  }

  /** Goes to an address; the page has to come with this status. */
  async go(path, { status = 200, at } = {}) {
    const response = await this.page.goto(path, { waitUntil: 'load' });
    await this.arrived(response, status, at ?? path);
    return response;
  }

  async arrived(response, status, what) {
    want(response, `${what}: no page came`);
    const path = new URL(response.url()).pathname;
    if (![status].flat().includes(response.status())) throw new Unmet(`${path} answers ${response.status()}, not ${status}: ${(await this.words().catch(() => '')).slice(0, 300)}`);
    // Nothing of a complaint stays in the browser's store.
    const kept = response.headers()['cache-control'] ?? '';
    if (!kept.includes('no-store')) this.fault(`cache-control is "${kept}"`);
    const policy = response.headers()['content-security-policy'] ?? '';
    if (!policy.includes("default-src 'none'")) this.fault(`content-security-policy is "${policy}"`);
    if (this.scripts) return;
    const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy };
    this.came = { url: response.url(), body: await response.text(), headers };
  }

  /** Presses something that leads to another page. */
  async press(target, { status = 200 } = {}) {
    const locator = typeof target === 'string' ? this.page.locator(target).first() : target;
    const what = typeof target === 'string' ? target : 'a button';
    want((await locator.count()) > 0, `${this.page.url()}: there is no ${what}`);
    const [response] = await Promise.all([this.page.waitForNavigation({ waitUntil: 'load' }), locator.click()]);
    await this.arrived(response, status, what);
    return response;
  }

  /** Fills in fields by their names: texts, choices, ticks, files. */
  async fill(fields) {
    for (const [name, value] of Object.entries(fields)) {
      const all = this.page.locator(`main [name="${name}"]:not([type="hidden"])`);
      want((await all.count()) > 0, `${this.page.url()}: there is no field ${name}`);
      const one = all.first();
      const { tag, type } = await one.evaluate((e) => ({ tag: e.localName, type: e.type }));
      const fold = this.page.locator('details:not([open])', { has: one });
      if (await fold.count()) await fold.first().locator('summary').first().click();
      if (type === 'radio' || type === 'checkbox') {
        const chosen = type === 'radio' || typeof value === 'string' ? this.page.locator(`main [name="${name}"][value="${value}"]`) : one;
        await chosen.check();
      } else if (type === 'file') await one.setInputFiles(value);
      else if (tag === 'select') await one.selectOption(value);
      else await one.fill(value);
    }
  }

  /** Sends the page's form by its first button, or by another one. */
  send({ button = 'main form.entry .doors button', status = 200 } = {}) {
    return this.press(button, { status });
  }

  /** Sends a form that comes back, with what is wrong on top. */
  async refused(button) {
    await this.send({ ...(button && { button }), status: REFUSED });
    want((await this.page.locator('.errors[role="alert"]').count()) > 0, `${this.page.url()}: nothing says what is wrong`);
  }

  /** Loads the page anew; one that answered a form is sent a second time. */
  async again({ status = 200 } = {}) {
    await this.arrived(await this.page.reload({ waitUntil: 'load' }), status, 'loading anew');
  }

  /** What a field holds. */
  held(name) {
    return this.page.locator(`main [name="${name}"]`).first().inputValue();
  }

  /** The words of the page's middle part. */
  async words() {
    return (await this.page.locator('main').innerText()).replace(/\s+/g, ' ');
  }

  /** Wants to read this, as a reader sees it. */
  async reads(...texts) {
    const words = await this.words();
    for (const text of texts) want(words.includes(text.replace(/\s+/g, ' ')), `${this.page.url()}: "${text}" is not there; there is: "${words.slice(0, 300)}"`);
  }

  async readsNothingOf(...texts) {
    const words = await this.words();
    for (const text of texts) want(!words.includes(text), `${this.page.url()}: "${text}" is there`);
  }

  /** Looks at the page by all checks, takes its picture, and notes its links. */
  async look(name, { narrows = true } = {}) {
    const { page, stage } = this;
    // With a fault on every page it is the story itself that has to notice.
    if (stage.plant) return;
    counts.pages += 1;
    const seen = this.scripts ? page : await this.twin();
    for (const faults of [
      await structure(seen, this.language),
      await texts(seen, this.language),
      narrows ? await narrow(seen) : [],
      await axe(seen),
    ]) {
      faults.forEach((fault) => this.fault(fault));
    }
    const hrefs = await page.locator('a[href^="/"]:not([download])').evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    hrefs.filter((href) => !href.includes('lang=')).forEach((href) => this.links.add(href));
    await this.picture(name);
    stage.looked += 1;
  }

  /** The page once more in a window with scripts, which axe cannot do without: the same bytes under the same address. */
  async twin() {
    if (!this.shadow) {
      const context = await this.stage.browser.newContext({ viewport: this.viewport, locale: LOCALES[this.language], isMobile: this.phone, reducedMotion: 'reduce' });
      context.setDefaultTimeout(WITHIN);
      this.shadow = await context.newPage();
    }
    const { url, body, headers } = this.came;
    await this.shadow.unrouteAll();
    await this.shadow.route(url, (route) => route.fulfill({ body, headers, status: 200 }));
    await this.shadow.goto(url, { waitUntil: 'load' });
    return this.shadow;
  }

  /** The page at both widths, where pictures are wanted. */
  async picture(name) {
    const { pictures, story, language } = this.stage;
    if (!pictures) return;
    mkdirSync(pictures, { recursive: true });
    this.stage.taken += 1;
    const number = String(this.stage.taken).padStart(2, '0');
    for (const { width, height } of this.phone ? [PHONE] : [PHONE, DESK]) {
      await this.page.setViewportSize({ width, height });
      await this.page.screenshot({ path: join(pictures, `${story}-${number}-${name}-${language}-${width}.png`), fullPage: true });
      counts.pictures += 1;
    }
    await this.page.setViewportSize(this.viewport);
  }

  /** Every link that was seen leads to a page or a file. */
  async followLinks(most = LINKS) {
    const fresh = [...this.links].map((href) => href.split('#')[0]).filter((href) => !this.tried.has(href));
    for (const href of [...new Set(fresh)].slice(0, most)) {
      this.tried.add(href);
      counts.links += 1;
      const answer = await this.context.request.get(href, { timeout: WITHIN });
      // 409: a command that was offered then, and that the case has left behind.
      if (answer.status() >= 400 && answer.status() !== 409) this.fault(`the link ${href} answers ${answer.status()}`);
      await answer.dispose();
    }
  }

  /** Signs in at the desk. */
  async signIn(name) {
    await this.go('/desk/sign-in');
    await this.fill({ name, password: passwordOf(name) });
    await this.send();
    want(new URL(this.page.url()).pathname === '/desk', `${name} signed in and stands before ${this.page.url()}`);
    return this;
  }

  /** Gives a command to a case. */
  async command(number, name, fields = {}, { look = false } = {}) {
    await this.go(`/desk/case/${number}/${name}`);
    if (look) await this.look(`command-${name}`);
    await this.fill(fields);
    await this.send();
    want(this.done(), `${name}: nothing says that it was done: ${(await this.words()).slice(0, 300)}`);
  }

  /** What the page says was just done, by its address. */
  done() {
    return new URL(this.page.url()).searchParams.get('done');
  }

  /** Lets the session run out behind the visitor's back: the server knows it no longer, the browser still sends it. */
  async loseSession(kind) {
    const cookies = await this.context.cookies();
    const cookie = cookies.find(({ name }) => name === kind || name === `__Host-${kind}`);
    want(cookie, `there is no session of ${kind}`);
    const leaves = kind === 'desk' ? '/desk/sign-out' : '/case/leave';
    const answer = await this.context.request.post(leaves, { headers: { origin: this.stage.house.origin }, maxRedirects: 0 });
    want(answer.status() === 303, `${leaves} answers ${answer.status()}`);
    await this.context.addCookies([cookie]);
  }

  async leave() {
    await this.shadow?.context().close();
    await this.context.close();
  }
}

/** A member of staff at the desk. */
export async function atDesk(stage, name, options) {
  want(STAFF[name], `nobody is called ${name}`);
  return (await Visitor.enter(stage, options)).signIn(name);
}

/** The page with a fault planted in it, between the server and the browser. */
async function planted(route, plant) {
  const request = route.request();
  // Of a form with files the browser gives no copy.
  const hasFiles = (request.headers()['content-type'] ?? '').startsWith('multipart/');
  if (request.resourceType() !== 'document' || hasFiles) return route.continue();
  const response = await route.fetch({ maxRedirects: 0 });
  if (!(response.headers()['content-type'] ?? '').startsWith('text/html')) return route.fulfill({ response });
  return route.fulfill({ response, body: plant(await response.text(), request) });
}
