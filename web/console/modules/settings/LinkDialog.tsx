/* The link that lets somebody set a password. No mail is sent: it is shown once, to be handed on. */
import { Modal } from 'antd';
import type { UserLink } from '../../../shared/api/types.ts';
import { useI18n } from '../../common/i18n/I18n.tsx';
import { CopyText } from '../../common/ui/CopyText.tsx';

export function LinkDialog({ link, onClose }: { link: UserLink; onClose: () => void }) {
  const { t } = useI18n();
  return (
    <Modal open title={t('people.link_for', { name: link.user.name })} okText={t('ask.done')} cancelButtonProps={{ hidden: true }} mask={{ closable: false }} onOk={onClose} onCancel={onClose}>
      <p className="card-note">{t('people.link_once', { n: link.expires_in_days })}</p>
      <CopyText text={new URL(link.link, location.origin).href} label={t('people.link')} copyLabel={t('people.copy_link')} />
    </Modal>
  );
}
