/* Asks before what somebody may regret, and says what is lost. */
import { Modal } from 'antd';
import type { ReactNode } from 'react';
import { useI18n } from '../i18n/I18n.tsx';
import { useOnce } from './useOnce.ts';

export interface AskProps {
  title: string;
  action: string; /* on the button that does it */
  children: ReactNode;
  onDone: () => Promise<unknown>; /* does it; the question goes when that is over */
  onClose: () => void;
}

export function Ask({ title, action, children, onDone, onClose }: AskProps) {
  const { t } = useI18n();
  const [busy, once] = useOnce();
  return (
    <Modal open title={title} okText={action} cancelText={t('ask.cancel')} okButtonProps={{ danger: true, type: 'default' }} confirmLoading={busy} onOk={() => once(() => onDone().finally(onClose))} onCancel={onClose}>
      {children}
    </Modal>
  );
}
