/* The two inputs of a new password, in a form of Ant Design: `fresh` and once more. */
import { Form, Input } from 'antd';
import { useI18n } from '../i18n/I18n.tsx';

const MIN_CHARS = 8; /* as the server has it */
const MAX_CHARS = 256;

export function NewPassword() {
  const { t } = useI18n();
  return (
    <>
      <Form.Item name="fresh" label={t('password.fresh')} extra={t('password.rule', { n: MIN_CHARS })} rules={[{ required: true, min: MIN_CHARS, message: t('password.too_short', { n: MIN_CHARS }) }]}>
        <Input.Password autoComplete="new-password" maxLength={MAX_CHARS} />
      </Form.Item>
      <Form.Item name="again" label={t('password.again')} dependencies={['fresh']} rules={[({ getFieldValue }) => ({
        validator: (_, value) => (value === getFieldValue('fresh') ? Promise.resolve() : Promise.reject(new Error(t('password.differs')))),
      })]}>
        <Input.Password autoComplete="new-password" maxLength={MAX_CHARS} />
      </Form.Item>
    </>
  );
}
