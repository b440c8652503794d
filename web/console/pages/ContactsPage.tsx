import { ContactRecord } from '../modules/contacts/ContactRecord.tsx';
import { Contacts } from '../modules/contacts/Contacts.tsx';

export default function ContactsPage({ id }: { id: string | undefined }) {
  return id ? <ContactRecord key={id} id={id} /> : <Contacts />;
}
