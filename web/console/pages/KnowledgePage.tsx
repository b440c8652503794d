import { Knowledge } from '../modules/knowledge/Knowledge.tsx';

export default function KnowledgePage({ id }: { id: string | undefined }) {
  return <Knowledge id={id ?? null} />;
}
