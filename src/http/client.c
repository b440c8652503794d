/* libcurl with a socket function that looks at the address. */
#include "http/client.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

/* ---- addresses -------------------------------------------------------------------------------------------------- */

typedef struct {
	guint32 network;
	int bits;
} Net4;

static const Net4 closed4[] = {
	{0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},	{0xa9fe0000, 16},
	{0xac100000, 12}, {0xc0000000, 24}, {0xc0000200, 24}, {0xc0586300, 24}, {0xc0a80000, 16},
	{0xc6120000, 15}, {0xc6336400, 24}, {0xcb007100, 24}, {0xe0000000, 3},
};

static gboolean open4(guint32 address)
{
	for (gsize i = 0; i < G_N_ELEMENTS(closed4); i++)
		if ((address ^ closed4[i].network) >> (32 - closed4[i].bits) == 0)
			return FALSE;
	return TRUE;
}

static guint32 word_at(const guint8 *bytes)
{
	return (guint32)bytes[0] << 24 | (guint32)bytes[1] << 16 | (guint32)bytes[2] << 8 |
	       bytes[3];
}

/* Only global unicast, without the parts of it that stand for something else; an IPv4 address inside
 * is judged as one. */
static gboolean open6(const guint8 *bytes)
{
	static const guint8 mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	static const guint8 translated[12] = {0, 0x64, 0xff, 0x9b};
	guint32 first = word_at(bytes);

	if (memcmp(bytes, mapped, sizeof(mapped)) == 0 ||
	    memcmp(bytes, translated, sizeof(translated)) == 0)
		return open4(word_at(bytes + 12));
	if (first >> 16 == 0x2002) /* 6to4 */
		return open4(word_at(bytes + 2));
	return bytes[0] >> 5 == 1 &&		     /* 2000::/3 */
	       (first & 0xfffffe00) != 0x20010000 && /* 2001::/23: Teredo and others */
	       first != 0x20010db8 &&		     /* documentation */
	       (first & 0xfffff000) != 0x3fff0000;
}

gboolean client_address_is_public(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, address, sizeof(in));
		return open4(ntohl(in.sin_addr.s_addr));
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, address, sizeof(in6));
		return open6(in6.sin6_addr.s6_addr);
	}
	return FALSE;
}

/* ---- one call --------------------------------------------------------------------------------------------------- */

typedef struct {
	const ClientRequest *request;
	ClientAnswer *answer;
	gboolean refused;
} Call;

static curl_socket_t open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
	Call *call = data;

	if (purpose != CURLSOCKTYPE_IPCXN ||
	    (!call->request->allow_private && !client_address_is_public(&address->addr))) {
		call->refused = TRUE;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* What is too much is read and thrown away: the other side shall not see a broken connection. */
static size_t take_body(char *bytes, size_t size, size_t n, void *data)
{
	Call *call = data;
	gsize room =
		call->request->max_answer - MIN(call->request->max_answer, call->answer->body->len);

	g_string_append_len(call->answer->body, bytes, (gssize)MIN(room, size * n));
	return size * n;
}

static void set_options(CURL *curl, Call *call, struct curl_slist *headers)
{
	const ClientRequest *request = call->request;

	curl_easy_setopt(curl, CURLOPT_URL, request->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)MIN(request->timeout_ms, 5000));
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(request->body));
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, call);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "Zhiyin/" ZHIYIN_VERSION);
}

static gboolean tell(CURLcode code, const Call *call, GError **error)
{
	static const struct {
		CURLcode code;
		ZhiyinError error;
	} meanings[] = {{CURLE_URL_MALFORMAT, ZHIYIN_ERROR_INVALID},
			{CURLE_UNSUPPORTED_PROTOCOL, ZHIYIN_ERROR_INVALID},
			{CURLE_OPERATION_TIMEDOUT, ZHIYIN_ERROR_TIMEOUT}};
	ZhiyinError kind = ZHIYIN_ERROR_UNAVAILABLE;

	if (code == CURLE_OK)
		return TRUE;
	if (call->refused) {
		g_set_error_literal(error, ZHIYIN_ERROR, ZHIYIN_ERROR_FORBIDDEN,
				    "the address is not public (private, loopback, reserved)");
		return FALSE;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(meanings); i++)
		if (meanings[i].code == code)
			kind = meanings[i].error;
	g_set_error(error, ZHIYIN_ERROR, (int)kind, "%s", curl_easy_strerror(code));
	return FALSE;
}

gboolean client_post(const ClientRequest *request, ClientAnswer *answer, GError **error)
{
	Call call = {request, answer, FALSE};
	struct curl_slist *headers = NULL;
	CURL *curl = curl_easy_init();
	CURLcode code;
	long status = 0;

	*answer = (ClientAnswer){0, g_string_new(NULL)};
	for (gsize i = 0; request->headers && request->headers[i]; i++)
		headers = curl_slist_append(headers, request->headers[i]);
	set_options(curl, &call, headers);
	code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	answer->status = (int)status;
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
	return tell(code, &call, error);
}

void client_answer_clear(ClientAnswer *answer)
{
	if (answer->body)
		g_string_free(answer->body, TRUE);
	answer->body = NULL;
}
