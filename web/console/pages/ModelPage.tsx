import { Model } from '../modules/model/Model.tsx';

export default function ModelPage() {
  return <Model />;
}
