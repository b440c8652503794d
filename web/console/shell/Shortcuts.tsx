/* The map of the keyboard, made from the actions that are on the page now. */
import { Modal } from 'antd';
import { useAllActions } from '../common/actions/Actions.tsx';
import { useI18n } from '../common/i18n/I18n.tsx';
import { Keys } from '../common/ui/Keys.tsx';

export interface ShortcutsProps {
  open: boolean;
  onClose: () => void;
}

export function Shortcuts({ open, onClose }: ShortcutsProps) {
  const { t } = useI18n();
  const actions = useAllActions().filter((each) => each.keys);
  const fixed = [
    ...(actions.some((each) => each.id === 'next') ? [{ id: 'enter', section: t('section.inbox'), label: t('shortcuts.enter'), keys: 'Enter' }] : []),
    { id: 'escape', section: t('section.general'), label: t('shortcuts.escape'), keys: 'Escape' },
  ];
  const rows = [...actions, ...fixed];
  const sections = [...new Set(rows.map((row) => row.section))];
  return (
    <Modal open={open} onCancel={onClose} footer={null} title={t('shortcuts.title')} width={620} destroyOnHidden>
      <div className="shortcuts">
        {sections.map((section) => (
          <section key={section}>
            <h2 className="section-title">{section}</h2>
            <dl>
              {rows.filter((row) => row.section === section).map((row) => (
                <div key={row.id} className="shortcut"><dt>{row.label}</dt><dd><Keys keys={row.keys ?? ''} /></dd></div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
