/* What every browser story needs: a browser that keeps count of faults, axe on any page or frame, waiting without sleeping,
   a line to the test that started us, and pictures when ZHIYIN_SCREENSHOTS names a folder. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
const PATIENCE_MS = 30_000;
const STORY_MS = 110_000; /* a story takes 20 s on two cores; one that hangs on the way says where */
const POLL_MS = 50;
/* True, and no matter: only on the demo page do page and widget share an origin, elsewhere the sandbox holds. */
const SAME_ORIGIN = 'An iframe which has both allow-scripts and allow-same-origin';
const LOCALES = new URL('../../web/shared/locales/', import.meta.url);

/* The words that the pages show, so that no test repeats them: t('action.take'). */
export function words(file) {
  const table = JSON.parse(readFileSync(new URL(file, LOCALES), 'utf8'));
  return (key, values = {}) => {
    const text = table[key] ?? table[values.n === 1 ? `${key}_one` : `${key}_other`] ?? table[`${key}_other`];
    if (text === undefined) throw new Error(`no text ${key} in ${file}`);
    return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
  };
}

export function check(holds, what) {
  if (!holds) throw new Error(`not so: ${what}`);
}

/* Asks again until it holds; for what no locator can wait for. */
export async function until(what, holds) {
  const end = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/* Lines of JSON to the test and back. When the test goes away, so do we. */
const lines = createInterface({ input: process.stdin });
const answers = lines[Symbol.asyncIterator]();
lines.once('close', () => process.exit(3));

function tell(object) {
  process.stdout.write(`${JSON.stringify(object)}\n`);
}

async function answer(wish) {
  tell({ wish });
  return (await answers.next()).value;
}

/* Has the test do something to the server; back when it is done. */
export async function order(wish) {
  await answer(wish);
}

/* The same for what the story needs to know. */
export function wish(name) {
  return answer(name);
}

export function password() {
  return answer('password');
}

/* Policy violations are told by the page itself; the init script runs in every frame. */
function reportViolations() {
  document.addEventListener('securitypolicyviolation', (event) => {
    console.error(`policy violation: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile ?? ''}:${event.lineNumber} ${event.sample}`);
  });
}

async function settled(frame) {
  await until('the end of all movement', () => frame.evaluate(() => document.getAnimations()
    .every((each) => each.playState !== 'running' || each.effect?.getComputedTiming().endTime === Infinity)));
}

function told(violation) {
  const nodes = violation.nodes.map((node) => `    ${node.target.join(' ')}: ${node.failureSummary.replace(/\s+/g, ' ')}\n      ${node.html.slice(0, 200)}`);
  return `${violation.id} (${violation.impact}): ${violation.help}\n${nodes.join('\n')}`;
}

export class Stage {
  constructor(story, url) {
    this.story = story;
    this.url = url; /* of the server */
    this.faults = [];
    this.looked = new Set();
    this.serverIsDown = false;
    this.wanted = null; /* the start of warnings that are what a step is after */
    this.wantedCame = 0;
    this.step = 'start';
    this.startedAt = Date.now();
  }

  async launch() {
    this.browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
  }

  now(step) {
    this.step = step;
    tell({ step, at: Date.now() - this.startedAt });
  }

  fault(text) {
    this.faults.push(`[${this.step}] ${text}`);
  }

  /* A browser of its own: own cookies, own storage. */
  async context(options) {
    const context = await this.browser.newContext({ reducedMotion: 'reduce', colorScheme: 'light', ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    await context.addInitScript(reportViolations);
    context.on('weberror', (each) => this.fault(`uncaught: ${each.error().stack ?? each.error()}`));
    context.on('console', (message) => this.heard(message));
    return context;
  }

  heard(message) {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    const text = message.text();
    const url = message.location().url;
    const failedLoad = text.startsWith('Failed to load resource');
    /* Whoever opens the console without a session is asked to log in: the browser logs that answer. */
    if (failedLoad && text.includes('401') && url.endsWith('/api/v1/session')) return;
    if (failedLoad && this.serverIsDown) return;
    if (this.wanted && text.startsWith(this.wanted)) {
      this.wantedCame += 1;
      return;
    }
    if (text.startsWith(SAME_ORIGIN) && url.startsWith(this.url)) return;
    this.fault(`console ${message.type()}: ${text} (${url})`);
  }

  /* Every rule of axe on one page or frame, light and dark. The source is evaluated, which no policy of the page forbids. */
  async axe(name, page, frame = page) {
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await settled(frame);
      if (!(await frame.evaluate(() => 'axe' in window))) await frame.evaluate(AXE);
      const violations = await frame.evaluate(async () => (await window.axe.run(document, { iframes: false, resultTypes: ['violations'] })).violations);
      for (const each of violations) this.fault(`axe, ${name}, ${colorScheme}: ${told(each)}`);
      this.looked.add(`${name} ${colorScheme}`);
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await settled(frame);
  }

  async shoot(page, name) {
    const folder = process.env.ZHIYIN_SCREENSHOTS;
    if (!folder) return;
    for (const frame of page.frames()) await settled(frame);
    /* Toasts of the steps before would lie over the picture. */
    const toasts = (visibility) => page.evaluate((to) => document.querySelectorAll('.ant-message').forEach((each) => { each.style.visibility = to; }), visibility);
    await toasts('hidden');
    await page.screenshot({ path: `${folder}/${name}.png` });
    await toasts('');
  }

  async picture(error) {
    const folder = process.env.ZHIYIN_SCREENSHOTS;
    if (folder) {
      const pages = this.browser.contexts().flatMap((each) => each.pages());
      await Promise.all(pages.map((page, index) => page.screenshot({ path: `${folder}/failed-${this.story}-${index}.png` }).catch(() => undefined)));
    }
    return `[${this.step}] ${error.stack}`;
  }

  /* Fails when the time of a story is over; the story races with it. */
  async late() {
    await new Promise((resolve) => { setTimeout(resolve, STORY_MS).unref(); });
    throw new Error(`the story is not over after ${STORY_MS / 1000} s`);
  }

  /* Runs the story and says how it ended. Faults do not stop it, a step that fails does. */
  async play(story) {
    await this.launch();
    let failed = null;
    let result = null;
    try {
      result = await Promise.race([story(this), this.late()]);
    } catch (error) {
      failed = await this.picture(error);
    }
    await this.browser.close();
    process.stdout.write(`${JSON.stringify({ end: { failed, faults: this.faults, looked: [...this.looked], result } })}\n`, () => process.exit(0));
  }
}
