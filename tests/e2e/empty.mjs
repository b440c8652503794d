/* The console of a company that has just begun, and of a clerk whose line is down: node empty.mjs URL EMAIL */
import { check, password, Stage, until, words } from './browser.mjs';

const [url, email] = process.argv.slice(2);
const t = words('zh.json');
const GONE = '00000000-0000-7000-8000-000000000000';

async function logIn(page) {
  await page.goto(`${url}/console/`);
  await page.getByLabel(t('login.email'), { exact: true }).fill(email);
  await page.getByLabel(t('login.password'), { exact: true }).fill(await password());
  await page.keyboard.press('Enter');
  await page.getByRole('navigation', { name: t('nav.main') }).waitFor();
}

const nav = (page, key) => page.getByRole('navigation', { name: t('nav.main') }).getByRole('link', { name: t(key) });
const state = (page, key) => page.locator('.state-title', { hasText: t(key, { object: '联系人' }) });

/* Every empty list says what belongs there and offers the first step. */
async function emptyLists(stage, page) {
  stage.now('an empty inbox offers the line for the site');
  await state(page, 'empty.all').waitFor();
  await page.getByRole('button', { name: t('embed.copy') }).click();
  await page.getByText(t('copy.done'), { exact: true }).waitFor();
  check((await page.evaluate(() => navigator.clipboard.readText())) === `<script src="${url}/widget/loader.js" data-language="zh" async></script>`, 'the line is copied whole');
  await stage.axe('empty inbox', page);
  for (const [place, title, offer] of [['nav.knowledge', 'knowledge.empty', 'knowledge.new'], ['nav.contacts', 'records.empty', 'records.new']]) {
    stage.now(`empty: ${place}`);
    await nav(page, place).click();
    await state(page, title).waitFor();
    check((await page.getByRole('button', { name: t(offer) }).count()) === 2, 'the first step is offered in the head and in the list');
    await stage.axe(`empty ${place}`, page);
  }
}

async function gone(stage, page) {
  stage.now('what is gone says so');
  stage.wanted = 'Failed to load resource: the server responded with a status of 404';
  for (const place of ['contacts', 'knowledge', 'inbox/all']) {
    await page.goto(`${url}/console/${place}/${GONE}`);
    await page.getByText(t('error.not_found_hint')).waitFor();
    await stage.axe(`gone ${place}`, page);
  }
  stage.wanted = null;
  await page.goto(`${url}/console/nowhere`);
  await state(page, 'page.not_found').waitFor();
  await stage.axe('no such page', page);
}

/* Pages are fetched ahead: a line that breaks takes none away, and what is missing comes when it is back. */
async function offline(stage, page) {
  stage.now('the line is down');
  await page.goto(`${url}/console/`);
  await state(page, 'empty.all').waitFor();
  await until('the pages are fetched ahead', () => page.evaluate(() => ['KnowledgePage', 'RecordsPage', 'Palette', 'Shortcuts']
    .every((part) => performance.getEntriesByType('resource').some((each) => each.name.includes(part) && each.responseEnd > 0))));
  stage.serverIsDown = true;
  await page.context().setOffline(true);
  await page.getByText(t('live.offline')).waitFor();
  await nav(page, 'nav.contacts').click();
  await state(page, 'error.offline').waitFor();
  await stage.axe('offline', page);
  await page.context().setOffline(false);
  await page.getByText(t('live.offline')).waitFor({ state: 'detached' });
  await state(page, 'records.empty').waitFor();
  stage.serverIsDown = false;
}

async function story(stage) {
  const context = await stage.context({ viewport: { width: 1280, height: 800 }, locale: 'zh-CN', permissions: ['clipboard-read', 'clipboard-write'] });
  const page = await context.newPage();
  await logIn(page);
  await emptyLists(stage, page);
  await gone(stage, page);
  await offline(stage, page);
  return null;
}

await new Stage('empty', url).play(story);
