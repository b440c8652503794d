/* The declared objects. Tables only; records.c makes them live. */
#include "crm/objects.h"

#include <string.h>

#include "base/json.h"
#include "crm/fields.h"
#include "crm/assignment.h"
#include "crm/knowledge.h"
#include "crm/retention.h"
#include "crm/sales.h"
#include "crm/service.h"
#include "crm/sla.h"

#define REFERENCE(column, table, zh, en) \
	FIELD(column, FIELD_REFERENCE, FIELD_INDEXED, 36, zh, en, .target = (table))
#define CONTACT REFERENCE("contact_id", "contacts", "联系人", "Contact")
#define COMPANY REFERENCE("company_id", "companies", "公司", "Company")
#define DEAL REFERENCE("deal_id", "deals", "商机", "Deal")
#define TICKET REFERENCE("ticket_id", "tickets", "工单", "Ticket")
#define LEAD REFERENCE("lead_id", "leads", "线索", "Lead")
#define CONVERSATION FIELD("conversation_id", FIELD_TEXT, FIELD_INDEXED, 36, "会话", "Conversation")
#define OWNER REFERENCE("owner_id", "users", "负责人", "Owner")
#define TAGS                                                                            \
	FIELD("tags", FIELD_TAGS, FIELD_SEARCHABLE | FIELD_INDEXED, 60, "标签", "Tags", \
	      .default_value = "[]")
#define CUSTOM                                                               \
	FIELD("custom", FIELD_JSON, 0, 16384, "自定义字段", "Custom fields", \
	      .personal = PERSONAL_CONTENT, .default_value = "{}")
#define CURRENCY                                                                 \
	FIELD("currency", FIELD_CURRENCY, FIELD_REQUIRED, 3, "币种", "Currency", \
	      .default_value = "CNY")
#define CHOICE(column, words, standard, zh, en)                                  \
	FIELD(column, FIELD_CHOICE, FIELD_INDEXED, 24, zh, en, .choices = words, \
	      .default_value = standard)
#define FIELDS(rows) .fields = (rows), .n_fields = G_N_ELEMENTS(rows)

static const Field contact_fields[] = {
	FIELD("name", FIELD_TEXT, FIELD_SEARCHABLE | FIELD_INDEXED, 200, "姓名", "Name",
	      .personal = PERSONAL_CONTACT),
	FIELD("email", FIELD_EMAIL, FIELD_SEARCHABLE | FIELD_INDEXED, 254, "邮箱", "E-mail",
	      .personal = PERSONAL_CONTACT),
	FIELD("phone", FIELD_PHONE, FIELD_SEARCHABLE | FIELD_INDEXED, 40, "电话", "Phone",
	      .personal = PERSONAL_CONTACT),
	COMPANY,
	FIELD("title", FIELD_TEXT, FIELD_SEARCHABLE, 200, "职位", "Title"),
	FIELD("language", FIELD_TEXT, 0, 16, "语言", "Language"),
	FIELD("source", FIELD_TEXT, FIELD_INDEXED, 100, "来源", "Source"),
	TAGS,
	FIELD("address", FIELD_ADDRESS, FIELD_SEARCHABLE, 1000, "地址", "Address",
	      .personal = PERSONAL_CONTACT),
	OWNER,
	CUSTOM,
};

static const Field company_fields[] = {
	FIELD("name", FIELD_TEXT, FIELD_REQUIRED | FIELD_SEARCHABLE | FIELD_INDEXED | FIELD_MATCHED,
	      200, "名称", "Name"),
	FIELD("domain", FIELD_TEXT, FIELD_SEARCHABLE | FIELD_INDEXED, 253, "域名", "Domain"),
	FIELD("industry", FIELD_TEXT, FIELD_INDEXED, 100, "行业", "Industry"),
	FIELD("phone", FIELD_PHONE, FIELD_SEARCHABLE, 40, "电话", "Phone"),
	FIELD("website", FIELD_URL, 0, 2000, "网站", "Website"),
	FIELD("n_employees", FIELD_INTEGER, 0, 0, "员工人数", "Employees"),
	FIELD("revenue", FIELD_MONEY, 0, 0, "年收入", "Revenue"),
	CURRENCY,
	FIELD("founded", FIELD_INTEGER, 0, 0, "成立年份", "Founded"),
	FIELD("address", FIELD_ADDRESS, FIELD_SEARCHABLE, 1000, "地址", "Address"),
	REFERENCE("parent_id", "companies", "上级公司", "Parent company"),
	FIELD("source", FIELD_TEXT, 0, 100, "来源", "Source"),
	TAGS,
	OWNER,
	CUSTOM,
};

static const Field lead_fields[] = {
	FIELD("name", FIELD_TEXT, FIELD_REQUIRED | FIELD_SEARCHABLE | FIELD_INDEXED, 200, "姓名",
	      "Name", .personal = PERSONAL_CONTACT),
	FIELD("email", FIELD_EMAIL, FIELD_SEARCHABLE | FIELD_INDEXED, 254, "邮箱", "E-mail",
	      .personal = PERSONAL_CONTACT),
	FIELD("phone", FIELD_PHONE, FIELD_SEARCHABLE | FIELD_INDEXED, 40, "电话", "Phone",
	      .personal = PERSONAL_CONTACT),
	FIELD("company_name", FIELD_TEXT, FIELD_SEARCHABLE, 200, "公司名称", "Company name"),
	FIELD("title", FIELD_TEXT, FIELD_SEARCHABLE, 200, "职位", "Title"),
	FIELD("language", FIELD_TEXT, 0, 16, "语言", "Language"),
	FIELD("source", FIELD_TEXT, FIELD_INDEXED, 100, "来源", "Source"),
	CHOICE("status", "new|working|qualified|unqualified|converted", "new", "状态", "Status"),
	CONVERSATION,
	FIELD("score", FIELD_NUMBER, 0, 0, "评分", "Score"),
	FIELD("description", FIELD_LONG_TEXT, FIELD_SEARCHABLE, 20000, "描述", "Description",
	      .personal = PERSONAL_CONTENT),
	FIELD("contact_id", FIELD_REFERENCE, FIELD_READ_ONLY, 36, "联系人", "Contact",
	      .target = "contacts"),
	FIELD("company_id", FIELD_REFERENCE, FIELD_READ_ONLY, 36, "公司", "Company",
	      .target = "companies"),
	FIELD("deal_id", FIELD_REFERENCE, FIELD_READ_ONLY, 36, "商机", "Deal", .target = "deals"),
	FIELD("converted_at", FIELD_TIME, FIELD_READ_ONLY, 0, "转化时间", "Converted"),
	TAGS,
	OWNER,
	CUSTOM,
};

static const Field deal_fields[] = {
	FIELD("name", FIELD_TEXT, FIELD_REQUIRED | FIELD_SEARCHABLE | FIELD_INDEXED, 300, "名称",
	      "Name"),
	CONTACT,
	COMPANY,
	FIELD("pipeline_id", FIELD_REFERENCE, FIELD_INDEXED, 36, "销售管道", "Pipeline",
	      .target = "pipelines", .on_delete = DELETE_RESTRICT),
	FIELD("stage_id", FIELD_REFERENCE, FIELD_INDEXED, 36, "阶段", "Stage", .target = "stages",
	      .on_delete = DELETE_RESTRICT),
	FIELD("amount", FIELD_MONEY, FIELD_INDEXED, 0, "金额", "Amount"),
	CURRENCY,
	FIELD("probability", FIELD_NUMBER, 0, 0, "赢单概率", "Probability"),
	FIELD("weighted_amount", FIELD_MONEY, FIELD_READ_ONLY, 0, "加权金额", "Weighted amount",
	      .computed = "CAST(round(t.amount * t.probability) AS BIGINT)"),
	FIELD("expected_close_on", FIELD_DATE, FIELD_INDEXED, 0, "预计成交日期", "Expected close"),
	FIELD("status", FIELD_CHOICE, FIELD_INDEXED | FIELD_READ_ONLY, 8, "状态", "Status",
	      .choices = "open|won|lost", .default_value = "open"),
	FIELD("stage_changed_at", FIELD_TIME, FIELD_READ_ONLY, 0, "进入阶段时间", "In stage since"),
	FIELD("closed_at", FIELD_TIME, FIELD_READ_ONLY | FIELD_INDEXED, 0, "关闭时间", "Closed"),
	FIELD("lost_reason", FIELD_TEXT, 0, 500, "丢单原因", "Lost because"),
	FIELD("source", FIELD_TEXT, 0, 100, "来源", "Source"),
	FIELD("items", FIELD_LINES, 0, 500, "明细", "Line items", .default_value = "[]"),
	TAGS,
	OWNER,
	CUSTOM,
};

static const Field pipeline_fields[] = {
	FIELD("name", FIELD_TEXT, FIELD_REQUIRED | FIELD_UNIQUE | FIELD_INDEXED, 100, "名称",
	      "Name"),
	FIELD("position", FIELD_INTEGER, FIELD_REQUIRED, 0, "次序", "Position",
	      .default_value = "0"),
	FIELD("is_default", FIELD_BOOLEAN, FIELD_REQUIRED, 0, "默认", "Default",
	      .default_value = "0"),
	CUSTOM,
};

static const Field stage_fields[] = {
	FIELD("pipeline_id", FIELD_REFERENCE, FIELD_REQUIRED | FIELD_INDEXED, 36, "销售管道",
	      "Pipeline", .target = "pipelines", .on_delete = DELETE_CASCADE),
	FIELD("name", FIELD_TEXT, FIELD_REQUIRED, 100, "名称", "Name"),
	FIELD("position", FIELD_INTEGER, FIELD_REQUIRED, 0, "次序", "Position",
	      .default_value = "0"),
	FIELD("kind", FIELD_CHOICE, FIELD_REQUIRED, 8, "类型", "Kind", .choices = "open|won|lost",
	      .default_value = "open"),
	FIELD("probability", FIELD_NUMBER, FIELD_REQUIRED, 0, "赢单概率", "Probability",
	      .default_value = "0"),
	CUSTOM,
};

static const Field ticket_fields[] = {
	FIELD("number", FIELD_INTEGER, FIELD_READ_ONLY | FIELD_INDEXED | FIELD_UNIQUE, 0, "编号",
	      "Number"),
	FIELD("subject", FIELD_TEXT, FIELD_REQUIRED | FIELD_SEARCHABLE, 300, "主题", "Subject"),
	FIELD("description", FIELD_LONG_TEXT, FIELD_SEARCHABLE, 20000, "描述", "Description",
	      .personal = PERSONAL_CONTENT),
	CONTACT,
	COMPANY,
	CONVERSATION,
	CHOICE("status", "new|open|pending|on_hold|resolved|closed", "new", "状态", "Status"),
	CHOICE("priority", "low|normal|high|urgent", "normal", "优先级", "Priority"),
	FIELD("category", FIELD_TEXT, FIELD_INDEXED, 100, "类别", "Category"),
	REFERENCE("queue_id", "queues", "队列", "Queue"),
	FIELD("channel", FIELD_TEXT, 0, 40, "渠道", "Channel"),
	FIELD("first_response_due_at", FIELD_TIME, FIELD_READ_ONLY | FIELD_INDEXED, 0,
	      "首次响应期限", "First response due"),
	FIELD("resolution_due_at", FIELD_TIME, FIELD_READ_ONLY | FIELD_INDEXED, 0, "解决期限",
	      "Resolution due"),
	FIELD("first_responded_at", FIELD_TIME, FIELD_READ_ONLY, 0, "首次响应时间",
	      "First response"),
	FIELD("opened_at", FIELD_TIME, FIELD_READ_ONLY, 0, "受理时间", "Opened"),
	FIELD("paused_at", FIELD_TIME, FIELD_READ_ONLY, 0, "暂停计时自", "Clocks stopped since"),
	FIELD("paused_ms", FIELD_INTEGER, FIELD_READ_ONLY, 0, "暂停时长(毫秒)",
	      "Clocks stopped for (ms)", .default_value = "0"),
	FIELD("first_response_breached_at", FIELD_TIME, FIELD_READ_ONLY, 0, "首次响应超时",
	      "First response breached"),
	FIELD("resolution_breached_at", FIELD_TIME, FIELD_READ_ONLY, 0, "解决超时",
	      "Resolution breached"),
	FIELD("resolved_at", FIELD_TIME, FIELD_READ_ONLY | FIELD_INDEXED, 0, "解决时间",
	      "Resolved"),
	TAGS,
	OWNER,
	CUSTOM,
};

#define PRIORITIES "low|normal|high|urgent"

static const Field sla_policy_fields[] = {
	FIELD("priority", FIELD_CHOICE, FIELD_REQUIRED | FIELD_UNIQUE | FIELD_INDEXED, 24, "优先级",
	      "Priority", .choices = PRIORITIES),
	FIELD("first_response_minutes", FIELD_INTEGER, 0, 0, "首次响应(分钟)",
	      "First response (minutes)"),
	FIELD("resolution_minutes", FIELD_INTEGER, 0, 0, "解决(分钟)", "Resolution (minutes)"),
	FIELD("working_hours", FIELD_BOOLEAN, FIELD_REQUIRED, 0, "仅计工作时间",
	      "Working hours only", .default_value = "1"),
	CUSTOM,
};

static const Field retention_rule_fields[] = {
	FIELD("object", FIELD_TEXT, FIELD_REQUIRED, 60, "对象", "Object"),
	FIELD("field", FIELD_TEXT, 0, 60, "字段(空为整条记录)", "Field (none: the record)"),
	FIELD("days", FIELD_INTEGER, FIELD_REQUIRED, 0, "保留天数", "Days kept"),
	CUSTOM,
};

static const Field holiday_fields[] = {
	FIELD("on_date", FIELD_DATE, FIELD_REQUIRED | FIELD_UNIQUE | FIELD_INDEXED, 0, "日期",
	      "Date"),
	FIELD("name", FIELD_TEXT, FIELD_REQUIRED, 200, "名称", "Name"),
	FIELD("is_worked", FIELD_BOOLEAN, FIELD_REQUIRED, 0, "调休上班", "Worked instead",
	      .default_value = "0"),
	CUSTOM,
};

static const Field queue_fields[] = {
	FIELD("name", FIELD_TEXT, FIELD_REQUIRED | FIELD_UNIQUE | FIELD_INDEXED, 100, "名称",
	      "Name"),
	FIELD("assign", FIELD_CHOICE, FIELD_REQUIRED, 24, "分配方式", "Assignment",
	      .choices = "manual|round_robin|least_open", .default_value = "manual"),
	CUSTOM,
};

static const Field queue_member_fields[] = {
	FIELD("queue_id", FIELD_REFERENCE, FIELD_REQUIRED | FIELD_INDEXED, 36, "队列", "Queue",
	      .target = "queues", .on_delete = DELETE_CASCADE),
	FIELD("user_id", FIELD_REFERENCE, FIELD_REQUIRED, 36, "成员", "Member", .target = "users"),
	FIELD("last_assigned_at", FIELD_TIME, FIELD_READ_ONLY, 0, "上次分配", "Last assigned"),
	CUSTOM,
};

static const Field assignment_rule_fields[] = {
	FIELD("name", FIELD_TEXT, FIELD_REQUIRED, 100, "名称", "Name"),
	FIELD("position", FIELD_INTEGER, FIELD_REQUIRED, 0, "次序", "Position",
	      .default_value = "0"),
	FIELD("filter", FIELD_LONG_TEXT, FIELD_REQUIRED, 4000, "条件", "Condition"),
	FIELD("queue_id", FIELD_REFERENCE, 0, 36, "队列", "Queue", .target = "queues"),
	FIELD("assignee_id", FIELD_REFERENCE, 0, 36, "指派给", "Assign to", .target = "users"),
	FIELD("priority", FIELD_CHOICE, 0, 24, "优先级", "Priority", .choices = PRIORITIES),
	FIELD("active", FIELD_BOOLEAN, FIELD_REQUIRED, 0, "启用", "Active", .default_value = "1"),
	CUSTOM,
};

static const Field product_fields[] = {
	FIELD("name", FIELD_TEXT, FIELD_REQUIRED | FIELD_SEARCHABLE | FIELD_INDEXED | FIELD_MATCHED,
	      300, "名称", "Name"),
	FIELD("sku", FIELD_TEXT, FIELD_SEARCHABLE | FIELD_INDEXED | FIELD_UNIQUE, 100, "货号",
	      "SKU"),
	FIELD("category", FIELD_TEXT, FIELD_SEARCHABLE | FIELD_INDEXED, 200, "分类", "Category"),
	FIELD("price", FIELD_MONEY, 0, 0, "价格", "Price"),
	CURRENCY,
	FIELD("description", FIELD_LONG_TEXT, FIELD_SEARCHABLE, 20000, "描述", "Description"),
	FIELD("url", FIELD_URL, 0, 2000, "网址", "Address"),
	FIELD("image_url", FIELD_URL, 0, 2000, "图片", "Picture"),
	FIELD("active", FIELD_BOOLEAN, FIELD_REQUIRED, 0, "在售", "Active", .default_value = "1"),
	TAGS,
	CUSTOM,
};

static const Field order_fields[] = {
	FIELD("number", FIELD_TEXT, FIELD_SEARCHABLE | FIELD_INDEXED | FIELD_UNIQUE, 100, "订单号",
	      "Number"),
	CONTACT,
	COMPANY,
	DEAL,
	FIELD("placed_at", FIELD_TIME, FIELD_INDEXED, 0, "下单时间", "Placed"),
	CHOICE("status", "new|paid|shipped|delivered|cancelled|returned", "new", "状态", "Status"),
	CURRENCY,
	FIELD("items", FIELD_LINES, 0, 2000, "明细", "Items", .default_value = "[]"),
	FIELD("total", FIELD_MONEY, FIELD_READ_ONLY | FIELD_INDEXED, 0, "总额", "Total"),
	FIELD("channel", FIELD_TEXT, 0, 100, "渠道", "Channel"),
	FIELD("country", FIELD_TEXT, 0, 100, "国家", "Country"),
	FIELD("address", FIELD_ADDRESS, 0, 1000, "收货地址", "Shipping address",
	      .personal = PERSONAL_CONTACT),
	TAGS,
	OWNER,
	CUSTOM,
};

static const Field event_fields[] = {
	FIELD("event_id", FIELD_TEXT, FIELD_UNIQUE | FIELD_INDEXED, 100, "事件编号", "Event id"),
	FIELD("contact_id", FIELD_REFERENCE, FIELD_INDEXED, 36, "联系人", "Contact",
	      .target = "contacts"),
	FIELD("type", FIELD_TEXT, FIELD_REQUIRED | FIELD_INDEXED, 60, "类型", "Type"),
	FIELD("at", FIELD_TIME, FIELD_REQUIRED | FIELD_INDEXED, 0, "时间", "At"),
	FIELD("product_id", FIELD_REFERENCE, 0, 36, "产品", "Product", .target = "products"),
	FIELD("properties", FIELD_JSON, 0, 16384, "属性", "Properties",
	      .personal = PERSONAL_CONTENT, .default_value = "{}"),
};

static const Field task_fields[] = {
	FIELD("title", FIELD_TEXT, FIELD_REQUIRED | FIELD_SEARCHABLE, 300, "标题", "Title"),
	FIELD("description", FIELD_LONG_TEXT, FIELD_SEARCHABLE, 20000, "描述", "Description",
	      .personal = PERSONAL_CONTENT),
	CHOICE("status", "open|done|cancelled", "open", "状态", "Status"),
	CHOICE("priority", "low|normal|high", "normal", "优先级", "Priority"),
	FIELD("due_at", FIELD_TIME, FIELD_INDEXED, 0, "截止时间", "Due"),
	FIELD("remind_at", FIELD_TIME, FIELD_INDEXED, 0, "提醒时间", "Remind"),
	FIELD("reminded_at", FIELD_TIME, FIELD_READ_ONLY, 0, "已提醒", "Reminded"),
	FIELD("done_at", FIELD_TIME, FIELD_READ_ONLY, 0, "完成时间", "Done"),
	CONTACT,
	COMPANY,
	DEAL,
	TICKET,
	LEAD,
	OWNER,
	CUSTOM,
};

static const Field activity_fields[] = {
	CHOICE("kind", "call|meeting|email|visit|other", "call", "种类", "Kind"),
	FIELD("subject", FIELD_TEXT, FIELD_REQUIRED | FIELD_SEARCHABLE, 300, "主题", "Subject"),
	FIELD("description", FIELD_LONG_TEXT, FIELD_SEARCHABLE, 20000, "记录", "Description",
	      .personal = PERSONAL_CONTENT),
	FIELD("starts_at", FIELD_TIME, FIELD_INDEXED, 0, "开始时间", "Starts"),
	FIELD("ends_at", FIELD_TIME, 0, 0, "结束时间", "Ends"),
	FIELD("outcome", FIELD_TEXT, 0, 500, "结果", "Outcome"),
	CONTACT,
	COMPANY,
	DEAL,
	TICKET,
	LEAD,
	OWNER,
	CUSTOM,
};

static const Field note_fields[] = {
	FIELD("body", FIELD_LONG_TEXT, FIELD_REQUIRED | FIELD_SEARCHABLE, 20000, "内容", "Body",
	      .personal = PERSONAL_CONTENT),
	FIELD("contact_id", FIELD_REFERENCE, FIELD_INDEXED, 36, "联系人", "Contact",
	      .target = "contacts", .on_delete = DELETE_CASCADE),
	FIELD("company_id", FIELD_REFERENCE, FIELD_INDEXED, 36, "公司", "Company",
	      .target = "companies", .on_delete = DELETE_CASCADE),
	FIELD("deal_id", FIELD_REFERENCE, FIELD_INDEXED, 36, "商机", "Deal", .target = "deals",
	      .on_delete = DELETE_CASCADE),
	FIELD("ticket_id", FIELD_REFERENCE, FIELD_INDEXED, 36, "工单", "Ticket",
	      .target = "tickets", .on_delete = DELETE_CASCADE),
	FIELD("lead_id", FIELD_REFERENCE, FIELD_INDEXED, 36, "线索", "Lead", .target = "leads",
	      .on_delete = DELETE_CASCADE),
	OWNER,
	CUSTOM,
};

static const Field article_fields[] = {
	FIELD("title", FIELD_TEXT, FIELD_REQUIRED | FIELD_SEARCHABLE | FIELD_INDEXED, 500, "标题",
	      "Title"),
	FIELD("body", FIELD_LONG_TEXT, FIELD_REQUIRED | FIELD_SEARCHABLE, 200000, "正文", "Body"),
	FIELD("kind", FIELD_CHOICE, 0, 16, "种类", "Kind", .choices = "faq|document",
	      .default_value = "faq"),
	FIELD("category", FIELD_TEXT, FIELD_SEARCHABLE, 200, "分类", "Category"),
	FIELD("url", FIELD_URL, 0, 2000, "网址", "Address"),
	FIELD("language", FIELD_CHOICE, 0, 8, "语言", "Language", .choices = "zh|en"),
	FIELD("status", FIELD_CHOICE, 0, 16, "状态", "Status", .choices = "published|draft",
	      .default_value = "published"),
	FIELD("source", FIELD_TEXT, 0, 500, "来源", "Source"),
	CUSTOM,
	FIELD("n_passages", FIELD_INTEGER, FIELD_READ_ONLY, 0, "段落数", "Passages",
	      .default_value = "0",
	      .computed = "(SELECT count(*) FROM passages p WHERE p.org_id = t.org_id AND "
			  "p.article_id = t.id)"),
};

static const Field user_fields[] = {
	FIELD("name", FIELD_TEXT, 0, 200, "姓名", "Name"),
	FIELD("email", FIELD_EMAIL, 0, 254, "邮箱", "E-mail"),
	FIELD("role", FIELD_TEXT, 0, 40, "角色", "Role"),
	FIELD("active", FIELD_BOOLEAN, 0, 0, "在职", "Active"),
};

const Object OBJECT_CONTACT = {.name = "contact",
			       .plural = "contacts",
			       .label_zh = "联系人",
			       .label_en = "Contacts",
			       .title = "name",
			       FIELDS(contact_fields)};
const Object OBJECT_COMPANY = {.name = "company",
			       .plural = "companies",
			       .label_zh = "公司",
			       .label_en = "Companies",
			       .title = "name",
			       FIELDS(company_fields)};
const Object OBJECT_LEAD = {.name = "lead",
			    .plural = "leads",
			    .label_zh = "线索",
			    .label_en = "Leads",
			    .title = "name",
			    .derive = lead_derive,
			    FIELDS(lead_fields)};
const Object OBJECT_DEAL = {.name = "deal",
			    .plural = "deals",
			    .label_zh = "商机",
			    .label_en = "Deals",
			    .title = "name",
			    .derive = deal_derive,
			    .changed = deal_changed,
			    FIELDS(deal_fields)};
const Object OBJECT_PIPELINE = {.name = "pipeline",
				.plural = "pipelines",
				.label_zh = "销售管道",
				.label_en = "Pipelines",
				.title = "name",
				.flags = OBJECT_ADMIN_ONLY,
				FIELDS(pipeline_fields)};
const Object OBJECT_STAGE = {.name = "stage",
			     .plural = "stages",
			     .label_zh = "阶段",
			     .label_en = "Stages",
			     .title = "name",
			     .flags = OBJECT_ADMIN_ONLY,
			     FIELDS(stage_fields)};
const Object OBJECT_TICKET = {.name = "ticket",
			      .plural = "tickets",
			      .label_zh = "工单",
			      .label_en = "Tickets",
			      .title = "subject",
			      .derive = ticket_derive,
			      .changed = ticket_changed,
			      FIELDS(ticket_fields)};
const Object OBJECT_SLA_POLICY = {.name = "sla_policy",
				  .plural = "sla_policies",
				  .label_zh = "服务时限",
				  .label_en = "Service levels",
				  .title = "priority",
				  .flags = OBJECT_ADMIN_ONLY,
				  .derive = sla_policy_derive,
				  FIELDS(sla_policy_fields)};
const Object OBJECT_RETENTION_RULE = {.name = "retention_rule",
				      .plural = "retention_rules",
				      .label_zh = "保留期限",
				      .label_en = "Retention rules",
				      .title = "object",
				      .flags = OBJECT_ADMIN_ONLY,
				      .derive = retention_derive,
				      FIELDS(retention_rule_fields)};
const Object OBJECT_HOLIDAY = {.name = "holiday",
			       .plural = "holidays",
			       .label_zh = "节假日",
			       .label_en = "Holidays",
			       .title = "name",
			       .flags = OBJECT_ADMIN_ONLY,
			       FIELDS(holiday_fields)};
const Object OBJECT_QUEUE = {.name = "queue",
			     .plural = "queues",
			     .label_zh = "工单队列",
			     .label_en = "Queues",
			     .title = "name",
			     .flags = OBJECT_ADMIN_ONLY,
			     FIELDS(queue_fields)};
const Object OBJECT_QUEUE_MEMBER = {.name = "queue_member",
				    .plural = "queue_members",
				    .label_zh = "队列成员",
				    .label_en = "Queue members",
				    .flags = OBJECT_ADMIN_ONLY,
				    FIELDS(queue_member_fields)};
const Object OBJECT_ASSIGNMENT_RULE = {.name = "assignment_rule",
				       .plural = "assignment_rules",
				       .label_zh = "分配规则",
				       .label_en = "Assignment rules",
				       .title = "name",
				       .flags = OBJECT_ADMIN_ONLY,
				       .derive = assignment_rule_derive,
				       FIELDS(assignment_rule_fields)};
const Object OBJECT_PRODUCT = {.name = "product",
			       .plural = "products",
			       .label_zh = "产品",
			       .label_en = "Products",
			       .title = "name",
			       FIELDS(product_fields)};
const Object OBJECT_ORDER = {.name = "order",
			     .plural = "orders",
			     .label_zh = "订单",
			     .label_en = "Orders",
			     .title = "number",
			     .derive = order_derive,
			     FIELDS(order_fields)};
const Object OBJECT_EVENT = {.name = "event",
			     .plural = "events",
			     .label_zh = "事件",
			     .label_en = "Events",
			     .title = "type",
			     .flags = OBJECT_LOG,
			     FIELDS(event_fields)};
const Object OBJECT_TASK = {.name = "task",
			    .plural = "tasks",
			    .label_zh = "任务",
			    .label_en = "Tasks",
			    .title = "title",
			    .derive = task_derive,
			    FIELDS(task_fields)};
const Object OBJECT_ACTIVITY = {.name = "activity",
				.plural = "activities",
				.label_zh = "活动",
				.label_en = "Activities",
				.title = "subject",
				FIELDS(activity_fields)};
const Object OBJECT_NOTE = {.name = "note",
			    .plural = "notes",
			    .label_zh = "备注",
			    .label_en = "Notes",
			    .title = "body",
			    FIELDS(note_fields)};
const Object OBJECT_ARTICLE = {.name = "article",
			       .plural = "articles",
			       .label_zh = "知识文章",
			       .label_en = "Articles",
			       .title = "title",
			       .prepare = knowledge_article_prepare,
			       .changed = knowledge_article_changed,
			       FIELDS(article_fields)};
const Object OBJECT_USER = {.name = "user",
			    .plural = "users",
			    .label_zh = "同事",
			    .label_en = "Users",
			    .title = "name",
			    .flags = OBJECT_INTERNAL,
			    FIELDS(user_fields)};

static const Object *const all[] = {
	&OBJECT_CONTACT,
	&OBJECT_COMPANY,
	&OBJECT_LEAD,
	&OBJECT_DEAL,
	&OBJECT_PIPELINE,
	&OBJECT_STAGE,
	&OBJECT_TICKET,
	&OBJECT_PRODUCT,
	&OBJECT_ORDER,
	&OBJECT_EVENT,
	&OBJECT_TASK,
	&OBJECT_ACTIVITY,
	&OBJECT_NOTE,
	&OBJECT_ARTICLE,
	&OBJECT_SLA_POLICY,
	&OBJECT_HOLIDAY,
	&OBJECT_QUEUE,
	&OBJECT_QUEUE_MEMBER,
	&OBJECT_ASSIGNMENT_RULE,
	&OBJECT_RETENTION_RULE,
};

const Object *const *objects_all(gsize *ret_n)
{
	*ret_n = G_N_ELEMENTS(all);
	return all;
}

const Object *object_find(const char *plural)
{
	for (gsize i = 0; i < G_N_ELEMENTS(all); i++)
		if (g_str_equal(all[i]->plural, plural))
			return all[i];
	return NULL;
}

const Field *object_field(const Object *object, const char *name)
{
	for (gsize i = 0; i < object->n_fields; i++)
		if (g_str_equal(object->fields[i].name, name))
			return &object->fields[i];
	return NULL;
}

const char *object_table(const Object *object)
{
	return object->table ? object->table : object->plural;
}

gboolean field_is_column(const Field *field)
{
	return !(field->flags & FIELD_CUSTOM) && !field->computed;
}

/* ---- JSON Schema --------------------------------------------------------------------------------------------- */

static void put_property(JsonWriter *w, const Field *field)
{
	json_object_begin(w, field->name);
	field_put_schema(w, field);
	json_put_string(w, "title", field->label_en);
	if (field->flags & FIELD_READ_ONLY)
		json_put_bool(w, "readOnly", TRUE);
	json_object_end(w);
}

/* Fields of an administrator stand inside "custom" of an object that comes with the program. */
static void put_custom(JsonWriter *w, const Object *object)
{
	json_object_begin(w, "custom");
	json_put_string(w, "type", "object");
	json_object_begin(w, "properties");
	for (gsize i = 0; i < object->n_fields; i++)
		if (object->fields[i].flags & FIELD_CUSTOM)
			put_property(w, &object->fields[i]);
	json_object_end(w);
	json_object_end(w);
}

static void put_times(JsonWriter *w, const Object *object)
{
	static const char time[] =
		"{\"type\":\"string\",\"format\":\"date-time\",\"readOnly\":true}";

	json_put_raw(w, "created_at", time);
	if (!(object->flags & OBJECT_LOG))
		json_put_raw(w, "updated_at", time);
}

char *object_schema(const Object *object)
{
	gboolean inside = !(object->flags & OBJECT_INVENTED);
	GString *out = g_string_new(NULL);
	JsonWriter w = json_writer(out);

	json_object_begin(&w, NULL);
	json_put_string(&w, "type", "object");
	json_object_begin(&w, "properties");
	json_put_raw(&w, "id", "{\"type\":\"string\",\"format\":\"uuid\",\"readOnly\":true}");
	for (gsize i = 0; i < object->n_fields; i++) {
		const Field *field = &object->fields[i];

		if (g_str_equal(field->name, "custom"))
			put_custom(&w, object);
		else if (!inside || !(field->flags & FIELD_CUSTOM))
			put_property(&w, field);
	}
	put_times(&w, object);
	json_object_end(&w);
	json_object_end(&w);
	return g_string_free(out, FALSE);
}
