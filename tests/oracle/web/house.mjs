// An installation in a folder of its own: settings, register, staff, server and the folder into which messages are written.

import { execFile, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const STARTS_WITHIN = 20_000;
const COMMAND_WITHIN = 300_000;

/** Where this program's own settings would reach into a story. */
const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('REDRESS_')));

const SETTINGS = `register = "register.sqlite"
lake = "lake"
out = "out"
organisation = "Kuzey Yapı"
currency = "TRY"

[sms]
kind = "file"
country_code = "90"
trunk_prefix = "0"

[mail]
kind = "file"
from = "Kuzey Yapı <sikayet@example.org>"

[file]
folder = "messages"
`;

/** The staff of the stories, each with a password that is theirs already. */
export const STAFF = {
  selin: { roles: 'contact' },
  deniz: { roles: 'agent', discretion: '100000' },
  ayse: { roles: 'agent' },
  kemal: { roles: 'technical', department: 'technical_gebze', site: 'gebze' },
  zeynep: { roles: 'quality' },
  ali: { roles: 'admin' },
};

export const passwordOf = (name) => `${name} reads paint labels`;

export class House {
  #redress;
  #server;
  #read = new Set();

  /** A new register, or a copy of a demonstration's folder. */
  static async build(redress, { demo } = {}) {
    const house = new House();
    house.#redress = redress;
    house.folder = mkdtempSync(join(tmpdir(), 'redress-stories-'));
    try {
      if (demo) cpSync(demo, house.folder, { recursive: true, verbatimSymlinks: true });
      mkdirSync(join(house.folder, 'messages'), { recursive: true });
      writeFileSync(join(house.folder, 'redress.toml'), SETTINGS);
      if (!demo) await house.run('init', '--organisation', 'Kuzey Yapı');
      for (const [name, { roles, department, site, discretion }] of Object.entries(STAFF)) await house.staff(name, roles, { department, site, discretion });
      await house.#serve();
      await house.run('config', 'set', 'tracking_url', `${house.origin}/track`);
    } catch (error) {
      await house.pullDown();
      throw error;
    }
    return house;
  }

  /** Runs the program in the folder; answers what it printed. */
  run(...args) {
    return this.#call(args, undefined);
  }

  #call(args, input) {
    return new Promise((done, failed) => {
      const child = execFile(
        this.#redress,
        args,
        { cwd: this.folder, env: clean, timeout: COMMAND_WITHIN, maxBuffer: 1 << 26 },
        (error, stdout, stderr) => (error ? failed(new Error(`redress ${args.join(' ')}: ${stderr.trim() || (error.signal ?? `exit ${error.code}`)}`)) : done(stdout)),
      );
      // A command that reads nothing may be over before.
      child.stdin.on('error', () => {});
      child.stdin.end(input ?? '');
    });
  }

  /** A member of staff whose password is known; somebody of a demonstration gets one. */
  async staff(name, roles, { department, site, discretion } = {}) {
    const more = Object.entries({ department, site, discretion }).flatMap(([flag, value]) => (value ? [`--${flag}`, value] : []));
    try {
      await this.#call(['staff', 'add', name, '--roles', roles, ...more, '--password-stdin'], `${passwordOf(name)}\n`);
    } catch (error) {
      if (!/exists|already/.test(error.message)) throw error;
      await this.#call(['staff', 'roles', name, '--set', roles], undefined);
      await this.#call(['staff', 'reset', name, '--password-stdin'], `${passwordOf(name)}\n`);
    }
  }

  /** A member of staff with the password that the program makes: answers it. */
  async newcomer(name, roles) {
    return JSON.parse(await this.run('--format', 'json', 'staff', 'add', name, '--roles', roles)).password;
  }

  async #serve() {
    const server = spawn(this.#redress, ['serve', '--listen', '127.0.0.1:0', '--no-notify'], {
      cwd: this.folder,
      env: clean,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#server = server;
    let said = '';
    let from = 0;
    this.origin = await new Promise((done, failed) => {
      const late = setTimeout(() => failed(new Error(`the server says no address within ${STARTS_WITHIN / 1000} s: ${said.trim()}`)), STARTS_WITHIN);
      const over = (why) => {
        clearTimeout(late);
        failed(new Error(`the server did not start: ${why}`));
      };
      server.on('error', (error) => over(error.message));
      server.on('exit', (code, signal) => over(`${said.trim() || 'nothing was said'} (${signal ?? `exit ${code}`})`));
      server.stderr.setEncoding('utf8').on('data', (part) => {
        said += part;
        const found = /listening on (http:\/\/[\d.:[\]a-f]+)/.exec(said);
        if (!found) return;
        clearTimeout(late);
        done(found[1]);
      });
    });
    /** What the server complained of since the last time; that it ended, where it did. */
    this.complaints = () => {
      const lines = said.slice(from).split('\n').filter((line) => /\bERROR\b|panicked/.test(line.replace(/\x1b\[[\d;]*m/g, '')));
      from = said.length;
      if (server.exitCode !== null || server.signalCode !== null) lines.push(`the server has ended (${server.signalCode ?? `exit ${server.exitCode}`})`);
      return lines;
    };
  }

  /** Sends what waits; answers the messages that came since the last time, the oldest first. */
  async messages() {
    await this.run('notify', '--no-follow-ups');
    const folder = join(this.folder, 'messages');
    const fresh = readdirSync(folder)
      .filter((name) => /\.(json|eml)$/.test(name) && !this.#read.has(name))
      .sort();
    return fresh.map((name) => {
      this.#read.add(name);
      const content = readFileSync(join(folder, name), 'utf8');
      const purpose = /^\d+-([a-z_]+)-/.exec(name)?.[1];
      return name.endsWith('.json') ? { purpose, means: 'sms', ...JSON.parse(content) } : { purpose, means: 'email', ...mail(content) };
    });
  }

  /** Ends the server and takes the folder away. */
  async pullDown() {
    const server = this.#server;
    if (server && server.exitCode === null && server.signalCode === null) {
      const ended = new Promise((done) => server.once('exit', done));
      server.kill('SIGTERM');
      const late = setTimeout(() => server.kill('SIGKILL'), 5_000);
      await ended;
      clearTimeout(late);
    }
    if (this.folder && existsSync(this.folder)) rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Recipient and text of an e-mail of one part. */
function mail(content) {
  const [head, ...rest] = content.split(/\r?\n\r?\n/);
  const unfolded = head.replace(/\r?\n[ \t]+/g, ' ');
  const header = (name) => new RegExp(`^${name}: *(.*)$`, 'im').exec(unfolded)?.[1] ?? '';
  const body = rest.join('\n\n');
  const encoding = header('Content-Transfer-Encoding').toLowerCase();
  const decoded = {
    base64: () => Buffer.from(body, 'base64').toString('utf8'),
    'quoted-printable': () =>
      Buffer.from(
        body.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16))),
        'latin1',
      ).toString('utf8'),
  };
  return { to: header('To'), text: (decoded[encoding] ?? (() => body))() };
}
