/*
 * One-time codes by time (RFC 6238: HMAC-SHA-1, 30 seconds, 6 digits, as authenticator apps expect
 * them), and recovery codes for who has lost the device. Threads: pure functions. Does not keep what
 * was used: crm/users.h does.
 */
#pragma once

#include <glib.h>

enum { TOTP_SECRET_BYTES = 20, TOTP_STEP_SECONDS = 30, TOTP_DIGITS = 6, TOTP_N_RECOVERY = 10 };

/* 160 random bits in base32. The caller frees it. */
char *totp_secret_new(void);
/* What an app reads as a QR code: otpauth://totp/ISSUER:ACCOUNT?secret=... The caller frees it. */
char *totp_url(const char *secret, const char *issuer, const char *account);
/* The code of one step; step = seconds since 1970 / 30. */
void totp_code(const char *secret, gint64 step, char code[TOTP_DIGITS + 1]);
/* The step whose code it is, within one step of now and after last_step; 0 when there is none. */
gint64 totp_match(const char *secret, const char *code, gint64 now_ms, gint64 last_step);
/* "abcd-efgh-jkmn-pqrs": 80 random bits. The caller frees it. */
char *recovery_code_new(void);
/* As it is stored, however it was typed. The caller frees it. */
char *recovery_code_hash(const char *code);
