/* The chat as a visitor has it: a bubble on a page, a frame behind it. */
import { check, until, words } from './browser.mjs';

const BUBBLE = { zh: '打开在线客服', en: 'Open chat' };
const FRAME = { zh: '在线客服', en: 'Chat' };

export class Chat {
  constructor(page, language) {
    this.page = page;
    this.language = language;
    this.t = words(`widget.${language}.json`);
    this.bubble = page.getByRole('button', { name: BUBBLE[language] });
    this.in = page.frameLocator(`iframe[title="${FRAME[language]}"]`);
    this.input = this.in.getByRole('textbox', { name: this.t('composer_label') });
    this.banner = this.in.locator('.banner');
    this.status = this.in.locator('.status');
  }

  get frame() {
    return this.page.frames().find((each) => each.url().includes('/widget/'));
  }

  async open() {
    await this.bubble.click();
    await this.input.waitFor();
  }

  async say(text) {
    await this.input.fill(text);
    await this.input.press('Enter');
    await this.in.locator('.message.customer .time').last().waitFor();
  }

  said(role, text) {
    return this.in.locator(`.message.${role}`).filter({ has: this.in.locator('.bubble', { hasText: text }) });
  }

  system(key, values) {
    return this.in.locator('.system', { hasText: this.t(key, values) });
  }

  button(key) {
    return this.in.getByRole('button', { name: this.t(key), exact: true });
  }

  /* The answer, which carries the badge that says it is a machine's, as the law asks. */
  async answered(text) {
    const answer = this.said('bot', text).last();
    await answer.waitFor();
    check(await answer.locator('.ai').isVisible(), 'an answer of the bot carries the AI badge');
    return answer;
  }

  async stateIs(key, values) {
    await until(`the chat says ${key}`, async () => (await this.status.textContent()) === this.t(key, values));
  }
}
