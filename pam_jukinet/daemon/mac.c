/* SPDX-License-Identifier: BSD-2-Clause */
#include "mac.h"

#include <stdio.h>
#include <string.h>

#include "keys.h"

#define HEAD "jukinet-receipt/1\n"

static const char *
text_of(const char *text)
{
	return text != NULL ? text : "";
}

static const char *
word_of(const struct jk_words *words, unsigned number)
{
	return number >= words->first && number < words->n
	           ? words->word[number].id
	           : "";
}

/* "" for 0. */
static void
write_number(bool given, uint64_t number, char ret[static 24])
{
	ret[0] = '\0';
	if (given)
		(void)snprintf(ret, 24, "%llu", (unsigned long long)number);
}

enum jk_err
jk_mac_text(const struct jk_mac_of *of, const struct jk_query *q,
    char ret[static JK_MAC_TEXT_MAX])
{
	char code[JK_RESIDENTCODE_LEN + 1] = "", ms[24], count[24];
	int n;

	if (q->code_len > 0)
		(void)jk_residentcode_read(q->code, q->code_len, code);
	write_number(of->ms > 0, (uint64_t)of->ms, ms);
	write_number(q->has_count, q->count, count);
	n = snprintf(ret, JK_MAC_TEXT_MAX,
	    HEAD "event=%s\nid=%s\nms=%s\nterminal=%s\nsession=%s\n"
	         "person=%s\nright=%s\nbusiness=%s\naction=%s\nkind=%s\n"
	         "code=%s\ncount=%s\npermission=%s\nconfirmer=%s\nuse=%s\n"
	         "reception=%s\n",
	    text_of(of->event), text_of(of->id), ms, text_of(of->terminal),
	    text_of(of->session), text_of(of->person), text_of(of->right),
	    word_of(&jk_businesses, q->business),
	    word_of(&jk_actions, q->action), word_of(&jk_searches, q->search),
	    code, count, text_of(of->permission), text_of(of->confirmer),
	    text_of(of->use), text_of(of->reception));
	explicit_bzero(code, sizeof(code));
	return n > 0 && n < JK_MAC_TEXT_MAX ? JK_OK : JK_ERR_TOO_BIG;
}

enum jk_err
jk_mac_make(const struct jk_keys *keys, const struct jk_mac_of *of,
    const struct jk_query *query, char ret[static 65],
    char ret_key[static JK_ID_MAX + 1])
{
	char text[JK_MAC_TEXT_MAX];
	enum jk_err e = jk_mac_text(of, query, text);

	if (e == JK_OK)
		e = jk_keys_mac(keys, text, strlen(text), ret, ret_key);
	explicit_bzero(text, sizeof(text));
	return e;
}
