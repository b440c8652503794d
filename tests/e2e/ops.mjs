/* What runs beside the daily work, as an administrator sees it: node ops.mjs URL LANGUAGE EMAIL HOOK
   A lead is converted and taken back, the pipeline tells its forecast, a list is exported, a webhook is made, tried, paused and resumed,
   a reminder rings, the audit tells it all and notices when somebody tampers. test_ops.py asks the server. */
import { readFileSync } from 'node:fs';
import { check, order, password, Stage, until, wish, words } from './browser.mjs';

const [url, language, email, hook] = process.argv.slice(2);
const t = words(`${language}.json`);
const zh = language === 'zh';

const named = (text) => new RegExp(`(^| )${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
const button = (place, key, values) => place.getByRole('button', { name: named(t(key, values)) });
const toast = (page, text) => page.locator('.toast, .ant-message', { hasText: text }).first();

async function choose(place, label, option) {
  const page = typeof place.page === 'function' ? place.page() : place;
  const box = place.getByRole('combobox', { name: label, exact: true });
  await box.click();
  await box.fill(option);
  await page.locator('.ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option').filter({ hasText: option }).first().click();
}

async function logIn(page) {
  await page.goto(`${url}/console/`);
  await page.getByLabel(t('login.email'), { exact: true }).fill(email);
  await page.getByLabel(t('login.password'), { exact: true }).fill(await password());
  await page.keyboard.press('Enter');
  await page.getByRole('navigation', { name: t('nav.main') }).waitFor();
}

async function convert(stage, page) {
  stage.now('a lead becomes a customer, and a lead again, and a customer');
  await page.goto(`${url}/console/records/leads/${await wish('lead')}`);
  await button(page, 'convert.title').click();
  const drawer = page.getByRole('dialog', { name: t('convert.title') });
  await choose(drawer, t('convert.contact'), 'Thomas Bauer');
  await drawer.getByLabel(t('convert.deal_name'), { exact: true }).fill('Canteen');
  await drawer.getByLabel(t('convert.amount'), { exact: true }).fill('1200.50');
  await drawer.getByLabel(t('convert.currency'), { exact: true }).fill('eur');
  await stage.axe('convert', page);
  await stage.shoot(page, `convert-${language}`);
  await button(drawer, 'convert.action').click();
  await toast(page, t('convert.done')).waitFor();
  const facts = page.getByRole('region', { name: t('record.facts') });
  await facts.getByRole('link', { name: 'Thomas Bauer' }).waitFor();
  await facts.getByRole('link', { name: 'Canteen' }).waitFor();
  await stage.axe('converted', page);
  await page.keyboard.press('z');
  await button(page, 'convert.title').waitFor();
  await order('the lead is a lead again');
  await button(page, 'convert.title').click();
  await drawer.getByLabel(t('convert.deal_name'), { exact: true }).fill('Canteen again');
  await button(drawer, 'convert.action').click();
  await facts.getByRole('link', { name: 'Canteen again' }).waitFor();
  await button(page, 'convert.undo').waitFor();
}

async function forecast(stage, page) {
  stage.now('the forecast');
  await page.goto(`${url}/console/board`);
  const summary = page.locator('.forecast summary');
  await summary.getByText('63,600').waitFor();
  await summary.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: t('forecast.by_month') }).locator('tbody tr').first().waitFor();
  const stages = page.getByRole('region', { name: t('forecast.by_stage') });
  await stages.locator('tbody tr').first().waitFor();
  check((await stages.getByText('%').count()) > 0, 'stages tell their rate');
  await stage.axe('forecast', page);
  await stage.shoot(page, `forecast-${language}`);
}

async function exported(page, format) {
  await button(page, 'export.title').click();
  const menu = page.getByRole('dialog', { name: t('export.title') });
  const [download] = await Promise.all([page.waitForEvent('download'), menu.getByRole('link', { name: t(`export.${format}`) }).click()]);
  check(download.suggestedFilename() === `contacts.${format}`, `the file is named contacts.${format}: ${download.suggestedFilename()}`);
  return readFileSync(await download.path());
}

async function exports(stage, page) {
  stage.now('an export of what is filtered');
  await page.goto(`${url}/console/records/contacts?filter=${encodeURIComponent('name = "Thomas Bauer"')}`);
  await page.getByRole('grid').getByText('Thomas Bauer').waitFor();
  await button(page, 'export.title').click();
  await page.getByText(t('export.filtered')).waitFor();
  await stage.axe('export', page);
  await page.keyboard.press('Escape');
  await page.getByText(t('export.filtered')).waitFor({ state: 'hidden' });
  const csv = (await exported(page, 'csv')).toString('utf8').trim().split('\n');
  check(csv.length === 2 && csv[1].includes('Thomas Bauer'), 'the table holds the one that the filter shows');
  check((await exported(page, 'jsonl')).toString('utf8').trim().split('\n').length === 1, 'so do the lines');
  check((await exported(page, 'xlsx')).subarray(0, 2).toString() === 'PK', 'the workbook is one');
}

async function webhooks(stage, page) {
  stage.now('a webhook: made, tried, paused, resumed');
  await page.goto(`${url}/console/settings/webhooks`);
  await page.getByText(t('webhooks.none'), { exact: true }).waitFor();
  await stage.axe('no webhook', page);
  await button(page, 'webhooks.add').click();
  const drawer = page.getByRole('dialog', { name: t('webhooks.add') });
  await drawer.getByLabel(t('webhooks.name'), { exact: true }).fill('Shop');
  await drawer.getByLabel(t('webhooks.url'), { exact: true }).fill(hook);
  await stage.axe('new webhook', page);
  await button(drawer, 'webhooks.make').click();
  const shown = page.getByRole('dialog', { name: t('webhooks.made', { name: 'Shop' }) });
  const secret = await shown.getByRole('region', { name: t('webhooks.secret') }).innerText();
  check(secret.startsWith('zyw_'), 'the secret is shown');
  await stage.axe('secret', page);
  await button(shown, 'ask.done').click();
  await shown.waitFor({ state: 'hidden' });
  check((await page.getByText(secret).count()) === 0, 'the secret is shown once');
  await button(page, 'webhooks.test_one', { name: 'Shop' }).click();
  const list = page.getByRole('dialog', { name: t('webhooks.deliveries_of', { name: 'Shop' }) });
  await list.getByText(t('delivery_state.delivered')).waitFor();
  check((await list.getByText('200').count()) > 0, 'the answer is told');
  await list.getByText(t('webhooks.body'), { exact: true }).first().click();
  await list.getByText('"test.ping"').waitFor();
  await stage.shoot(page, `webhook-deliveries-${language}`);
  await button(list, 'webhooks.replay_one', { event: 'test.ping' }).click();
  await order('the webhook was told twice');
  await stage.axe('deliveries', page);
  await page.keyboard.press('Escape');
  await list.waitFor({ state: 'hidden' });
  await button(page, 'webhooks.pause_one', { name: 'Shop' }).click();
  await page.getByRole('cell').getByText(t('webhooks.paused'), { exact: true }).waitFor();
  await order('the webhook is paused');
  await button(page, 'webhooks.resume_one', { name: 'Shop' }).click();
  await page.getByRole('cell').getByText(t('webhooks.active'), { exact: true }).waitFor();
  await stage.axe('webhooks', page);
}

async function rings(stage, page) {
  stage.now('a reminder rings');
  const bell = page.locator('.rail-bell');
  await bell.click();
  await page.getByText(t('notify.none'), { exact: true }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByText(t('notify.none'), { exact: true }).waitFor({ state: 'hidden' });
  await order('a task is due');
  await bell.getByText(t('notify.count', { n: 1 })).waitFor(); /* nothing was asked for anew by hand */
  await page.keyboard.press('g');
  const list = page.getByRole('dialog', { name: t('notify.title') });
  await list.getByText(t('notify_kind.task_reminder')).waitFor();
  await stage.axe('notifications', page);
  await stage.shoot(page, `notifications-${language}`);
  await button(list, 'notify.read_one', { title: 'Ring back' }).click();
  await button(list, 'notify.unread_one', { title: 'Ring back' }).click();
  await bell.getByText(t('notify.count', { n: 1 })).waitFor();
  await list.getByRole('link', { name: 'Ring back' }).click();
  await page.getByRole('heading', { level: 1, name: 'Ring back' }).waitFor();
  await until('it counts as read', async () => (await bell.getByText(t('notify.count', { n: 1 })).count()) === 0);
}

async function audit(stage, page) {
  stage.now('the audit, and a tampered one');
  await page.goto(`${url}/console/settings/audit`);
  const chain = page.locator('.audit-chain');
  await chain.locator('.ant-tag-success').waitFor();
  const table = page.getByRole('region', { name: t('audit.title') });
  const rows = table.locator('tbody tr');
  await until('a full page', async () => (await rows.count()) === 50);
  await button(page, 'audit.more').click();
  await until('the next page', async () => (await rows.count()) > 50);
  await choose(page, t('audit.object'), zh ? '线索' : 'Lead');
  await choose(page, t('audit.what'), t('audit_action.update'));
  const change = table.locator('.audit-changes li', { hasText: t('choice.converted') }).first();
  await change.waitFor();
  check((await change.locator('del').innerText()) === t('choice.new') && (await change.locator('ins').innerText()) === t('choice.converted'), 'before and after are told');
  check((await rows.first().innerText()).includes('林晓'), 'who did it is told');
  await stage.axe('audit', page);
  await stage.shoot(page, `audit-${language}`);
  await page.getByLabel(t('audit.since'), { exact: true }).fill('2099-01-01');
  await page.getByText(t('audit.none')).waitFor();
  await button(page, 'list.clear').click();
  await until('all again', async () => (await rows.count()) >= 50);
  const seq = await wish('a row is tampered with');
  await button(page, 'audit.check').click();
  await chain.locator('.ant-tag-error', { hasText: seq }).waitFor();
  await stage.axe('broken audit', page);
}

async function story(stage) {
  const context = await stage.context({ viewport: { width: 1280, height: 900 }, locale: zh ? 'zh-CN' : 'en-GB', acceptDownloads: true });
  const page = await context.newPage();
  await logIn(page);
  await convert(stage, page);
  await forecast(stage, page);
  await exports(stage, page);
  await webhooks(stage, page);
  await rings(stage, page);
  await audit(stage, page);
  return null;
}

await new Stage(`ops-${language}`, url).play(story);
