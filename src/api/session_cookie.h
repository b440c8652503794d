/* The session cookie: __Host- and Secure behind TLS; over plain HTTP (loopback only, the
 * configuration sees to that) a plain name, since browsers drop a Secure cookie that came over
 * plain HTTP. */
#pragma once

#include "http/http.h"

const char *session_token(const HttpExchange *exchange);
/* token NULL ends the cookie. */
void session_cookie(HttpExchange *exchange, const char *token);
