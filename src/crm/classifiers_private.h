/* What crm/classifiers.c and crm/classifiers_promote.c share. Private to them. */
#pragma once

#include "crm/classifiers.h"

/* The kept file, its hash compared. The caller frees it. */
Trained *kept_classifier_open(Db *db, const char *org_id, const char *sha256, GError **error);
gboolean classifier_audit(Db *db, const Principal *actor, const char *action,
			  const KeptClassifier *kept, gboolean forced, GError **error);
