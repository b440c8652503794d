/* The record engine in the console, by one clerk with mouse and keys: node records.mjs URL LANGUAGE EMAIL
   Lists, filters, views, changes in place with undo, many at once, what was deleted, a record with all that belongs to it, the board, the
   day, and the small screen. test_records_console.py asks the server what was kept. */
import { check, password, Stage, until, words } from './browser.mjs';

const [url, language, email] = process.argv.slice(2);
const t = words(`${language}.json`);
const zh = language === 'zh';
const DESK = { width: 1280, height: 800 };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

const SAY = zh
  ? { contacts: '联系人', deals: '商机', tasks: '任务', name: '姓名', email: '邮箱', title: '职位', tag: '展会跟进', view: '没有职位的人', job: '采购经理', note: '下周回访，带样品。', deal: '办公家具年度合同', task: '准备报价单', owner: '负责人', dealName: '名称', amount: '金额', phone: '电话' }
  : { contacts: 'Contacts', deals: 'Deals', tasks: 'Tasks', name: 'Name', email: 'E-mail', title: 'Title', tag: 'trade fair', view: 'People without a title', job: 'Purchasing manager', note: 'Visit next week, bring samples.', deal: 'Office furniture, one year', task: 'Prepare the offer', owner: 'Owner', dealName: 'Name', amount: 'Amount', phone: 'Phone' };

/* An icon before the words is part of the name. */
const named = (text) => new RegExp(`(^| )${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
const button = (place, key, values) => place.getByRole('button', { name: named(t(key, values)) });
const nav = (page, key) => page.getByRole('navigation', { name: t('nav.main') }).getByRole('link', { name: t(key) });
const grid = (page) => page.getByRole('grid');
const rows = (page) => grid(page).locator('.grid-row');
const toast = (page, text) => page.locator('.toast', { hasText: text });
const count = async (page) => Number(await grid(page).getAttribute('aria-rowcount')) - 1;

async function logIn(page) {
  await page.goto(`${url}/console/`);
  await page.getByLabel(t('login.email'), { exact: true }).fill(email);
  await page.getByLabel(t('login.password'), { exact: true }).fill(await password());
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: t('nav.inbox') }).waitFor();
}

const viewsMenu = (page) => page.locator('.toolbar').getByRole('button', { name: t('views.current', { name: '' }) }).click();

async function choose(place, label, option) {
  const page = typeof place.page === 'function' ? place.page() : place; /* the list stands outside of what it belongs to */
  await place.getByRole('combobox', { name: label, exact: true }).first().click();
  await page.locator('.ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option').filter({ hasText: new RegExp(`^${option}$`) }).first().click();
}

/* ---- steps ---- */

async function list(stage, page) {
  stage.now('a list with filter, order and columns');
  await nav(page, 'nav.contacts').click();
  await rows(page).first().waitFor();
  const all = await count(page);
  check(all > 10, `the demo contacts are listed: ${all}`);
  await stage.axe('list', page);
  await stage.shoot(page, `records-list-${language}`);

  await page.keyboard.press('f');
  const panel = page.getByRole('region', { name: t('filter_by.title') });
  await choose(page, t('filter_by.field'), SAY.title);
  await choose(page, t('filter_by.operator'), t('op.empty'));
  await until('the filter stands in the address', () => page.url().includes('filter='));
  await until('fewer rows are left', async () => (await count(page)) < all);
  const without = await count(page);
  check((await panel.getByLabel(t('filter_by.as_text')).inputValue()) === 'title = null', 'the filter is shown as text');
  await stage.axe('filter', page);
  await stage.shoot(page, `records-filter-${language}`);

  const text = panel.getByLabel(t('filter_by.as_text'));
  stage.wanted = 'Failed to load resource: the server responded with a status of 400';
  await text.fill('colour = red');
  await text.press('Enter');
  await page.getByRole('alert').filter({ hasText: 'colour' }).waitFor();
  await stage.axe('wrong filter', page);
  stage.wanted = null;
  await text.fill('title = null OR name:*');
  await text.press('Enter');
  await until('the text is a filter', async () => (await grid(page).count()) === 1 && (await count(page)) === all);
  check((await panel.getByRole('group', { name: SAY.name, exact: true }).count()) === 1, 'what was written by hand is shown as conditions');
  await text.fill('title = null');
  await text.press('Enter');
  await until('the first filter is back', async () => (await grid(page).count()) === 1 && (await count(page)) === without);

  stage.now('the view is saved and opened by its link');
  await viewsMenu(page);
  await page.getByRole('textbox', { name: t('views.name') }).fill(SAY.view);
  await page.getByRole('checkbox', { name: t('views.shared') }).check();
  await button(page, 'views.save').click();
  await until('the address names the view', () => page.url().includes('view='));
  const link = page.url();
  await page.goto(link);
  await button(page, 'views.current', { name: SAY.view }).waitFor();
  await until('the view has its filter', async () => (await grid(page).count()) === 1 && (await count(page)) === without);
  await viewsMenu(page);
  await stage.axe('views', page);
  await page.getByRole('dialog', { name: t('views.title') }).getByRole('link', { name: t('views.all') }).click();
  await until('all are back', async () => (await grid(page).count()) === 1 && (await count(page)) === all);

  await page.getByRole('columnheader', { name: SAY.name }).getByRole('button').click();
  await page.getByRole('columnheader', { name: SAY.name, exact: false }).and(page.locator('[aria-sort=ascending]')).waitFor();
  await button(page, 'grid.columns').click();
  await page.getByRole('checkbox', { name: SAY.phone, exact: true }).uncheck();
  await until('the column is gone', async () => (await page.getByRole('columnheader', { name: SAY.phone }).count()) === 0);
  await stage.axe('columns', page);
  await page.keyboard.press('Escape');
  await page.mouse.click(600, 20);
  return { all, without };
}

async function inPlace(stage, page) {
  stage.now('a cell is changed in its place, and back');
  const cell = rows(page).nth(1).getByRole('gridcell').nth(4);
  const at = (await page.getByRole('columnheader').allTextContents()).findIndex((each) => each.trim() === SAY.title);
  check(at > 0, 'the job title is a column');
  const title = rows(page).nth(1).getByRole('gridcell').nth(at);
  const before = (await title.textContent()).trim();
  await title.dblclick();
  await page.getByRole('textbox', { name: SAY.title }).fill(SAY.job);
  await page.keyboard.press('Enter');
  await toast(page, t('record.saved', { field: SAY.title })).waitFor();
  check((await title.textContent()).trim() === SAY.job, 'the new value stands in the cell');
  await until('the grid has the focus again', () => grid(page).evaluate((element) => element === document.activeElement));
  await page.keyboard.press('z');
  await until('the old value is back', async () => (await title.textContent()).trim() === before);

  stage.now('a wrong value is told where it stands');
  stage.wanted = 'Failed to load resource: the server responded with a status of 422';
  const mail = (await page.getByRole('columnheader').allTextContents()).findIndex((each) => each.trim() === SAY.email);
  await rows(page).nth(2).getByRole('gridcell').nth(mail).dblclick();
  const box = page.getByRole('textbox', { name: SAY.email });
  await box.fill('nonsense');
  await box.press('Enter');
  await page.locator('.cell-editor').getByRole('alert').waitFor();
  check((await box.inputValue()) === 'nonsense', 'what was typed stays');
  await stage.axe('cell fault', page);
  await box.press('Escape');
  stage.wanted = null;
  return cell;
}

async function byKeys(stage, page) {
  stage.now('the list by the keyboard');
  await grid(page).focus();
  await page.keyboard.press('Home');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await until('J moves down', async () => (await rows(page).nth(2).getAttribute('class')).includes('is-current'));
  await page.keyboard.press('k');
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: t('record.facts') }).waitFor();
  await page.keyboard.press('Escape');
  await rows(page).first().waitFor();
}

async function many(stage, page, all) {
  stage.now('many at once, with undo');
  await page.goto(`${url}/console/records/contacts`);
  await rows(page).first().waitFor();
  for (const at of [0, 1]) await rows(page).nth(at).getByRole('checkbox').check();
  const bar = page.getByRole('toolbar', { name: t('bulk.title') });
  await bar.getByText(t('bulk.selected', { n: 2 })).waitFor();
  await stage.axe('selection', page);
  await button(bar, 'bulk.set').click();
  const set = page.getByRole('dialog', { name: t('bulk.set') });
  await choose(page, t('filter_by.field'), zh ? '标签' : 'Tags');
  await set.getByRole('combobox').nth(1).fill(SAY.tag);
  await page.keyboard.press('Enter');
  await stage.axe('set a field', page);
  await button(set, 'bulk.apply').click();
  await toast(page, t('bulk.set_done', { n: 2, field: zh ? '标签' : 'Tags' })).waitFor();

  for (const at of [0, 1]) await rows(page).nth(at).getByRole('checkbox').check();
  await button(bar, 'record.delete').click();
  await toast(page, t('bulk.deleted', { n: 2 })).waitFor();
  await until('two are gone', async () => (await count(page)) === all - 2);
  await page.keyboard.press('z');
  await until('both are back', async () => (await count(page)) === all);

  stage.now('what was deleted is listed and comes back');
  const name = (await rows(page).nth(0).getByRole('link').first().textContent()).trim();
  await rows(page).nth(0).getByRole('checkbox').check();
  await button(bar, 'record.delete').click();
  await toast(page, t('bulk.deleted', { n: 1 })).waitFor();
  await page.goto(`${url}/console/records/contacts?deleted=1`);
  await rows(page).filter({ hasText: name }).waitFor();
  await stage.axe('deleted', page);
  await button(rows(page).filter({ hasText: name }), 'record.restore').click();
  await page.getByText(t('records.none_deleted')).waitFor();
}

async function record(stage, page) {
  stage.now('a record with all that belongs to it');
  await page.goto(`${url}/console/records/contacts?filter=${encodeURIComponent(`tags:"${SAY.tag}"`)}`);
  await rows(page).first().waitFor();
  check((await count(page)) === 2, 'two have the tag');
  await rows(page).first().getByRole('link').first().click();
  await page.getByRole('region', { name: t('record.facts') }).waitFor();
  const name = (await page.getByRole('heading', { level: 1 }).textContent()).trim();
  await page.keyboard.press('n');
  await page.keyboard.type(SAY.note);
  await page.keyboard.press('Control+Enter');
  await page.locator('.note', { hasText: SAY.note }).waitFor();
  await button(page, 'record.star').click();
  await page.locator('[aria-pressed=true]').waitFor();
  await page.getByRole('region', { name: SAY.tasks, exact: true }).getByRole('button', { name: t('records.new_of', { object: SAY.tasks }) }).click();
  const drawer = page.getByRole('dialog', { name: t('records.new_of', { object: SAY.tasks }) });
  await stage.axe('new record', page);
  await button(drawer, 'record.save').click();
  await drawer.getByRole('alert').first().waitFor();
  await drawer.getByRole('textbox').first().fill(SAY.task);
  await choose(drawer, SAY.owner, '.+');
  await button(drawer, 'record.save').click();
  await page.getByRole('region', { name: SAY.tasks, exact: true }).getByRole('link', { name: SAY.task }).waitFor();
  await stage.axe('record', page);
  await stage.shoot(page, `records-record-${language}`);
  await nav(page, 'nav.records').click();
  await page.getByRole('region', { name: t('records.favourites') }).getByRole('link', { name }).waitFor();
  await page.getByRole('region', { name: t('records.recent') }).getByRole('link', { name }).waitFor();
  await stage.axe('records home', page);
  return name;
}

async function board(stage, page) {
  stage.now('the board');
  await nav(page, 'nav.board').click();
  await button(page, 'board.new').click();
  const drawer = page.getByRole('dialog', { name: t('records.new_of', { object: SAY.deals }) });
  await drawer.getByRole('textbox', { name: SAY.dealName, exact: true }).fill(SAY.deal);
  await drawer.getByRole('textbox', { name: SAY.amount, exact: true }).fill('120000');
  await button(drawer, 'record.save').click();
  const card = page.locator('.board-card', { hasText: SAY.deal });
  await card.waitFor();
  const columns = page.locator('.board-column');
  const where = async () => columns.evaluateAll((all, name) => all.findIndex((each) => [...each.querySelectorAll('.board-card-name')].some((card) => card.textContent === name)), SAY.deal);
  check((await where()) === 0, 'a new deal stands in the first stage');
  check((await columns.first().locator('.board-sum').textContent()).includes('120,000'), 'the stage has its sum');
  await stage.axe('board', page);
  await card.getByRole('link').focus();
  await page.keyboard.press('Shift+ArrowRight');
  await until('the keys move it', async () => (await where()) === 1);
  await toast(page, SAY.deal).waitFor();
  await until('the card keeps the focus', () => card.getByRole('link').evaluate((element) => element === document.activeElement));
  await page.keyboard.press('z');
  await until('undo moves it back', async () => (await where()) === 0);
  await card.dragTo(columns.nth(2));
  await until('the mouse moves it', async () => (await where()) === 2);
  await stage.shoot(page, `records-board-${language}`);
  await button(card, 'board.move', { name: SAY.deal }).click();
  await stage.axe('move menu', page);
  await page.keyboard.press('Escape');
}

async function day(stage, page) {
  stage.now('my day');
  await nav(page, 'nav.day').click();
  await page.getByRole('textbox', { name: t('day.add') }).fill(`${SAY.task} 2`);
  await page.keyboard.press('Enter');
  const today = page.getByRole('region', { name: t('day.today') });
  await today.getByRole('link', { name: `${SAY.task} 2` }).waitFor();
  await stage.axe('day', page);
  await today.getByRole('checkbox', { name: t('day.done', { name: `${SAY.task} 2` }) }).click();
  await toast(page, t('day.is_done', { name: `${SAY.task} 2` })).waitFor();
  await until('what is done is gone', async () => (await page.getByRole('link', { name: `${SAY.task} 2` }).count()) === 0);
}

async function finds(stage, page) {
  stage.now('the palette finds records of every object');
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: t('palette.placeholder') }).fill(SAY.deal.slice(0, 6));
  await page.getByRole('option', { name: SAY.deal }).first().waitFor();
  await page.keyboard.press('Escape');
}

async function small(stage) {
  stage.now('on a phone');
  const context = await stage.context({ ...PHONE, locale: zh ? 'zh-CN' : 'en-GB' });
  const page = await context.newPage();
  await logIn(page);
  for (const [name, path, there] of [['phone list', 'records/contacts', '.grid-row'], ['phone board', 'board', '.board-card'], ['phone day', 'day', '.quick-add'], ['phone records', 'records', '.object-tile']]) {
    await page.goto(`${url}/console/${path}`);
    await page.locator(there).first().waitFor();
    const [wide, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    check(wide <= seen, `${name} scrolls sideways: ${wide} of ${seen}`);
    await stage.axe(name, page);
    await stage.shoot(page, `records-${name.replace(' ', '-')}-${language}`);
  }
  const cut = await page.locator('.rail-link').evaluateAll((links) => links.filter((each) => each.offsetWidth > 0 && each.querySelector('.rail-label').offsetWidth > each.clientWidth).map((each) => each.textContent));
  check(cut.length === 0, `every name of a page fits: ${cut}`);
  await page.getByRole('link', { name: t('nav.model') }).click();
  await page.waitForURL(`${url}/console/model`);
  await page.goto(`${url}/console/records/contacts`);
  await rows(page).first().getByRole('link').click();
  await page.getByRole('region', { name: t('record.facts') }).waitFor();
  await stage.axe('phone record', page);
  await context.close();
}

async function story(stage) {
  const context = await stage.context({ viewport: DESK, locale: zh ? 'zh-CN' : 'en-GB' });
  const page = await context.newPage();
  await logIn(page);
  const { all } = await list(stage, page);
  await inPlace(stage, page);
  await byKeys(stage, page);
  await many(stage, page, all);
  const name = await record(stage, page);
  await board(stage, page);
  await day(stage, page);
  await finds(stage, page);
  await small(stage);
  return { ...SAY, starred: name };
}

await new Stage(`records-${language}`, url).play(story);
