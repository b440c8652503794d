import { Settings } from '../modules/settings/Settings.tsx';

export default function SettingsPage({ section, id }: { section: string | undefined; id: string | undefined }) {
  return <Settings section={section} id={id} />;
}
