import { Imports } from '../modules/imports/Imports.tsx';

export default function ImportsPage({ id }: { id: string | undefined }) {
  return <Imports id={id} />;
}
