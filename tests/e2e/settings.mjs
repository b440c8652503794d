/* What an administrator sets up, used within the same minute: node settings.mjs URL LANGUAGE EMAIL FILE
   A vehicle is invented with five fields and used in list, record, filter and search; pipeline and organisation are changed; a file is
   imported, looked at, and taken back. test_settings.py asks the server. */
import { check, password, Stage, until, words } from './browser.mjs';

const [url, language, email, file] = process.argv.slice(2);
const t = words(`${language}.json`);
const zh = language === 'zh';
const SAY = zh ? { vehicles: '车辆', plate: '车牌', contacts: '联系人', contact: '联系人' } : { vehicles: 'Vehicle', plate: 'Plate', contacts: 'Contacts', contact: 'Contact' };
const FIELDS = [['车牌', 'Plate', 'text'], ['里程', 'Mileage', 'number'], ['燃料', 'Fuel', 'choice'], ['下次年检', 'Next check', 'date'], ['联系人', 'Contact', 'reference']];

const named = (text) => new RegExp(`(^| )${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
const button = (place, key, values) => place.getByRole('button', { name: named(t(key, values)) });
const rows = (page) => page.getByRole('grid').locator('.grid-row');
const toast = (page, text) => page.locator('.toast', { hasText: text });

async function choose(place, label, option) {
  const page = typeof place.page === 'function' ? place.page() : place;
  const box = place.getByRole('combobox', { name: label, exact: true });
  await box.click();
  await box.fill(option);
  await page.locator('.ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option').filter({ hasText: new RegExp(`^${option}$`) }).first().click();
}

async function logIn(page) {
  await page.goto(`${url}/console/`);
  await page.getByLabel(t('login.email'), { exact: true }).fill(email);
  await page.getByLabel(t('login.password'), { exact: true }).fill(await password());
  await page.keyboard.press('Enter');
  await page.getByRole('navigation', { name: t('nav.main') }).waitFor();
}

async function invent(stage, page) {
  stage.now('a vehicle is invented');
  await page.goto(`${url}/console/settings/objects`);
  await button(page, 'settings.invent').click();
  const drawer = page.getByRole('dialog', { name: t('settings.invent') });
  await drawer.getByLabel(t('settings.object_zh'), { exact: true }).fill('车辆');
  await drawer.getByLabel(t('settings.object_en'), { exact: true }).fill('Vehicle');
  check((await drawer.getByLabel(t('settings.object_plural'), { exact: true }).inputValue()) === 'vehicles', 'the name in the API follows');
  for (const [at, [labelZh, labelEn, type]] of FIELDS.entries()) {
    if (at > 0) await button(drawer, 'fields.add').click();
    const set = drawer.getByRole('group', { name: t('fields.number', { n: at + 1 }) });
    await set.getByLabel(t('fields.label_zh'), { exact: true }).fill(labelZh);
    await set.getByLabel(t('fields.label_en'), { exact: true }).fill(labelEn);
    if (type !== 'text') await choose(set, t('fields.type'), t(`type.${type}`));
    if (type === 'text') for (const flag of ['required', 'unique', 'searchable']) await set.getByRole('checkbox', { name: t(`fields.${flag}`) }).check();
    if (type === 'choice') {
      await set.getByRole('combobox', { name: t('fields.choices') }).fill('petrol');
      await page.keyboard.press('Enter');
      await set.getByRole('combobox', { name: t('fields.choices') }).fill('electric');
      await page.keyboard.press('Enter');
    }
    if (type === 'reference') await choose(set, t('fields.target'), SAY.contacts);
  }
  await stage.axe('invent', page);
  await stage.shoot(page, `settings-invent-${language}`);
  await button(drawer, 'settings.invent_done').click();
  await page.getByRole('region', { name: t('fields.title') }).getByText('next_check').waitFor();
  await stage.axe('fields', page);
}

async function use(stage, page) {
  stage.now('the vehicle is used at once');
  await page.getByRole('link', { name: t('settings.open_list') }).click();
  await page.getByText(t('records.empty', { object: SAY.vehicles })).waitFor();
  await button(page, 'records.new').first().click();
  const drawer = page.getByRole('dialog', { name: t('records.new_of', { object: SAY.vehicles }) });
  await drawer.getByRole('textbox', { name: SAY.plate }).fill('京A12345');
  await drawer.getByRole('combobox', { name: SAY.contact }).fill('Thomas');
  await page.locator('.ant-select-item-option', { hasText: 'Thomas Bauer' }).click();
  await button(drawer, 'record.save').click();
  await page.getByRole('heading', { level: 1, name: '京A12345' }).waitFor();
  await page.getByRole('region', { name: t('record.facts') }).getByRole('link', { name: 'Thomas Bauer' }).click();
  await page.getByRole('region', { name: SAY.vehicles, exact: true }).getByRole('link', { name: '京A12345' }).waitFor();
  await page.goto(`${url}/console/records/vehicles?filter=${encodeURIComponent('plate:A123')}`);
  await rows(page).filter({ hasText: '京A12345' }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: t('palette.placeholder') }).fill('京A12345');
  await page.getByRole('option', { name: '京A12345' }).waitFor();
  await page.keyboard.press('Escape');

  stage.now('a field goes and comes back');
  await page.goto(`${url}/console/settings/objects/vehicles`);
  const fuel = zh ? '燃料' : 'Fuel';
  await button(page, 'fields.delete', { name: fuel }).click();
  await toast(page, t('fields.deleted', { name: fuel })).waitFor();
  await until('the field is gone', async () => (await button(page, 'fields.delete', { name: fuel }).count()) === 0);
  await page.keyboard.press('z');
  await button(page, 'fields.delete', { name: fuel }).waitFor();
}

/* A drawer that is a form: its first field has the focus, Escape closes it, and whoever opened it goes on where he was. */
async function byKeyboard(stage, page) {
  for (const [path, key] of [['records/contacts', 'records.new'], ['knowledge', 'knowledge.new'], ['settings/objects/vehicles', 'fields.add'], ['settings/objects', 'settings.invent'],
    ['settings/webhooks', 'webhooks.add'], ['settings/keys', 'keys.add'], ['settings/teams', 'teams.add'], ['settings/people', 'people.invite']]) {
    stage.now(`${path}: ${key} by keyboard alone`);
    await page.goto(`${url}/console/${path}`);
    const opener = button(page, key).first();
    await opener.focus();
    await page.keyboard.press('Enter');
    const first = page.locator('.ant-drawer-open .ant-drawer-body :is(input, textarea)').first();
    await until('the first field has the focus', () => first.evaluate((field) => field === document.activeElement));
    await page.keyboard.press('Escape');
    await first.waitFor({ state: 'detached' });
    await until('the focus is back where it was', () => opener.evaluate((element) => element === document.activeElement));
  }
}

async function setUp(stage, page) {
  stage.now('pipeline and organisation');
  await page.getByRole('link', { name: t('settings.pipelines') }).click();
  const add = page.getByRole('textbox', { name: t('pipelines.add_stage') });
  await add.fill('Demo');
  await add.press('Enter');
  await page.getByRole('textbox', { name: t('pipelines.name_of', { name: 'Demo' }) }).waitFor();
  const earlier = button(page, 'grid.earlier', { column: 'Demo' });
  const place = () => page.locator('tbody tr').evaluateAll((all) => all.findIndex((row) => row.querySelector('input').value === 'Demo'));
  for (let step = 0; step < 2; step += 1) {
    const before = await place();
    await earlier.click();
    await until('the stage goes up', async () => (await place()) === before - 1);
  }
  await stage.axe('pipelines', page);
  await page.getByRole('link', { name: t('settings.organisation') }).click();
  await page.getByRole('textbox', { name: t('organisation.name') }).fill('Qimu');
  await button(page, 'record.save').click();
  await toast(page, t('settings.saved')).waitFor();
  await stage.axe('organisation', page);
}

async function imports(stage, page) {
  stage.now('a file is shown, put right, imported and taken back');
  await page.goto(`${url}/console/records/contacts`);
  await button(page, 'imports.button').click();
  await page.getByText(t('imports.none')).waitFor();
  await stage.axe('imports', page);
  await page.locator('input[type=file]').setInputFiles(file);
  await page.getByRole('region', { name: t('imports.rows') }).first().waitFor();
  check((await page.getByText(t('imports.action_fail'), { exact: true }).count()) === 1, 'the faulty row is told before');
  await choose(page, t('imports.target_of', { column: '等级' }), t('imports.left_out'));
  await until('the change is tried at once', async () => (await page.getByText(t('imports.because_given'), { exact: true }).count()) >= 1 || (await page.getByText('VIP').count()) === 0);
  await stage.axe('import preview', page);
  await stage.shoot(page, `import-preview-${language}`);
  await button(page, 'imports.start', { n: 3 }).click();
  await page.getByText(t('imports.state_done'), { exact: true }).waitFor();
  await page.getByRole('region', { name: t('imports.errors') }).first().waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: t('imports.download') }).click()]);
  check(download.suggestedFilename() === 'errors.csv', 'the faulty rows come as a file');
  await stage.axe('import done', page);
  await button(page, 'imports.revert').click();
  await page.getByText(t('imports.state_reverted'), { exact: true }).first().waitFor();
}

async function story(stage) {
  const context = await stage.context({ viewport: { width: 1280, height: 900 }, locale: zh ? 'zh-CN' : 'en-GB' });
  const page = await context.newPage();
  await logIn(page);
  await invent(stage, page);
  await use(stage, page);
  await byKeyboard(stage, page);
  await page.goto(`${url}/console/settings/objects/vehicles`);
  await setUp(stage, page);
  await imports(stage, page);
  return null;
}

await new Stage(`settings-${language}`, url).play(story);
