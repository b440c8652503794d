/* A long list in the browser: node bench/list.mjs URL EMAIL <password
   Time from the click to the first rows, from a filter to its rows, and what scrolling through 10,000 rows costs, ten rows a frame.
   CPU ms are those of the page's own thread, so that neighbours on the machine hardly move them; frames and waiting are wall time. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const { chromium } = createRequire(new URL('../web/package.json', import.meta.url))('playwright-core');
const [url, email] = process.argv.slice(2);
const ROW_PX = 40;
const ROWS = 10_000;
const STEP_ROWS = 10;
const FILTERS = ['source = "source7"', 'tags:"vip"', 'name = "Anna S*"', 'title = "engineer"', 'created_at > "2020-01-01T00:00:00Z"', 'language = null', 'email = "nobody@nowhere.example"'];
const LIST = '/console/records/contacts';

const part = (times, share) => Math.round([...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))]);
const go = (page, path) => page.evaluate((to) => history.pushState(null, '', to), path);

async function logIn(page) {
  await page.goto(`${url}/console/`);
  await page.locator('input[type=email]').fill(email);
  await page.locator('input[type=password]').fill(readFileSync(0, 'utf8').trim());
  await page.keyboard.press('Enter');
  await page.locator('.rail').waitFor();
}

async function firstRows(page) {
  await page.goto(`${url}/console/my-day`);
  await page.locator('.rail').waitFor();
  await page.waitForTimeout(800);
  return page.evaluate(async (path) => {
    const start = performance.now();
    history.pushState(null, '', path);
    while (document.querySelectorAll('.grid-row').length < 5) await new Promise(requestAnimationFrame);
    return performance.now() - start;
  }, LIST);
}

async function filtered(page, filter) {
  await go(page, LIST);
  await page.locator('.grid-row').first().waitFor();
  const answered = page.waitForResponse((response) => response.url().includes('filter='));
  const start = Date.now();
  await go(page, `${LIST}?filter=${encodeURIComponent(filter)}`);
  await answered;
  await page.locator('.grid-row, .state').first().waitFor();
  return Date.now() - start;
}

function scroll([rows, step, height]) {
  return (async () => {
    const box = document.querySelector('.grid');
    const frames = [];
    let [at, waited, last] = [0, 0, performance.now()];
    while (at < rows * height) {
      at = Math.min(at + step * height, rows * height);
      box.scrollTop = at;
      await new Promise(requestAnimationFrame);
      frames.push(performance.now() - last);
      last = performance.now();
      if (box.scrollTop >= at - 1) continue;
      at = box.scrollTop; /* the next page is on its way */
      const from = performance.now();
      while (box.scrollHeight - box.clientHeight <= at + 1 && performance.now() - from < 10_000) await new Promise(requestAnimationFrame);
      last = performance.now();
      waited += last - from;
    }
    return { frames, waited };
  })();
}

async function scrolled(context, page) {
  const cdp = await context.newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  const cpu = async () => Object.fromEntries((await cdp.send('Performance.getMetrics')).metrics.map((each) => [each.name, each.value * 1000]));
  await page.goto(`${url}${LIST}`);
  await page.locator('.grid-row').first().waitFor();
  const before = await cpu();
  const { frames, waited } = await page.evaluate(scroll, [ROWS, STEP_ROWS, ROW_PX]);
  const after = await cpu();
  const each = (name) => ((after[name] - before[name]) / frames.length).toFixed(1);
  console.log(`scrolling ${ROWS} rows: CPU ms a frame ${each('TaskDuration')} (script ${each('ScriptDuration')}, layout ${each('LayoutDuration')}); ` +
    `frames ms p50 ${part(frames, 0.5)}, p95 ${part(frames, 0.95)}, over 33 ms ${frames.filter((ms) => ms > 33.4).length} of ${frames.length}; waited for pages ${Math.round(waited)} ms in all`);
}

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
const page = await context.newPage();
await logIn(page);
const first = [];
for (let i = 0; i < 5; i++) first.push(await firstRows(page));
console.log(`first rows: ms p50 ${part(first, 0.5)} of ${first.length}`);
for (const filter of FILTERS) console.log(`filter ${filter}: ${await filtered(page, filter)} ms`);
await scrolled(context, page);
await browser.close();
