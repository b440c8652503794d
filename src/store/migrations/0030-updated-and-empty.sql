-- When records were last changed, for orders and filters; and those of which a field is empty that is mostly filled, in the order of
-- their ids, so that "who has no e-mail" walks none that has one. Where most are empty the newest are soon found without an index.

CREATE INDEX contacts_updated_at ON contacts (org_id, updated_at);
CREATE INDEX companies_updated_at ON companies (org_id, updated_at);
CREATE INDEX leads_updated_at ON leads (org_id, updated_at);
CREATE INDEX deals_updated_at ON deals (org_id, updated_at);
CREATE INDEX tickets_updated_at ON tickets (org_id, updated_at);
CREATE INDEX products_updated_at ON products (org_id, updated_at);
CREATE INDEX orders_updated_at ON orders (org_id, updated_at);
CREATE INDEX tasks_updated_at ON tasks (org_id, updated_at);
CREATE INDEX activities_updated_at ON activities (org_id, updated_at);
CREATE INDEX notes_updated_at ON notes (org_id, updated_at);
CREATE INDEX articles_updated_at ON articles (org_id, updated_at);
CREATE INDEX custom_records_updated_at ON custom_records (org_id, object, updated_at);

CREATE INDEX contacts_without_email ON contacts (org_id, id) WHERE email IS NULL;
CREATE INDEX contacts_without_phone ON contacts (org_id, id) WHERE phone IS NULL;
CREATE INDEX companies_without_domain ON companies (org_id, id) WHERE domain IS NULL;
CREATE INDEX leads_without_owner ON leads (org_id, id) WHERE owner_id IS NULL;
CREATE INDEX deals_without_owner ON deals (org_id, id) WHERE owner_id IS NULL;
CREATE INDEX tickets_without_owner ON tickets (org_id, id) WHERE owner_id IS NULL;
CREATE INDEX tasks_without_owner ON tasks (org_id, id) WHERE owner_id IS NULL;

INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
	('contacts', 'contacts_updated_at', '1000000 1000000 5 sz=190'),
	('contacts', 'contacts_without_email', '100000 100000 1'),
	('contacts', 'contacts_without_phone', '100000 100000 1'),
	('companies', 'companies_updated_at', '1000000 1000000 5 sz=190'),
	('companies', 'companies_without_domain', '100000 100000 1'),
	('leads', 'leads_updated_at', '1000000 1000000 5 sz=190'),
	('leads', 'leads_without_owner', '100000 100000 1'),
	('deals', 'deals_updated_at', '1000000 1000000 5 sz=190'),
	('deals', 'deals_without_owner', '100000 100000 1'),
	('tickets', 'tickets_updated_at', '1000000 1000000 5 sz=190'),
	('tickets', 'tickets_without_owner', '100000 100000 1'),
	('products', 'products_updated_at', '1000000 1000000 5 sz=190'),
	('orders', 'orders_updated_at', '1000000 1000000 5 sz=190'),
	('tasks', 'tasks_updated_at', '1000000 1000000 5 sz=190'),
	('tasks', 'tasks_without_owner', '100000 100000 1'),
	('activities', 'activities_updated_at', '1000000 1000000 5 sz=190'),
	('notes', 'notes_updated_at', '1000000 1000000 5 sz=190'),
	('articles', 'articles_updated_at', '1000000 1000000 5 sz=190'),
	('custom_records', 'custom_records_updated_at', '1000000 1000000 100000 5 sz=190');
ANALYZE sqlite_schema;
