/* A page full of faults, to see that the browser stories see them: node watch.mjs PAGE */
import { Stage, until } from './browser.mjs';

const [address] = process.argv.slice(2);
/* axe may begin when all that the page does by itself is told. */
const EXPECTED = ['nobody caught', 'style-src-attr', 'require-trusted-types-for', '404'];

async function story(stage) {
  const context = await stage.context({});
  const page = await context.newPage();
  await page.goto(address);
  await until('the faults are told', () => EXPECTED.every((each) => stage.faults.some((fault) => fault.includes(each))));
  await stage.axe('faulty page', page);
  return null;
}

await new Stage('watch', address).play(story);
