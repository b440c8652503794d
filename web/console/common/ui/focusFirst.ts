/* For afterOpenChange of a drawer that is a form: writing can begin at once. The drawer itself takes the focus when it opens, whatever
   an input inside of it asks for. */
export function focusFirst(open: boolean): void {
  if (open) document.querySelector<HTMLElement>('.ant-drawer-open .ant-drawer-body :is(input, textarea)')?.focus();
}
