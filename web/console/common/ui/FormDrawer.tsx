/* A drawer that is a form: writing can begin at once, and when it goes the focus is back where it was. The whole width on a phone. */
import { Drawer, type DrawerProps } from 'antd';
import { useEffect, useState, type ReactNode } from 'react';
import { PHONE, useMedia } from './useMedia.ts';

export interface FormDrawerProps {
  open?: boolean;
  title: ReactNode;
  width: number;
  onClose: () => void;
  destroyOnHidden?: boolean;
  children: ReactNode;
}

/* The drawer itself takes the focus when it opens, whatever an input inside of it asks for. */
const focusFirst: DrawerProps['afterOpenChange'] = (open) => {
  if (open) document.querySelector<HTMLElement>('.ant-drawer-open .ant-drawer-body :is(input, textarea)')?.focus();
};

/* A drawer that is taken out of the page while it is open gives the focus to nobody. */
function useReturnOfFocus(): void {
  const [opener] = useState(() => document.activeElement);
  useEffect(() => () => {
    if (opener instanceof HTMLElement && opener.isConnected && !document.activeElement?.closest('.ant-drawer, .ant-modal')) opener.focus();
  }, [opener]);
}

export function FormDrawer({ open = true, title, width, onClose, destroyOnHidden = false, children }: FormDrawerProps) {
  const phone = useMedia(PHONE);
  useReturnOfFocus();
  return (
    <Drawer open={open} afterOpenChange={focusFirst} onClose={onClose} title={title} size={phone ? '100%' : width} destroyOnHidden={destroyOnHidden}>
      {children}
    </Drawer>
  );
}
